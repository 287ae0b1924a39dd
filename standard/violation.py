"""A rule that rows of a batch, or the batch as a whole, violate: what is found, before it is masked and becomes findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Violation:
    """One rule violated on one element, by any number of rows.

    Attributes:
        rule: its id.
        element: the standard's name, or the source's column where none fits; empty for a whole row or batch.
        rows: positions of the rows, ascending; none where the batch as a whole violates the rule.
        found: what stood there, one text for all rows or one for each; None where nothing is to be shown.
        personal: whether what was found is masked whole.
        expected: what would have been right, one text for all rows or one for each.
    """

    rule: str
    element: str = ""
    rows: pa.Array = field(default_factory=lambda: pa.array([], pa.int64()))
    found: str | pa.Array | None = None
    personal: bool = False
    expected: str | pa.Array = ""

    def without(self, passed_over: pa.Array) -> Violation:
        """The same without some rows.

        Args:
            passed_over: row by row of the batch whether it is passed over.
        """
        kept = pc.invert(passed_over.take(self.rows))
        found, expected = (
            text.filter(kept) if isinstance(text, pa.Array) else text for text in (self.found, self.expected)
        )
        return replace(self, rows=self.rows.filter(kept), found=found, expected=expected)

"""A violation of a rule by rows of a batch or by the batch as a whole, before it is masked and becomes findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Violation:
    """A violation of one rule on one element, by any number of rows.

    Attributes:
        rule: id of the rule.
        element: the standard's name, or the source's column if none fits; empty for a whole row or batch.
        rows: positions of the rows, ascending; empty if the batch as a whole violates the rule.
        found: the offending value, one text for all rows or one for each; None if no value is to be shown.
        personal: whether the value is masked completely.
        expected: what would have been right, one text for all rows or one for each.
    """

    rule: str
    element: str = ""
    rows: pa.Array = field(default_factory=lambda: pa.array([], pa.int64()))
    found: str | pa.Array | None = None
    personal: bool = False
    expected: str | pa.Array = ""

    def without(self, excluded: pa.Array) -> Violation:
        """The violation without some of its rows.

        Args:
            excluded: for each row of the batch, whether it is excluded.
        """
        kept = pc.invert(excluded.take(self.rows))
        found, expected = (
            text.filter(kept) if isinstance(text, pa.Array) else text for text in (self.found, self.expected)
        )
        return replace(self, rows=self.rows.filter(kept), found=found, expected=expected)

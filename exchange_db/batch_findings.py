"""How what the platform itself finds is staged, and which rows of a batch came too late."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Table, and_, literal, select

from exchange_db.bulk_insert import put, take
from exchange_db.merge import was_stale
from exchange_db.staging import Staging
from standard.batch import BatchKey
from standard.masking import mask_texts

_TEXTS = (
    "source",
    "subject",
    "observed_at",
    "read_at",
    "judged_at",
    "locator",
    "certificate_number",
    "value",
    "expected",
)
_FOUND = pa.schema([*(pa.field(name, pa.string()) for name in _TEXTS), pa.field("beginning", pa.int32())])


class Finder:
    """Finds what a batch does to the platform; each finding is staged, masked like every other.

    Attributes:
        connection: of the transaction, after the merge.
        staging: where the merge has put what it knows.
        key: of the batch.
        of_batch: what all rows of the batch have in common (`Accepted.literals`).
    """

    def __init__(
        self, connection: Connection, staging: Staging, key: BatchKey, of_batch: dict[str, ColumnElement[Any]]
    ) -> None:
        self.connection = connection
        self.staging = staging
        self.key = key
        self.of_batch = of_batch

    def find_stale(self) -> None:
        """Find the accepted rows that came too late to change anything."""
        s = self.staging.licence.c
        late = and_(s.record == self.staging.known.c.record, was_stale(self.staging))
        self.stage("stale", self.of_batch | _place(s) | {"observed_at": s.observed_at}, late)

    def stage(
        self,
        rule: str,
        given: dict[str, Any],
        where: ColumnElement[bool],
        *,
        element: str = "",
        value: str = "",
        day: str = "",
        into: Table | None = None,
    ) -> int:
        """Stage findings, masked: a key or a number may be a citizen's.

        Args:
            rule: which they are of.
            given: columns of a finding that differ from row to row; empty where absent.
            where: from which rows.
            element: that they are on.
            value: that they show.
            day: to which they belong; the batch's where absent.
            into: which staging table; `finding` where absent.

        Returns:
            How many.
        """
        texts = [given.get(name, literal(value if name == "value" else "")).label(name) for name in _TEXTS]
        rows = select(*texts, given["beginning"].label("beginning")).where(where)
        count = 0
        for found in take(self.connection, rows, _FOUND):
            count += found.num_rows
            alike = {"rule": rule, "element": element, "found_by": str(self.key)}
            alike["day"] = day or str(self.key.day)
            for name, said in alike.items():
                found = found.append_column(name, pa.repeat(said, found.num_rows))
            put(self.connection, self.staging.finding if into is None else into, [_masked(found)])
        return count


def _place(columns: Any) -> dict[str, Any]:
    return {"subject": columns.record, "locator": columns.locator, "certificate_number": columns.certificate_number}


def _masked(found: pa.Table) -> pa.Table:
    for name in ("locator", "certificate_number", "value"):
        masked = mask_texts(found[name].combine_chunks())
        found = found.set_column(found.schema.get_field_index(name), name, masked)
    return found

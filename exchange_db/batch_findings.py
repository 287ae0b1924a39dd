"""Stages the findings about a batch's effect on the platform, and finds its stale rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Table, and_, literal, select

from exchange_db.bulk import bulk_insert, bulk_select
from exchange_db.fates import is_late
from exchange_db.staging import Staging
from standard.batch import BatchKey
from standard.masking import mask_texts

_TEXT_COLUMNS = (
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
_FINDING_SCHEMA = pa.schema(
    [*(pa.field(name, pa.string()) for name in _TEXT_COLUMNS), pa.field("beginning", pa.int32())]
)


class Finder:
    """Stages findings about the effect of a batch on the platform, masked like all findings.

    Attributes:
        connection: of the transaction, after the merge.
        staging: the staging tables, filled by the merge.
        key: of the batch.
        batch_literals: the values that all rows of the batch have in common (`AcceptedRows.batch_literals`).
    """

    def __init__(
        self, connection: Connection, staging: Staging, key: BatchKey, batch_literals: dict[str, ColumnElement[Any]]
    ) -> None:
        self.connection = connection
        self.staging = staging
        self.key = key
        self.batch_literals = batch_literals

    def find_stale(self) -> None:
        """Stage findings on the accepted rows that were too late to change anything."""
        s = self.staging.licence.c
        late = and_(s.record == self.staging.known.c.record, is_late(self.staging))
        self.stage("stale", self.batch_literals | _record_columns(s) | {"observed_at": s.observed_at}, late)

    def stage(
        self,
        rule: str,
        columns: dict[str, Any],
        where: ColumnElement[bool],
        *,
        element: str = "",
        value: str = "",
        day: str = "",
        into: Table | None = None,
    ) -> int:
        """Stage findings, masked: a key or a number may be a citizen's.

        Args:
            rule: id of the rule.
            columns: the columns of a finding that differ from row to row; those that are missing are empty.
            where: which rows get a finding.
            element: of the findings.
            value: of the findings.
            day: of the findings; that of the batch if empty.
            into: the staging table; `finding` if absent.

        Returns:
            The number of findings.
        """
        texts = [columns.get(name, literal(value if name == "value" else "")).label(name) for name in _TEXT_COLUMNS]
        rows = select(*texts, columns["beginning"].label("beginning")).where(where)
        count = 0
        for findings in bulk_select(self.connection, rows, _FINDING_SCHEMA):
            count += findings.num_rows
            constants = {"rule": rule, "element": element, "found_by": str(self.key)}
            constants["day"] = day or str(self.key.day)
            for name, constant in constants.items():
                findings = findings.append_column(name, pa.repeat(constant, findings.num_rows))
            bulk_insert(self.connection, self.staging.finding if into is None else into, [_mask(findings)])
        return count


def _record_columns(columns: Any) -> dict[str, Any]:
    return {"subject": columns.record, "locator": columns.locator, "certificate_number": columns.certificate_number}


def _mask(findings: pa.Table) -> pa.Table:
    for name in ("locator", "certificate_number", "value"):
        masked = mask_texts(findings[name].combine_chunks())
        findings = findings.set_column(findings.schema.get_field_index(name), name, masked)
    return findings

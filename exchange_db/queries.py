"""Queries for people: a day's findings, and everything known about one licence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select, and_, or_, select

from exchange_db.staging import FINDING_KEY
from exchange_db.tables import CLAIM, FINDING_TABLE, HISTORY
from exchange_db.views import FINDING_VIEW, LICENCE_TABLE, SEEN_VIEW, VERSION
from standard.batch import BatchKey
from standard.finding import FINDING

# A finding in reports: its sight and its state.
REPORTED = pa.schema(
    [
        *FINDING,
        pa.field("day", pa.string()),
        pa.field("first_day", pa.string()),
        pa.field("last_day", pa.string()),
        pa.field("open", pa.bool_()),
        pa.field("platform_holds", pa.bool_()),
    ]
)
_CHUNK = 10_000  # findings fetched at once
_CLAIM_COLUMNS = [
    CLAIM.c[name]
    for name in (
        *("record", "source", "wins", "ended", "moved_to", "absent_at"),
        *("beginning", "observed_at", "read_at", "judged_at", "seen_at", "digest"),
    )
]


def read_findings(connection: Connection, key: BatchKey) -> pa.Table:
    """The findings seen on a batch's day, and those of its source that are still open from earlier days.

    Returns:
        A table of `REPORTED`; `row` is always -1, because positions in a batch mean nothing to people.
    """
    s, f = SEEN_VIEW.c, FINDING_VIEW.c
    same_finding = and_(*(s[name] == f[name] for name in FINDING_KEY))
    state = (f.first_day, f.last_day, f.open)
    of_day = (
        select(*_reported_columns(s), s.day, *state)
        .select_from(SEEN_VIEW.join(FINDING_VIEW, same_finding))
        .where(s.source == key.source, s.day == str(key.day))
        .order_by(s.id)
    )
    earlier = select(*_reported_columns(f), f.last_day.label("day"), *state).where(
        f.source == key.source, f.open, f.last_day < str(key.day)
    )
    tables = [table for statement in (of_day, earlier) for table in _select_tables(connection, statement)]
    return pa.concat_tables([REPORTED.empty_table(), *tables]).combine_chunks()


def _select_tables(connection: Connection, statement: Select[Any]) -> Iterator[pa.Table]:
    """The findings of a query as tables, a chunk at a time."""
    result = connection.execute(statement, execution_options={"yield_per": _CHUNK})
    for rows in result.partitions():
        columns = dict(zip(result.keys(), zip(*rows, strict=True), strict=True))
        columns["row"] = (-1,) * len(rows)
        yield pa.table([pa.array(columns[field.name], field.type) for field in REPORTED], schema=REPORTED)


def _reported_columns(columns: Any) -> list[Any]:
    names = [name for name in REPORTED.names if name not in {"row", "day", "first_day", "last_day", "open"}]
    return [columns.subject.label("record") if name == "record" else columns[name] for name in names]


def delivered_claims(connection: Connection, key: BatchKey, judged_at: Sequence[str]) -> pa.Table:
    """The present claims that some runs of a batch delivered.

    Args:
        connection: to the platform.
        key: of the batch.
        judged_at: the instants of judgement of those runs.

    Returns:
        A table of `record`, `digest`, `certificate_number` and `locator`.
    """
    from exchange_db.bulk import bulk_select

    c = CLAIM.c
    columns = (c.record, c.digest, c.certificate_number, c.locator)
    delivered = select(*columns).where(c.source == key.source, c.batch == str(key), c.judged_at.in_(judged_at))
    schema = pa.schema([(column.name, pa.string()) for column in columns])
    return pa.concat_tables([schema.empty_table(), *bulk_select(connection, delivered, schema)])


def disagreeing_sources(connection: Connection, key: BatchKey) -> list[str]:
    """Other sources for which this batch has opened findings: their pages of the day change too."""
    s = SEEN_VIEW.c
    sources = select(s.source).distinct().where(s.found_by == str(key), s.source != key.source)
    return sorted(connection.scalars(sources))


def trace(connection: Connection, text: str) -> list[dict[str, Any]]:
    """Everything known about the licences with an identifier or a number, including those that were only ever held.

    Returns:
        One entry a record: `licence`, `claims`, `versions`, `findings` (every sight) and `states` (each finding once, with its
        first and last day and whether it is open), each as plain values.
    """
    by_name = [
        select(t.record).where(or_(t.certificate_identifier == text, t.certificate_number == text))
        for t in (CLAIM.c, HISTORY.c)
    ]
    by_finding = select(SEEN_VIEW.c.subject).where(SEEN_VIEW.c.certificate_number == text)
    records = sorted({record for statement in (*by_name, by_finding) for record in connection.scalars(statement)})
    return [_trace_record(connection, record) for record in records]


def _trace_record(connection: Connection, record: str) -> dict[str, Any]:
    def rows(statement: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(statement).mappings()]

    f = FINDING_TABLE
    return {
        "record": record,
        "licence": rows(select(LICENCE_TABLE).where(LICENCE_TABLE.c.record == record)),
        "claims": rows(select(*_CLAIM_COLUMNS).where(CLAIM.c.record == record).order_by(CLAIM.c.source)),
        "versions": rows(select(VERSION).where(VERSION.c.record == record).order_by(VERSION.c.last_observed_at)),
        "findings": rows(
            select(SEEN_VIEW).where(SEEN_VIEW.c.subject == record).order_by(SEEN_VIEW.c.day, SEEN_VIEW.c.id)
        ),
        "states": rows(
            select(f).where(f.c.subject == record).order_by(f.c.source, f.c.first_day, f.c.rule, f.c.element)
        ),
    }

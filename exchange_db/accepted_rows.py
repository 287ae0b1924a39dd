"""Sends accepted rows to the database: first the columns that decide their fate, full rows only where these are needed.

A record that nobody has claimed is written straight to its claim, a row to be merged to the staging table, and an unchanged
row nowhere. So a first load writes every row once, and a full register that is read again writes hardly any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, case, literal, or_, select

from exchange_db.bulk import analyze, bulk_insert, bulk_select
from exchange_db.identifiers import mint_first
from exchange_db.staging import FATE_COLUMNS, Staging
from exchange_db.tables import CLAIM
from standard.batch import Keys

_NEEDED = pa.schema([pa.field("record", pa.string()), pa.field("claimed", pa.int32())])


@dataclass(frozen=True)
class AcceptedRows:
    """The accepted rows of one batch, every record at most once.

    Attributes:
        source: name of the source.
        batch: key of the batch as text.
        beginning: of the source's order.
        read_at: instant of the reading.
        judged_at: instant of the judgement.
        precedence: as declared now; it also applies to claims made under another precedence.
        rows: number of rows.
        types: their certificate type codes, and whether the source supplied identifiers with any row of that type.
        read: reads the named columns of the rows, a group at a time.
        newest_full: instant of the newest delivered full reading of the source, this one included; empty if there is none.
        keys: what the source's own keys name.
        changes: whether rows are changes; otherwise each shows the record as it is when it is read.
        endings: number of rows that only say that a record ended; they are not included in `rows`.
        keys_repeated: whether a key occurs more than once in the batch.
        turns: types whose loads must wait for this one: those of the rows, and those that their identifiers name.
    """

    source: str
    batch: str
    beginning: int
    read_at: str
    judged_at: str
    precedence: int
    rows: int
    types: Mapping[str, bool]
    read: Callable[[Sequence[str]], Iterable[pa.Table]]
    newest_full: str = ""
    keys: Keys = Keys.NOTHING
    changes: bool = False
    endings: int = 0
    keys_repeated: bool = False
    turns: Sequence[str] = ()

    @property
    def may_end_claims(self) -> bool:
        """Whether the batch can end claims even if the platform was empty before."""
        return self.endings > 0 or (self.keys_repeated and self.keys.name_records)

    @property
    def batch_values(self) -> dict[str, str | int]:
        """The values, by column, that all claims of the batch have in common."""
        return {
            "source": self.source,
            "batch": self.batch,
            "beginning": self.beginning,
            "read_at": self.read_at,
            "judged_at": self.judged_at,
            "seen_at": self.read_at,
        }

    @property
    def batch_literals(self) -> dict[str, ColumnElement[Any]]:
        """The batch values as SQL literals."""
        return {name: literal(value) for name, value in self.batch_values.items()}


class IncomingRows:
    """Writes the accepted rows of a batch to the tables in one transaction.

    Attributes:
        accepted: the rows.
    """

    def __init__(self, connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
        self.accepted = accepted
        self._connection = connection
        self._staging = staging
        self._staged = False

    def stage(self) -> None:
        """Stage the columns that decide the fate of each row, unless this was done before."""
        if not self._staged:
            bulk_insert(self._connection, self._staging.arrival, self.accepted.read(FATE_COLUMNS))
            analyze(self._connection, self._staging.arrival)
            self._staged = True

    def send_full_rows(self, merged: Sequence[str] | None) -> None:
        """Write new claims to `claim` and full rows to be merged to staging; `staging.known` and `staging.rival` are filled.

        Args:
            merged: the fates whose rows are merged; None if none of the records is known, so that every row is a new claim.
        """
        needed = None if merged is None else _needed_records(self._connection, self._staging, merged)
        if needed is not None and not needed.num_rows:
            return
        licence = self._staging.licence
        names = [column.name for column in licence.columns if column.name != "identifier_version"]
        for rows in self.accepted.read(names):
            claims, to_merge = _split(rows, needed)
            bulk_insert(self._connection, CLAIM, [_as_claims(mint_first(claims), self.accepted)])
            bulk_insert(self._connection, licence, [mint_first(to_merge)])
        analyze(self._connection, licence)


def _needed_records(connection: Connection, staging: Staging, merged: Sequence[str]) -> pa.Table:
    """The records whose full rows are needed, and whether any source claims them already."""
    a, k, r = staging.arrival.c, staging.known.c, staging.rival.c
    joined = staging.arrival.outerjoin(staging.known, k.record == a.record).outerjoin(
        staging.rival, r.record == a.record
    )
    claimed = case((or_(k.record.is_not(None), r.record.is_not(None)), 1), else_=0)
    rows = select(a.record, claimed).select_from(joined).where(or_(k.record.is_(None), k.fate.in_(merged)))
    return pa.concat_tables([_NEEDED.empty_table(), *bulk_select(connection, rows, _NEEDED)]).combine_chunks()


def _split(rows: pa.Table, needed: pa.Table | None) -> tuple[pa.Table, pa.Table]:
    """The rows that are new claims and the rows to be merged; the others are not needed."""
    if needed is None:
        return rows, rows.slice(0, 0)
    index = pc.index_in(rows["record"], needed["record"].combine_chunks())
    claimed = needed["claimed"].combine_chunks().take(index.combine_chunks())
    return rows.filter(pc.equal(claimed, 0)), rows.filter(pc.equal(claimed, 1))


def _as_claims(rows: pa.Table, accepted: AcceptedRows) -> pa.Table:
    """The rows as winning claims, with the columns that the merge would add."""
    for name, value in {**accepted.batch_values, "wins": True}.items():
        # PostgreSQL's binary COPY requires the width of the column.
        arrow_type = pa.int32() if name == "beginning" else None
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, arrow_type), rows.num_rows))
    return rows.append_column("first_observed_at", rows["observed_at"])

"""What of an accepted row travels to the database: of each what tells its fate, the whole of it only where that needs it.

A record that nobody has claimed goes straight to its claim, one that is merged to the staging table, and one of which
the source says what it said before stays where it is. So a first load writes every row once, and a full register that is
seen again writes hardly any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, case, literal, or_, select

from exchange_db.bulk_insert import put, take, weigh
from exchange_db.identifiers import mint_first
from exchange_db.staging import ARRIVED, Staging
from exchange_db.tables import CLAIM
from standard.batch import Keys

_SENT = pa.schema([pa.field("record", pa.string()), pa.field("claimed", pa.int32())])


@dataclass(frozen=True)
class Accepted:
    """The accepted rows of one batch, every record at most once.

    Attributes:
        source: whose they are.
        batch: its key as text.
        beginning: of the source's order, of the batch.
        read_at: instant of the reading.
        judged_at: of the batch.
        precedence: as declared now; claims made under another precedence follow it.
        rows: how many.
        types: certificate type codes among them, and whether the source gave identifiers with any.
        read: gives some columns of them, a group at a time.
        newest_full: instant of the newest full reading of the source that was delivered, this one among them; empty
            where there is none.
        keys: what the source's own keys name.
        changes: whether rows are changes; else each says what a record is when it is read.
        endings: rows that only say that a record ended; they are not among `rows`.
        keys_repeated: whether a key occurs more than once in the batch.
        turns: the types whose loads must wait for this one: those of the rows, and those that their identifiers name.
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
    def may_end(self) -> bool:
        """Whether the batch alone, without anything that was there before it, can make claims end."""
        return self.endings > 0 or (self.keys_repeated and self.keys.name_records)

    @property
    def of_batch(self) -> dict[str, str | int]:
        """What every claim of the batch has in common, by column."""
        return {
            "source": self.source,
            "batch": self.batch,
            "beginning": self.beginning,
            "read_at": self.read_at,
            "judged_at": self.judged_at,
            "seen_at": self.read_at,
        }

    @property
    def literals(self) -> dict[str, ColumnElement[Any]]:
        """The same, for statements."""
        return {name: literal(value) for name, value in self.of_batch.items()}


class Arrivals:
    """The accepted rows on their way into the tables of one transaction.

    Attributes:
        accepted: the rows.
    """

    def __init__(self, connection: Connection, staging: Staging, accepted: Accepted) -> None:
        self.accepted = accepted
        self._connection = connection
        self._staging = staging
        self._staged = False

    def stage(self) -> None:
        """Stage of every row what tells its fate, if that was not done yet."""
        if not self._staged:
            put(self._connection, self._staging.arrival, self.accepted.read(ARRIVED))
            weigh(self._connection, self._staging.arrival)
            self._staged = True

    def bring_whole(self, merged: Sequence[str] | None) -> None:
        """Bring the rows that are needed whole to where they are needed; `staging.known` and `staging.rival` are filled.

        Args:
            merged: the fates whose rows are merged; None where nobody knows any of the records, and so every row is a
                new claim.
        """
        sent = None if merged is None else _sent(self._connection, self._staging, merged)
        if sent is not None and not sent.num_rows:
            return
        licence = self._staging.licence
        names = [column.name for column in licence.columns if column.name != "identifier_version"]
        for rows in self.accepted.read(names):
            claims, others = _divided(rows, sent)
            put(self._connection, CLAIM, [_as_claims(mint_first(claims), self.accepted)])
            put(self._connection, licence, [mint_first(others)])
        weigh(self._connection, licence)


def _sent(connection: Connection, staging: Staging, merged: Sequence[str]) -> pa.Table:
    """The records whose rows are needed, and whether somebody claims them already."""
    a, k, r = staging.arrival.c, staging.known.c, staging.rival.c
    beside = staging.arrival.outerjoin(staging.known, k.record == a.record).outerjoin(
        staging.rival, r.record == a.record
    )
    claimed = case((or_(k.record.is_not(None), r.record.is_not(None)), 1), else_=0)
    rows = select(a.record, claimed).select_from(beside).where(or_(k.record.is_(None), k.fate.in_(merged)))
    return pa.concat_tables([_SENT.empty_table(), *take(connection, rows, _SENT)]).combine_chunks()


def _divided(rows: pa.Table, sent: pa.Table | None) -> tuple[pa.Table, pa.Table]:
    """The rows that are new claims, and those that are merged; the rest is not needed."""
    if sent is None:
        return rows, rows.slice(0, 0)
    place = pc.index_in(rows["record"], sent["record"].combine_chunks())
    claimed = sent["claimed"].combine_chunks().take(place.combine_chunks())
    return rows.filter(pc.equal(claimed, 0)), rows.filter(pc.equal(claimed, 1))


def _as_claims(rows: pa.Table, accepted: Accepted) -> pa.Table:
    """The rows as claims that win: what the merge adds is the same for all of them."""
    for name, value in {**accepted.of_batch, "wins": True}.items():
        # As wide as the table's column: PostgreSQL takes no other in binary.
        kind = pa.int32() if name == "beginning" else None
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, kind), rows.num_rows))
    return rows.append_column("first_observed_at", rows["observed_at"])

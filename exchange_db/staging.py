"""The staging tables of one transaction: the content of a batch, and what the merge finds out about it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, Table, UniqueConstraint

from exchange_db.column_types import digest, text
from exchange_db.dialects import dialect_of
from exchange_db.dialects.dialect import Dialect
from exchange_db.stamps import STAMP
from exchange_db.tables import CLAIM, ENDING, FINDING_TABLE, SEEN, SIGHTING

FINDING_KEY = ("source", "rule", "element", "subject")  # what identifies a finding
# The columns of an accepted row that decide its fate, and suffice if its content is known already.
FATE_COLUMNS = ("record", "digest", "locator", "source_updated_at", "observed_at")
# The other columns of a claim are the same for every row of a batch, or determined by the merge.
BATCH_COLUMNS = ("source", "batch", "beginning", "read_at", "judged_at", "seen_at")
_MERGE_COLUMNS = (*BATCH_COLUMNS, "first_observed_at", "wins", "absent_at", "ended", "moved_to")
_BATCH_ENDING_COLUMNS = ("source", "batch", "beginning", "read_at", "judged_at")
_UNIQUE_RECORD = (("record",),)


class Staging:
    """The staging tables, as one dialect creates them.

    Attributes:
        arrival: of each accepted row the columns that decide its fate, with its locator and times.
        licence: full rows that are to be merged; the identifier is the source's own, or minted as for a new record.
        known: records that the source already claims, with the fate of the new row.
        rival: records that another source claims too.
        winner: the source whose claim wins each of those, and whether it won before.
        need: winning claims that have no identifier yet.
        minted: identifiers for them.
        finding: findings of this batch, including those of the merge.
        closed: findings that something newer supersedes.
        looked: subjects whose findings are recomputed.
        drawn: the recomputed findings, and whether the day's report need not list them.
        held: rows of a batch before it is decided; `place` numbers them.
        sighting: rows that name a record and were not accepted.
        seen: their records, each once.
        ending: rows that only say that a record ended, and whether the same end was known before.
        touched: records whose claim may have ended, moved or returned by this batch.
        reopened: those of them whose claim had ended before and may stand again.
        naming: every later record that the keys of touched claims name.
        named: the newest of them.
        parted: claims that this batch moves, and claims that no longer count as moved.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._metadata = MetaData()
        self._dialect = dialect
        self.arrival = self._table("arrival", *_columns_of(CLAIM, *FATE_COLUMNS), unique=_UNIQUE_RECORD)
        self.licence = self._table("licence", *_columns_except(CLAIM, *_MERGE_COLUMNS), unique=_UNIQUE_RECORD)
        self.known = self._table("known", Column("record", digest()), Column("fate", text(16)), unique=_UNIQUE_RECORD)
        self.rival = self._table("rival", Column("record", digest()), unique=_UNIQUE_RECORD)
        claims = [Column("record", digest()), Column("source", text(128))]
        self.winner = self._table("winner", *claims, Column("won", Boolean), unique=_UNIQUE_RECORD)
        self.need = self._table("need", *_columns_of(CLAIM, "record", "source", "face_digest"), unique=_UNIQUE_RECORD)
        self.minted = self._table(
            "minted", *_columns_of(CLAIM, "record", "source", "certificate_identifier"),
            Column("version", Integer), unique=_UNIQUE_RECORD,
        )  # fmt: skip
        self.finding = self._table("finding", *_columns_except(SEEN, "id"))
        self.closed = self._table("closed", *_columns_of(FINDING_TABLE, *FINDING_KEY))
        self.looked = self._table("looked", Column("subject", digest()))
        self.drawn = self._table(
            "drawn",
            *_columns_except(SEEN, "id"),
            Column("listed", Boolean),
            unique=(("source", "subject", "rule", "element"),),
        )
        places = (*_columns_of(CLAIM, "record", "locator"), Column("place", Integer))
        self.held = self._table("held", *places, unique=(("record", "place"), ("locator", "place")))
        self.sighting = self._table("sighting", *_columns_except(SIGHTING, "source", "seen_at"))
        # Indexed in every database: PostgreSQL cannot know how many sightings are recent, and would assume a few.
        self.seen = self._table("seen", *_columns_except(SIGHTING, "source", "seen_at"), UniqueConstraint("record"))
        self.ending = self._table("ending", *_columns_except(ENDING, *_BATCH_ENDING_COLUMNS), Column("known", Boolean))
        self.touched = self._table("touched", Column("record", digest()), unique=_UNIQUE_RECORD)
        self.reopened = self._table("reopened", Column("record", digest()))
        names = (Column("record", digest()), Column("named", digest()))
        self.named = self._table("named", *names, unique=_UNIQUE_RECORD)
        stamp = _columns_of(CLAIM, *STAMP, "seen_at")
        self.naming = self._table("naming", Column("record", digest()), Column("named", digest()), *stamp)
        self.parted = self._table("parted", Column("record", digest()), Column("moves", Boolean))

    def open(self, connection: Connection) -> None:
        """Create them empty, for this connection only."""
        self.close(connection)
        self._metadata.create_all(connection, checkfirst=False)

    def close(self, connection: Connection) -> None:
        """Drop them."""
        quoted = connection.dialect.identifier_preparer.format_table
        for table in self._metadata.tables.values():
            connection.exec_driver_sql(self._dialect.drop_staged.format(quoted(table)))

    def _table(
        self, name: str, *columns: Column[Any] | UniqueConstraint, unique: tuple[tuple[str, ...], ...] = ()
    ) -> Table:
        return self._dialect.staged_table(name, self._metadata, columns, unique)


def staging(connection: Connection) -> Staging:
    """The staging tables for the database of a connection."""
    return _staging(dialect_of(connection))


@cache
def _staging(dialect: Dialect) -> Staging:
    return Staging(dialect)


def _columns_of(table: Table, *names: str) -> list[Column[Any]]:
    return [Column(column.name, column.type, nullable=True) for column in table.columns if column.name in names]


def _columns_except(table: Table, *excluded: str) -> list[Column[Any]]:
    return _columns_of(table, *(column.name for column in table.columns if column.name not in excluded))

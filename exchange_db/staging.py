"""The tables of one transaction: what a batch brings, and what the merge finds out about it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, Table, UniqueConstraint

from exchange_db.column_types import digest, text
from exchange_db.dialects import dialect_of
from exchange_db.dialects.dialect import Dialect
from exchange_db.stamps import STAMP
from exchange_db.tables import CLAIM, ENDING, FINDING_TABLE, SEEN, SIGHTING

FOUND = ("source", "rule", "element", "subject")  # what makes a finding the same finding
# What of an accepted row is enough where its content is known already.
ARRIVED = ("record", "digest", "locator", "source_updated_at", "observed_at")
# The rest of a claim is the same for every row of a batch, or found out by the merge.
OF_BATCH = ("source", "batch", "beginning", "read_at", "judged_at", "seen_at")
_MERGED = (*OF_BATCH, "first_observed_at", "wins", "absent_at", "ended", "moved_to")
_OF_ENDING = ("source", "batch", "beginning", "read_at", "judged_at")
_BY_RECORD = (("record",),)


class Staging:
    """The staging tables as one kind of database makes them.

    Attributes:
        arrival: of each accepted row what tells its fate, and where and when it was seen.
        licence: the rows that are needed whole to be merged; the identifier is the source's own, or one minted as if
            the record were new.
        known: records of which the source has a claim already, and the fate of the new one.
        rival: records that another source claims too.
        winner: the source whose claim wins each of those, and whether it did before.
        need: winning claims that have no identifier yet.
        minted: identifiers for them.
        finding: findings of this batch, those of the merge itself among them.
        closed: findings of which something newer is known.
        looked: subjects of which a finding is drawn anew.
        drawn: what is true of them; whether the day's report need not list it.
        held: what a batch would bring, before it is decided; `place` tells its rows apart.
        sighting: rows that name a record and were not accepted.
        seen: their records, each once.
        ending: rows that only say that a record ended, and whether the same end was said before.
        touched: records whose claim may have ended, moved or come back by this batch.
        reopened: those among them whose claim had ended before; it may have begun again.
        naming: every later name of the keys of touched claims.
        named: the newest of them.
        parted: claims that have moved, and that have not any more, by this batch.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._metadata = MetaData()
        self._dialect = dialect
        self.arrival = self._table("arrival", *_like(CLAIM, *_all_but(CLAIM, *ARRIVED)), unique=_BY_RECORD)
        self.licence = self._table("licence", *_like(CLAIM, *_MERGED), unique=_BY_RECORD)
        self.known = self._table("known", Column("record", digest()), Column("fate", text(16)), unique=_BY_RECORD)
        self.rival = self._table("rival", Column("record", digest()), unique=_BY_RECORD)
        claims = [Column("record", digest()), Column("source", text(128))]
        self.winner = self._table("winner", *claims, Column("won", Boolean), unique=_BY_RECORD)
        self.need = self._table(
            "need", *_like(CLAIM, *_all_but(CLAIM, "record", "source", "face_digest")), unique=_BY_RECORD
        )
        self.minted = self._table(
            "minted", *_like(CLAIM, *_all_but(CLAIM, "record", "source", "certificate_identifier")),
            Column("version", Integer), unique=_BY_RECORD,
        )  # fmt: skip
        self.finding = self._table("finding", *_like(SEEN, "id"))
        self.closed = self._table("closed", *_like(FINDING_TABLE, *_all_but(FINDING_TABLE, *FOUND)))
        self.looked = self._table("looked", Column("subject", digest()))
        self.drawn = self._table(
            "drawn", *_like(SEEN, "id"), Column("listed", Boolean), unique=(("source", "subject", "rule", "element"),)
        )
        places = (*_like(CLAIM, *_all_but(CLAIM, "record", "locator")), Column("place", Integer))
        self.held = self._table("held", *places, unique=(("record", "place"), ("locator", "place")))
        self.sighting = self._table("sighting", *_like(SIGHTING, "source", "seen_at"))
        # Indexed everywhere: PostgreSQL cannot know how many sightings are of now, and would take them for a few.
        key = UniqueConstraint("record")
        self.seen = self._table("seen", *_like(SIGHTING, "source", "seen_at"), key)
        self.ending = self._table("ending", *_like(ENDING, *_OF_ENDING), Column("known", Boolean))
        self.touched = self._table("touched", Column("record", digest()), unique=_BY_RECORD)
        self.reopened = self._table("reopened", Column("record", digest()))
        names = (Column("record", digest()), Column("named", digest()))
        self.named = self._table("named", *names, unique=_BY_RECORD)
        stamp = _like(CLAIM, *_all_but(CLAIM, *STAMP, "seen_at"))
        self.naming = self._table("naming", Column("record", digest()), Column("named", digest()), *stamp)
        self.parted = self._table("parted", Column("record", digest()), Column("moves", Boolean))

    def open(self, connection: Connection) -> None:
        """Make them empty, for this connection alone."""
        self.close(connection)
        self._metadata.create_all(connection, checkfirst=False)

    def close(self, connection: Connection) -> None:
        """Take them away."""
        quoted = connection.dialect.identifier_preparer.format_table
        for table in self._metadata.tables.values():
            connection.exec_driver_sql(self._dialect.drop_staged.format(quoted(table)))

    def _table(
        self, name: str, *columns: Column[Any] | UniqueConstraint, unique: tuple[tuple[str, ...], ...] = ()
    ) -> Table:
        return self._dialect.staged_table(name, self._metadata, columns, unique)


def staging(connection: Connection) -> Staging:
    """The staging tables of the database that a connection leads to."""
    return _staging(dialect_of(connection))


@cache
def _staging(dialect: Dialect) -> Staging:
    return Staging(dialect)


def _like(table: Table, *left_out: str) -> list[Column[Any]]:
    return [Column(column.name, column.type, nullable=True) for column in table.columns if column.name not in left_out]


def _all_but(table: Table, *kept: str) -> list[str]:
    return [column.name for column in table.columns if column.name not in kept]

"""Stamps have the reading and the beginning of an order; presence, ends and former keys are kept; findings become views."""

import hashlib

import pyarrow as pa
import sqlalchemy as sa
from alembic import op

from exchange_db.bulk import bulk_select
from exchange_db.column_types import digest, instant, text

revision = "0003"
down_revision = "0002"

_NOW = "9999-12-31T23:59:59.999999Z"  # how sightings said that the newest snapshot held a record
_CLAIMS = ("claim", "claim_history")
_PLACE = pa.schema([(name, pa.string()) for name in ("source", "subject", "locator")])


def upgrade() -> None:
    """Add what is missing, and draw it from what is there."""
    _add_tables()
    _extend_claims()
    _extend_ledger()
    _draw_presence()
    _rename_findings()


def _add_tables() -> None:
    op.create_table(
        "former_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", text(128), nullable=False),
        sa.Column("record", digest(), nullable=False),
        sa.Column("locator", text(512), nullable=False),
        sa.Column("beginning", sa.Integer, nullable=False),
        *(sa.Column(name, instant(), nullable=False) for name in ("observed_at", "read_at", "judged_at", "seen_at")),
    )
    op.create_index("former_key_by_record", "former_key", ["record"])
    op.create_index("former_key_by_place", "former_key", ["locator"])
    op.create_table(
        "ending",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", text(128), nullable=False),
        sa.Column("record", digest(), nullable=False),
        sa.Column("locator", text(512), nullable=False),
        sa.Column("beginning", sa.Integer, nullable=False),
        *(sa.Column(name, instant(), nullable=False) for name in ("observed_at", "read_at", "judged_at")),
        sa.Column("subject", digest(), nullable=False),
        sa.Column("certificate_number", text(128), nullable=False),
        sa.Column("batch", text(160), nullable=False),
    )
    op.create_index("ending_by_source", "ending", ["source"])
    op.create_index("ending_by_record", "ending", ["record"])
    op.create_index("ending_by_place", "ending", ["locator"])
    op.create_table(
        "sweep",
        sa.Column("source", text(128), primary_key=True),
        sa.Column("taken_at", instant(), primary_key=True),
        sa.Column("day", text(10), nullable=False),
        sa.Column("swept_at", instant(), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("keys_met", "vanished", "unread")),
        sa.Column("seconds", sa.Double, nullable=False),
    )


def _extend_claims() -> None:
    for table in _CLAIMS:
        _add(table, sa.Column("beginning", sa.Integer, nullable=False, server_default="0"))
        for name in ("read_at", "seen_at"):
            _add(table, sa.Column(name, instant(), nullable=False, server_default=""))
        # The instant of the reading by the ledger; a claim whose run is no longer told apart was read before it was judged.
        batch = _concatenated("b.source", "'/'", "b.day")
        read = f"SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.source = {table}.source AND {batch} = {table}.batch AND b.judged_at = {table}.judged_at"
        _run(f"UPDATE {table} SET read_at = COALESCE(({read}), judged_at)")
        _run(f"UPDATE {table} SET seen_at = read_at")
    for column in (
        sa.Column("absent_at", instant()),
        sa.Column("ended", text(16)),
        sa.Column("moved_to", digest()),
    ):
        _add("claim", column)
    _run(f"UPDATE claim SET ended = 'vanished' WHERE withdrawn = {_true()}")
    _drop("claim", "withdrawn")
    op.create_index("claim_by_source", "claim", ["source"])
    moved = sa.text("moved_to IS NOT NULL")
    op.create_index(
        "claim_by_successor",
        "claim",
        ["moved_to"],
        postgresql_where=moved,
        sqlite_where=moved,
        mssql_where=moved,
    )


def _extend_ledger() -> None:
    for column in (
        sa.Column("moved", sa.Integer, nullable=False, server_default="0"),
        sa.Column("witnessed", sa.BigInteger),
        sa.Column("mark_rows", text(512)),
        sa.Column("ordered_by", text(16), nullable=False, server_default=""),
        sa.Column("beginning", sa.Integer, nullable=False, server_default="0"),
    ):
        _add("exchange_batch", column)
    _run("UPDATE exchange_batch SET ordered_by = 'reading' WHERE kind = 'snapshot'")


def _draw_presence() -> None:
    """Sightings that say no more than the claims go; what the newest snapshot no longer held is absent."""
    newest = "SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.kind = 'snapshot' AND b.status = 'delivered' AND b.source = {0}.source"
    _run(f"UPDATE sighting SET seen_at = COALESCE(({newest.format('sighting')}), seen_at) WHERE seen_at = '{_NOW}'")
    missed = f"SELECT 1 FROM sighting s WHERE s.record = claim.record AND s.source = claim.source AND s.seen_at < ({newest.format('claim')})"
    held = f"claim.seen_at < ({newest.format('claim')})"
    _run(f"UPDATE claim SET absent_at = ({newest.format('claim')}) WHERE {held} AND EXISTS ({missed})")
    known = "SELECT 1 FROM claim c WHERE c.record = sighting.record AND c.source = sighting.source AND c.seen_at >= sighting.seen_at"
    _run(f"DELETE FROM sighting WHERE EXISTS ({known})")


def _rename_findings() -> None:
    for name in ("batch", "finder", "subject"):
        op.drop_index(f"finding_seen_by_{name}", table_name="finding_seen")
    op.rename_table("finding", "finding_state")
    op.rename_table("finding_seen", "finding_sight")
    for name, columns in (("batch", ["source", "day"]), ("finder", ["found_by"]), ("subject", ["subject"])):
        op.create_index(f"finding_sight_by_{name}", "finding_sight", columns)
    for table in ("finding_state", "finding_sight"):
        _add(table, sa.Column("beginning", sa.Integer, nullable=False, server_default="0"))
        _add(table, sa.Column("read_at", instant(), nullable=False, server_default=""))
        _run(f"UPDATE {table} SET read_at = judged_at")  # when exactly the rows were read was not kept
        _drop(table, "platform_holds")
    _name_whole_places()
    _add("finding_state", sa.Column("day", text(10), nullable=False, server_default=""))
    _run("UPDATE finding_state SET day = last_day")


def _name_whole_places() -> None:
    """The subject of a finding on a row without a record was the end of its locator, which two of them may share."""
    for table in () if op.get_context().as_sql else ("finding_state", "finding_sight"):
        rows = sa.table(table, *(sa.column(name, sa.Unicode) for name in _PLACE.names))
        places = sa.select(*rows.c).where(rows.c.locator != "").distinct()
        change = rows.update().where(*(column == sa.bindparam(f"of_{column.name}") for column in rows.c))
        for found in bulk_select(op.get_bind(), places, _PLACE):  # some at a time: there may be as many as nights
            changed = [
                {f"of_{name}": text for name, text in place.items()} | {"whole": _digest(place["locator"])}
                for place in found.to_pylist()
                if place["subject"] == place["locator"][-32:]
            ]
            if changed:
                op.get_bind().execute(change.values(subject=sa.bindparam("whole")), changed)


def _digest(locator: str) -> str:
    return hashlib.sha256(locator.encode()).hexdigest()[:32]


def _add(table: str, column: sa.Column) -> None:  # type: ignore[type-arg]  # of whatever type
    op.add_column(table, column)


def _drop(table: str, column: str) -> None:
    op.drop_column(table, column, mssql_drop_default=True, mssql_drop_check=True)


def _run(statement: str) -> None:
    op.execute(sa.text(statement))


def _true() -> str:
    return "TRUE" if op.get_bind().dialect.name == "postgresql" else "1"


def _concatenated(*texts: str) -> str:
    name = op.get_bind().dialect.name
    return f"CONCAT({', '.join(texts)})" if name in {"mysql", "mssql"} else " || ".join(texts)

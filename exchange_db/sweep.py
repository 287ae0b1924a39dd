"""Stores a sweep of a source's keys on the platform: records that vanished or returned, and the findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, literal, or_, select, update

from exchange_db.batch_findings import Finder
from exchange_db.bulk import analyze, bulk_insert
from exchange_db.database import ExchangeDatabase
from exchange_db.finding_store import BATCH_RULES, RECOMPUTED_RULES, ClosingContext, add_findings
from exchange_db.key_comparison import KeyComparison
from exchange_db.known_keys import NUMBER
from exchange_db.platform_rules import recompute_after_sweep
from exchange_db.presence import (
    FullReading,
    clear_absent,
    close_returned,
    mark_missed,
    newest_full_reading,
    update_shared_numbers,
    update_vanished,
)
from exchange_db.staging import FINDING_KEY, Staging, staging
from exchange_db.tables import BATCH, CLAIM, CLAIMANT, FINDING_TABLE, SEEN, SWEEP
from standard import batch
from standard.batch import BatchKey, Keys, Status
from standard.errors import ExchangeError
from standard.raw import LOCATOR

_NOT_FOUND_SCHEMA = pa.schema([pa.field(LOCATOR, pa.string()), pa.field(NUMBER, pa.string())])


@dataclass(frozen=True)
class Sweep:
    """One sweep of a source's keys.

    Attributes:
        key: of its batch.
        taken_at: instant before the first key was read.
        swept_at: instant at which it is stored.
        beginning: of the source's order.
        compared: the keys that it met, compared with those that the platform knew.
        vanished: what happens to a vanished licence: `keep`, `hold` or `cancel`.
        keys: what the source's keys name.
        unread: number of met rows that were never read or have changed since.
        seconds: duration.
        not_found: `LOCATOR` and `NUMBER` of the unread rows that were gone when they were to be read.
    """

    key: BatchKey
    taken_at: str
    swept_at: str
    beginning: int
    compared: KeyComparison
    vanished: str
    keys: Keys
    unread: int
    seconds: float
    not_found: pa.Table = field(default_factory=_NOT_FOUND_SCHEMA.empty_table)


def store_sweep(database: ExchangeDatabase, sweep: Sweep) -> int:
    """Store a sweep as a full reading; only differences are written.

    Returns:
        The number of vanished records.

    Raises:
        ExchangeError: when a newer full reading was delivered meanwhile; nothing was written.
        PlatformUnreachable: when the database does not answer; nothing was written.
    """

    def store(connection: Connection, staged: Staging, finder: Finder) -> int:
        _require_newest(connection, sweep)
        vanished = _update_claims(connection, staged, finder, sweep)
        _update_findings(connection, staged, sweep)
        connection.execute(insert(SWEEP).values(**_row(sweep, vanished)))
        return vanished

    return _in_transaction(database, sweep, store)


def _require_newest(connection: Connection, sweep: Sweep) -> None:
    source = sweep.key.source
    newest = newest_full_reading(connection, source)
    if newest is not None and newest.taken_at >= sweep.taken_at:
        raise ExchangeError(
            "LX-506",
            "{source}: expected the sweep of {taken_at} to be the newest full reading, found one of {newest}; "
            "nothing was written; sweep again",
            source=source,
            taken_at=sweep.taken_at,
            newest=newest.taken_at,
        )


def _update_claims(connection: Connection, staged: Staging, finder: Finder, sweep: Sweep) -> int:
    """Update which claims are absent or have returned, and the findings on them; returns the number of vanished records."""
    source, compared = sweep.key.source, sweep.compared
    reading = FullReading(str(sweep.key.day), sweep.taken_at, sweep.swept_at)
    bulk_insert(connection, staged.touched, [compared.absent])
    bulk_insert(connection, staged.seen, [compared.returned])
    for table in (staged.touched, staged.seen):
        analyze(connection, table)
    if sweep.not_found.num_rows:
        _exclude_not_found(connection, staged, sweep)
    clear_absent(connection, staged, source, sweep.taken_at)
    mark_missed(connection, staged, source, reading)
    vanished = update_vanished(finder, sweep.vanished, reading)
    close_returned(connection, source)
    recompute_after_sweep(finder)
    bulk_insert(connection, staged.looked, [compared.shared.rename_columns(["subject"])])
    bulk_insert(connection, staged.rival, [compared.shared_numbers])
    update_shared_numbers(finder, reading)
    return vanished


def _row(sweep: Sweep, vanished: int) -> dict[str, Any]:
    return {
        "source": sweep.key.source,
        "taken_at": sweep.taken_at,
        "day": str(sweep.key.day),
        "swept_at": sweep.swept_at,
        "keys_met": sweep.compared.keys_met,
        "vanished": vanished,
        "unread": sweep.unread,
        "seconds": round(sweep.seconds, 3),
    }


def _update_findings(connection: Connection, staged: Staging, sweep: Sweep) -> None:
    """Close the findings that the sweep settles, and stage those on rows that it could not read or tell apart."""
    _close_earlier(connection, sweep)
    keys_name_rows = sweep.keys is Keys.ROWS
    if keys_name_rows and sweep.compared.gone_rows.num_rows:
        _close_gone_rows(connection, staged, sweep)
    if sweep.not_found.num_rows:
        _stage_finding(connection, staged, sweep, "rows_not_found", str(sweep.not_found.num_rows), "0")
    if keys_name_rows and sweep.compared.repeated:
        _stage_finding(connection, staged, sweep, "key_repeated", str(sweep.compared.repeated), "0")


def refuse_sweep(database: ExchangeDatabase, sweep: Sweep, found: tuple[str, str]) -> None:
    """Stage the finding that a sweep would end too many records; nothing else is written.

    Args:
        database: the target.
        sweep: the sweep.
        found: the number of records that it would end, and the maximum, as texts.
    """

    def refuse(connection: Connection, staged: Staging, _finder: Finder) -> int:
        _delete_sights(connection, sweep.key)
        _stage_finding(connection, staged, sweep, "sweep_refused", *found)
        return 0

    _in_transaction(database, sweep, refuse)


def _in_transaction(
    database: ExchangeDatabase, sweep: Sweep, work: Callable[[Connection, Staging, Finder], int]
) -> int:
    """Run work in one transaction under the locks of a load, and store the findings that it has staged."""
    source, k = sweep.key.source, CLAIMANT.c
    with database.transaction() as connection:
        staged = staging(connection)
        staged.open(connection)
        types = connection.scalars(select(k.certificate_type_code).where(k.source == source))
        database.lock(connection, [f"source {source}", *sorted(f"type {code}" for code in types), "findings"])
        literals: dict[str, ColumnElement[Any]] = {"source": literal(source), "beginning": literal(sweep.beginning)}
        result = work(connection, staged, Finder(connection, staged, sweep.key, literals))
        context = ClosingContext.of(sweep.swept_at, {}, sweep.keys)
        add_findings(connection, staged, source, context, seen=True)
        staged.close(connection)
    return result


def _exclude_not_found(connection: Connection, staged: Staging, sweep: Sweep) -> None:
    """Exclude missed records whose key or number is that of a row that could not be read.

    The content of such a row is unknown, so for these records the sweep is not a full reading.
    """
    c, s, t = CLAIM.c, staged.sighting.c, staged.touched.c
    rows = sweep.not_found
    rows = pa.table({"locator": rows[LOCATOR], "certificate_number": pc.fill_null(rows[NUMBER], "")})
    bulk_insert(connection, staged.sighting, [rows])
    own_claims = and_(c.source == sweep.key.source, c.record == t.record)
    matching = and_(own_claims, or_(c.locator == s.locator, c.certificate_number == s.certificate_number))
    connection.execute(delete(staged.touched).where(exists(select(c.record).where(matching))))


def _close_gone_rows(connection: Connection, staged: Staging, sweep: Sweep) -> None:
    """Close the findings on rows that no longer exist; their records have vanished or moved."""
    f, s = FINDING_TABLE.c, SEEN.c
    gone, gone_again = (
        staged.sighting,
        staged.held,
    )  # not every database can read one staging table twice in a statement
    connection.execute(delete(gone))
    for table in (gone, gone_again):
        bulk_insert(connection, table, [sweep.compared.gone_rows])
    listed = and_(
        *(s[name] == f[name] for name in (*FINDING_KEY, "day")), s.locator.not_in(select(gone_again.c.locator))
    )
    on_row = and_(
        f.source == sweep.key.source, f.open, f.rule.not_in([*RECOMPUTED_RULES, *BATCH_RULES]), f.subject != batch.SWEEP
    )
    row_exists = exists(
        select(s.id).where(listed).correlate(FINDING_TABLE)
    )  # another row with the finding still exists
    no_longer_exists = and_(f.locator.in_(select(gone.c.locator)), f.read_at < sweep.taken_at, ~row_exists)
    connection.execute(update(FINDING_TABLE).where(on_row, no_longer_exists).values(open=False))


def _close_earlier(connection: Connection, sweep: Sweep) -> None:
    """Close the findings of earlier sweeps; those that still hold are opened again.

    Rows that were unread on an earlier day have been read since. Those of an earlier sweep of the same day stay open.
    """
    f, b, key = FINDING_TABLE.c, BATCH.c, sweep.key
    _delete_sights(connection, key)
    earlier = and_(f.rule == "rows_unread", f.day < str(key.day))
    # Findings that refused the batch of an earlier sweep: its rows have been read again.
    same = and_(b.source == f.source, b.taken_at == f.read_at, b.judged_at == f.judged_at)
    refused = select(b.day).where(same, b.kind == batch.SWEEP, b.status == str(Status.REFUSED))
    again = and_(f.rule.in_(BATCH_RULES), f.read_at < sweep.taken_at, exists(refused))
    settled = and_(f.source == key.source, f.open, or_(f.subject == batch.SWEEP, earlier, again))
    connection.execute(update(FINDING_TABLE).where(settled).values(open=False))


def _delete_sights(connection: Connection, key: BatchKey) -> None:
    """Delete today's sights of findings on the sweep itself before they are staged again."""
    s = SEEN.c
    connection.execute(delete(SEEN).where(s.source == key.source, s.day == str(key.day), s.subject == batch.SWEEP))


def _stage_finding(connection: Connection, staged: Staging, sweep: Sweep, rule: str, value: str, expected: str) -> None:
    """Stage a finding on the sweep as a whole."""
    empty = dict.fromkeys(("element", "locator", "certificate_number"), "")
    finding = {
        **empty,
        "source": sweep.key.source,
        "day": str(sweep.key.day),
        "found_by": str(sweep.key),
        "rule": rule,
        "subject": batch.SWEEP,
        "value": value,
        "expected": expected,
        "observed_at": sweep.taken_at,
        "read_at": sweep.taken_at,
        "judged_at": sweep.swept_at,
    }
    row = pa.Table.from_pylist([finding])
    row = row.append_column("beginning", pa.array([sweep.beginning], pa.int32()))
    bulk_insert(connection, staged.finding, [row])

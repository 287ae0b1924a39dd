"""How a sweep of a source's keys enters the platform: what vanished, what is there again, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, literal, or_, select, update

from exchange_db.batch_findings import Finder
from exchange_db.bulk_insert import put, weigh
from exchange_db.database import ExchangeDatabase
from exchange_db.finding_store import OF_BATCH, STATES, Judging, add_findings
from exchange_db.key_comparison import Compared
from exchange_db.known_keys import NUMBER
from exchange_db.platform_rules import redraw_absent
from exchange_db.presence import (
    FullReading,
    close_returned,
    find_back,
    find_missed,
    find_shared,
    find_vanished,
    newest_full_reading,
)
from exchange_db.staging import FOUND, Staging, staging
from exchange_db.tables import BATCH, CLAIM, CLAIMANT, FINDING_TABLE, SEEN, SWEEP
from standard import batch
from standard.batch import BatchKey, Keys, Status
from standard.errors import ExchangeError
from standard.raw import LOCATOR

_NONE = pa.schema([pa.field(LOCATOR, pa.string()), pa.field(NUMBER, pa.string())])


@dataclass(frozen=True)
class Sweeping:
    """One sweep of a source's keys.

    Attributes:
        key: of its day.
        taken_at: instant before the first key was read.
        swept_at: instant at which it is written down.
        beginning: of the source's order.
        compared: what it met beside what the platform knew.
        vanished: what it means when a licence is no longer there: `keep`, `hold` or `cancel`.
        keys: what the source's keys name.
        unread: how many rows were met and never read, or not as they are.
        seconds: what it took.
        not_found: of the unread rows those that were not met again when they were to be read: `LOCATOR` and `NUMBER`.
    """

    key: BatchKey
    taken_at: str
    swept_at: str
    beginning: int
    compared: Compared
    vanished: str
    keys: Keys
    unread: int
    seconds: float
    not_found: pa.Table = field(default_factory=_NONE.empty_table)


def keep_sweep(database: ExchangeDatabase, sweeping: Sweeping) -> int:
    """Write a sweep down: a full reading, of which only what differs is written.

    Returns:
        How many records have vanished.

    Raises:
        ExchangeError: when a newer full reading was delivered meanwhile; nothing was written.
        PlatformUnreachable: when the database does not answer; nothing was written.
    """
    source, compared = sweeping.key.source, sweeping.compared

    def found(connection: Connection, staged: Staging, finder: Finder) -> int:
        newest = newest_full_reading(connection, source)
        if newest is not None and newest.taken_at >= sweeping.taken_at:
            raise ExchangeError(
                "LX-506",
                "{source}: expected the sweep of {taken_at} to be the newest full reading, found one of {newest}; "
                "nothing was written; sweep again",
                source=source,
                taken_at=sweeping.taken_at,
                newest=newest.taken_at,
            )
        this = FullReading(str(sweeping.key.day), sweeping.taken_at, sweeping.swept_at)
        put(connection, staged.touched, [compared.absent])
        put(connection, staged.seen, [compared.returned])
        for table in (staged.touched, staged.seen):
            weigh(connection, table)
        if sweeping.not_found.num_rows:
            _leave_out_not_found(connection, staged, sweeping)
        find_back(connection, staged, source, sweeping.taken_at)
        find_missed(connection, staged, source, this)
        vanished = find_vanished(finder, sweeping.vanished, this)
        close_returned(connection, source)
        redraw_absent(finder)
        put(connection, staged.looked, [compared.shared.rename_columns(["subject"])])
        put(connection, staged.rival, [compared.beside])
        find_shared(finder, this)
        _settle_and_say(connection, staged, sweeping)
        row = {
            "source": source,
            "taken_at": sweeping.taken_at,
            "day": str(sweeping.key.day),
            "swept_at": sweeping.swept_at,
            "keys_met": compared.keys_met,
            "vanished": vanished,
            "unread": sweeping.unread,
            "seconds": round(sweeping.seconds, 3),
        }
        connection.execute(insert(SWEEP).values(**row))
        return vanished

    return _within(database, sweeping, found)


def _settle_and_say(connection: Connection, staged: Staging, sweeping: Sweeping) -> None:
    """Close what the sweep has settled, and say what it met of rows that nobody can tell apart or read."""
    _settle(connection, sweeping)
    rows = sweeping.keys is Keys.ROWS
    if rows and sweeping.compared.gone_rows.num_rows:
        _close_gone_rows(connection, staged, sweeping)
    if sweeping.not_found.num_rows:
        _say(connection, staged, sweeping, "rows_not_found", str(sweeping.not_found.num_rows), "0")
    if rows and sweeping.compared.repeated:
        _say(connection, staged, sweeping, "key_repeated", str(sweeping.compared.repeated), "0")


def refuse_sweep(database: ExchangeDatabase, sweeping: Sweeping, found: tuple[str, str]) -> None:
    """Say that a sweep would end too many records; nothing else is written.

    Args:
        database: where to.
        sweeping: the sweep.
        found: what it would end, and what may end at most.
    """

    def say(connection: Connection, staged: Staging, _finder: Finder) -> int:
        _forget(connection, sweeping.key)
        _say(connection, staged, sweeping, "sweep_refused", *found)
        return 0

    _within(database, sweeping, say)


def _within(database: ExchangeDatabase, sweeping: Sweeping, work: Callable[[Connection, Staging, Finder], int]) -> int:
    """Do something in one transaction under the locks of a load, and bring in the findings that it has staged."""
    source, k = sweeping.key.source, CLAIMANT.c
    with database.transaction() as connection:
        staged = staging(connection)
        staged.open(connection)
        types = connection.scalars(select(k.certificate_type_code).where(k.source == source))
        database.lock(connection, [f"source {source}", *sorted(f"type {code}" for code in types), "findings"])
        of_batch: dict[str, ColumnElement[Any]] = {"source": literal(source), "beginning": literal(sweeping.beginning)}
        done = work(connection, staged, Finder(connection, staged, sweeping.key, of_batch))
        judging = Judging.of(sweeping.swept_at, {}, sweeping.keys)
        add_findings(connection, staged, source, judging, seen=True)
        staged.close(connection)
    return done


def _leave_out_not_found(connection: Connection, staged: Staging, sweeping: Sweeping) -> None:
    """Take those out of what was missed whose key or number is that of a row that could not be read.

    What such a row says nobody knows, so of these records the sweep is no full reading.
    """
    c, s, t = CLAIM.c, staged.sighting.c, staged.touched.c
    rows = sweeping.not_found
    rows = pa.table({"locator": rows[LOCATOR], "certificate_number": pc.fill_null(rows[NUMBER], "")})
    put(connection, staged.sighting, [rows])
    mine = and_(c.source == sweeping.key.source, c.record == t.record)
    named = and_(mine, or_(c.locator == s.locator, c.certificate_number == s.certificate_number))
    connection.execute(delete(staged.touched).where(exists(select(c.record).where(named))))


def _close_gone_rows(connection: Connection, staged: Staging, sweeping: Sweeping) -> None:
    """Close what was found on rows that are there no more; what they said of a record has vanished with it, or moved."""
    f, s = FINDING_TABLE.c, SEEN.c
    gone, too = staged.sighting, staged.held  # not every database reads one staged table twice in one statement
    connection.execute(delete(gone))
    for table in (gone, too):
        put(connection, table, [sweeping.compared.gone_rows])
    listed = and_(*(s[name] == f[name] for name in (*FOUND, "day")), s.locator.not_in(select(too.c.locator)))
    on_row = and_(
        f.source == sweeping.key.source, f.open, f.rule.not_in([*STATES, *OF_BATCH]), f.subject != batch.SWEEP
    )
    elsewhere = exists(select(s.id).where(listed).correlate(FINDING_TABLE))  # of several rows one is there still
    there_no_more = and_(f.locator.in_(select(gone.c.locator)), f.read_at < sweeping.taken_at, ~elsewhere)
    connection.execute(update(FINDING_TABLE).where(on_row, there_no_more).values(open=False))


def _settle(connection: Connection, sweeping: Sweeping) -> None:
    """Close what earlier sweeps have said; what still holds is found again, and open again with that.

    What was unread on an earlier day has been read since; what this day's sweep found unread stays said when it is repeated.
    """
    f, b, key = FINDING_TABLE.c, BATCH.c, sweeping.key
    _forget(connection, key)
    earlier = and_(f.rule == "rows_unread", f.day < str(key.day))
    # What refused the batch of an earlier sweep: its rows have been read again.
    same = and_(b.source == f.source, b.taken_at == f.read_at, b.judged_at == f.judged_at)
    refused = select(b.day).where(same, b.kind == batch.SWEEP, b.status == str(Status.REFUSED))
    again = and_(f.rule.in_(OF_BATCH), f.read_at < sweeping.taken_at, exists(refused))
    settled = and_(f.source == key.source, f.open, or_(f.subject == batch.SWEEP, earlier, again))
    connection.execute(update(FINDING_TABLE).where(settled).values(open=False))


def _forget(connection: Connection, key: BatchKey) -> None:
    """Forget what a sweep has said today of itself: it is said anew."""
    s = SEEN.c
    connection.execute(delete(SEEN).where(s.source == key.source, s.day == str(key.day), s.subject == batch.SWEEP))


def _say(connection: Connection, staged: Staging, sweeping: Sweeping, rule: str, value: str, expected: str) -> None:
    """Stage a finding on the sweep as a whole."""
    alike = dict.fromkeys(("element", "locator", "certificate_number"), "")
    finding = {
        **alike,
        "source": sweeping.key.source,
        "day": str(sweeping.key.day),
        "found_by": str(sweeping.key),
        "rule": rule,
        "subject": batch.SWEEP,
        "value": value,
        "expected": expected,
        "observed_at": sweeping.taken_at,
        "read_at": sweeping.taken_at,
        "judged_at": sweeping.swept_at,
    }
    row = pa.Table.from_pylist([finding])
    row = row.append_column("beginning", pa.array([sweeping.beginning], pa.int32()))
    put(connection, staged.finding, [row])

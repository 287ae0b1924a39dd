"""What the database knows of a source's batches before they are purged, which findings may go, and the account of what went."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, not_, or_, select, update

from exchange_db.database import ExchangeDatabase
from exchange_db.dialects import dialect_of
from exchange_db.finding_store import OF_BATCH, STATES
from exchange_db.ledger import read_entries
from exchange_db.staging import FOUND, staging
from exchange_db.tables import BATCH, CLAIMANT, FINDING_TABLE, PURGE, SEEN
from standard.batch import SWEEP, BatchKey, LedgerEntry, Status
from standard.day import Day, instant_of
from standard.errors import UsageError
from standard.retention import Purgeable

_OTHER = FINDING_TABLE.alias("other")
# A row that says an end and was held is known to sweeps by its sight, whatever came of it since.
_KEPT_FOR_GOOD = "deleted"


@dataclass(frozen=True)
class SourceHistory:
    """What the ledger and the findings say of a source's batches.

    Attributes:
        settled: of the batches that leave nothing to be delivered the instant of their reading: those that were delivered, and
            refused snapshots after which another snapshot was.
        last: the last delivered night; None where there is none.
        open_days: days on whose rows or batch something is still open.
    """

    settled: Mapping[BatchKey, str]
    last: Day | None
    open_days: Collection[Day]


class PurgedPart(NamedTuple):
    """What of one kind a source, or the city, loses by one purge.

    `kept_days` is the declared age, the days are those of what goes, `items` counts files, or findings and their sights.
    """

    source: str
    what: Purgeable
    kept_days: int
    first_day: str
    last_day: str
    items: int
    bytes: int


def known_sources(connection: Connection) -> list[str]:
    """The sources of which there is a batch or a finding."""
    found = select(BATCH.c.source).union(select(FINDING_TABLE.c.source))
    return sorted(connection.scalars(found))


def source_history(connection: Connection, source: str) -> SourceHistory:
    """What the ledger and the findings say of a source's batches."""
    entries = read_entries(connection, source=source, standing=True, sweeps=True)
    delivered = [entry for entry in entries if entry.status == Status.DELIVERED]
    newest = max((entry.taken_at for entry in delivered if entry.kind == "snapshot"), default="")
    replaced = [entry for entry in entries if _refused_snapshot(entry) and entry.taken_at < newest]
    f = FINDING_TABLE.c
    days = select(f.day).distinct().where(f.source == source, f.open, f.rule.not_in(STATES))
    nights = [Day.of(entry.day) for entry in delivered if entry.kind != SWEEP]
    settled = {_key(entry): entry.taken_at for entry in (*delivered, *replaced)}
    return SourceHistory(settled, max(nights, default=None), {Day.of(day) for day in connection.scalars(days)})


def _refused_snapshot(entry: LedgerEntry) -> bool:
    return entry.status == Status.REFUSED and entry.kind == "snapshot"


def _key(entry: LedgerEntry) -> BatchKey:
    return BatchKey(entry.source, Day.of(entry.day), sweep=entry.kind == SWEEP)


def count_old_findings(
    connection: Connection, source: str, before: Day, archived: Collection[Day], kept_days: int
) -> PurgedPart | None:
    """What `remove_old_findings` would remove: findings and sights of them, and the days of these; None where there is nothing.

    Args:
        connection: to the database.
        source: whose.
        before: the first day whose findings stay.
        archived: earlier days whose raw archive is still there.
        kept_days: for how many findings are kept, as declared.
    """
    states = select(func.count()).select_from(_old_states(source, before, archived).subquery())
    s = SEEN.c
    sights = select(func.count(), func.min(s.day), func.max(s.day)).where(_old_sights(source, before))
    count, first, last = connection.execute(sights).one()
    items = count + (connection.scalar(states) or 0)
    day = str(before.plus(-1))  # of findings whose sights went before
    return PurgedPart(source, Purgeable.FINDINGS, kept_days, first or day, last or day, items, 0) if items else None


def remove_old_findings(
    database: ExchangeDatabase, part: PurgedPart, before: Day, archived: Collection[Day], now: str
) -> None:
    """Remove closed findings that were last seen before a day, and write that into the account, in one transaction.

    A finding on a row goes with all others on the same record, or not at all: a newer one may be what keeps an older one
    closed. It stays as long as a replay could find it again.

    Args:
        database: whose findings.
        part: as they were counted.
        before: the first day whose findings stay.
        archived: earlier days whose raw archive is still there.
        now: instant text.
    """
    with database.transaction() as connection:
        types = connection.scalars(select(CLAIMANT.c.certificate_type_code).where(CLAIMANT.c.source == part.source))
        database.lock(connection, [f"source {part.source}", *sorted(f"type {code}" for code in types), "findings"])
        there = count_old_findings(connection, part.source, before, archived, part.kept_days)
        if there is not None:
            connection.execute(delete(SEEN).where(_old_sights(part.source, before)))
            _remove_states(connection, _old_states(part.source, before, archived))
            _write(connection, there, now, now)


def _remove_states(connection: Connection, old: Select[Any]) -> None:
    """Into a table first: MySQL may not change what the condition reads."""
    staged = staging(connection)
    staged.open(connection)
    closed, f = staged.closed, FINDING_TABLE.c
    connection.execute(insert(closed).from_select(list(FOUND), old))
    same = and_(*(f[name] == closed.c[name] for name in FOUND), not_(f.open))
    if not dialect_of(connection).deletes_by_join:
        same = exists(select(closed.c.rule).where(same).correlate(FINDING_TABLE))
    connection.execute(delete(FINDING_TABLE).where(same))
    staged.close(connection)


def _old_states(source: str, before: Day, archived: Collection[Day]) -> Select[Any]:
    f, o = FINDING_TABLE.c, _OTHER.c
    stays = or_(o.open, o.last_day >= str(before), _may_be_found_again(o, archived))
    alone = f.rule.in_([*OF_BATCH, *STATES])
    beside = exists(select(o.rule).where(o.source == f.source, o.subject == f.subject, stays))
    mine = and_(f.source == source, not_(f.open), f.last_day < str(before), f.rule != _KEPT_FOR_GOOD)
    unarchived = not_(_may_be_found_again(f, archived))
    return select(*(f[name] for name in FOUND)).where(mine, unarchived, or_(alone, not_(beside)))


def _may_be_found_again(finding: Any, archived: Collection[Day]) -> ColumnElement[bool]:
    """Whether a day between a finding's first and its last has an archive; by the ledger, which has all days with findings."""
    b = BATCH.c
    day = and_(b.day.in_(sorted(map(str, archived))), b.day >= finding.first_day, b.day <= finding.last_day)
    return exists(select(b.day).where(b.source == finding.source, day))


def _old_sights(source: str, before: Day) -> ColumnElement[bool]:
    s, f = SEEN.c, FINDING_TABLE.c
    standing = exists(select(f.rule).where(f.open, *(f[name] == s[name] for name in FOUND)).correlate(SEEN))
    return and_(s.source == source, s.day < str(before), s.rule != _KEPT_FOR_GOOD, not_(standing))


@contextmanager
def accounted(database: ExchangeDatabase, part: PurgedPart, clock: Callable[[], str]) -> Iterator[None]:
    """Have a purge of files in the account before the first goes; that it has ended, when the last is gone.

    Args:
        database: that has the account.
        part: what is to go.
        clock: gives the present as instant text.
    """
    with database.transaction() as connection:
        number = _write(connection, part, clock(), None)
    yield
    with database.transaction() as connection:
        connection.execute(update(PURGE).where(PURGE.c.id == number).values(ended_at=clock()))


def require_findings_kept(connection: Connection, day: str) -> None:
    """Require that no findings of a day were purged since it was judged last: a page drawn without them would be wrong.

    Raises:
        UsageError: where some were: whose, when, and by which age.
    """
    p, b = PURGE.c, BATCH.c
    judged = select(func.max(b.judged_at)).where(b.source == p.source, b.day == day).scalar_subquery()
    within = and_(p.what == str(Purgeable.FINDINGS), p.first_day <= day, p.last_day >= day)
    found = select(p.source, p.begun_at, p.kept_days).where(within, p.begun_at > func.coalesce(judged, ""))
    row = connection.execute(found.order_by(p.source, p.begun_at).limit(1)).first()
    if row is not None:
        when = Day.at(instant_of(row.begun_at))
        raise UsageError(
            "LX-107",
            "report: expected the findings of {day}, found that those of {source} were purged on {when}, since {setting} keeps {kept_days} days; "
            "the pages of that day cannot be drawn again",
            day=day,
            source=row.source,
            when=when,
            setting=Purgeable.FINDINGS.setting,
            kept_days=row.kept_days,
        )


def _write(connection: Connection, part: PurgedPart, begun_at: str, ended_at: str | None) -> int:
    row = {**part._asdict(), "what": str(part.what), "begun_at": begun_at, "ended_at": ended_at}
    key = connection.execute(insert(PURGE).values(**row)).inserted_primary_key
    assert key is not None  # every database gives one
    return int(key[0])

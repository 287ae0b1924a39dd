"""Purging: what the database knows about a source's batches, which findings may be removed, and the record of each purge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, not_, or_, select, update

from exchange_db.database import ExchangeDatabase
from exchange_db.dialects import dialect_of
from exchange_db.finding_store import BATCH_RULES, RECOMPUTED_RULES
from exchange_db.ledger import read_entries
from exchange_db.staging import FINDING_KEY, staging
from exchange_db.tables import BATCH, CLAIMANT, FINDING_TABLE, PURGE, SEEN
from standard.batch import SWEEP, BatchKey, Status
from standard.day import Day, instant_of
from standard.errors import UsageError
from standard.ledger_entry import LedgerEntry
from standard.retention import Purgeable

_OTHER = FINDING_TABLE.alias("other")
# Sweeps recognise a held row that ends a record by its sight, so sights of this rule are never removed.
_NEVER_PURGED = "deleted"


@dataclass(frozen=True)
class SourceHistory:
    """The facts from ledger and findings that decide what may be purged of a source.

    Attributes:
        settled: by batch that needs no delivery any more, the instant of its reading: delivered batches, and refused snapshots
            that a later delivered snapshot replaced.
        last: the last delivered night; None if there is none.
        open_days: days with open findings on their rows or batch.
    """

    settled: Mapping[BatchKey, str]
    last: Day | None
    open_days: Collection[Day]


class PurgedPart(NamedTuple):
    """What one purge removes of one kind from a source, or from the city's pages.

    `kept_days` is the declared age, the days are those of the removed items, `items` counts files, or findings and their sights.
    """

    source: str
    what: Purgeable
    kept_days: int
    first_day: str
    last_day: str
    items: int
    bytes: int


def known_sources(connection: Connection) -> list[str]:
    """The sources with a batch or a finding."""
    sources = select(BATCH.c.source).union(select(FINDING_TABLE.c.source))
    return sorted(connection.scalars(sources))


def source_history(connection: Connection, source: str) -> SourceHistory:
    """Read the facts that decide what may be purged of a source."""
    entries = read_entries(connection, source=source, skip_repeats=True, sweeps=True)
    delivered = [entry for entry in entries if entry.status == Status.DELIVERED]
    newest = max((entry.taken_at for entry in delivered if entry.kind == "snapshot"), default="")
    replaced = [entry for entry in entries if _refused_snapshot(entry) and entry.taken_at < newest]
    f = FINDING_TABLE.c
    days = select(f.day).distinct().where(f.source == source, f.open, f.rule.not_in(RECOMPUTED_RULES))
    nights = [Day.of(entry.day) for entry in delivered if entry.kind != SWEEP]
    settled = {_batch_key(entry): entry.taken_at for entry in (*delivered, *replaced)}
    return SourceHistory(settled, max(nights, default=None), {Day.of(day) for day in connection.scalars(days)})


def _refused_snapshot(entry: LedgerEntry) -> bool:
    return entry.status == Status.REFUSED and entry.kind == "snapshot"


def _batch_key(entry: LedgerEntry) -> BatchKey:
    return BatchKey(entry.source, Day.of(entry.day), sweep=entry.kind == SWEEP)


def count_old_findings(
    connection: Connection, source: str, before: Day, archived: Collection[Day], kept_days: int
) -> PurgedPart | None:
    """Count what `remove_old_findings` would remove: findings and their sights, with their days; None if there is nothing.

    Args:
        connection: to the database.
        source: name of the source.
        before: the first day whose findings stay.
        archived: earlier days whose raw archive still exists.
        kept_days: the declared number of days after which findings may be purged.
    """
    states = select(func.count()).select_from(_purgeable_states(source, before, archived).subquery())
    s = SEEN.c
    sights = select(func.count(), func.min(s.day), func.max(s.day)).where(_purgeable_sights(source, before))
    count, first, last = connection.execute(sights).one()
    items = count + (connection.scalar(states) or 0)
    day = str(before.plus(-1))  # for findings whose sights were removed earlier
    return PurgedPart(source, Purgeable.FINDINGS, kept_days, first or day, last or day, items, 0) if items else None


def remove_old_findings(
    database: ExchangeDatabase, part: PurgedPart, before: Day, archived: Collection[Day], now: str
) -> None:
    """Remove closed findings that were last seen before a day, and record the purge, in one transaction.

    The findings on a record are removed together or not at all, because a newer one may keep an older one closed. They stay as
    long as a replay could find them again.

    Args:
        database: the target.
        part: as counted by `count_old_findings`.
        before: the first day whose findings stay.
        archived: earlier days whose raw archive still exists.
        now: instant text.
    """
    with database.transaction() as connection:
        types = connection.scalars(select(CLAIMANT.c.certificate_type_code).where(CLAIMANT.c.source == part.source))
        database.lock(connection, [f"source {part.source}", *sorted(f"type {code}" for code in types), "findings"])
        counted = count_old_findings(connection, part.source, before, archived, part.kept_days)
        if counted is not None:
            connection.execute(delete(SEEN).where(_purgeable_sights(part.source, before)))
            _delete_states(connection, _purgeable_states(part.source, before, archived))
            _write_purge(connection, counted, now, now)


def _delete_states(connection: Connection, old: Select[Any]) -> None:
    """Delete findings. They are collected in a table first, because MySQL cannot change a table that the condition reads."""
    staged = staging(connection)
    staged.open(connection)
    closed, f = staged.closed, FINDING_TABLE.c
    connection.execute(insert(closed).from_select(list(FINDING_KEY), old))
    closed_finding = and_(*(f[name] == closed.c[name] for name in FINDING_KEY), not_(f.open))
    if not dialect_of(connection).deletes_by_join:
        closed_finding = exists(select(closed.c.rule).where(closed_finding).correlate(FINDING_TABLE))
    connection.execute(delete(FINDING_TABLE).where(closed_finding))
    staged.close(connection)


def _purgeable_states(source: str, before: Day, archived: Collection[Day]) -> Select[Any]:
    f, o = FINDING_TABLE.c, _OTHER.c
    stays = or_(o.open, o.last_day >= str(before), _has_archive(o, archived))
    independent = f.rule.in_([*BATCH_RULES, *RECOMPUTED_RULES])
    subject_stays = exists(select(o.rule).where(o.source == f.source, o.subject == f.subject, stays))
    old = and_(f.source == source, not_(f.open), f.last_day < str(before), f.rule != _NEVER_PURGED)
    unarchived = not_(_has_archive(f, archived))
    return select(*(f[name] for name in FINDING_KEY)).where(old, unarchived, or_(independent, not_(subject_stays)))


def _has_archive(finding: Any, archived: Collection[Day]) -> ColumnElement[bool]:
    """Whether a day between the first and last of a finding has an archive, so that a replay could find it again."""
    b = BATCH.c
    day = and_(b.day.in_(sorted(map(str, archived))), b.day >= finding.first_day, b.day <= finding.last_day)
    return exists(select(b.day).where(b.source == finding.source, day))


def _purgeable_sights(source: str, before: Day) -> ColumnElement[bool]:
    s, f = SEEN.c, FINDING_TABLE.c
    still_open = exists(select(f.rule).where(f.open, *(f[name] == s[name] for name in FINDING_KEY)).correlate(SEEN))
    return and_(s.source == source, s.day < str(before), s.rule != _NEVER_PURGED, not_(still_open))


@contextmanager
def record_purge(database: ExchangeDatabase, part: PurgedPart, clock: Callable[[], str]) -> Iterator[None]:
    """Record a purge of files before the first is removed, and its end after the last.

    Args:
        database: where purges are recorded.
        part: what is removed.
        clock: returns the present as instant text.
    """
    with database.transaction() as connection:
        number = _write_purge(connection, part, clock(), None)
    yield
    with database.transaction() as connection:
        connection.execute(update(PURGE).where(PURGE.c.id == number).values(ended_at=clock()))


def require_findings_kept(connection: Connection, day: str) -> None:
    """Require that no findings of a day were purged since it was last judged; a page without them would be wrong.

    Raises:
        UsageError: when some were: of which source, when, and by which setting.
    """
    p, b = PURGE.c, BATCH.c
    judged = select(func.max(b.judged_at)).where(b.source == p.source, b.day == day).scalar_subquery()
    covers_day = and_(p.what == str(Purgeable.FINDINGS), p.first_day <= day, p.last_day >= day)
    purges = select(p.source, p.begun_at, p.kept_days).where(covers_day, p.begun_at > func.coalesce(judged, ""))
    row = connection.execute(purges.order_by(p.source, p.begun_at).limit(1)).first()
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


def _write_purge(connection: Connection, part: PurgedPart, begun_at: str, ended_at: str | None) -> int:
    row = {**part._asdict(), "what": str(part.what), "begun_at": begun_at, "ended_at": ended_at}
    key = connection.execute(insert(PURGE).values(**row)).inserted_primary_key
    assert key is not None  # every database returns one
    return int(key[0])

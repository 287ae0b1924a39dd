"""How a judged batch enters the platform: claims, findings and the ledger row in one transaction, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from loaders.arrivals import Accepted, Arrivals
from loaders.bulk import put
from loaders.claimants import Claimants, anyone_gives_identifiers
from loaders.findings import Finder
from loaders.first_load import indexed_afterwards
from loaders.ledger import begin_anew, write_entry, write_vanished
from loaders.merge import Merged, merge
from loaders.platform import Platform
from loaders.presence import (
    HOLD,
    close_returned,
    find_absent,
    find_absent_from_the_start,
    find_vanished,
    newest_full_reading,
    settle_moved,
    sight,
)
from loaders.staging import Staging, staging
from loaders.states import Judging, keep_findings
from standard.batch import BatchKey, Keys, LedgerEntry, Outcome, Status, Verdict
from standard.finding import mask_texts

_NOTHING = Merged(0, 0, 0, 0)
_SIGHTED = ["record", "locator", "certificate_number"]
_ENDING = [*_SIGHTED, "observed_at"]
_FINDINGS = "findings"  # the name that a load holds while it looks at what others have merged


@dataclass(frozen=True)
class Delivery:
    """What is to be delivered of one batch.

    Attributes:
        verdict: of the batch.
        precedence: of the source among others that claim the same record.
        rows: gives some columns of the licences, their `outcome` among them, a group at a time; asked for several times.
        findings: `FINDING`.
        vanished: what it means when a full reading no longer holds a licence: `keep`, `hold` or `cancel`.
        reactions: of rules on the batch for which the declaration says so, whether they `refuse` it or `warn`.
        keys: what the source's own keys, the locators of its rows, name.
    """

    verdict: Verdict
    precedence: int
    rows: Callable[[Sequence[str]], Iterable[pa.Table]]
    findings: pa.Table
    vanished: str = HOLD
    reactions: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = Keys.NOTHING


def deliver_batch(platform: Platform, delivery: Delivery, now: str, seconds: float) -> LedgerEntry:
    """Deliver a batch, or write down that it was refused.

    Args:
        platform: where to.
        delivery: what.
        now: instant text.
        seconds: what the steps before took.

    Raises:
        PlatformUnreachable: when the database does not answer or may not be written; nothing was loaded.
        ExchangeError: when the batch does not balance; nothing was loaded.
    """
    verdict = delivery.verdict
    key = BatchKey.of(verdict.batch)
    with platform.transaction() as connection:
        staged = staging(connection.dialect.name)
        staged.open(connection)
        put(connection, staged.finding, [_staged_findings(delivery.findings, verdict)])
        newest = newest_full_reading(connection, key.source)
        accepted = _accepted(delivery, newest.taken_at if newest else "")
        merged, arrivals = _NOTHING, Arrivals(connection, staged, accepted)
        if verdict.refused:
            platform.lock(connection, [_source_lock(key.source)])
        else:
            merged = _merged(platform, connection, staged, delivery, arrivals)
        # A licence of any type may have the identifier of another; these turns are short.
        platform.lock(connection, [_FINDINGS])
        finder = Finder(connection, staged, key, accepted.literals)
        if not verdict.refused:
            _find(finder, arrivals)
        entry = _write(finder, delivery, arrivals, _entry(key, verdict, merged, now, seconds))
        staged.close(connection)
    return entry


def write_failure(platform: Platform, key: BatchKey, reason: str, now: str) -> LedgerEntry:
    """Write down that a batch could not be had at all, so that the day's pages say who has not arrived."""
    with platform.transaction() as connection:
        platform.lock(connection, [_source_lock(key.source)])
        return write_entry(
            connection,
            LedgerEntry(
                key.source, str(key.day), 0, str(Status.FAILED), judged_at=now, delivered_at=now, reason=reason
            ),
        )


def write_beginning(platform: Platform, source: str, said: str, now: str) -> LedgerEntry:
    """Write down a person's word that the numbers of a source begin anew.

    Raises:
        UsageError: when nothing of it was delivered that could.
    """
    with platform.transaction() as connection:
        platform.lock(connection, [_source_lock(source)])
        return begin_anew(connection, source, now, said)


def _source_lock(source: str) -> str:
    return f"source {source}"


def _find(finder: Finder, arrivals: Arrivals) -> None:
    """Find what the merge has done to the platform."""
    finder.find_stale()
    finder.find_disagreements()
    if anyone_gives_identifiers(finder.connection):
        arrivals.stage()  # not staged yet where another load was the first to give any, a moment ago
        finder.find_shared_identifiers()
    finder.find_endings()
    if arrivals.accepted.keys.name_records:
        finder.find_moved()
    if arrivals.accepted.keys is Keys.ROWS:
        finder.find_backwards()


def _write(finder: Finder, delivery: Delivery, arrivals: Arrivals, entry: LedgerEntry) -> LedgerEntry:
    """Write the ledger, and bring the findings in."""
    connection, staged, verdict = finder.connection, finder.staging, delivery.verdict
    # The ledger comes before the findings are closed, since a delivery is one of the things that close them.
    entry = write_entry(connection, entry)
    if not verdict.refused:
        entry = _keep_presence(finder, delivery, arrivals, entry)
    judging = Judging.of(verdict.judged_at, delivery.reactions, delivery.keys)
    keep_findings(connection, staged, finder.key, judging)
    return entry


def _keep_presence(finder: Finder, delivery: Delivery, arrivals: Arrivals, entry: LedgerEntry) -> LedgerEntry:
    """Write down what the reading held beside what was accepted, and what it, or a newer full one, no longer holds."""
    connection, source, verdict = finder.connection, finder.key.source, delivery.verdict
    sight(connection, finder.staging, source, verdict.taken_at)
    newest = newest_full_reading(connection, source)
    if newest is None:
        return entry
    if verdict.kind == "snapshot" and verdict.taken_at == newest.taken_at:
        find_absent(connection, source, newest)
        settle_moved(connection, source, newest)
    elif verdict.taken_at < newest.taken_at:
        arrivals.stage()
        find_absent_from_the_start(connection, finder.staging, source, newest)
    else:
        close_returned(connection, source)
        return entry
    return write_vanished(connection, entry, find_vanished(finder, delivery.vanished, newest))


def _merged(
    platform: Platform, connection: Connection, staged: Staging, delivery: Delivery, arrivals: Arrivals
) -> Merged:
    """Stage what can be staged while others load, then merge."""
    accepted = arrivals.accepted
    _stage_beside(connection, staged, delivery)
    if not Claimants.of(connection, accepted.source, accepted.types).alone:
        arrivals.stage()
    # From here on loads of the same source or licence type take turns.
    platform.lock(connection, [_source_lock(accepted.source), *(f"type {code}" for code in accepted.types)])
    claimants = Claimants.of(connection, accepted.source, accepted.types)
    with indexed_afterwards(platform, connection, accepted.rows if claimants.alone else 0, [_FINDINGS]):
        return merge(connection, staged, claimants, arrivals)


def _accepted(delivery: Delivery, newest_full: str) -> Accepted:
    """The accepted rows, counted."""

    def read(names: Sequence[str]) -> Iterator[pa.Table]:
        for group in delivery.rows(["outcome", "ends", *names]):
            contents = pc.and_(pc.equal(group["outcome"], str(Outcome.ACCEPTED)), pc.invert(group["ends"]))
            yield group.filter(contents).select(names)

    verdict = delivery.verdict
    count, types = 0, dict[str, bool]()
    for group in () if verdict.refused else read(["certificate_type_code", "certificate_identifier"]):
        count += group.num_rows
        own = group["certificate_identifier"].null_count < group.num_rows
        types |= {code: own or types.get(code, False) for code in pc.unique(group["certificate_type_code"]).to_pylist()}
    return Accepted(
        source=BatchKey.of(verdict.batch).source,
        batch=verdict.batch,
        beginning=verdict.beginning,
        read_at=verdict.taken_at,
        judged_at=verdict.judged_at,
        precedence=delivery.precedence,
        rows=count,
        types=dict(sorted(types.items())),
        read=read,
        newest_full=max(newest_full, verdict.taken_at if verdict.kind == "snapshot" else ""),
        keys=delivery.keys,
        endings=verdict.accepted - count,
        keys_repeated=verdict.keys_repeated,
    )


def _stage_beside(connection: Connection, staged: Staging, delivery: Delivery) -> None:
    """Stage the rows that name a record and are no accepted content: those that were not accepted, and the ends."""
    if delivery.verdict.accepted == delivery.verdict.extracted and not delivery.verdict.endings:
        return
    for group in delivery.rows(["outcome", "ends", *_ENDING]):
        accepted = pc.equal(group["outcome"], str(Outcome.ACCEPTED))
        endings = group.filter(pc.and_(accepted, group["ends"]))
        put(connection, staged.ending, [_as_endings(endings.select(_ENDING))])
        # The same record may come again. A row that says it ended does not say that it is there.
        named = pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"]))
        beside = group.filter(pc.and_(named, pc.invert(accepted))).select(_SIGHTED)
        # Shown to people when the record vanishes, and to nobody else; a number too long for the platform is held anyway.
        put(connection, staged.sighting, [_shown(_shown(beside, "certificate_number", 128), "locator", 512)])


def _as_endings(rows: pa.Table) -> pa.Table:
    """Ends as they are kept, each with the subject of a finding on it."""
    nameless = pc.equal(rows["record"], "")
    rows = rows.append_column(
        "subject", pc.if_else(nameless, _named(mask_texts(rows["locator"].combine_chunks())), rows["record"])
    )
    number = pc.fill_null(rows["certificate_number"], "")
    rows = rows.set_column(rows.schema.get_field_index("certificate_number"), "certificate_number", number)
    return _shown(rows, "certificate_number", 128)


def _shown(table: pa.Table, name: str, most: int) -> pa.Table:
    place = table.schema.get_field_index(name)
    masked = mask_texts(table[name].combine_chunks())
    return table.set_column(place, name, pc.utf8_slice_codeunits(masked, 0, most))


def _staged_findings(findings: pa.Table, verdict: Verdict) -> pa.Table:
    """Findings as the platform keeps them.

    The subject is the record; where the row names none, the place itself; of a finding on the batch, its day.
    """
    key, count = BatchKey.of(verdict.batch), findings.num_rows
    nameless = pc.equal(findings["record"], "")
    whole = pc.less(findings["row"], 0)
    of_snapshot = verdict.kind == "snapshot"
    columns = {
        "source": pa.repeat(key.source, count),
        "day": pa.repeat(str(key.day), count),
        "found_by": pa.repeat(verdict.batch, count),
        "rule": findings["rule"],
        "element": findings["element"],
        "subject": pc.if_else(
            nameless, pc.if_else(whole, str(key.day), _named(findings["locator"])), findings["record"]
        ),
        "locator": findings["locator"],
        "certificate_number": pc.utf8_slice_codeunits(findings["certificate_number"], 0, 128),
        "value": findings["value"],
        "expected": findings["expected"],
        "beginning": pa.repeat(pa.scalar(verdict.beginning, pa.int32()), count),
        "observed_at": pa.repeat(verdict.taken_at, count) if of_snapshot else findings["observed_at"],
        "read_at": pa.repeat(verdict.taken_at, count),
        "judged_at": pa.repeat(verdict.judged_at, count),
    }
    return pa.table(columns)


def _named(locators: pa.ChunkedArray) -> pa.Array:
    """A subject of at most 32 characters for a place; the end of a locator tells more than its beginning."""
    return pc.utf8_slice_codeunits(locators, -32)


def _entry(key: BatchKey, verdict: Verdict, merged: Merged, now: str, seconds: float) -> LedgerEntry:
    return LedgerEntry(
        source=key.source,
        day=str(key.day),
        run=0,
        status=str(Status.REFUSED if verdict.refused else Status.DELIVERED),
        kind=verdict.kind,
        judged_at=verdict.judged_at,
        taken_at=verdict.taken_at,
        delivered_at=now,
        read=verdict.read,
        left_out=verdict.left_out,
        extracted=verdict.extracted,
        accepted=verdict.accepted,
        held=verdict.held,
        duplicates=verdict.duplicates,
        refused=verdict.extracted if verdict.refused else 0,
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=merged.unchanged,
        stale=merged.stale,
        moved=merged.moved,
        counted=verdict.counted,
        witnessed=verdict.witnessed,
        without_time=verdict.without_time,
        future_time=verdict.future_time,
        content=verdict.content,
        mark_after=verdict.marks[0] if verdict.marks else None,
        mark_last=verdict.marks[1] if verdict.marks else None,
        ordered_by=verdict.ordered_by,
        mark_rows=verdict.mark_rows or None,
        beginning=verdict.beginning,
        reason=verdict.reason,
        failing=verdict.failing,
        seconds=round(seconds, 3),
    )

"""How a judged batch enters the platform: claims, findings and the ledger row in one transaction, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from loaders.arrivals import Accepted, Arrivals
from loaders.bulk import put
from loaders.claimants import Claimants, anyone_gives_identifiers
from loaders.findings import Finder
from loaders.first_load import indexed_afterwards
from loaders.ledger import write_entry, write_vanished
from loaders.merge import Merged, merge
from loaders.platform import Platform
from loaders.staging import Staging, staging
from loaders.states import keep_findings
from loaders.vanished import HOLD, find_vanished, newest_snapshot, sight
from standard.batch import BatchKey, LedgerEntry, Outcome, Status, Verdict
from standard.finding import mask_texts

_NOTHING = Merged(0, 0, 0, 0)
_SIGHTED = ["record", "locator", "certificate_number"]
_FINDINGS = "findings"  # the name that a load holds while it looks at what others have merged


@dataclass(frozen=True)
class Delivery:
    """What is to be delivered of one batch.

    Attributes:
        verdict: of the batch.
        precedence: of the source among others that claim the same record.
        rows: gives some columns of the licences, their `outcome` among them, a group at a time; asked for several times.
        findings: `FINDING`.
        vanished: what it means when a snapshot no longer holds a licence: `keep`, `hold` or `cancel`.
        reactions: of rules on the batch for which the declaration says so, whether they `refuse` it or `warn`.
        digest: of the verdict, by which the ledger names it.
    """

    verdict: Verdict
    precedence: int
    rows: Callable[[Sequence[str]], Iterable[pa.Table]]
    findings: pa.Table
    vanished: str = HOLD
    reactions: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""


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
        merged, arrivals = _NOTHING, Arrivals(connection, staged, _accepted(delivery))
        if verdict.refused:
            platform.lock(connection, [_source_lock(key.source)])
        else:
            merged = _merged(platform, connection, staged, delivery, arrivals)
        # A licence of any type may have the identifier of another; these turns are short.
        platform.lock(connection, [_FINDINGS])
        finder = Finder(connection, staged, key, verdict.judged_at)
        if not verdict.refused:
            _find(finder, arrivals)
        entry = _write(
            finder, delivery, replace(_entry(key, verdict, merged, now, seconds), verdict_digest=delivery.digest)
        )
        staged.close(connection)
    return entry


def write_failure(platform: Platform, key: BatchKey, reason: str, now: str) -> LedgerEntry:
    """Write down that a batch could not be had at all, so that the day's pages say who has not arrived."""
    return _write_alone(
        platform,
        LedgerEntry(key.source, str(key.day), 0, str(Status.FAILED), judged_at=now, delivered_at=now, reason=reason),
    )


def write_repeat(platform: Platform, key: BatchKey, reason: str, content: str, now: str) -> LedgerEntry:
    """Write down that a source has delivered what it had delivered before."""
    entry = LedgerEntry(key.source, str(key.day), 0, str(Status.REPEATED), reason=reason, content=content)
    return _write_alone(platform, replace(entry, judged_at=now, taken_at=now, delivered_at=now))


def _write_alone(platform: Platform, entry: LedgerEntry) -> LedgerEntry:
    with platform.transaction() as connection:
        platform.lock(connection, [_source_lock(entry.source)])
        return write_entry(connection, entry)


def _source_lock(source: str) -> str:
    return f"source {source}"


def _find(finder: Finder, arrivals: Arrivals) -> None:
    """Find what the merge has done to the platform."""
    finder.find_stale()
    finder.find_disagreements()
    if anyone_gives_identifiers(finder.connection):
        arrivals.stage()  # not staged yet where another load was the first to give any, a moment ago
        finder.find_shared_identifiers()


def _write(finder: Finder, delivery: Delivery, entry: LedgerEntry) -> LedgerEntry:
    """Write the ledger, and bring the findings in."""
    connection, staged, verdict = finder.connection, finder.staging, delivery.verdict
    newest = newest_snapshot(connection, finder.key.source)
    # The ledger comes before the findings are closed, since a delivery is one of the things that close them.
    entry = write_entry(connection, entry)
    if verdict.kind == "snapshot" and not verdict.refused:
        sight(connection, staged, finder.key.source, verdict.taken_at, newest.taken_at if newest else "")
        entry = write_vanished(connection, entry, find_vanished(finder, delivery.vanished))
    keep_findings(connection, staged, finder.key, delivery.reactions)
    return entry


def _merged(
    platform: Platform, connection: Connection, staged: Staging, delivery: Delivery, arrivals: Arrivals
) -> Merged:
    """Stage what can be staged while others load, then merge."""
    accepted = arrivals.accepted
    if delivery.verdict.kind == "snapshot":
        for group in delivery.rows(["outcome", *_SIGHTED]):
            _stage_sightings(connection, staged, group)
    if not Claimants.of(connection, accepted.source, accepted.types).alone:
        arrivals.stage()
    # From here on loads of the same source or licence type take turns.
    platform.lock(connection, [_source_lock(accepted.source), *(f"type {code}" for code in accepted.types)])
    claimants = Claimants.of(connection, accepted.source, accepted.types)
    with indexed_afterwards(platform, connection, accepted.rows if claimants.alone else 0, [_FINDINGS]):
        return merge(connection, staged, claimants, arrivals)


def _accepted(delivery: Delivery) -> Accepted:
    """The accepted rows, counted."""

    def read(names: Sequence[str]) -> Iterator[pa.Table]:
        for group in delivery.rows(["outcome", *names]):
            yield group.filter(pc.equal(group["outcome"], str(Outcome.ACCEPTED))).select(names)

    count, types = 0, dict[str, bool]()
    for group in () if delivery.verdict.refused else read(["certificate_type_code", "certificate_identifier"]):
        count += group.num_rows
        own = group["certificate_identifier"].null_count < group.num_rows
        types |= {code: own or types.get(code, False) for code in pc.unique(group["certificate_type_code"]).to_pylist()}
    verdict = delivery.verdict
    source = BatchKey.of(verdict.batch).source
    ordered = dict(sorted(types.items()))
    return Accepted(source, verdict.batch, verdict.judged_at, delivery.precedence, count, ordered, read)


def _stage_sightings(connection: Connection, staged: Staging, group: pa.Table) -> None:
    """Stage the records of the group; the same one may come again."""
    named = group.filter(pc.not_equal(group["record"], "")).select(_SIGHTED)
    # Shown to people when the record vanishes, and to nobody else; a number too long for the platform is held anyway.
    put(connection, staged.sighting, [_shown(_shown(named, "certificate_number", 128), "locator", 512)])


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
        "observed_at": pa.repeat(verdict.taken_at, count) if of_snapshot else findings["observed_at"],
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
        counted=verdict.counted,
        without_time=verdict.without_time,
        future_time=verdict.future_time,
        content=verdict.content,
        mark_after=verdict.marks[0] if verdict.marks else None,
        mark_last=verdict.marks[1] if verdict.marks else None,
        reason=verdict.reason,
        failing=verdict.failing,
        seconds=round(seconds, 3),
    )

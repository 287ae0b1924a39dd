"""How a judged batch enters the platform: claims, findings and the ledger row in one transaction, or none of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from loaders.findings import (
    find_disagreements,
    find_shared_identifiers,
    find_stale,
    find_vanished,
    keep_findings,
    sight,
)
from loaders.ledger import write_entry
from loaders.merge import Merged, merge
from loaders.platform import Platform
from loaders.staging import STAGED, STAGED_FINDING, STAGED_SIGHTING, close_staging, open_staging, stage
from standard.batch import BatchKey, LedgerEntry, Outcome, Status, Verdict
from standard.finding import mask_texts

_NOTHING = Merged(0, 0, 0, 0)


@dataclass(frozen=True)
class Delivery:
    """What is to be delivered of one batch.

    Attributes:
        verdict: of the batch.
        precedence: of the source among others that claim the same record.
        rows: the licences with a column `outcome`, a group at a time; read once.
        findings: `FINDING`.
    """

    verdict: Verdict
    precedence: int
    rows: Iterable[pa.Table]
    findings: pa.Table


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
        open_staging(connection)
        stage(connection, STAGED_FINDING, [_staged_findings(delivery.findings, verdict)])
        merged = _NOTHING if verdict.refused else _merge(connection, key, delivery)
        # The ledger comes before the findings are closed, since a delivery is one of the things that close them.
        entry = write_entry(connection, _entry(key, verdict, merged, now, seconds))
        if verdict.kind == "snapshot" and not verdict.refused:
            find_vanished(connection, key)
        keep_findings(connection, key)
        close_staging(connection)
    return entry


def write_failure(platform: Platform, key: BatchKey, reason: str, now: str) -> LedgerEntry:
    """Write down that a batch could not be had at all, so that the day's pages say who has not arrived."""
    with platform.transaction() as connection:
        return write_entry(
            connection,
            LedgerEntry(
                key.source, str(key.day), 0, str(Status.FAILED), judged_at=now, delivered_at=now, reason=reason
            ),
        )


def _merge(connection: Connection, key: BatchKey, delivery: Delivery) -> Merged:
    verdict = delivery.verdict
    accepted = _accepted(connection, delivery.rows, verdict)
    merged = merge(connection, key.source, delivery.precedence, accepted)
    find_stale(connection, key)
    find_disagreements(connection, key)
    find_shared_identifiers(connection, key)
    if verdict.kind == "snapshot":
        sight(connection, key, verdict.taken_at)
    return merged


def _accepted(connection: Connection, rows: Iterable[pa.Table], verdict: Verdict) -> Iterable[pa.Table]:
    """The accepted rows, group by group; on the way what a snapshot held is staged, so that rows are read once."""
    seen = pa.array([], pa.string())
    for group in rows:
        if verdict.kind == "snapshot":
            seen = _stage_sightings(connection, group, seen)
        names = [column.name for column in STAGED.columns if column.name in group.column_names]
        kept = group.filter(pc.equal(group["outcome"], str(Outcome.ACCEPTED))).select(names)
        constants = {"batch": verdict.batch, "judged_at": verdict.judged_at}
        for name, value in constants.items():
            kept = kept.append_column(name, pa.repeat(pa.scalar(value), kept.num_rows))
        yield kept


def _stage_sightings(connection: Connection, group: pa.Table, seen: pa.Array) -> pa.Array:
    """Stage each record of the group that no earlier row named; returns the records named so far."""
    group = group.filter(pc.and_(pc.not_equal(group["record"], ""), pc.invert(pc.is_in(group["record"], seen))))
    firsts = (
        group.append_column("at", pa.array(np.arange(group.num_rows)))
        .group_by("record")
        .aggregate([("at", "min")])["at_min"]
    )
    once = group.select(["record", "locator", "certificate_number"]).take(firsts)
    # Shown to people when the record vanishes, and to nobody else; a number too long for the platform is held anyway.
    stage(connection, STAGED_SIGHTING, [_shown(_shown(once, "certificate_number", 128), "locator", 512)])
    return pa.concat_arrays([seen, once["record"].combine_chunks()])


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
        "platform_holds": pa.repeat(pa.scalar(False), count),
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
        reason=verdict.reason,
        failing=verdict.failing,
        seconds=round(seconds, 3),
    )

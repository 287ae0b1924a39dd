"""The steps of a batch after it is archived, each from what the step before left in the workspace to what the next reads.

A batch that is read in parts is standardised and judged in the same parts; from `assess` on it is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.effects import COLUMNS, foresee
from exchange_db.ledger import delivered_before, read_entries, usual_sizes
from pipeline.exchange import Exchange
from pipeline.prefetch import ahead
from standard.batch import BatchKey, LedgerEntry, Manifest, Status, Verdict
from standard.day import Day, instant_text
from standard.finding import FINDING
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import gather, manifest, part_numbers, read_manifest
from workspace.provenance import (
    evidence,
    require_declared_as_read,
    require_judged,
    require_licences,
    require_raw,
    said_as,
    write_record,
)
from workspace.runs import becomes_the_days, show_in_the_day
from workspace.workspace import Workspace

if TYPE_CHECKING:
    from expectations.assess import Before, Part

_USUAL = 20  # batches whose sizes tell what is usual


def standardise(exchange: Exchange, key: BatchKey, part: int | None = None) -> None:
    """Say the archived rows in the standard; where the columns are not as declared, say that instead."""
    workspace, archived = exchange.workspace, require_raw(exchange.workspace, key, part)
    require_declared_as_read(exchange.source(key), key, archived)
    raw = workspace.read_groups(key, of_part(files.RAW, part))
    for _ in standardised(exchange, key, archived.columns, archived.taken_at, raw, part):
        pass


def standardised(
    exchange: Exchange, key: BatchKey, columns: list[str], taken_at: str, raw: Iterable[pa.Table], part: int | None
) -> Iterator[pa.Table]:
    """Say raw groups in the standard, giving each once it is written; findings and counts are written at the end.

    Whatever happens, `raw` is exhausted, since it may be the reading of the source, which must be archived.
    """
    from transforms.conform import Conformed, Conformer
    from transforms.shape import lacking

    workspace, source = exchange.workspace, exchange.source(key).as_read(columns)
    conformer = Conformer(source, taken_at)
    as_declared = not lacking(source.declaration, columns)
    findings: list[pa.Table] = []
    counts = {"extracted": 0, "left_out": 0}

    def groups() -> Iterator[pa.Table]:
        for group in raw:
            if as_declared:
                said: Conformed = conformer.conform(group, counts["extracted"])
                counts["extracted"] += said.licences.num_rows
                counts["left_out"] += said.left_out
                findings.append(said.findings)
                licences = said.licences
                del group, said  # while the next steps work on these rows, nothing else holds them
                yield licences
                del licences
            else:  # the rows cannot be said; that the columns are missing is said of the batch as a whole
                counts["extracted"] += group.num_rows

    try:
        yield from workspace.writing_table(
            workspace.path(key, of_part(files.LICENCES, part)), ahead(groups()), conformer.schema
        )
    except Exception:
        for _ in raw:
            pass
        raise
    workspace.write_table(workspace.path(key, of_part(files.CONFORMED, part)), findings, FINDING)
    made = [of_part(name, part) for name in (files.LICENCES, files.CONFORMED)]
    # Whoever gives the rows has archived them when they are exhausted.
    made_from = manifest(workspace, key, part).digest
    write_record(workspace, key, of_part(files.STANDARDISED, part), made_from, made, **counts)


def judge(exchange: Exchange, key: BatchKey, part: int | None = None) -> None:
    """Judge the licences by the rules of single rows.

    Raises:
        ExchangeError: when a rule could not be evaluated.
    """
    require_licences(exchange.workspace, key, part)
    taken_at = manifest(exchange.workspace, key, part).taken_at
    judged(exchange, key, taken_at, exchange.workspace.read_groups(key, of_part(files.LICENCES, part)), part)


def judged(exchange: Exchange, key: BatchKey, taken_at: str, licences: Iterable[pa.Table], part: int | None) -> None:
    """The same over licences that pass by; whatever happens, they are exhausted."""
    from expectations.assess import judge_rows

    try:
        found = judge_rows(exchange.source(key), taken_at, licences)
    except Exception:
        for _ in licences:
            pass
        raise
    workspace, name = exchange.workspace, of_part(files.JUDGED, part)
    workspace.write_table(workspace.path(key, name), [found], FINDING)
    write_record(workspace, key, of_part(files.JUDGED_FROM, part), said_as(workspace, key, part), [name])


def assess(exchange: Exchange, key: BatchKey, now: datetime) -> Verdict:
    """Judge the batch as a whole: what only all rows together, the batches before, and the source's own count can say."""
    from expectations.assess import decide

    workspace, source = exchange.workspace, exchange.source(key)
    archived = gather(workspace, key)
    named = evidence(workspace, key, archived)
    becomes_the_days(workspace, key)
    before = _before(exchange, key, archived)
    with ExitStack() as held:
        parts = [_part(workspace, key, part, held) for part in part_numbers(archived)]
        parts[0] = replace(parts[0], left_out=parts[0].left_out + archived.read - archived.rows)
        decided = decide(source, archived, parts, before, instant_text(now))
    workspace.write_table(workspace.path(key, files.FINDINGS), [decided.findings], FINDING)
    outcomes = pa.table({"outcome": decided.outcomes})
    workspace.write_table(workspace.path(key, files.OUTCOMES), [outcomes], outcomes.schema)
    named |= {name: workspace.digest_written(key, name) for name in (files.FINDINGS, files.OUTCOMES)}
    verdict = replace(decided.verdict, evidence=named)
    workspace.write_text(workspace.path(key, files.VERDICT), verdict.to_json())
    return verdict


def deliver(exchange: Exchange, key: BatchKey, now: datetime, seconds: float = 0.0) -> LedgerEntry:
    """Bring what was accepted into the platform, with the findings and the ledger row, or none of it.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: of the delivery.
        seconds: what the steps took so far, for the ledger.

    Raises:
        ExchangeError: when what is there is not what was judged; nothing was loaded.
        PlatformUnreachable: when the platform does not answer; nothing was loaded.
    """
    workspace = exchange.workspace
    declaration = exchange.source(key).declaration
    verdict = Verdict.from_json(workspace.read_text(key, files.VERDICT))
    digest = require_judged(workspace, key, verdict)
    findings = workspace.read_table(key, files.FINDINGS)

    def rows(names: Sequence[str]) -> Iterator[pa.Table]:
        return ahead(_rows(workspace, key, names))

    delivery = Delivery(
        verdict,
        declaration.precedence,
        rows,
        findings,
        declaration.vanished,
        declaration.expect.drift.reactions,
        declaration.extract.keys,
        declaration.extract.shows_changes,
        digest=digest,
        only_source=list(exchange.register) == [key.source],
    )
    entry = deliver_batch(exchange.database, delivery, instant_text(now), seconds)
    workspace.write_text(workspace.path(key, files.RECEIPT), entry.to_json())
    if entry.status == Status.DELIVERED:
        workspace.write_text(workspace.path(key, files.DELIVERED), workspace.read_text(key, files.MANIFEST))
    show_in_the_day(workspace, key)
    return entry


def problem(exchange: Exchange, key: BatchKey) -> str:
    """Why a person must look at a delivered batch, as one sentence: it was refused, or too much of it was held."""
    # The platform's database may have refused what the verdict accepts; the receipt knows.
    entry = LedgerEntry.from_json(exchange.workspace.read_text(key, files.RECEIPT))
    if entry.status == Status.REFUSED:
        return f"{key}: refused: {entry.reason}"
    limit = Verdict.from_json(exchange.workspace.read_text(key, files.VERDICT)).held_limit
    page = exchange.workspace.report_path(key.source, f"{key.day}.html")
    return f"{too_many_held(key, limit, entry)}; see the report {page}" if entry.held > limit * entry.extracted else ""


def too_many_held(key: BatchKey, limit: float, counts: Verdict | LedgerEntry) -> str:
    """Which share of the rows may be held, and which is."""
    share = counts.held / counts.extracted
    return f"{key}: expected at most {limit:.1%} of rows held, found {share:.1%} ({counts.held})"


def stands(exchange: Exchange, key: BatchKey) -> bool:
    """Whether the last run of the day that changed anything was delivered."""
    with exchange.database.transaction(reading=True) as connection:
        entries = read_entries(connection, source=key.source, day=str(key.day), standing=True)
    return any(entry.status == Status.DELIVERED for entry in entries)


def last_delivered(exchange: Exchange, key: BatchKey) -> BatchKey | None:
    """The last batch of the source before this one that was delivered."""
    with exchange.database.transaction(reading=True) as connection:
        last = delivered_before(connection, key.source, str(key.day))
    return None if last is None else BatchKey(key.source, Day.of(last.day))


def _before(exchange: Exchange, key: BatchKey, archived: Manifest) -> Before:
    """What the source delivered before: of its last batch the manifest, of the last ones the sizes."""
    from expectations.assess import Before

    keys, snapshot = exchange.source(key).declaration.extract.keys, archived.kind == "snapshot"
    names = [of_part(files.LICENCES, part) for part in part_numbers(archived)]
    rows = (group for name in names for group in exchange.workspace.read_groups(key, name, list(COLUMNS)))
    with exchange.database.transaction(reading=True) as connection:
        effects = foresee(connection, key.source, archived.taken_at, rows, snapshot=snapshot, keys=keys)
        usual = usual_sizes(connection, key.source, archived.kind, str(key.day), _USUAL)
    # A sweep comes after the night of its day.
    last = delivered_manifest(exchange, BatchKey(key.source, key.day.plus(1)) if key.sweep else key)
    if key.sweep and last is not None:  # its columns are the same; what fills them in a few odd rows tells nothing
        last = replace(last, profile={})
    return Before(last, usual, effects)


def delivered_manifest(exchange: Exchange, key: BatchKey) -> Manifest | None:
    """The manifest of the last delivered batch before this one; None where there is none, or its archive was put away."""
    last = last_delivered(exchange, key)
    if last is None or not exchange.workspace.exists(last, files.DELIVERED):
        return None
    return read_manifest(exchange.workspace, last, files.DELIVERED)


def _part(workspace: Workspace, key: BatchKey, part: int | None, held: ExitStack) -> Part:
    from expectations.assess import Part

    counts = json.loads(workspace.read_text(key, of_part(files.STANDARDISED, part)))
    found = [workspace.read_table(key, of_part(name, part)) for name in (files.CONFORMED, files.JUDGED)]
    path = held.enter_context(workspace.local(key, of_part(files.LICENCES, part)))
    return Part(path, counts["extracted"], counts["left_out"], pa.concat_tables(found))


def _rows(workspace: Workspace, key: BatchKey, names: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of the licences of all parts, `outcome` with what became of each row, a group at a time."""
    outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    start = 0
    for part in part_numbers(manifest(workspace, key)):
        for group in workspace.read_groups(key, of_part(files.LICENCES, part), [n for n in names if n != "outcome"]):
            yield group.append_column("outcome", outcomes.slice(start, group.num_rows)).select(names)
            start += group.num_rows

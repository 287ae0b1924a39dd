"""The steps of a batch, each from what the step before left in the workspace to what the next one reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

import pyarrow as pa

from loaders.deliver import Delivery, deliver_batch, write_failure
from loaders.ledger import last_snapshot_size
from loaders.platform import Platform
from pipeline import workspace as files
from pipeline.settings import Settings
from pipeline.workspace import Workspace
from sources.register import Register, Source
from standard.batch import LOCATOR, BatchKey, LedgerEntry, Manifest, Verdict
from standard.day import Day, instant_text
from standard.errors import ExchangeError, SourceRefused, Unreachable, UsageError
from standard.finding import FINDING, found_on_batch, mask_text


class Exchange:
    """Everything the steps need: declarations, archive and platform, found by the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workspace = Workspace(settings.workspace)

    @cached_property
    def register(self) -> Register:
        """The declarations."""
        return Register(self.settings.sources)

    @cached_property
    def platform(self) -> Platform:
        """The platform's database, with its tables there."""
        platform = Platform(self.settings.target)
        platform.prepare()
        return platform

    def source(self, key: BatchKey) -> Source:
        """The source of a batch."""
        return self.register.source(key.source)


def extract(exchange: Exchange, key: BatchKey, now: datetime) -> Manifest:
    """Read the source and archive what it says, before anything else is done with it.

    What goes wrong is written into the ledger, so that the day's pages name it.

    Raises:
        SourceRefused: when the source holds something else than was declared.
        Unreachable: when it, or the archive, cannot be reached.
        UsageError: for the past of a snapshot source, where neither archive nor dated file has it.
    """
    source = exchange.source(key)
    if key.day > Day.at(now):
        raise UsageError(f"{key}: expected a day that has begun, found one in the future; correct the day")
    platform = exchange.platform  # a platform that cannot take the batch is said before the source is asked for it
    if past_snapshot(source, key.day, now):
        if exchange.workspace.exists(key, files.MANIFEST):
            return _manifest(exchange.workspace, key)
        raise UsageError(
            f"{key}: expected the archived raw of that day, found none; the past of a snapshot source cannot be asked for"
        )
    try:
        return read_source(exchange, key, now)
    except SourceRefused as error:
        _write_refusal(platform, source, key, error, now)
        raise
    except Unreachable as error:
        write_failure(platform, key, mask_text(str(error)), instant_text(now))
        raise


def past_snapshot(source: Source, day: Day, now: datetime) -> bool:
    """Whether only the archive can say what the source held on that day."""
    declaration = source.declaration
    dated = declaration.extract.kind != "database" and declaration.extract.dated
    return not declaration.incremental and not dated and day < Day.at(now).plus(-1)


def read_source(exchange: Exchange, key: BatchKey, now: datetime) -> Manifest:
    """Read the source into the archive; the platform is not asked and not told.

    Raises:
        SourceRefused: when the source holds something else than was declared.
        Unreachable: when it, or the archive, cannot be reached.
    """
    from extractors import open_source

    workspace, source = exchange.workspace, exchange.source(key)
    connection = source.declaration.extract.connection
    location = exchange.settings.connection(connection) if connection else None
    raw = workspace.path(key, files.RAW)
    with open_source(source, key.day, location, now) as reading:
        schema = pa.schema([*(pa.field(name, pa.string()) for name in reading.columns), pa.field(LOCATOR, pa.string())])
        rows = workspace.write_table(raw, reading.batches, schema)
        manifest = Manifest(
            batch=str(key),
            kind=reading.kind,
            taken_at=instant_text(reading.taken_at),
            read=reading.above_header + rows,
            rows=rows,
            columns=reading.columns,
            digest=workspace.digest(raw),
            window=[instant_text(edge) for edge in reading.window] if reading.window else [],
            counted=reading.counted,
            without_time=reading.without_time,
            future_time=reading.future_time,
            origin=reading.origin,
        )
    workspace.write_text(workspace.path(key, files.MANIFEST), manifest.to_json())
    return manifest


def _manifest(workspace: Workspace, key: BatchKey) -> Manifest:
    try:
        return Manifest.from_json(workspace.read_text(key, files.MANIFEST))
    except (ValueError, TypeError):
        raise ExchangeError(
            f"{key}: expected the manifest of its archive, found a damaged file; extract it again"
        ) from None


def _write_refusal(platform: Platform, source: Source, key: BatchKey, error: SourceRefused, now: datetime) -> None:
    at = instant_text(now)
    kind = "incremental" if source.declaration.incremental else "snapshot"
    reason = mask_text(str(error))
    verdict = Verdict(str(key), at, at, kind, 0, 0, 0, 0, 0, 0, refused=[error.rule], reason=reason)
    found = found_on_batch(error.rule, at, value=error.found, expected=error.expected)
    deliver_batch(platform, Delivery(verdict, source.declaration.precedence, [], found), at, 0.0)


def standardise(exchange: Exchange, key: BatchKey) -> None:
    """Say the archived rows in the standard; where the columns are not as declared, say that instead."""
    from transforms.conform import Conformed, Conformer
    from transforms.shape import judge_columns

    workspace = exchange.workspace
    source = exchange.source(key)
    manifest = _manifest(workspace, key)
    if workspace.digest(workspace.path(key, files.RAW)) != manifest.digest:
        raise ExchangeError(f"{key}: expected the raw archive that its manifest names, found another; extract it again")
    conformer = Conformer(source, manifest.taken_at)
    findings = [judge_columns(source.declaration, manifest.columns, manifest.taken_at)]
    counts = {"extracted": 0, "left_out": manifest.read - manifest.rows}

    def groups() -> Iterator[pa.Table]:
        for raw in workspace.read_groups(key, files.RAW):
            said: Conformed = conformer.conform(raw, counts["extracted"])
            counts["extracted"] += said.licences.num_rows
            counts["left_out"] += said.left_out
            findings.append(said.findings)
            yield said.licences

    as_declared = not findings[0].num_rows
    workspace.write_table(workspace.path(key, files.LICENCES), groups() if as_declared else [], conformer.schema)
    if not as_declared:
        counts["extracted"] = manifest.rows
    workspace.write_table(workspace.path(key, files.CONFORMED), findings, FINDING)
    workspace.write_text(workspace.path(key, files.STANDARDISED), json.dumps(counts))


def assess(exchange: Exchange, key: BatchKey, now: datetime) -> Verdict:
    """Judge the batch.

    Raises:
        ExchangeError: when a rule could not be evaluated.
    """
    from expectations.assess import Standardised, judge_batch

    workspace = exchange.workspace
    source = exchange.source(key)
    manifest = _manifest(workspace, key)
    counts = json.loads(workspace.read_text(key, files.STANDARDISED))
    last = None
    if manifest.kind == "snapshot":
        with exchange.platform.transaction(reading=True) as connection:
            last = last_snapshot_size(connection, key.source, manifest.taken_at)
    with workspace.local(key, files.LICENCES) as path:
        batch = Standardised(
            groups=workspace.read_groups(key, files.LICENCES),
            path=path,
            extracted=counts["extracted"],
            left_out=counts["left_out"],
            findings=workspace.read_table(key, files.CONFORMED),
        )
        judged = judge_batch(source, manifest, batch, last, instant_text(now))
    workspace.write_table(workspace.path(key, files.FINDINGS), [judged.findings], FINDING)
    outcomes = pa.table({"outcome": judged.outcomes})
    workspace.write_table(workspace.path(key, files.OUTCOMES), [outcomes], outcomes.schema)
    workspace.write_text(workspace.path(key, files.VERDICT), judged.verdict.to_json())
    return judged.verdict


def deliver(exchange: Exchange, key: BatchKey, now: datetime, seconds: float = 0.0) -> LedgerEntry:
    """Bring what was accepted into the platform, with the findings and the ledger row, or none of it.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: of the delivery.
        seconds: what the steps took so far, for the ledger.

    Raises:
        PlatformUnreachable: when the platform does not answer; nothing was loaded.
    """
    workspace = exchange.workspace
    source = exchange.source(key)
    verdict = Verdict.from_json(workspace.read_text(key, files.VERDICT))
    findings = workspace.read_table(key, files.FINDINGS)
    delivery = Delivery(verdict, source.declaration.precedence, _rows(workspace, key), findings)
    entry = deliver_batch(exchange.platform, delivery, instant_text(now), seconds)
    workspace.write_text(workspace.path(key, files.RECEIPT), entry.to_json())
    return entry


def problem(exchange: Exchange, key: BatchKey) -> str:
    """Why a person must look at a delivered batch, as one sentence: it was refused, or too much of it was held."""
    verdict = Verdict.from_json(exchange.workspace.read_text(key, files.VERDICT))
    if verdict.refused:
        return f"{key}: refused: {verdict.reason}"
    if verdict.held_above_limit:
        share = verdict.held / verdict.extracted
        return f"{key}: expected at most {verdict.held_limit:.1%} of rows held, found {share:.1%} ({verdict.held}); see the report"
    return ""


def _rows(workspace: Workspace, key: BatchKey) -> Iterator[pa.Table]:
    """The licences with what became of each, a group at a time."""
    outcomes = workspace.read_table(key, files.OUTCOMES)["outcome"]
    start = 0
    for group in workspace.read_groups(key, files.LICENCES):
        yield group.append_column("outcome", outcomes.slice(start, group.num_rows))
        start += group.num_rows

"""Assesses a batch as a whole, against all of its rows, earlier batches, and the source's own count."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from exchange_db.effects import COLUMNS, predict_effects
from exchange_db.ledger import delivered_before, usual_sizes
from pipeline.exchange import Exchange
from standard.batch import BatchKey, Effects, Manifest, Verdict
from standard.day import Day, instant_text
from standard.finding import FINDING
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import part_numbers, read_manifest, write_batch_manifest
from workspace.provenance import evidence
from workspace.runs import promote_archive
from workspace.workspace import Workspace

if TYPE_CHECKING:
    from expectations.assess import Baseline, Part

_USUAL = 20  # the number of batches whose sizes show what is usual


def assess(exchange: Exchange, key: BatchKey, now: datetime) -> Verdict:
    """Decide which rows of a batch may be delivered, if any, and write the verdict.

    Raises:
        ExchangeError: when a file was made from another version of the previous step's file.
    """
    from expectations.assess import decide

    workspace, source = exchange.workspace, exchange.source(key)
    archived = write_batch_manifest(workspace, key)
    digests = evidence(workspace, key, archived)
    promote_archive(workspace, key)
    before = _before(exchange, key, archived)
    with ExitStack() as stack:
        parts = [_part(workspace, key, part, stack) for part in part_numbers(archived)]
        parts[0] = replace(parts[0], left_out=parts[0].left_out + archived.read - archived.rows)
        decided = decide(source, archived, parts, before, instant_text(now))
    workspace.write_table(workspace.path(key, files.FINDINGS), [decided.findings], FINDING)
    outcomes = pa.table({"outcome": decided.outcomes})
    workspace.write_table(workspace.path(key, files.OUTCOMES), [outcomes], outcomes.schema)
    digests |= {name: workspace.digest_written(key, name) for name in (files.FINDINGS, files.OUTCOMES)}
    verdict = replace(decided.verdict, evidence=digests, declaration=source.digest)
    workspace.write_text(workspace.path(key, files.VERDICT), verdict.to_json())
    return verdict


def last_delivered(exchange: Exchange, key: BatchKey) -> BatchKey | None:
    """The last delivered batch of the source before this one."""
    last = exchange.database.read(delivered_before, key.source, str(key.day))
    return None if last is None else BatchKey(key.source, Day.of(last.day))


def _before(exchange: Exchange, key: BatchKey, archived: Manifest) -> Baseline:
    """What the source delivered before: the manifest of its last batch, and the sizes of recent ones."""
    from expectations.assess import Baseline

    usual = exchange.database.read(usual_sizes, key.source, archived.kind, str(key.day), _USUAL)
    # A sweep runs after the night of its day.
    last = _delivered_manifest(exchange, BatchKey(key.source, key.day.plus(1)) if key.sweep else key)
    if key.sweep and last is not None:  # a sweep's few rows are not representative
        last = replace(last, profile={})
    return Baseline(last, usual, _effects(exchange, key, archived))


def _effects(exchange: Exchange, key: BatchKey, archived: Manifest) -> Effects:
    """The records that delivering the batch would end on the platform."""
    workspace = exchange.workspace
    names = [part_file(files.LICENCES, part) for part in part_numbers(archived)]
    rows = (group for name in names for group in workspace.read_groups(key, name, list(COLUMNS)))
    keys, snapshot = exchange.source(key).declaration.extract.keys, archived.kind == "snapshot"
    return exchange.database.read(predict_effects, key.source, archived.taken_at, rows, snapshot=snapshot, keys=keys)


def _delivered_manifest(exchange: Exchange, key: BatchKey) -> Manifest | None:
    """The manifest of the last delivered batch before this one; None if there is none, or its archive was removed."""
    last = last_delivered(exchange, key)
    if last is None or not exchange.workspace.exists(last, files.DELIVERED):
        return None
    return read_manifest(exchange.workspace, last, files.DELIVERED)


def _part(workspace: Workspace, key: BatchKey, part: int | None, stack: ExitStack) -> Part:
    from expectations.assess import Part

    counts = json.loads(workspace.read_text(key, part_file(files.STANDARDISED, part)))
    findings = [workspace.read_table(key, part_file(name, part)) for name in (files.CONFORMED, files.JUDGED)]
    path = stack.enter_context(workspace.local(key, part_file(files.LICENCES, part)))
    return Part(path, counts["extracted"], counts["left_out"], pa.concat_tables(findings))

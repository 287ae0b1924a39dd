"""Judges licences by the rules of single rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from pipeline.exchange import Exchange
from standard.batch import BatchKey
from standard.finding import FINDING
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import manifest
from workspace.provenance import licences_digest, require_licences, write_record


def judge(exchange: Exchange, key: BatchKey, part: int | None = None) -> None:
    """Judge the standardised licences of a batch or one of its parts.

    Raises:
        ExchangeError: when a rule could not be evaluated, or the licences were made from another archive.
    """
    require_licences(exchange.workspace, key, part)
    taken_at = manifest(exchange.workspace, key, part).taken_at
    judge_groups(exchange, key, taken_at, exchange.workspace.read_groups(key, part_file(files.LICENCES, part)), part)


def judge_groups(
    exchange: Exchange, key: BatchKey, taken_at: str, licences: Iterable[pa.Table], part: int | None
) -> None:
    """Judge groups of licences as they arrive; `licences` is always exhausted."""
    from expectations.assess import judge_rows

    try:
        found = judge_rows(exchange.source(key), taken_at, licences)
    except Exception:
        for _ in licences:
            pass
        raise
    workspace, name = exchange.workspace, part_file(files.JUDGED, part)
    workspace.write_table(workspace.path(key, name), [found], FINDING)
    write_record(workspace, key, part_file(files.JUDGED_FROM, part), licences_digest(workspace, key, part), [name])

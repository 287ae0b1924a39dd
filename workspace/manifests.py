"""The manifest of an archived batch, combined from those of its parts where it was read in parts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from standard.batch import BatchKey, Manifest
from standard.errors import ExchangeError
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.plan import Plan, read_plan
from workspace.workspace import Workspace


def write_batch_manifest(workspace: Workspace, key: BatchKey) -> Manifest:
    """The manifest of a batch; if the batch was read in parts, the combined manifest is also written to its file.

    Raises:
        ExchangeError: as `batch_manifest` does.
    """
    combined = batch_manifest(workspace, key)
    if combined.parts:
        workspace.write_text(workspace.path(key, files.MANIFEST), combined.to_json())
    return combined


def batch_manifest(workspace: Workspace, key: BatchKey) -> Manifest:
    """The manifest of a batch, combined from those of its parts where it was read in parts.

    If a later reading ended before any of its parts was complete, this is still the manifest of the reading before.

    Raises:
        ExchangeError: when a manifest is missing or damaged, or the parts belong to two readings.
    """
    plan = read_plan(workspace, key) if workspace.exists(key, files.PLAN) else None
    if plan is None or not plan.parts:
        return manifest(workspace, key)
    if not is_complete(workspace, key):
        return _previous_manifest(workspace, key)
    numbers = range(len(plan.parts))
    from workspace.column_profile import merge_profiles

    parts = [manifest(workspace, key, part) for part in numbers]
    first, counted = parts[0], [part.counted for part in parts]
    return replace(
        first,
        read=sum(part.read for part in parts),
        rows=sum(part.rows for part in parts),
        digest=_digest(parts),
        counted=None if None in counted else sum(number or 0 for number in counted),
        witnessed=first.witnessed,
        beside_witness=first.beside_witness,
        without_time=sum(part.without_time for part in parts),
        future_time=sum(part.future_time for part in parts),
        forms=dict(sum((Counter(part.forms) for part in parts), Counter())),
        profile=merge_profiles([part.profile for part in parts]),
        parts=len(parts),
    )


def is_complete(workspace: Workspace, key: BatchKey) -> bool:
    """Whether all parts of the last planned reading of a batch are archived."""
    plan = read_plan(workspace, key)
    return all(_is_read(workspace, key, plan, part) for part in range(len(plan.parts)))


def _is_read(workspace: Workspace, key: BatchKey, plan: Plan, part: int) -> bool:
    """Whether a part was read by this plan; all parts of a plan have the same instant."""
    exists = workspace.exists(key, part_file(files.MANIFEST, part))
    return exists and manifest(workspace, key, part).taken_at == plan.now


def _previous_manifest(workspace: Workspace, key: BatchKey) -> Manifest:
    """The manifest of the reading before an unfinished one, provided that none of its parts was overwritten."""
    previous = manifest(workspace, key) if workspace.exists(key, files.MANIFEST) else None
    if previous is not None:
        parts = [manifest(workspace, key, part) for part in part_numbers(previous)]
        if not previous.parts or _digest(parts) == previous.digest:
            return previous
    raise ExchangeError(
        "LX-502",
        "{key}: expected all parts of one reading in its archive, found some of another; run that day again",
        key=key,
    )


def _digest(parts: Sequence[Manifest]) -> str:
    return hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest()


def part_numbers(archived: Manifest) -> Sequence[int | None]:
    """The numbers of a batch's parts; only None where it was not read in parts."""
    return range(archived.parts) if archived.parts else [None]


def manifest(workspace: Workspace, key: BatchKey, part: int | None = None) -> Manifest:
    """The manifest of an archived batch or of one of its parts, as it was written.

    Raises:
        ExchangeError: when it is missing or damaged.
    """
    return read_manifest(workspace, key, part_file(files.MANIFEST, part))


def read_manifest(workspace: Workspace, key: BatchKey, name: str) -> Manifest:
    """Read a manifest by the name of its file.

    Raises:
        ExchangeError: when it is missing or damaged.
    """
    text = workspace.read_text(key, name)
    try:
        return Manifest.from_json(text)
    except (ValueError, TypeError):
        raise ExchangeError(
            "LX-501", "{key}: expected the manifest of its archive, found a damaged file; extract it again", key=key
        ) from None

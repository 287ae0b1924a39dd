"""What is known of an archived batch; of one that was read in parts, whether they are all of one reading."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from standard.batch import BatchKey, Manifest
from standard.errors import ExchangeError
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.plan import Plan, read_plan
from workspace.workspace import Workspace


def gather(workspace: Workspace, key: BatchKey) -> Manifest:
    """The manifest of a batch; of one that was read in parts it is put together here and written down.

    Raises:
        ExchangeError: as `put_together` does.
    """
    whole = put_together(workspace, key)
    if whole.parts:
        workspace.write_text(workspace.path(key, files.MANIFEST), whole.to_json())
    return whole


def put_together(workspace: Workspace, key: BatchKey) -> Manifest:
    """The manifest of a batch; of one that was read in parts, what those of the parts say together.

    Where a later reading ended before any of its parts was whole, it is still that of the reading before.

    Raises:
        ExchangeError: when a manifest is missing or damaged, or the parts are of two readings.
    """
    plan = read_plan(workspace, key) if workspace.exists(key, files.PLAN) else None
    if plan is None or not plan.parts:
        return manifest(workspace, key)
    if not is_whole(workspace, key):
        return _before(workspace, key)
    numbers = range(len(plan.parts))
    from workspace.column_profile import merged

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
        profile=merged([part.profile for part in parts]),
        parts=len(parts),
    )


def is_whole(workspace: Workspace, key: BatchKey) -> bool:
    """Whether all parts of a batch are there, of the reading that was planned last."""
    plan = read_plan(workspace, key)
    return all(_is_of(workspace, key, plan, part) for part in range(len(plan.parts)))


def _is_of(workspace: Workspace, key: BatchKey, plan: Plan, part: int) -> bool:
    """Whether a part was read by a plan; all parts of one stand for the same instant."""
    there = workspace.exists(key, of_part(files.MANIFEST, part))
    return there and manifest(workspace, key, part).taken_at == plan.now


def _before(workspace: Workspace, key: BatchKey) -> Manifest:
    """What was archived before a reading that did not come to its end, if that has written over none of it."""
    found = manifest(workspace, key) if workspace.exists(key, files.MANIFEST) else None
    if found is not None:
        parts = [manifest(workspace, key, part) for part in part_numbers(found)]
        if not found.parts or _digest(parts) == found.digest:
            return found
    raise ExchangeError(
        "LX-502",
        "{key}: expected all parts of one reading in its archive, found some of another; run that day again",
        key=key,
    )


def _digest(parts: Sequence[Manifest]) -> str:
    return hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest()


def part_numbers(archived: Manifest) -> Sequence[int | None]:
    """The numbers of a batch's parts; None alone for one that was not read in parts."""
    return range(archived.parts) if archived.parts else [None]


def manifest(workspace: Workspace, key: BatchKey, part: int | None = None) -> Manifest:
    """The manifest of an archived batch or of one of its parts.

    Raises:
        ExchangeError: when there is none, or it is damaged.
    """
    return read_manifest(workspace, key, of_part(files.MANIFEST, part))


def read_manifest(workspace: Workspace, key: BatchKey, name: str) -> Manifest:
    """A manifest by the name of its file.

    Raises:
        ExchangeError: when there is none, or it is damaged.
    """
    text = workspace.read_text(key, name)
    try:
        return Manifest.from_json(text)
    except (ValueError, TypeError):
        raise ExchangeError(
            "LX-501", "{key}: expected the manifest of its archive, found a damaged file; extract it again", key=key
        ) from None

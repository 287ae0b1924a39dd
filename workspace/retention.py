"""Which files of the archive and of the reports may be purged, and how they are removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from standard.batch import BatchKey
from standard.day import Day
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.purged import note_purge
from workspace.runs import archive_of
from workspace.store import StoredFile
from workspace.workspace import Workspace

# What a replay makes again from the raw archive. The JSON files are never purged: they hold digests and counts, no person.
_DERIVED = {files.LICENCES, files.CONFORMED, files.JUDGED, files.FINDINGS, files.OUTCOMES}
_NAMES = {Purgeable.RAW: {files.RAW}, Purgeable.LICENCES: _DERIVED}


@dataclass(frozen=True)
class StoredBatch:
    """The files of a batch that may be purged while no run is at work on it.

    Attributes:
        key: of the batch.
        run: the folder of the run that has the day's archive; empty for files that older versions left.
        ended: whether that run is finished, so that no step needs its files any more.
        files: by kind; a file with two names is listed twice.
    """

    key: BatchKey
    run: str
    ended: bool
    files: dict[Purgeable, list[StoredFile]] = field(default_factory=dict)


def stored_batch(workspace: Workspace, key: BatchKey) -> StoredBatch:
    """List the purgeable files of a batch; those of a run whose archive is not the day's are left alone."""
    archive, folder = archive_of(workspace, key), workspace.of_run("").path(key, "")
    by_kind: dict[Purgeable, list[StoredFile]] = {}
    for file in workspace.stored_files(key):
        parent, _, name = file.path.removeprefix(folder).rpartition("/")
        run = parent.partition("/")[0]
        for what, names in _NAMES.items():
            if name in names and (run == archive.run or not run.startswith(files.RUN_PREFIX)):
                by_kind.setdefault(what, []).append(file)
    return StoredBatch(key, archive.run, archive.exists(key, files.RECEIPT), by_kind)


def purge_batch(workspace: Workspace, batch: StoredBatch, what: Purgeable, at: str, days: int) -> None:
    """Remove files of a batch. The note of the purge is written first, so that a killed purge is not taken for an archive.

    Args:
        workspace: where the files are; the caller has the turn of the day.
        batch: as listed during this turn.
        what: the kind of files.
        at: instant text.
        days: the declared number of days after which they may be purged.
    """
    note_purge(workspace.of_run(batch.run), batch.key, what, at, days)
    for file in batch.files[what]:
        workspace.remove_stored(file)


def stored_reports(workspace: Workspace, source: str = "") -> dict[Day, list[StoredFile]]:
    """The pages and lists of a source by day, or the city's pages if no source is named."""
    by_day: dict[Day, list[StoredFile]] = {}
    for file in workspace.stored_reports(source):
        stem, _, suffix = file.path.rpartition("/")[2].rpartition(".")
        day = _day(stem if source else stem.removeprefix("city-"))
        if day is not None and suffix in {"html", "xlsx"}:
            by_day.setdefault(day, []).append(file)
    return by_day


def size_of(stored: Iterable[StoredFile]) -> tuple[int, int]:
    """The number of files and their total bytes; a file with several names counts once."""
    sizes = {file.identity: file.size for file in stored}
    return len(sizes), sum(sizes.values())


def _day(text: str) -> Day | None:
    try:
        return Day.of(text)
    except ValueError:
        return None

"""Which files of the archive and of the reports may be purged, and how they are taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from standard.batch import BatchKey
from standard.day import Day
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.purged import note_purge
from workspace.runs import archive_of
from workspace.workspace import StoredFile, Workspace

# What a replay makes again from the raw archive. The JSON files stay: they name digests and counts, and no person.
_MADE = {files.LICENCES, files.CONFORMED, files.JUDGED, files.FINDINGS, files.OUTCOMES}
_NAMES = {Purgeable.RAW: {files.RAW}, Purgeable.LICENCES: _MADE}


@dataclass(frozen=True)
class StoredBatch:
    """What of a batch may go, while no run is at work on it.

    Attributes:
        key: of the batch.
        run: the folder of the run that has the day's archive; empty for what older versions left.
        ended: whether that run came to its end, so that its files are needed by no step any more.
        files: by what they are; a file that has two names is there twice.
    """

    key: BatchKey
    run: str
    ended: bool
    files: dict[Purgeable, list[StoredFile]] = field(default_factory=dict)


def stored_batch(workspace: Workspace, key: BatchKey) -> StoredBatch:
    """Look at the files of a batch; those of runs whose archive is not the day's are nobody's to take away."""
    own, folder = archive_of(workspace, key), workspace.of_run("").path(key, "")
    found: dict[Purgeable, list[StoredFile]] = {}
    for each in workspace.stored(key):
        inside, _, name = each.path.removeprefix(folder).rpartition("/")
        run = inside.partition("/")[0]
        for what, names in _NAMES.items():
            if name in names and (run == own.run or not run.startswith(files.RUN)):
                found.setdefault(what, []).append(each)
    return StoredBatch(key, own.run, own.exists(key, files.RECEIPT), found)


def purge_batch(workspace: Workspace, batch: StoredBatch, what: Purgeable, at: str, days: int) -> None:
    """Take files of a batch away; that they are purged is written down first, so that a kill leaves no half archive.

    Args:
        workspace: where they are; the caller has the turn of the day.
        batch: as it was looked at in this turn.
        what: of its files.
        at: instant text.
        days: for how many they were kept, as declared.
    """
    note_purge(workspace.of_run(batch.run), batch.key, what, at, days)
    for each in batch.files[what]:
        workspace.remove_stored(each)


def stored_reports(workspace: Workspace, source: str = "") -> dict[Day, list[StoredFile]]:
    """The pages and lists of a source by day, or the city's pages where none is named."""
    found: dict[Day, list[StoredFile]] = {}
    for each in workspace.stored_reports(source):
        stem, _, kind = each.path.rpartition("/")[2].rpartition(".")
        day = _day(stem if source else stem.removeprefix("city-"))
        if day is not None and kind in {"html", "xlsx"}:
            found.setdefault(day, []).append(each)
    return found


def size_of(found: Iterable[StoredFile]) -> tuple[int, int]:
    """How many files there are, and their bytes; one that has several names counts once."""
    sizes = {each.identity: each.size for each in found}
    return len(sizes), sum(sizes.values())


def _day(text: str) -> Day | None:
    try:
        return Day.of(text)
    except ValueError:
        return None

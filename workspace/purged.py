"""What was purged of a batch's archive, and the refusal of a step that needs it."""

from __future__ import annotations

import json
from typing import Any

from standard.batch import BatchKey
from standard.day import Day, instant_of
from standard.errors import UsageError
from standard.messages import Message
from standard.retention import Purgeable
from workspace.batch_files import PURGED
from workspace.workspace import Workspace

_FILES = {
    Purgeable.RAW: Message("the raw archive"),
    Purgeable.LICENCES: Message("the archive of standardised rows"),
}
_INSTEAD = {
    Purgeable.RAW: Message("it cannot be judged again; `licex run` asks the source, where that still has the day"),
    Purgeable.LICENCES: Message("standardise the batch again"),
}


def note_purge(workspace: Workspace, key: BatchKey, what: Purgeable, at: str, days: int) -> None:
    """Write down that something of the archive is purged, before it is.

    Args:
        workspace: bound to the run that has the day's archive; of another run's archive the note says nothing.
        key: of the batch.
        what: is purged.
        at: instant text.
        days: for how many it was kept, as declared.
    """
    noted = {**_noted(workspace, key), str(what): {"at": at, "days": days}}
    workspace.write_text(workspace.path(key, PURGED), json.dumps({"run": workspace.run, "purged": noted}))


def require_kept(workspace: Workspace, key: BatchKey, what: Purgeable) -> None:
    """Require that something of an archive was not purged.

    Args:
        workspace: bound to the run whose archive is needed.
        key: of the batch.
        what: is needed.

    Raises:
        UsageError: where it was: when, and by which age.
    """
    found = _noted(workspace, key).get(what)
    if found is not None:
        raise UsageError(
            "LX-107",
            "{key}: expected {files} of that day, found that it was purged on {day}, since {setting} keeps {days} days; {instead}",
            key=key,
            files=_FILES[what],
            day=Day.at(instant_of(found["at"])),
            setting=what.setting,
            days=found["days"],
            instead=_INSTEAD[what],
        )


def _noted(workspace: Workspace, key: BatchKey) -> dict[str, Any]:
    """What was purged of the archive of this very run."""
    if not workspace.exists(key, PURGED):
        return {}
    note = json.loads(workspace.read_text(key, PURGED))
    return dict(note["purged"]) if note["run"] == workspace.run else {}

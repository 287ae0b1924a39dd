"""The note of what was purged of a batch's archive; a step that needs it is refused."""

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
_ALTERNATIVE = {
    Purgeable.RAW: Message("it cannot be judged again; `licex run` asks the source, where that still has the day"),
    Purgeable.LICENCES: Message("standardise the batch again"),
}


def note_purge(workspace: Workspace, key: BatchKey, what: Purgeable, at: str, days: int) -> None:
    """Write down that part of an archive is being purged, before it is.

    Args:
        workspace: bound to the run that has the day's archive; the note applies to that archive only.
        key: of the batch.
        what: the part that is purged.
        at: instant text.
        days: the declared number of days after which it may be purged.
    """
    purged = {**_purged(workspace, key), str(what): {"at": at, "days": days}}
    workspace.write_text(workspace.path(key, PURGED), json.dumps({"run": workspace.run, "purged": purged}))


def require_kept(workspace: Workspace, key: BatchKey, what: Purgeable) -> None:
    """Require that part of an archive was not purged.

    Args:
        workspace: bound to the run whose archive is needed.
        key: of the batch.
        what: the part that is needed.

    Raises:
        UsageError: where it was purged: when, and by which setting.
    """
    purge = _purged(workspace, key).get(what)
    if purge is not None:
        raise UsageError(
            "LX-107",
            "{key}: expected {files} of that day, found that it was purged on {day}, since {setting} keeps {days} days; {instead}",
            key=key,
            files=_FILES[what],
            day=Day.at(instant_of(purge["at"])),
            setting=what.setting,
            days=purge["days"],
            instead=_ALTERNATIVE[what],
        )


def _purged(workspace: Workspace, key: BatchKey) -> dict[str, Any]:
    """What was purged of this run's archive: by part, when and after how many days."""
    if not workspace.exists(key, PURGED):
        return {}
    note = json.loads(workspace.read_text(key, PURGED))
    return dict(note["purged"]) if note["run"] == workspace.run else {}

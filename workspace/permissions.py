"""Knows who may read what the exchange writes on a disk: its own user alone, and reports a declared group too."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path

from standard.errors import UsageError

_FOLDER, _FILE = 0o700, 0o600
_SHARED_FOLDER, _SHARED_FILE = 0o750, 0o640


class Rights:
    """The rights of folders and files below one root, whatever the umask of the process is."""

    def __init__(self, root: str, group: str = "") -> None:
        """Know the root and who reads reports.

        Args:
            root: of the workspace.
            group: name of the group that may read `<root>/reports`; none where empty.

        Raises:
            UsageError: for a group that this machine does not know.
        """
        self._root, self._reports = Path(root), Path(root, "reports")
        self._group = _group_id(group) if group else None
        self._name = group

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it that are not there; one that is there keeps its rights, unless it holds reports."""
        folder = Path(path)
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            own = each == self._root or self._root in each.parents
            each.mkdir(mode=_FOLDER if own else 0o777, exist_ok=True)
            if own:
                each.chmod(_FOLDER)
        if self._group is not None and self._of_reports(folder):
            self._let_through()
            below = [each for each in (folder, *folder.parents) if self._of_reports(each)]
            for each in below:
                self._share(each, _SHARED_FOLDER)

    def make_file(self, path: str) -> None:
        """Make an empty file for the exchange alone, or a report for its group too, before anything is written into it."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE)
        try:
            os.fchmod(descriptor, _FILE)
        finally:
            os.close(descriptor)
        if self._group is not None and self._of_reports(Path(path)):
            self._share(Path(path), _SHARED_FILE)

    def _of_reports(self, path: Path) -> bool:
        return path == self._reports or self._reports in path.parents

    def _share(self, path: Path, mode: int) -> None:
        found = path.stat()
        if (found.st_gid, stat.S_IMODE(found.st_mode)) == (self._group, mode):
            return
        try:
            os.chown(path, -1, self._group or -1)
            path.chmod(mode)
        except PermissionError:
            raise UsageError(
                "LX-104",
                "LICEX_REPORTS_GROUP: expected a group that the user of the exchange belongs to, and reports that are its own, found {group} and {path}; correct the setting or the rights",
                group=self._name,
                path=path,
            ) from None

    def _let_through(self) -> None:
        """Let the group pass through the root, whose names it cannot list; rights that somebody else has chosen stay."""
        found = self._root.stat()
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0:
            self._share(self._root, _FOLDER | 0o010)


def _group_id(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(
            "LX-104",
            "LICEX_REPORTS_GROUP: expected the name of a group of this machine, found {group}; make it or correct the setting",
            group=group,
        ) from None

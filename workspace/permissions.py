"""Permissions of what the exchange writes to a disk: for its own user alone, and for reports a declared group as well."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path

from standard.errors import UsageError

_FOLDER, _FILE = 0o700, 0o600
_SHARED_FOLDER, _SHARED_FILE = 0o750, 0o640


class Permissions:
    """The permissions of folders and files below one root, independent of the process's umask."""

    def __init__(self, root: str, group: str = "") -> None:
        """Look up the group.

        Args:
            root: of the workspace.
            group: name of the group that may read `<root>/reports`; none if empty.

        Raises:
            UsageError: for a group that does not exist on this machine.
        """
        self._root, self._reports = Path(root), Path(root, "reports")
        self._group = _group_id(group) if group else None
        self._name = group

    def make_folder(self, path: str) -> None:
        """Create a folder and its missing parents; an existing folder keeps its permissions, unless it holds reports."""
        folder = Path(path)
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        for parent in reversed(missing):
            own = parent == self._root or self._root in parent.parents
            parent.mkdir(mode=_FOLDER if own else 0o777, exist_ok=True)
            if own:
                parent.chmod(_FOLDER)
        if self._group is not None and self._holds_reports(folder):
            self._let_group_pass()
            for shared in [parent for parent in (folder, *folder.parents) if self._holds_reports(parent)]:
                self._share(shared, _SHARED_FOLDER)

    def make_file(self, path: str) -> None:
        """Create an empty file that only the exchange may read, or for a report its group too, before anything is written."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE)
        try:
            os.fchmod(descriptor, _FILE)
        finally:
            os.close(descriptor)
        if self._group is not None and self._holds_reports(Path(path)):
            self._share(Path(path), _SHARED_FILE)

    def _holds_reports(self, path: Path) -> bool:
        return path == self._reports or self._reports in path.parents

    def _share(self, path: Path, mode: int) -> None:
        current = path.stat()
        if (current.st_gid, stat.S_IMODE(current.st_mode)) == (self._group, mode):
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

    def _let_group_pass(self) -> None:
        """Let the group pass through the root without listing it; permissions that somebody else chose are kept."""
        current = self._root.stat()
        if current.st_uid == os.geteuid() and stat.S_IMODE(current.st_mode) & 0o077 == 0:
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

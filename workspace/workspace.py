"""Which files a batch has in the workspace, and how steps read and write them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from standard.batch import BatchKey
from standard.day import Day
from standard.errors import ExchangeError
from standard.row_groups import GROUP_ROWS, row_groups
from workspace.batch_files import ARCHIVE, DAY_FILES, RUN_PREFIX
from workspace.store import HALF_WRITTEN, Store, StoredFile

_DAY = re.compile(r"\d{4}-\d\d-\d\d")  # the name of a batch's folder
_SAMPLE = 1_000  # rows that show whether the values of a column repeat


class Workspace:
    """The archive at one fsspec URL: `<root>/<source>/<day>/<run>/<file>`, and the reports in `<root>/reports`.

    Attributes:
        run: folder of the run whose files are meant; empty for files that older versions left in the day's own folder.
    """

    def __init__(self, root: str, *, group: str = "", scratch: str = "") -> None:
        """Open the workspace.

        Args:
            root: a folder, or an fsspec URL.
            group: the group that may read reports, where the root is a folder.
            scratch: the folder for temporary files; inside the workspace if empty.

        Raises:
            UsageError: for a URL without an installed driver.
            PlatformUnreachable: when the file system does not answer.
        """
        self.run = ""
        self._store = Store(root, group=group, scratch=scratch)
        self._root = self._store.root

    def open_scratch(self) -> None:
        """Create this process's folder for temporary files, and remove what dead processes have left.

        Raises:
            PlatformUnreachable: when the disk cannot be written.
        """
        self._store.open_scratch(self.remove_half_written)

    def close_scratch(self) -> None:
        """Remove this process's temporary files."""
        self._store.close_scratch()

    @property
    def is_local(self) -> bool:
        """Whether its files are on this machine's disk or on a mounted one."""
        return self._store.is_local

    def of_run(self, run: str) -> Workspace:
        """The same workspace with the files of another run."""
        other = copy(self)
        other.run = run
        return other

    def path(self, key: BatchKey, name: str) -> str:
        """The path of a file of a batch."""
        return self._day_path(key, name if name in DAY_FILES or not self.run else f"{self.run}/{name}")

    def _day_path(self, key: BatchKey, name: str) -> str:
        return f"{self._root}/{key}/{name}"

    def _day_folder(self, key: BatchKey) -> str:
        return f"{self._root}/{key}"

    def report_path(self, *parts: str) -> str:
        """The path of a report."""
        return "/".join([self._root, "reports", *parts])

    def shared_path(self, name: str) -> str:
        """The path of a file that belongs to no batch and to no report."""
        return f"{self._root}/{name}"

    def has_page(self, day: Day, source: str = "") -> bool:
        """Whether the page of a day exists: of a source, or of the city if none is named. Reads no list of pages."""
        return self._store.exists(self.report_path(*([source, f"{day}.html"] if source else [f"city-{day}.html"])))

    def batches(self, source: str) -> list[BatchKey]:
        """The batches of a source that have a folder, those of sweeps included, by day."""
        keys = []
        for name in self._store.names_in(f"{self._root}/{source}"):
            with suppress(ValueError):  # a file or folder that is not ours
                keys.append(BatchKey.of(f"{source}/{name}"))
        return sorted(keys)

    def stored_files(self, key: BatchKey) -> list[StoredFile]:
        """All files of a batch, of every run."""
        return self._store.stored_files(self._day_folder(key))

    def stored_reports(self, source: str = "") -> list[StoredFile]:
        """The pages and lists of a source, or of the city if none is named."""
        return self._store.stored_files(self.report_path(*filter(None, [source])), depth=1)

    def remove_stored(self, file: StoredFile) -> None:
        """Remove a stored file, if it still exists."""
        self._store.remove(file.path)

    def exists(self, key: BatchKey, name: str) -> bool:
        """Whether a step has left its file."""
        return self._store.exists(self.path(key, name))

    def find_files(self, names: Sequence[str]) -> Iterator[tuple[BatchKey, str]]:
        """All files of batches and their parts that have one of the names.

        Yields:
            The batch, and the name within its folder.
        """
        for path in self._all_files():
            source, day, *rest = [*path.removeprefix(f"{self._root}/").split("/")[:4], "", ""]
            name = "/".join(part for part in rest if part)
            if name.rpartition("/")[2] in names and _DAY.fullmatch(day):
                yield BatchKey(source, Day.of(day)), name

    def half_written(self) -> list[str]:
        """Paths of the files that a process began to write and did not finish; older versions kept no note of the owner."""
        return [path for path in self._all_files() if path.endswith(HALF_WRITTEN)]

    def _all_files(self) -> list[str]:
        return sorted(self._store.files_below(self._root))

    def remove_half_written(self, path: str) -> None:
        """Remove a file that nobody will finish, or the folder of a run that did not become the day's."""
        if not path.startswith(f"{self._root}/") or not self._store.exists(path):
            return
        if path.endswith(HALF_WRITTEN):
            self._store.remove(path)
        elif self._is_abandoned_run(path):
            self._store.remove(path, recursive=True)

    def _is_abandoned_run(self, path: str) -> bool:
        day, _, run = path.rpartition("/")
        archive = self._store.read_text(f"{day}/{ARCHIVE}") if self._store.exists(f"{day}/{ARCHIVE}") else "{}"
        return run.startswith(RUN_PREFIX) and json.loads(archive).get("run") != run

    def track_run(self, key: BatchKey) -> AbstractContextManager[None]:
        """Record the run's folder as unfinished until the block ends, so that it is removed if this process dies."""
        return self._store.track_half_written(self._day_path(key, self.run))

    def remove(self, key: BatchKey, name: str) -> None:
        """Remove a file of a batch, if it exists."""
        if self.exists(key, name):
            self._store.remove(self.path(key, name))

    def files(self, key: BatchKey) -> list[str]:
        """The names of all files of the run, those of its parts included."""
        paths = self._store.files_below(self.path(key, "").rstrip("/"))
        return [path.rpartition(f"/{key}/")[2].removeprefix(f"{self.run}/") for path in paths]

    def run_folders(self, key: BatchKey) -> list[str]:
        """The folders of all runs of the day, sorted."""
        return sorted(name for name in self._store.names_in(self._day_folder(key)) if name.startswith(RUN_PREFIX))

    def adopt(self, key: BatchKey, name: str, origin: Workspace) -> None:
        """Take over a file of another run by linking it, unless this run already has one of that name."""
        path = self.path(key, name)
        if not self._store.exists(path):
            self._store.link(origin.path(key, name), path)

    def remove_run(self, key: BatchKey, run: str) -> None:
        """Remove the folder of a run; another part of the same run may have been quicker."""
        self._store.remove(self._day_path(key, run), recursive=True)

    def writing(self, path: str) -> AbstractContextManager[Any]:
        """Open a file for writing; it appears under its name when the block ends without an error.

        Raises:
            PlatformUnreachable: when the disk is full or not writable; the half-written file is removed.
        """
        return self._store.writing(path)

    def make_folder(self, folder: str) -> None:
        """Create a folder; on a disk, for the exchange's own user alone."""
        self._store.make_folder(folder)

    def write_text(self, path: str, text: str) -> None:
        """Write a text file."""
        with self.writing(path) as file:
            file.write(text.encode())

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write a binary file."""
        with self.writing(path) as file:
            file.write(content)

    def write_table(self, path: str, tables: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema) -> int:
        """Write a Parquet file; returns the number of rows.

        Args:
            path: of the file.
            tables: written as row groups of at most `GROUP_ROWS` rows; small tables are joined.
            schema: of the file.
        """
        return sum(group.num_rows for group in self.write_groups(path, tables, schema))

    def write_groups(
        self, path: str, tables: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema
    ) -> Iterator[pa.Table]:
        """Write a Parquet file as `write_table` does, and yield each row group once it is written.

        The file appears under its name when all groups have been consumed.
        """
        with self.writing(path) as file:
            groups = row_groups(tables, schema)
            first = next(groups, schema.empty_table())
            dictionaries, groups = _repeating_columns(first), chain([first] if first.num_rows else [], groups)
            del first  # no reference may keep a group alive while others work on it
            with pq.ParquetWriter(
                file, schema, compression="zstd", compression_level=1, use_dictionary=dictionaries,
                write_statistics=False,  # no reader filters by range, and computing the range compares all texts
            ) as writer:  # fmt: skip
                for group in groups:
                    writer.write_table(group, row_group_size=GROUP_ROWS)
                    yield group

    def read_text(self, key: BatchKey, name: str) -> str:
        """Read a text file of a batch.

        Raises:
            ExchangeError: when the step that writes it has not run.
        """
        if not self.exists(key, name):
            raise ExchangeError(
                "LX-502",
                "{key}: expected {name} from the step before, found none; run that step first",
                key=key,
                name=name,
            )
        return self._store.read_text(self.path(key, name))

    def read_shared(self, name: str) -> str | None:
        """Read a text file that belongs to no batch; None if it does not exist."""
        path = self.shared_path(name)
        return self._store.read_text(path) if self._store.exists(path) else None

    def read_table(self, key: BatchKey, name: str) -> pa.Table:
        """Read a small Parquet file of a batch whole."""
        with self._store.open(self.path(key, name)) as file:
            return pq.read_table(file)

    def read_groups(self, key: BatchKey, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read a Parquet file of a batch a row group at a time: all columns, or only those that are named."""
        with self._store.open(self.path(key, name)) as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):
                yield parquet.read_row_group(group, columns=columns)

    @contextmanager
    def local(self, key: BatchKey, name: str) -> Iterator[str]:
        """A path on this machine's disk to a file of a batch, for programs that read files by path."""
        path = self.path(key, name)
        if self.is_local:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="licex-") as folder:
            self._store.download(path, f"{folder}/{name}")
            yield f"{folder}/{name}"

    def digest_written(self, key: BatchKey, name: str) -> str:
        """SHA-256 of a file of a batch that this process has written, without reading it again."""
        return self._store.digest_written(self.path(key, name))

    def digest(self, path: str) -> str:
        """SHA-256 of a file; empty if it does not exist."""
        return self._store.digest(path)


def _repeating_columns(group: pa.Table) -> list[str]:
    """The columns whose values repeat; for the others Parquet would build a dictionary and throw it away."""
    sample = group.slice(0, _SAMPLE)
    return [name for name in sample.column_names if len(sample[name].unique()) * 2 <= sample.num_rows]

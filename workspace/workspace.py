"""Which files a batch has, and how they are written: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from copy import copy
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from standard.batch import BatchKey
from standard.day import Day
from standard.errors import ExchangeError, PlatformUnreachable, UsageError
from standard.messages import Message
from standard.row_groups import GROUP_ROWS, row_groups
from workspace.batch_files import ARCHIVE, OF_THE_DAY, RUN
from workspace.permissions import Rights
from workspace.temporary_files import Scratch

SCRATCH = ".scratch"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")  # the name of a batch's folder
_SAMPLE = 1_000  # rows by which it is told whether the values of a column repeat


class StoredFile(NamedTuple):
    """A file of the workspace: where it is, its bytes, and what it shares with the other names of the same file."""

    path: str
    size: int
    identity: str


class Workspace:
    """The archive at one fsspec URL: `<root>/<source>/<day>/<run>/<file>`, and the reports in `<root>/reports`.

    Attributes:
        run: the folder of the run whose files are meant; empty for those that older versions left in the day's own folder.
    """

    def __init__(self, root: str, *, group: str = "", scratch: str = "") -> None:
        """Find the store.

        Args:
            root: a folder, or an fsspec URL.
            group: the group that may read reports, where it is a folder.
            scratch: where temporary files lie; in the workspace itself where empty.
        """
        self.run = ""
        self._written: dict[str, str] = {}
        try:
            self._fs, path = fsspec.core.url_to_fs(root)
            self._fs.exists(path)
        except (ValueError, ImportError):  # whose words may hold a key out of the URL
            raise UsageError(
                "LX-104",
                "LICEX_WORKSPACE: expected a folder, or an fsspec URL whose driver is installed, found {url}; correct the setting",
                url=_protocol(root),
            ) from None
        except Exception as error:  # every driver has its own
            raise PlatformUnreachable(
                "LX-501",
                "LICEX_WORKSPACE: expected the store of the archive to answer, found {kind} of {url}; correct the setting, or try again",
                kind=type(error).__name__,
                url=_protocol(root),
            ) from None
        self._root = path.rstrip("/")
        self._rights = Rights(self._root, group) if self._is_folder else None
        self._scratch: Scratch | None = None
        self._was_there = True
        own = f"{self._root}/{SCRATCH}" if self._is_folder else f"{tempfile.gettempdir()}/licex-{os.getuid()}"
        self._scratch_root = Path(scratch or own)

    def open_scratch(self) -> None:
        """Let temporary files lie in a folder of this process alone, and remove what processes that died have left.

        Raises:
            PlatformUnreachable: when the disk cannot be written.
        """
        if self._scratch is None:
            if self._rights is not None:
                self._was_there = self._fs.exists(self._root)
                self._rights.make_folder(self._root)
            self._scratch = Scratch(self._scratch_root, self.remove_half_written)
            self._scratch.open()

    def close_scratch(self) -> None:
        """Remove this process's temporary files."""
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None
            if not self._was_there:
                with suppress(OSError):  # something was kept
                    Path(self._root).rmdir()

    @property
    def _is_folder(self) -> bool:
        return "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))

    def of_run(self, run: str) -> Workspace:
        """The same archive, with the files of another run."""
        other = copy(self)
        other.run = run
        return other

    def path(self, key: BatchKey, name: str) -> str:
        """Where a file of a batch is."""
        return self._day_path(key, name if name in OF_THE_DAY or not self.run else f"{self.run}/{name}")

    def _day_path(self, key: BatchKey, name: str) -> str:
        return f"{self._root}/{key}/{name}"

    def report_path(self, *parts: str) -> str:
        """Where a report is."""
        return "/".join([self._root, "reports", *parts])

    def has_page(self, day: Day, source: str = "") -> bool:
        """Whether a day has a page: of a source, or of the city where none is named. Nobody lists all pages for that."""
        return self._is_there(self.report_path(*([source, f"{day}.html"] if source else [f"city-{day}.html"])))

    def shared_path(self, name: str) -> str:
        """Where a file is that belongs to no batch and to no report."""
        return f"{self._root}/{name}"

    def batches(self, source: str) -> list[BatchKey]:
        """The batches of a source that have a folder, those of sweeps among them, by day."""
        folder, found = f"{self._root}/{source}", []
        self._fs.invalidate_cache()
        for path in self._fs.ls(folder, detail=False) if self._fs.exists(folder) else []:
            with suppress(ValueError):  # what somebody has put there
                found.append(BatchKey.of(f"{source}/{str(path).rstrip('/').rpartition('/')[2]}"))
        return sorted(found)

    def stored(self, key: BatchKey) -> list[StoredFile]:
        """All files of a batch, of whichever run."""
        return self._stored(self._day_path(key, "").rstrip("/"))

    def stored_reports(self, source: str = "") -> list[StoredFile]:
        """The pages and lists of a source, or of the city where none is named."""
        return self._stored(self.report_path(*filter(None, [source])), depth=1)

    def _stored(self, folder: str, depth: int | None = None) -> list[StoredFile]:
        self._fs.invalidate_cache()
        found = self._fs.find(folder, maxdepth=depth, detail=True) if self._fs.exists(folder) else {}
        return [StoredFile(path, each["size"], str(each.get("ino", path))) for path, each in sorted(found.items())]

    def remove_stored(self, file: StoredFile) -> None:
        """Take one of these files away, if it is still there."""
        with suppress(FileNotFoundError):
            self._fs.rm(file.path)

    def exists(self, key: BatchKey, name: str) -> bool:
        """Whether a step has left its file."""
        return self._is_there(self.path(key, name))

    def written(self, names: Sequence[str]) -> Iterator[tuple[BatchKey, str]]:
        """All files of such names that batches have, those of their parts among them: the batch, and the name within it."""
        for path in self._files():
            source, day, *rest = [*path.removeprefix(f"{self._root}/").split("/")[:4], "", ""]
            name = "/".join(part for part in rest if part)
            if name.rpartition("/")[2] in names and _DAY.fullmatch(day):
                yield BatchKey(source, Day.of(day)), name

    def half_written(self) -> list[str]:
        """Files that a process has begun to write and not ended; of earlier versions nobody knows any more whose they are."""
        return [path for path in self._files() if path.endswith(".part")]

    def _files(self) -> list[str]:
        if not self._is_there(self._root):
            return []
        return sorted(self._fs.find(self._root))

    def remove_half_written(self, path: str) -> None:
        """Take a file away that nobody will end, or the folder of a run that did not become the day's."""
        if not path.startswith(f"{self._root}/") or not self._is_there(path):
            return
        if path.endswith(".part"):
            self._fs.rm(path)
        elif self._is_left_run(path):
            self._fs.rm(path, recursive=True)

    def _is_left_run(self, path: str) -> bool:
        day, _, run = path.rpartition("/")
        named = self._text(f"{day}/{ARCHIVE}") if self._is_there(f"{day}/{ARCHIVE}") else "{}"
        return run.startswith(RUN) and json.loads(named).get("run") != run

    @contextmanager
    def at_work(self, key: BatchKey) -> Iterator[None]:
        """Note the folder of the run for as long as this process works in it, so that it is removed if the process dies."""
        with self._scratch.half_written(self._day_path(key, self.run)) if self._scratch else nullcontext():
            yield

    def remove(self, key: BatchKey, name: str) -> None:
        """Take a file of a batch away, if it is there."""
        if self.exists(key, name):
            self._fs.rm(self.path(key, name))

    def files(self, key: BatchKey) -> list[str]:
        """The names of all files of the run, those of its parts included."""
        folder = self.path(key, "").rstrip("/")
        self._fs.invalidate_cache()
        found = self._fs.find(folder) if self._fs.exists(folder) else []
        return [path.rpartition(f"/{key}/")[2].removeprefix(f"{self.run}/") for path in found]

    def run_folders(self, key: BatchKey) -> list[str]:
        """The folders of all runs of the day."""
        folder = self._day_path(key, "").rstrip("/")
        self._fs.invalidate_cache()
        found = self._fs.ls(folder, detail=False) if self._fs.exists(folder) else []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if name.startswith(RUN))

    def adopt(self, key: BatchKey, name: str, origin: Workspace) -> None:
        """Have a file of another run too. Nobody writes into a file that has its name, so on a disk it is the same file."""
        path = self.path(key, name)
        if self._is_there(path):
            return
        self.make_folder(path.rpartition("/")[0])
        if not self.is_local:
            self._fs.copy(origin.path(key, name), path)
            return
        with suppress(FileExistsError):  # another part of the same run was quicker
            os.link(origin.path(key, name), path)

    def remove_run(self, key: BatchKey, run: str) -> None:
        """Take the folder of a run away."""
        with suppress(FileNotFoundError):  # another part of the same run was quicker
            self._fs.rm(self._day_path(key, run), recursive=True)

    @property
    def is_local(self) -> bool:
        """Whether its files are on this machine's disk, or on one that is mounted."""
        protocol = self._fs.protocol
        return "file" in (protocol if isinstance(protocol, tuple) else (protocol,))

    @contextmanager
    def writing(self, path: str) -> Iterator[Any]:
        """A file that appears under its name only when it is whole.

        Raises:
            PlatformUnreachable: when the disk is full or may not be written; the half-written file is taken away.
        """
        half = f"{path}.{uuid4().hex}.part"  # of this try alone, on whatever machine
        try:
            with self._scratch.half_written(half) if self._scratch else nullcontext():
                try:
                    self._begin(half)
                    with self._fs.open(half, "wb") as file:
                        hashing = _Hashing(file)
                        yield hashing
                    self._fs.mv(half, path)
                    self._written[path] = hashing.hexdigest()
                finally:
                    if self._fs.exists(half):
                        self._fs.rm(half)
        except OSError as error:
            raise unwritable(path, error) from None

    def _begin(self, path: str) -> None:
        """Make the folder of a file and, on a disk, the file itself, before anybody else could read either."""
        self.make_folder(path.rpartition("/")[0])
        if self._rights is not None:
            self._rights.make_file(path)

    def make_folder(self, folder: str) -> None:
        """Make a folder, on a disk for the exchange's own user alone."""
        if self._rights is None:
            self._fs.makedirs(folder, exist_ok=True)
        else:
            self._rights.make_folder(folder)

    def write_text(self, path: str, text: str) -> None:
        """Write a text file."""
        with self.writing(path) as file:
            file.write(text.encode())

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write a binary file."""
        with self.writing(path) as file:
            file.write(content)

    def write_table(self, path: str, tables: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema) -> int:
        """Write Parquet with row groups of at most `GROUP_ROWS`, gathering small tables; returns the number of rows."""
        return sum(group.num_rows for group in self.writing_table(path, tables, schema))

    def writing_table(
        self, path: str, tables: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema
    ) -> Iterator[pa.Table]:
        """The same, giving each row group once it is written; the file has its name when all groups have been given."""
        with self.writing(path) as file:
            groups = row_groups(tables, schema)
            first = next(groups, schema.empty_table())
            dictionaries, groups = _repeating(first), chain([first] if first.num_rows else [], groups)
            del first  # nothing here holds a group while others work on it
            with pq.ParquetWriter(
                file, schema, compression="zstd", compression_level=1, use_dictionary=dictionaries,
                write_statistics=False,  # nobody asks for a range of values, and finding one compares all texts
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
        return self._text(self.path(key, name))

    def read_shared(self, name: str) -> str | None:
        """Read a text file that belongs to no batch; None where there is none."""
        path = self.shared_path(name)
        return self._text(path) if self._is_there(path) else None

    def _is_there(self, path: str) -> bool:
        self._fs.invalidate_cache()  # or what other machines have written meanwhile is not seen
        return bool(self._fs.exists(path))

    def _text(self, path: str) -> str:
        with self._fs.open(path, "rb") as file:
            content: bytes = file.read()
        return content.decode()

    def read_table(self, key: BatchKey, name: str) -> pa.Table:
        """Read a small Parquet file whole."""
        with self._fs.open(self.path(key, name), "rb") as file:
            return pq.read_table(file)

    def read_groups(self, key: BatchKey, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read Parquet a row group at a time; all columns, or those that are named."""
        with self._fs.open(self.path(key, name), "rb") as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):
                yield parquet.read_row_group(group, columns=columns)

    @contextmanager
    def local(self, key: BatchKey, name: str) -> Iterator[str]:
        """A path on this machine's disk for a file of a batch, for programs that read files by path."""
        path = self.path(key, name)
        if self.is_local:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="licex-") as folder:
            self._fs.get(path, f"{folder}/{name}")
            yield f"{folder}/{name}"

    def digest_written(self, key: BatchKey, name: str) -> str:
        """SHA-256 of a file of a batch as it was written here, which nobody has to read again for that."""
        return self._written[self.path(key, name)]

    def digest(self, path: str) -> str:
        """SHA-256 of a file; empty where there is none."""
        if not self._is_there(path):
            return ""
        with self._fs.open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class _Hashing:
    """A file that is digested while it is written from its beginning to its end."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def write(self, content: Any) -> Any:
        self._sha256.update(content)
        return self._file.write(content)

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _repeating(group: pa.Table) -> list[str]:
    """The columns whose values repeat: a dictionary of values that do not is made and thrown away again."""
    few = group.slice(0, _SAMPLE)
    return [name for name in few.column_names if len(few[name].unique()) * 2 <= few.num_rows]


def unwritable(path: str, error: OSError) -> PlatformUnreachable:
    """The error of a file of the archive that cannot be written."""
    return PlatformUnreachable(
        "LX-501",
        "{path}: expected to write the archive, found: {error}; free or mount the disk and run the step again",
        path=path,
        error=error.strerror or error,
    )


def _protocol(root: str) -> str:
    """How a URL begins; the rest of it may hold a secret."""
    return f"{root.partition('://')[0]}://…" if "://" in root else Message("another")

"""Reads the files of a source for a day as one batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from extractors.files.arrival import Arrival, await_files
from extractors.files.later_headers import LaterHeaders
from extractors.files.rows_above import require_no_rows_above
from extractors.files.source_file import SourceFile
from extractors.files.spreadsheet_guards import SpreadsheetGuards
from extractors.files.table import Table
from extractors.files.text import read_text
from extractors.files.unzip import unpack
from extractors.files.workbooks.sheet_tables import read_workbook
from extractors.files.workbooks.workbook_worker import WorkbookWorker
from extractors.headers import is_by_letters
from extractors.raw import Reading, in_row_groups, raw_batch
from extractors.request import Request
from sources.file_extract import FileExtract, TextExtract, WorkbookExtract
from sources.register import Source
from standard.errors import SourceRefused
from standard.messages import Message
from standard.nearest import with_nearest
from standard.raw import FAULT, LOCATOR

_MOST_CELLS = 200_000_000  # of all workbooks of a batch, which are held in memory: some three gigabytes

_MOST_NAMED = 20  # locators in a manifest


@contextmanager
def read_files(request: Request, extract: FileExtract) -> Iterator[Reading]:
    """Read the files of a day, or those that serve all days, as one batch.

    Raises:
        DeclarationError: for a path or an encoding that cannot be used.
        SourceUnreachable: when there is no file, one is still being written or cannot be read; also while the batches are
            read.
        SourceRefused: when a file differs from its declaration; also while the batches are read.
    """
    arrival = await_files(request, extract)
    with TemporaryDirectory(prefix="licex-") as folder:
        files = arrival.files(extract.many)
        digests = [_digest(file) for file in files]
        if extract.member is not None:
            files = _members(request, extract, files, Path(folder))
        tables: list[Table] = []
        with WorkbookWorker(Path(folder)) as worker:
            for file in files:
                tables += _tables(request, extract, file, worker)
                _require_few_cells(file, tables)
        _require_same_columns(request, tables)
        for table in tables:
            require_no_rows_above(request.source, table)
        columns = _columns(request.source, tables)
        reading = Reading(
            columns=columns,
            kind="snapshot",
            taken_at=request.day.end if extract.dated else request.now,
            window=None,
            batches=iter(()),
            above_header=sum(table.above_header for table in tables),
            origin={
                "file": ", ".join(file.name for file in files),
                "file_digest": ", ".join(digests),
                **_origin(tables),
            },
            content=hashlib.sha256("".join(sorted(digests)).encode()).hexdigest(),
        )
        reading.batches = in_row_groups(_batches(request.source, arrival, tables, reading))
        yield reading


def _members(request: Request, extract: FileExtract, archives: Sequence[SourceFile], folder: Path) -> list[SourceFile]:
    """Unpack the archives of a day, which together are limited like the files of a day."""
    assert extract.member is not None
    files: list[SourceFile] = []
    for archive in archives:
        before = sum(file.path.stat().st_size for file in files)
        files += unpack(archive, extract.member, request.secret, folder, extract.size_limit, before)
    return files


def _digest(file: SourceFile) -> str:
    with file.opened() as binary, file.reading():
        return hashlib.file_digest(binary, "sha256").hexdigest()


def _tables(request: Request, extract: FileExtract, file: SourceFile, worker: WorkbookWorker) -> list[Table]:
    declared = request.source.declaration.declared_columns
    if isinstance(extract, TextExtract):
        return [read_text(file, extract, declared)]
    assert isinstance(extract, WorkbookExtract)
    return read_workbook(file, extract, declared, request.secret, worker)


def _require_few_cells(file: SourceFile, tables: Sequence[Table]) -> None:
    """Check that all workbooks so far fit into memory, and that no table is wider than people make them."""
    if sum(table.cells for table in tables) > _MOST_CELLS:
        file.refuse(
            Message("at most {most:,} cells in all workbooks of a batch together", most=_MOST_CELLS),
            Message("more, counted up to this file"),
            Message("have them delivered as text, or one by one"),
        )
    file.require_few_columns(len({name for table in tables for name in table.columns}))


def _columns(source: Source, tables: Sequence[Table]) -> list[str]:
    """The columns of all tables, including ignored columns without a title: no title keeps those in place."""
    untitled = filter(is_by_letters, source.declaration.ignore)
    return list(dict.fromkeys([*(name for table in tables for name in table.columns), *untitled]))


def _require_same_columns(request: Request, tables: Sequence[Table]) -> None:
    """Check that no table lacks a declared column that another one has: the gap would look like missing values."""
    declaration = request.source.declaration
    untitled = set(filter(is_by_letters, declaration.ignore))
    declared = [name for name in declaration.declared_columns if name not in untitled]
    present = [name for name in declared if any(name in table.columns for table in tables)]
    for table in tables:
        if missing := [name for name in present if name not in table.columns]:
            near = with_nearest(missing, table.columns)
            raise SourceRefused(
                "columns_missing",
                "{source}: expected {expected}, found {found}; restore the columns",
                expected=Message(
                    "the columns {columns}, which the others have, in {table}",
                    columns=", ".join(missing),
                    table=table.name,
                ),
                found=Message("none; nearest: {near}", near=near) if "(" in near else Message("none"),
                source=request.source.name,
            )


def _origin(tables: Sequence[Table]) -> dict[str, str]:
    """Merge the origins of all tables, each value once."""
    names = dict.fromkeys(name for table in tables for name in table.origin)
    return {
        name: ", ".join(dict.fromkeys(table.origin[name] for table in tables if name in table.origin)) for name in names
    }


def _batches(source: Source, arrival: Arrival, tables: Sequence[Table], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the rows of all tables without the headers among them, which are counted at the end."""
    cleaned = [LaterHeaders(source, _without_guards(source, table)) for table in tables]
    for headers in cleaned:
        for batch in headers.batches():
            yield batch if headers.table.columns == reading.columns else _aligned(batch, reading.columns)
    arrival.require_unchanged()
    reading.above_header += sum(headers.left_out for headers in cleaned)
    if repeated := sum(headers.left_out for headers in cleaned):
        reading.origin["headers_below"] = Message("{lines:,} lines left out", lines=repeated)
    if reordered := [locator for headers in cleaned for locator in headers.reordered]:
        reading.origin["headers_in_another_order"] = ", ".join(reordered[:_MOST_NAMED])


def _without_guards(source: Source, table: Table) -> Table:
    """Strip the spreadsheet guards from the values of a table."""
    guards = SpreadsheetGuards(source, table.columns)
    return replace(table, batches=lambda: guards.without_guards(table.batches()))


def _aligned(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    present = set(batch.schema.names)
    empty = pa.nulls(batch.num_rows, pa.string())
    values = [batch.column(name) if name in present else empty for name in columns]
    return raw_batch(columns, values, batch.column(LOCATOR), batch.column(FAULT))

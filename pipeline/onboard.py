"""Reads an undeclared file or table completely and proposes a declaration for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from onboarding.mapping import elements_by_title
from onboarding.origin import Origin, SuggestOptions
from onboarding.profile import profile
from onboarding.suggest import Suggestion, suggest
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from sources.declaration import Declaration
from sources.register import Source
from standard.codes import LicenceType
from standard.day import Day
from standard.errors import UsageError
from standard.messages import Message

if TYPE_CHECKING:
    from extractors.files.outline import Outline
    from extractors.raw import Reading
    from extractors.request import Request

_NAME = re.compile("[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+")
_CONNECTION = re.compile("[A-Za-z][A-Za-z0-9_]*")


def require_name(name: str) -> None:
    """Require a valid name of a source, or none.

    Raises:
        UsageError: for an invalid name.
    """
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            "LX-109",
            "{name}: expected the name of a source, such as transport.road_operation, found none; correct --source",
            name=name,
        )


def suggest_file(
    exchange: Exchange, path: Path, options: SuggestOptions, now: datetime, on_progress: OnProgress
) -> Suggestion:
    """Propose the declaration of a workbook or text file.

    Args:
        exchange: with the workspace for temporary files, and the city's codes.
        path: of the file.
        options: of the command.
        now: instant of reading.
        on_progress: receives each step as it begins.

    Raises:
        UsageError: if there is no such file.
        SourceUnreachable: when it cannot be read.
        SourceRefused: if it contains no table.
    """
    from extractors.files.outline import outline
    from extractors.files.source_file import SourceFile

    if not path.is_file():
        raise UsageError(
            "LX-102", "{path}: expected a file, found none; give its path, or a connection and a table", path=path
        )
    on_progress(Message("{name}: look for its header", name=path.name))
    exchange.open_scratch()
    with TemporaryDirectory(prefix="licex-") as folder:
        layout = outline(SourceFile(path.name, path.name, path), Path(folder))
    extract: dict[str, Any] = {"kind": layout.kind, "path": path.name.replace("{", "{{").replace("}", "}}")}
    if layout.kind == "workbook":
        extract |= {"sheet": layout.sheet, "header_rows": layout.header_rows}
    else:
        extract |= {"encoding": layout.encoding, "delimiter": layout.delimiter}
    request = _request(options, extract, layout.titles, str(path.parent), now)
    return _suggest(request, _file_origin(path, layout, options), options, on_progress)


def _file_origin(path: Path, layout: Outline, options: SuggestOptions) -> Origin:
    department = options.source.partition(".")[0]
    return Origin(
        layout.kind,
        path.name,
        department if _CONNECTION.fullmatch(department) else "",
        0,
        layout.titles,
        header_rows=layout.header_rows,
        sheet=layout.sheet,
        others=layout.others,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        above=layout.above,
    )


def suggest_table(
    exchange: Exchange, connection: str, table: str, options: SuggestOptions, now: datetime, on_progress: OnProgress
) -> Suggestion:
    """Propose the declaration of a table or view.

    Args:
        exchange: with the settings of the connection.
        connection: its name.
        table: `TABLE` or `SCHEMA.TABLE`.
        options: of the command.
        now: instant of reading.
        on_progress: receives each step as it begins.

    Raises:
        UsageError: for an unknown connection.
        SourceUnreachable: when the database does not answer, or rejects the login.
        SourceRefused: when there is no such table.
    """
    from extractors.databases.table_outline import table_columns
    from sources.database_extract import DatabaseExtract

    if not _CONNECTION.fullmatch(connection):
        raise UsageError(
            "LX-100",
            "{connection}: expected the name of a connection, or the path of a file alone; correct the command",
            connection=connection,
        )
    location = exchange.settings.connection(connection)
    exchange.open_scratch()
    on_progress(Message("{name}: look at its columns", name=table))
    extract: dict[str, Any] = {"kind": "database", "connection": connection, "table": table, "key": ["?"]}
    types = table_columns(table, location, DatabaseExtract.model_validate(extract))
    if not types:
        raise UsageError("LX-102", "{table}: expected a table with columns, found none; name another", table=table)
    extract["key"] = [next(iter(types))]
    origin = Origin("database", table, connection, 0, list(types), types=types)
    return _suggest(_request(options, extract, list(types), location, now), origin, options, on_progress)


def _suggest(request: Request, origin: Origin, options: SuggestOptions, on_progress: OnProgress) -> Suggestion:
    from extractors import open_source

    with open_source(request) as reading:
        columns = profile(reading.columns, _report_rows(origin.name, reading, on_progress))
        rows = max((column.rows for column in columns.values()), default=0)
        read = replace(origin, rows=rows, columns=reading.columns)
    on_progress(Message("{name}: propose", name=origin.name))
    return suggest(options, read, columns)


def _report_rows(name: str, reading: Reading, on_progress: OnProgress) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a reading, and report the number of rows after each."""
    rows, total = 0, reading.counted
    for batch in reading.batches:
        yield batch
        rows += batch.num_rows
        if total:
            on_progress(Message("{name}: {rows:,} of {all:,} rows", name=name, rows=rows, all=total))
        else:
            on_progress(Message("{name}: {rows:,} rows", name=name, rows=rows))


def _request(
    options: SuggestOptions, extract: dict[str, Any], columns: Sequence[str], location: str, now: datetime
) -> Request:
    """A request for all rows, with a provisional declaration."""
    from extractors.request import Request

    elements = elements_by_title(columns) or {"certificate_number": columns[0]}
    declaration = Declaration.model_validate(
        {
            "title": "?",
            "department": {"code": "?", "name": "?"},
            "certificate_type_code": "?",
            "schedule": "0 0 * * *",
            "since": options.since,
            "extract": extract,
            "columns": elements,
            "ignore": [name for name in columns if name not in elements.values()],
        }
    )
    name = extract.get("table") or extract["path"]
    source = Source(name, Path(name), declaration, LicenceType("?", "?", ""), (), options.city)
    return Request(source, Day.at(now), location, now)

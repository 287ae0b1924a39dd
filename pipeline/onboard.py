"""Reads a file or table of which nothing is declared yet, all of it, and has a declaration proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from onboarding.mapping import titled
from onboarding.origin import Given, Origin
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
    from extractors.raw import Reading
    from extractors.request import Request

_NAME = re.compile("[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+")
_CONNECTION = re.compile("[A-Za-z][A-Za-z0-9_]*")


def require_name(name: str) -> None:
    """See that a name can be that of a source.

    Raises:
        UsageError: for one that cannot.
    """
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            "LX-109",
            "{name}: expected the name of a source, such as transport.road_operation, found none; correct --source",
            name=name,
        )


def suggest_file(exchange: Exchange, path: Path, given: Given, now: datetime, on_progress: OnProgress) -> Suggestion:
    """Propose the declaration of a workbook or text file.

    Args:
        exchange: whose workspace keeps temporary files, and whose city's codes count.
        path: of the file.
        given: what a person said.
        now: instant of reading.
        on_progress: receives each step as it begins.

    Raises:
        UsageError: where there is no such file.
        SourceUnreachable: when it cannot be read.
        SourceRefused: when it is no table.
    """
    from extractors.files.outline import outline
    from extractors.files.source_file import SourceFile

    if not path.is_file():
        raise UsageError(
            "LX-102", "{path}: expected a file, found none; give its path, or a connection and a table", path=path
        )
    on_progress(Message("{name}: look for its header", name=path.name))
    exchange.work()
    with TemporaryDirectory(prefix="licex-") as folder:
        begins = outline(SourceFile(path.name, path.name, path), Path(folder))
    extract: dict[str, Any] = {"kind": begins.kind, "path": path.name.replace("{", "{{").replace("}", "}}")}
    if begins.kind == "workbook":
        extract |= {"sheet": begins.sheet, "header_rows": begins.header_rows}
    else:
        extract |= {"encoding": begins.encoding, "delimiter": begins.delimiter}
    department = given.source.partition(".")[0]
    origin = Origin(
        begins.kind,
        path.name,
        department if _CONNECTION.fullmatch(department) else "",
        0,
        begins.titles,
        header_rows=begins.header_rows,
        sheet=begins.sheet,
        others=begins.others,
        encoding=begins.encoding,
        delimiter=begins.delimiter,
        above=begins.above,
    )
    return _suggest(_request(given, extract, begins.titles, str(path.parent), now), origin, given, on_progress)


def suggest_table(
    exchange: Exchange, connection: str, table: str, given: Given, now: datetime, on_progress: OnProgress
) -> Suggestion:
    """Propose the declaration of a table or view.

    Args:
        exchange: whose settings know the connection.
        connection: its name.
        table: `TABLE` or `SCHEMA.TABLE`.
        given: what a person said.
        now: instant of reading.
        on_progress: receives each step as it begins.

    Raises:
        UsageError: for a connection that nobody set.
        SourceUnreachable: when the database does not answer, or the answer is no.
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
    exchange.work()
    on_progress(Message("{name}: look at its columns", name=table))
    extract: dict[str, Any] = {"kind": "database", "connection": connection, "table": table, "key": ["?"]}
    types = table_columns(table, location, DatabaseExtract.model_validate(extract))
    if not types:
        raise UsageError("LX-102", "{table}: expected a table with columns, found none; name another", table=table)
    extract["key"] = [next(iter(types))]
    origin = Origin("database", table, connection, 0, list(types), types=types)
    return _suggest(_request(given, extract, list(types), location, now), origin, given, on_progress)


def _suggest(request: Request, origin: Origin, given: Given, on_progress: OnProgress) -> Suggestion:
    from extractors import open_source

    with open_source(request) as reading:
        columns = profile(reading.columns, _watched(origin.name, reading, on_progress))
        rows = max((column.rows for column in columns.values()), default=0)
        read = replace(origin, rows=rows, columns=reading.columns)
    on_progress(Message("{name}: propose", name=origin.name))
    return suggest(given, read, columns)


def _watched(name: str, reading: Reading, on_progress: OnProgress) -> Iterator[pa.RecordBatch]:
    rows, of = 0, reading.counted
    for batch in reading.batches:
        yield batch
        rows += batch.num_rows
        if of:
            on_progress(Message("{name}: {rows:,} of {all:,} rows", name=name, rows=rows, all=of))
        else:
            on_progress(Message("{name}: {rows:,} rows", name=name, rows=rows))


def _request(given: Given, extract: dict[str, Any], columns: Sequence[str], location: str, now: datetime) -> Request:
    """A question for all rows, in the words of a declaration that is there for its reading alone."""
    from extractors.request import Request

    elements = titled(columns) or {"certificate_number": columns[0]}
    declaration = Declaration.model_validate(
        {
            "title": "?",
            "department": {"code": "?", "name": "?"},
            "certificate_type_code": "?",
            "schedule": "0 0 * * *",
            "since": given.since,
            "extract": extract,
            "columns": elements,
            "ignore": [name for name in columns if name not in elements.values()],
        }
    )
    name = extract.get("table") or extract["path"]
    source = Source(name, Path(name), declaration, LicenceType("?", "?", ""), (), given.city)
    return Request(source, Day.at(now), location, now)

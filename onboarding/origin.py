"""The origin of an undeclared source's records, and the options for the proposal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sources.city import City


@dataclass(frozen=True)
class Origin:
    """Where the records were found, and how they were read.

    Attributes:
        kind: `database`, `workbook` or `text`.
        name: the table; or the name of the file.
        connection: its name; for a file the name of its folder's connection, or empty.
        rows: the number of rows read, which are all rows.
        columns: their names, in order.
        types: of a table's columns, as its database names them, where known.
        header_rows: of a workbook.
        sheet: of a workbook.
        others: further visible sheets, which were not read.
        encoding: of a text.
        delimiter: of a text.
        above: the texts above the header.
    """

    kind: str
    name: str
    connection: str
    rows: int
    columns: list[str]
    types: dict[str, str] = field(default_factory=dict)
    header_rows: int = 1
    sheet: str | None = None
    others: list[str] = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ","
    above: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SuggestOptions:
    """The options of `licex suggest`; empty if not specified.

    Attributes:
        city: with its licence types, areas and face fields.
        since: the first day.
        source: its name, `<department>.<licence>`.
        licence_type: code or name of the licence type.
        department_code: unified social credit code.
        department_name: as reports say it.
    """

    city: City
    since: date
    source: str = ""
    licence_type: str = ""
    department_code: str = ""
    department_name: str = ""

"""Where the records of an undeclared source were found, how they were read, and what a person said of the source."""

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
        connection: its name; of a file what stands for its folder, or empty.
        rows: how many were read; they are all there were.
        columns: their names, in order.
        types: of a table, type of each column in the words of its database, where it tells.
        header_rows: of a workbook.
        sheet: of a workbook.
        others: further visible sheets, which were not read.
        encoding: of a text.
        delimiter: of a text.
        above: what stands above the header.
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
class Given:
    """What a person said of the source; empty where nothing.

    Attributes:
        city: the licence types, areas and face fields there are.
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

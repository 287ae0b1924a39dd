"""Generates the reference page of the tables and views of the exchange database, with all columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cli.markdown import GENERATED, grid
from exchange_db.described import DescribedColumn, DescribedTable, described_elements, described_tables

_LEAD = """\
The exchange keeps its state in one database, named by `LICEX_TARGET` ([the platform's database](../explanation/platform.md)). Read the
views; write to nothing. The tables are the exchange's own and change with its version.

An instant is UTC text of fixed width, `2026-03-01T16:00:00.000000Z`, so that it sorts alike in every database. A day is text,
`2026-03-01`, of Asia/Shanghai. A digest is 32 hexadecimal characters. Texts compare by their bytes. Types are those of SQLAlchemy;
each database has its own words for them.
"""


def tables_page() -> str:
    """Generate the page from the tables that the program creates."""
    tables = described_tables()
    page = ["# Tables and views\n", GENERATED, _LEAD]
    for title, view in (("Views", True), ("Tables", False)):
        of_kind = [table for table in tables if table.view is view]
        rows = [(f"[`{table.name}`](#{table.name})", table.row, table.purpose) for table in of_kind]
        page += [f"## {title}\n", grid((title.lower().removesuffix("s"), "one row for each", "what it is for"), rows)]
        for table in of_kind:
            page += _section(table)
    page += ["## The elements\n", "`claim`, `claim_history`, `licence` and `licence_version` have all of them"]
    page[-1] += " ([the standard](standard.md)).\n"
    page.append(grid(("column", "type", "null", "element"), _rows(described_elements())))
    return "\n".join(page)


def _section(table: DescribedTable) -> Iterator[str]:
    yield f"### `{table.name}`\n"
    if table.elements:
        yield "Beside [the elements](#the-elements):\n"
    yield grid(("column", "type", "null", "meaning"), _rows(table.columns))


def _rows(columns: Iterable[DescribedColumn]) -> Iterator[Sequence[str]]:
    for column in columns:
        null = "key" if column.key else "null" if column.null else ""
        yield f"`{column.name}`", f"`{column.type}`", null, column.meaning[0].upper() + column.meaning[1:]

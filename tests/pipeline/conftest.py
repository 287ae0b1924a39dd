"""Fixtures of these tests: a city of one department, its declaration and files, and the command `licex`."""

import pytest

from tests.city import city, clock, licex, platform, refill, with_extract

__all__ = ["city", "clock", "licex", "platform", "refill"]


@pytest.fixture
def write_declaration(city):
    """Replace the text of the department's declaration."""
    return lambda text: (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def run_day(licex):
    """Run a day with `--json`; returns the exit code, its output, and its standard error."""
    return lambda day: licex("run", "transport.road", "--day", day, "--json")


@pytest.fixture
def write_file(city, declaration, write_declaration):
    """Declare a text file for each day; returns a function that writes the file of a day."""
    write_declaration(with_extract(declaration, '{kind: text, path: "x-{day}.csv", updated_at: GXSJ, key: [ID]}'))

    def write(day, rows, header=True):
        table = rows.drop_columns(["_locator"])
        lines = [table.column_names] if header else []
        lines += [[value or "" for value in row.values()] for row in table.to_pylist()]
        path = city / f"sources/transport/x-{day}.csv"
        path.write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")

    return write

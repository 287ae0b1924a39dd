"""Fixtures of a city with one department: its declaration, its database, a platform, and the command `licex`."""

import sqlite3
import sys

import pytest
from sqlalchemy import create_engine

from cli.main import main


@pytest.fixture
def city(tmp_path, monkeypatch, declaration, raw):
    """A folder with one department's database and declaration, and the settings for them."""
    folder = tmp_path / "sources" / "transport"
    folder.mkdir(parents=True)
    (folder / "road.yaml").write_text(declaration, encoding="utf-8")
    monkeypatch.setenv("LICEX_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("LICEX_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{tmp_path}/platform.db")
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"sqlite:///{tmp_path}/transport.db")
    fill(tmp_path, raw({}, {"XKZBH": "370402000002"}))
    return tmp_path


@pytest.fixture
def refill(city, raw):
    """Replace the rows of the department's table."""
    return lambda *differences: fill(city, raw(*differences))


def with_extract(declaration, extract):
    """The declaration with another value of `extract`."""
    start = declaration.index("extract:")
    end = declaration.index("\n", start)
    return f"{declaration[:start]}extract: {extract}{declaration[end:]}"


def query(url, statement):
    """The rows of a query on a platform of any kind."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(statement)]
    engine.dispose()
    return rows


def fill(folder, rows):
    rows = rows.drop_columns(["_locator"])
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("DROP TABLE IF EXISTS XKZ")
        database.execute(f"CREATE TABLE XKZ ({', '.join(rows.column_names)})")
        marks = ", ".join("?" * rows.num_columns)
        database.executemany(f"INSERT INTO XKZ VALUES ({marks})", [tuple(row.values()) for row in rows.to_pylist()])
        # Give rows without a key of their own a distinct one.
        database.execute("UPDATE XKZ SET ID = rowid WHERE (SELECT count(DISTINCT ID) < count(*) FROM XKZ)")
    database.close()


@pytest.fixture
def clock(monkeypatch):
    """Set the clock of exchanges that are opened from now on."""
    return lambda moment: monkeypatch.setattr("pipeline.exchange.utc_now", lambda: moment)


@pytest.fixture
def licex(monkeypatch, capsys):
    """Run a command; returns the exit code, its output, and its standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["licex", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def platform(city):
    """Query the platform's database; empty if there is none."""

    def run_query(query):
        path = city / "platform.db"
        if not path.exists():
            return []
        with sqlite3.connect(path) as database:
            rows = list(database.execute(query))
        database.close()
        return rows

    return run_query

"""One department's city, as commands find it: its declaration, its database and a platform."""

import sqlite3
import sys

import pytest

from cli.main import main


@pytest.fixture
def city(tmp_path, monkeypatch, declaration, raw):
    """A folder with one department's database and declaration, and the settings that lead to them."""
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
    """Replace what the department's table holds."""
    return lambda *differences: fill(city, raw(*differences))


def fill(folder, rows):
    rows = rows.drop_columns(["_locator"])
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("DROP TABLE IF EXISTS XKZ")
        database.execute(f"CREATE TABLE XKZ ({', '.join(rows.column_names)})")
        marks = ", ".join("?" * rows.num_columns)
        database.executemany(f"INSERT INTO XKZ VALUES ({marks})", [tuple(row.values()) for row in rows.to_pylist()])
        # Rows that say nothing of their key have one of their own all the same.
        database.execute("UPDATE XKZ SET ID = rowid WHERE (SELECT count(DISTINCT ID) < count(*) FROM XKZ)")
    database.close()


@pytest.fixture
def clock(monkeypatch):
    """Set the clock of every exchange that is opened from now on."""
    return lambda moment: monkeypatch.setattr("pipeline.exchange.utc_now", lambda: moment)


@pytest.fixture
def licex(monkeypatch, capsys):
    """Type a command; gives the exit code, what it printed, and what it printed as errors."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["licex", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code or 0, shown.out, shown.err

    return run


@pytest.fixture
def platform(city):
    """Ask the platform's database."""

    def ask(query):
        path = city / "platform.db"
        if not path.exists():
            return []
        with sqlite3.connect(path) as database:
            found = list(database.execute(query))
        database.close()
        return found

    return ask

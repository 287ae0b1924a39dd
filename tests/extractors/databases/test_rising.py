"""A number that only rises: what is read by it, and what is refused when it began anew, on real servers and on SQLite."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy

from extractors import Request, open_source
from extractors.databases.partition import plan_parts
from standard.errors import SourceRefused

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"], "rising": "c"}
COLUMNS = ("id", "name")  # what the source maps


@pytest.fixture(
    params=["ADBC", "psycopg2", "PostgreSQL by ODBC", "PyMySQL", "MariaDB by ODBC", "SQLite", "SQLite by ODBC"]
)
def database(request, tmp_path):
    """Runs statements in a database, and the location by which it is read."""
    if "SQLite" in request.param:
        path = tmp_path / "t.db"

        def run(*statements):
            with closing(sqlite3.connect(path)) as connection, connection:
                for statement in statements:
                    connection.execute(statement)

        return run, f"sqlite:///{path}" if request.param == "SQLite" else f"odbc:Driver={{SQLite3}};Database={path}"
    kind = "mariadb" if "My" in request.param or "Maria" in request.param else "postgresql"
    url = request.getfixturevalue(f"{kind}_url")
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)

    def execute(*statements):
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    if "ODBC" in request.param:
        return execute, request.getfixturevalue(f"{kind}_odbc")
    return execute, url.replace("+psycopg", "+psycopg2") if request.param == "psycopg2" else url


def filled(run, *rows):
    run("DROP TABLE IF EXISTS t", "CREATE TABLE t (id integer, name varchar(40), c integer)")
    for number, name, rising in rows:
        run(f"INSERT INTO t VALUES ({number}, '{name}', {rising})")


def read(request):
    with open_source(request) as reading:
        return sorted(int(row) for batch in reading.batches for row in batch.column("id").to_pylist()), reading


def test_numbers_below_the_last_accepted_are_refused_with_advice(declare, day, now, database):
    run, location = database
    filled(run, (1, "甲", 1), (2, "乙", 2))
    source = declare(TABLE, COLUMNS)
    with pytest.raises(SourceRefused, match=r"accept-beginning dept\.source --by NAME") as refused:
        read(Request(source, day, location, now, after=1003, reached=1003))
    assert (refused.value.rule, refused.value.found) == ("rising_fell", "2")
    assert read(Request(source, day, location, now))[0] == [1, 2]


def test_a_table_that_was_emptied_says_nothing_yet(declare, day, now, database):
    run, location = database
    filled(run)
    rows, reading = read(Request(declare(TABLE, COLUMNS), day, location, now, after=1003, reached=1003))
    assert (rows, reading.marks) == ([], (1003, 1003))


def test_another_row_at_the_last_number_is_refused(declare, day, now, database):
    run, location = database
    source = declare(TABLE, COLUMNS)
    filled(run, (1, "甲", 1), (2, "乙", 2), (3, "丙", 3))
    before = read(Request(source, day, location, now))[1]
    filled(run, *((number, "新", number) for number in range(1, 11)))  # emptied, and beyond the mark again
    with pytest.raises(SourceRefused, match="the number 3 on a row of other content") as refused:
        read(Request(source, day, location, now, after=3, reached=3, reached_rows=before.mark_rows))
    assert "新" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM t WHERE c = 3", "UPDATE t SET c = 4, name = '新' WHERE c = 3", "INSERT INTO t VALUES (4, '丁', 4)"],
)
def test_rows_that_went_or_moved_on_are_no_new_beginning(declare, day, now, database, change):
    run, location = database
    source = declare(TABLE, COLUMNS)
    filled(run, (1, "甲", 3), (2, "乙", 3), (3, "丙", 5))
    before = read(Request(source, day, location, now, until=3))[1]
    assert before.marks == (2, 3)
    run(change)
    rows, _ = read(Request(source, day, location, now, after=3, reached=3, reached_rows=before.mark_rows))
    assert 3 in rows


def test_a_row_added_to_the_last_number_is_noticed(declare, day, now, database):
    run, location = database
    source = declare(TABLE, COLUMNS)
    filled(run, (1, "甲", 3))
    before = read(Request(source, day, location, now))[1]
    run("INSERT INTO t VALUES (2, '乙', 3)")
    with pytest.raises(SourceRefused, match="number 3"):
        read(Request(source, day, location, now, after=3, reached=3, reached_rows=before.mark_rows))


def test_of_many_rows_of_one_number_some_are_enough(declare, day, now, tmp_path):
    source = declare(TABLE, COLUMNS)
    path = tmp_path / "t.db"

    def fill(count, name="甲"):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE IF EXISTS t")
            connection.execute("CREATE TABLE t (id integer, name text, c integer)")
            connection.executemany("INSERT INTO t VALUES (?, ?, 7)", [(number, name) for number in range(count)])

    fill(500)
    before = read(Request(source, day, f"sqlite:///{path}", now))[1].mark_rows
    assert len(before) <= 512
    again = Request(source, day, f"sqlite:///{path}", now, after=7, reached=7, reached_rows=before)
    assert read(again)[0] == []
    fill(400)  # some were deleted
    assert read(again)[0] == []
    fill(500, "新")
    with pytest.raises(SourceRefused):
        read(again)


def test_what_is_read_otherwise_is_not_compared(declare, day, now, tmp_path):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, name text, c integer)")
        connection.execute("INSERT INTO t VALUES (1, '甲', 7)")
    before = read(Request(declare(TABLE, ("id",)), day, f"sqlite:///{path}", now))[1].mark_rows
    marks = {"after": 7, "reached": 7, "reached_rows": before}
    assert read(Request(declare(TABLE, COLUMNS), day, f"sqlite:///{path}", now, **marks))[0] == []


def test_parts_are_compared_as_a_whole(declare, day, now, database):
    run, location = database
    filled(run, *((number, "甲", number) for number in range(1, 9)))
    source = declare({**TABLE, "split": {"column": "id", "parts": 2}}, COLUMNS)
    parts, window = plan_parts(Request(source, day, location, now))
    assert window.marks == (0, 8)
    marks = Request(source, day, location, now, after=0, until=8, part=parts[0], mark_rows=window.mark_rows)
    rows, reading = read(marks)
    assert (rows, reading.mark_rows) == ([1, 2, 3, 4], window.mark_rows)
    run("UPDATE t SET name = '新' WHERE id = 8")
    with pytest.raises(SourceRefused):
        plan_parts(Request(source, day, location, now, after=8, reached=8, reached_rows=window.mark_rows))
    with pytest.raises(SourceRefused):
        plan_parts(Request(source, day, location, now, after=9, reached=9))

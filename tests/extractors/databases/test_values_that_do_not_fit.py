"""A value that cannot be carried in bulk, or is not text, costs nothing but its own place: all other rows arrive."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
import sqlalchemy

import extractors.databases.readers.odbc
from extractors import Request, open_source
from standard.errors import SourceUnreachable

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}


def rows_with_faults(request):
    with open_source(request) as reading:
        return [tuple(row.values()) for batch in reading.batches for row in batch.to_pylist()]


@pytest.fixture
def by_odbc(tmp_path):
    """How to make a SQLite database that is read by ODBC."""

    def create(rows):
        path = tmp_path / "t.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE t (id integer, name text)")
            connection.executemany("INSERT INTO t VALUES (?, CAST(? AS TEXT))", rows)
        return f"odbc:Driver={{SQLite3}};Database={path}"

    return create


def test_bytes_that_are_no_text_in_a_database_that_does_not_look(declare, day, now, postgresql_url):
    engine = sqlalchemy.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    name = postgresql_url.rpartition("/")[2]
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    engine.dispose()
    location = f"{postgresql_url}_ascii"
    with psycopg.connect(location.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE t (id integer, name text)")
        connection.execute(r"INSERT INTO t VALUES (1, E'\xe7\x94\xb2'), (2, E'\xbc\xd7'), (3, NULL)")
    assert rows_with_faults(Request(declare(TABLE), day, location, now)) == [
        ("1", "甲", "1", None),
        ("2", None, "2", "bytes_undecodable\tname"),
        ("3", None, "3", None),
    ]


def test_bytes_that_are_no_text_by_odbc(declare, day, now, by_odbc):
    location = by_odbc([(1, "甲".encode()), (2, b"\xb5\xff"), (3, "乙".encode())])
    assert rows_with_faults(Request(declare(TABLE), day, location, now)) == [
        ("1", "甲", "1", None),
        ("2", None, "2", "bytes_undecodable\tname"),
        ("3", "乙", "3", None),
    ]


@pytest.mark.parametrize("place", [0, 5, 7, 19])
def test_one_long_value_by_odbc_is_whole_and_no_row_is_lost_or_twice(declare, day, now, by_odbc, monkeypatch, place):
    monkeypatch.setattr(extractors.databases.readers.odbc, "_BATCH_ROWS", 4)
    rows = [(number, "长" * 50_000 if number == place else f"第{number}") for number in range(20)]
    found = rows_with_faults(Request(declare(TABLE), day, by_odbc(rows), now))
    assert found == [(str(number), name, str(number), None) for number, name in rows]


def test_rows_that_change_their_order_in_between_are_read_another_time(declare, day, now, by_odbc, monkeypatch):
    monkeypatch.setattr(extractors.databases.readers.odbc, "_BATCH_ROWS", 4)
    location = by_odbc([(number, "长" * 50_000 if number == 9 else "短") for number in range(20)])
    read_rows = extractors.databases.readers.odbc.OdbcConnection.read_rows

    def another_order(connection, statement):
        return read_rows(connection, (*statement, " ORDER BY id DESC"))

    monkeypatch.setattr(extractors.databases.readers.odbc.OdbcConnection, "read_rows", another_order)
    with pytest.raises(SourceUnreachable, match="same order"):
        rows_with_faults(Request(declare(TABLE), day, location, now))

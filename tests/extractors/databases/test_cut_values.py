"""A value that a database or its driver would cut, round or leave out without a word is a finding, or the batch is refused."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy

from extractors import Request, open_source
from extractors.databases.readers.odbc import _with_options
from standard.errors import SourceRefused

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}


def rows(declare, day, location, now, query=None):
    extract = TABLE if query is None else {**TABLE, "table": None, "query": query}
    extract = {name: value for name, value in extract.items() if value is not None}
    with open_source(Request(declare(extract), day, location, now)) as reading:
        return [tuple(row.values()) for batch in reading.batches for row in batch.to_pylist()]


@pytest.fixture
def small_packets(mariadb_url, mariadb_odbc):
    """A table with a picture of which a packet of the server can hold half; the locations by which it is read."""
    engine = sqlalchemy.create_engine(mariadb_url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int, scan longblob, name varchar(2000))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, REPEAT('x', 1000000), REPEAT('长', 2000)), (2, 'x', '短')")
        connection.exec_driver_sql("SET GLOBAL max_allowed_packet = 1048576, group_concat_max_len = 1024")
    yield {"PyMySQL": mariadb_url, "ODBC": mariadb_odbc}
    with engine.connect() as connection:
        connection.exec_driver_sql("SET GLOBAL max_allowed_packet = 67108864, group_concat_max_len = DEFAULT")


def test_a_picture_longer_than_a_packet_is_a_finding_and_not_null(declare, day, now, small_packets):
    for way, location in small_packets.items():
        first, second = rows(declare, day, location, now)
        assert first == ("1", None, "长" * 2000, "1", "value_cut\tscan"), way
        assert second == ("2", "0x78", "短", "2", "value_binary\tscan"), way  # where an element is made of it


def test_a_list_of_a_query_is_whole(declare, day, now, small_packets):
    query = "SELECT 1 AS id, GROUP_CONCAT(name SEPARATOR '、') AS names FROM t"
    for way, location in small_packets.items():
        ((_, names, _, _),) = rows(declare, day, location, now, query)
        assert sorted(names.split("、")) == ["短", "长" * 2000], way


@pytest.mark.parametrize("what", ["GROUP_CONCAT(REPEAT(name, 100))", "MAX(REPEAT(name, 1000))"])
def test_what_a_query_of_mariadb_cut_refuses_the_batch(declare, day, now, small_packets, what):
    for location in small_packets.values():
        sentence = r"dept.source: expected every value whole, found \d+ or more .* max_allowed_packet; have that raised"
        with pytest.raises(SourceRefused, match=sentence):
            rows(
                declare,
                day,
                location,
                now,
                f"SELECT 1 AS id, {what} AS names FROM (SELECT name FROM t UNION ALL SELECT name FROM t) v",
            )


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_table_of_one_column_by_odbc(declare, day, now, request, kind):
    engine = sqlalchemy.create_engine(request.getfixturevalue(f"{kind}_url"), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int)")
        connection.exec_driver_sql("INSERT INTO t VALUES (7)")
    assert rows(declare, day, request.getfixturevalue(f"{kind}_odbc"), now) == [("7", "7", None)]


@pytest.fixture
def by_odbc(tmp_path):
    """A SQLite table whose values are not of the types that it declares, read by ODBC."""
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, day date, moment timestamp, yes boolean, name varchar(2))")
        connection.execute("INSERT INTO t VALUES (1, '长期', 1772000000, 'maybe', 'a' || CHAR(0) || 'b')")
        connection.execute("INSERT INTO t VALUES (2, 20260301, '2026-03-01T08:00:00Z', 2, '长长长长')")
    return f"odbc:Driver={{SQLite3}};Database={path}"


@pytest.mark.parametrize("query", [None, "SELECT * FROM t", "SELECT id, day, moment, yes, name FROM t"])
def test_sqlite_over_odbc_returns_the_stored_values_whatever_the_declared_type(declare, day, now, by_odbc, query):
    assert rows(declare, day, by_odbc, now, query) == [
        ("1", "长期", "1772000000", "maybe", None, "1", "value_cut\tname"),
        ("2", "20260301", "2026-03-01T08:00:00Z", "2", "长长长长", "2", None),
    ]


@pytest.mark.parametrize(
    ("text", "driver", "meant"),
    [
        ("Driver=FreeTDS;ClientCharset=GBK;PWD=x", "libtdsodbc.so", "Driver=FreeTDS;PWD=x;ClientCharset=UTF-8"),
        ("PWD={a;charset=b};Charset=gbk;", "libmaodbc.so", "PWD={a;charset=b};Charset=utf8mb4"),
        ("PWD={a}};charset=b};Port=1", "libmaodbc.so", "PWD={a}};charset=b};Port=1;Charset=utf8mb4"),
    ],
)
def test_a_driver_gets_the_encoding_and_a_password_stays_intact(text, driver, meant):
    assert _with_options(text, driver) == meant

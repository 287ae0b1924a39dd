import sqlite3
from contextlib import closing

import pyodbc
import pytest

from extractors import Request, open_source
from standard.errors import SourceRefused, SourceUnreachable

DRIVER = "SQLite3"
TABLE = {"kind": "database", "connection": "land", "table": "不动产权证", "key": ["业务号"]}

pytestmark = pytest.mark.skipif(
    DRIVER not in pyodbc.drivers(), reason="the ODBC driver SQLite3 is not installed (Debian: libsqliteodbc)"
)


@pytest.fixture
def location(tmp_path):
    path = tmp_path / "land.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE 不动产权证 (业务号 INTEGER, 权利人 TEXT, "权利人""类型" TEXT, 更新时间 TEXT)')
        connection.executemany(
            "INSERT INTO 不动产权证 VALUES (?, ?, ?, ?)",
            [
                (370402188001010012, "𠮷某^赵某", "自然人", "2026-03-01 08:00:00"),
                (2, None, "", "2026-03-02 00:00:00"),
                (3, "钱某", None, None),
            ],
        )
    return f"odbc:Driver={{{DRIVER}}};Database={path}"


def test_a_table_comes_whole_with_chinese_names_and_long_numbers(declare, location, rows_of, day, now):
    with open_source(Request(declare(TABLE), day, location, now)) as reading:
        assert reading.columns == ["业务号", "权利人", '权利人"类型', "更新时间"]
        assert (reading.kind, reading.counted) == ("snapshot", 3)
        assert reading.origin == {"table": "不动产权证", "backend": "odbc SQLite"}
        assert rows_of(reading) == [
            ("370402188001010012", "𠮷某^赵某", "自然人", "2026-03-01 08:00:00", "370402188001010012"),
            ("2", None, "", "2026-03-02 00:00:00", "2"),
            ("3", "钱某", None, None, "3"),
        ]


def test_a_day_is_the_same_as_without_odbc(declare, location, rows_of, day, now):
    with open_source(
        Request(declare({**TABLE, "key": ['权利人"类型', "业务号"], "updated_at": "更新时间"}), day, location, now)
    ) as reading:
        assert (reading.counted, reading.without_time, reading.future_time) == (1, 1, 0)
        assert [row[-1] for row in rows_of(reading)] == ["自然人/370402188001010012"]


def test_a_query_may_hold_a_question_mark(declare, location, rows_of, day, now):
    query = "SELECT 业务号, '真的?' AS 问 FROM 不动产权证 WHERE 业务号 = 2"
    with open_source(Request(declare({**TABLE, "table": None, "query": query}), day, location, now)) as reading:
        assert rows_of(reading) == [("2", "真的?", "2")]


def test_a_missing_table_is_refused_with_the_nearest_name(declare, location, day, now):
    with (
        pytest.raises(SourceRefused, match=r"不动产证 \(nearest: 不动产权证\)") as caught,
        open_source(Request(declare({**TABLE, "table": "不动产证"}), day, location, now)),
    ):
        pass
    assert caught.value.rule == "table_missing"


def test_a_missing_key_is_refused(declare, location, day, now):
    with (
        pytest.raises(SourceRefused, match="业务编号") as caught,
        open_source(Request(declare({**TABLE, "key": ["业务编号"]}), day, location, now)),
    ):
        pass
    assert caught.value.rule == "columns_missing"


def test_a_database_that_is_not_there_is_not_made(declare, tmp_path, day, now):
    path = tmp_path / "none.db"
    with (
        pytest.raises(SourceUnreachable, match="no such database file"),
        open_source(Request(declare(TABLE), day, f"odbc:Driver={{{DRIVER}}};Database={path}", now)),
    ):
        pass
    assert not path.exists()


@pytest.fixture
def dotted(tmp_path):
    path = tmp_path / "dotted.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            'CREATE TABLE T (ID INTEGER, "a.b" TEXT, b TEXT, "c.d.e" INTEGER, "问?.是" TEXT, "x"" y.z" TEXT)'
        )
        connection.execute("INSERT INTO T VALUES (1, 'ab', 'b', 3, '是', 'z')")
    return path


DOTTED = ["ID", "a.b", "b", "c.d.e", "问?.是", 'x" y.z']


@pytest.mark.parametrize("way", ["odbc:Driver={{SQLite3}};Database={}", "sqlite:///{}"])
@pytest.mark.parametrize("origin", [{"table": "T"}, {"table": None, "query": "SELECT * FROM T"}, {"table": "main.T"}])
def test_a_name_with_a_dot_is_read_whole(declare, dotted, rows_of, day, now, way, origin):
    extract = {**TABLE, "key": ["a.b"], **origin}
    with open_source(Request(declare(extract), day, way.format(dotted), now)) as reading:
        assert reading.columns == DOTTED
        assert rows_of(reading) == [("1", "ab", "b", "3", "是", "z", "ab")]


def test_a_dot_in_a_name_of_a_query_is_no_text_of_that_name(declare, dotted, rows_of, day, now):
    query = 'SELECT ID, b AS "m.n", "a.b" FROM T -- and no more'
    location = f"odbc:Driver={{SQLite3}};Database={dotted}"
    with open_source(
        Request(declare({**TABLE, "key": ["ID"], "table": None, "query": query}), day, location, now)
    ) as reading:
        assert (reading.columns, rows_of(reading)) == (["ID", "m.n", "a.b"], [("1", "b", "ab", "1")])


def test_an_update_time_and_a_split_may_have_a_dot_in_their_names(declare, tmp_path, rows_of, day, now):
    path = tmp_path / "times.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE T (ID INTEGER, "r.GXSJ" TEXT)')
        connection.executemany("INSERT INTO T VALUES (?, ?)", [(1, f"{day} 08:00:00"), (2, "2020-01-01 00:00:00")])
    extract = {**TABLE, "table": "T", "key": ["ID"], "updated_at": "r.GXSJ"}
    with open_source(Request(declare(extract), day, f"odbc:Driver={{SQLite3}};Database={path}", now)) as reading:
        assert rows_of(reading) == [("1", f"{day} 08:00:00", "1")]


def test_nothing_of_the_view_that_tells_the_names_stays_in_the_database(declare, dotted, rows_of, day, now):
    before = dotted.read_bytes()
    with open_source(
        Request(declare({**TABLE, "key": ["ID"], "table": "T"}), day, f"odbc:Driver={{SQLite3}};Database={dotted}", now)
    ) as reading:
        rows_of(reading)
    assert dotted.read_bytes() == before

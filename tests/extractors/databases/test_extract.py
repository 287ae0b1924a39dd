import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import pytest

from extractors import Request, open_source
from standard.day import SHANGHAI, Day
from standard.errors import SourceRefused, SourceUnreachable, UsageError

TABLE = {"kind": "database", "connection": "transport", "table": "许可证", "key": ["编号"]}
INCREMENTAL = {**TABLE, "updated_at": "更新时间"}


@pytest.fixture
def database(tmp_path):
    """How to make a database of one table: its columns as SQL, and its rows."""
    path = tmp_path / "department.db"

    def create(columns, rows, table="许可证"):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f'CREATE TABLE "{table}" ({columns})')
            connection.executemany(
                f'INSERT INTO "{table}" VALUES ({",".join("?" * len(rows[0]))})', rows
            ) if rows else None
        return f"sqlite:///{path}"

    return create


@contextmanager
def refused(rule, *words):
    with pytest.raises(SourceRefused) as caught:
        yield
    assert caught.value.rule == rule
    for word in ("dept.source", *words):
        assert word in str(caught.value)


def test_a_snapshot_is_the_whole_table_as_text_with_its_count(declare, database, rows_of, day, now):
    url = database(
        "编号 INTEGER, 姓名 TEXT, 照片 BLOB, 面积",
        [(370402188001010012, "𠮷某", b"\x01", 1.5), (2, None, None, "约二"), (3, "", b"", 2.0)],
    )
    with open_source(Request(declare(TABLE), day, url, now)) as reading:
        assert reading.columns == ["编号", "姓名", "照片", "面积"]
        assert (reading.kind, reading.window, reading.taken_at, reading.counted) == ("snapshot", None, now, 3)
        assert reading.origin == {"table": "许可证", "backend": "sqlite"}
        assert rows_of(reading) == [
            ("370402188001010012", "𠮷某", "0x01", "1.5", "370402188001010012"),
            ("2", None, None, "约二", "2"),
            ("3", "", "0x", "2", "3"),
        ]


def test_a_locator_joins_the_values_of_the_key(declare, database, rows_of, day, now):
    url = database("区划 TEXT, 编号 INTEGER", [("370402", 1), (None, 2)])
    with open_source(Request(declare({**TABLE, "key": ["区划", "编号"]}), day, url, now)) as reading:
        assert [row[-1] for row in rows_of(reading)] == ["370402/1", r"\N/2"]


def test_a_query_is_read_like_a_table_whatever_it_holds(declare, database, rows_of, day, now):
    url = database("编号 INTEGER, 姓名 TEXT", [(1, "甲:b0"), (2, "乙")])
    query = "SELECT 编号, 姓名 AS \"姓:名\", '12:30' AS 钟, ':b0' AS 号, '100%' AS 率, 姓名 FROM 许可证 WHERE 姓名 LIKE '%:b0' -- 甲的;\n;"
    with open_source(Request(declare({**TABLE, "table": None, "query": query}), day, url, now)) as reading:
        assert reading.counted == 1
        assert rows_of(reading) == [("1", "甲:b0", "12:30", ":b0", "100%", "甲:b0", "1")]
        assert reading.origin == {"query": query, "backend": "sqlite"}


def test_columns_of_one_name_get_distinct_names(declare, database, rows_of, day, now):
    url = database("编号 INTEGER, 姓名 TEXT", [(1, "甲")])
    with open_source(
        Request(declare({**TABLE, "table": None, "query": "SELECT *, 姓名 || '二' AS 姓名 FROM 许可证"}), day, url, now)
    ) as reading:
        assert reading.columns[:2] == ["编号", "姓名"]
        assert len(set(reading.columns)) == 3
        assert rows_of(reading) == [("1", "甲", "甲二", "1")]


def test_a_day_is_half_open_and_reaches_back_as_declared(declare, database, rows_of, day, now):
    times = [
        "2026-02-28 21:59:59",
        "2026-02-28 22:00:00",
        "2026-03-01 00:00:00",
        "2026-03-01",
        "2026-03-01 23:59:59.999",
        "2026-03-02",
        "2026-03-02 00:00:00",
    ]
    url = database("编号 INTEGER, 更新时间 TEXT", list(enumerate(times)))
    with open_source(Request(declare({**INCREMENTAL, "look_back": "2h"}), day, url, now)) as reading:
        assert (reading.kind, reading.counted) == ("incremental", 4)
        assert reading.window == (datetime(2026, 2, 28, 22, tzinfo=SHANGHAI), datetime(2026, 3, 2, tzinfo=SHANGHAI))
        assert [row[-1] for row in rows_of(reading)] == ["1", "2", "3", "4"]


def test_a_day_of_another_clock_is_the_same_day(declare, database, rows_of, day, now):
    url = database(
        "编号 INTEGER, 更新时间 TEXT",
        [
            (1, "2026-02-28 15:59:59"),
            (2, "2026-02-28 16:00:00"),
            (3, "2026-03-01 15:59:59"),
            (4, "2026-03-01 16:00:00"),
        ],
    )
    with open_source(Request(declare({**INCREMENTAL, "time_zone": "UTC"}), day, url, now)) as reading:
        assert [row[-1] for row in rows_of(reading)] == ["2", "3"]


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d"]
)
def test_every_form_of_time_puts_every_row_in_one_day(declare, database, rows_of, day, now, form):
    first = datetime(2026, 2, 28)
    url = database("编号 INTEGER, 更新时间 TEXT", [(i, (first + timedelta(hours=i)).strftime(form)) for i in range(72)])
    found = []
    for shift in (-1, 0, 1):
        with open_source(Request(declare(INCREMENTAL), day.plus(shift), url, now)) as reading:
            assert reading.counted == 24
            found += [int(row[-1]) for row in rows_of(reading)]
    assert found == list(range(72))


def test_rows_that_no_day_would_see_are_counted(declare, database, rows_of, day, now):
    times = [
        None,
        "",
        "空",
        "2026/3/1",
        "2026-03-01 08:00:00",
        "2026-03-02 01:29:59",
        "2026-03-02 01:30:00",
        "2099-01-01 00:00:00",
    ]
    url = database("编号 INTEGER, 更新时间 TEXT", list(enumerate(times)))
    with open_source(Request(declare(INCREMENTAL), day, url, now)) as reading:
        assert (reading.counted, reading.without_time, reading.future_time) == (1, 4, 2)


def test_what_lies_ahead_of_a_day_that_is_not_over_is_not_the_future(declare, database, day):
    url = database("编号 INTEGER, 更新时间 TEXT", [(1, "2026-03-01 20:00:00"), (2, "2026-03-02 00:00:00")])
    with open_source(Request(declare(INCREMENTAL), day, url, datetime(2026, 3, 1, 12, tzinfo=SHANGHAI))) as reading:
        assert reading.future_time == 1


@pytest.mark.parametrize("times", [[], [None, ""]])
def test_a_table_without_any_update_time_has_no_rows(declare, database, rows_of, day, now, times):
    url = database("编号 INTEGER, 更新时间 TEXT", list(enumerate(times)))
    with open_source(Request(declare(INCREMENTAL), day, url, now)) as reading:
        assert (rows_of(reading), reading.counted, reading.without_time) == ([], 0, len(times))
        assert reading.columns == ["编号", "更新时间"]


def test_an_update_time_of_unknown_form_is_refused_without_showing_it(declare, database, day, now):
    url = database("编号 INTEGER, 更新时间 TEXT", [(1, "王某某 5.1.2026")])
    with (
        refused("source_unreadable", "更新时间", "xxx 0.0.0000") as _,
        open_source(Request(declare(INCREMENTAL), day, url, now)),
    ):
        pass


def test_the_past_of_a_snapshot_cannot_be_asked_for(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)])
    with open_source(Request(declare(TABLE), Day.at(now).plus(-1), url, now)):
        pass
    with (
        pytest.raises(UsageError, match="archived raw"),
        open_source(Request(declare(TABLE), Day.at(now).plus(-2), url, now)),
    ):
        pass


def test_a_missing_table_is_refused_with_the_nearest_name(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)], table="许可证表")
    with refused("table_missing", "许可证 (nearest: 许可证表)"), open_source(Request(declare(TABLE), day, url, now)):
        pass


def test_a_missing_key_or_update_time_is_refused_with_the_nearest_name(declare, database, day, now):
    url = database("编码 INTEGER, 更新日时 TEXT", [(1, None)])
    with (
        refused("columns_missing", "编号", "更新时间 (nearest: 更新日时)"),
        open_source(Request(declare(INCREMENTAL), day, url, now)),
    ):
        pass


def test_a_query_that_cannot_be_run_is_refused(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)])
    with (
        refused("source_unreadable", "no such table"),
        open_source(Request(declare({**TABLE, "table": None, "query": "SELECT * FROM 别的"}), day, url, now)),
    ):
        pass


def test_a_table_name_is_never_run_as_sql(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)])
    with (
        refused("table_missing"),
        open_source(Request(declare({**TABLE, "table": '许可证" WHERE 1=1; DROP TABLE "许可证'}), day, url, now)),
    ):
        pass
    with open_source(Request(declare(TABLE), day, url, now)) as reading:
        assert reading.counted == 1


def test_text_that_is_not_unicode_costs_its_row_a_fault_and_no_other(declare, database, day, now):
    url = database("编号 INTEGER, 姓名 TEXT", [(1, "甲"), (2, None), (3, "丙")])
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE 许可证 SET 姓名 = CAST(x'b5ff' AS TEXT) WHERE 编号 = 2")
    with open_source(Request(declare(TABLE), day, url, now)) as reading:
        assert [tuple(row.values()) for batch in reading.batches for row in batch.to_pylist()] == [
            ("1", "甲", "1", None),
            ("2", None, "2", "bytes_undecodable\t姓名"),
            ("3", "丙", "3", None),
        ]


def test_a_database_that_is_not_there_is_unreachable_and_stays_so(declare, tmp_path, day, now):
    path = tmp_path / "none.db"
    with (
        pytest.raises(SourceUnreachable, match=r"dept\.source: .*no such database file"),
        open_source(Request(declare(TABLE), day, f"sqlite:///{path}", now)),
    ):
        pass
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused(declare, tmp_path, day, now):
    path = tmp_path / "text.db"
    path.write_text("编号,姓名\n" * 100, encoding="utf-8")
    with (
        refused("source_unreadable", "not a database"),
        open_source(Request(declare(TABLE), day, f"sqlite:///{path}", now)),
    ):
        pass


def test_a_source_is_never_written_to(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)])
    query = {**TABLE, "table": None, "query": "SELECT * FROM 许可证) q; DELETE FROM 许可证; --"}
    with refused("source_unreadable"), open_source(Request(declare(query), day, url, now)):
        pass
    with open_source(Request(declare(TABLE), day, url, now)) as reading:
        assert reading.counted == 1


def test_count_and_rows_are_of_one_state(declare, database, rows_of, day, now):
    url = database("编号 INTEGER", [(1,), (2,)])
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with open_source(Request(declare(TABLE), day, url, now)) as reading:
            with connection:
                connection.execute("INSERT INTO 许可证 VALUES (3)")
            assert len(rows_of(reading)) == reading.counted == 2


def test_a_database_without_a_url_is_a_wrong_use(declare, day, now):
    with pytest.raises(UsageError, match="transport"), open_source(Request(declare(TABLE), day, None, now)):
        pass


def test_an_error_of_the_reader_is_not_taken_for_the_sources(declare, database, day, now):
    url = database("编号 INTEGER", [(1,)])
    with pytest.raises(OSError, match="disk full"), open_source(Request(declare(TABLE), day, url, now)):
        raise OSError("disk full")

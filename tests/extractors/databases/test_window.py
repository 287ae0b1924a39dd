"""Every row comes in exactly one day, by update time or by rising number, on real servers and on SQLite."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy

from extractors import Request, open_source
from extractors.databases.partition import plan_parts
from standard.day import SHANGHAI
from standard.errors import SourceRefused

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}
MIDNIGHT = datetime(2026, 3, 1)
EDGES = [
    MIDNIGHT + timedelta(days=day, microseconds=late) for day in range(3) for late in (-1, 0, 0, 1) for _ in range(3)
]


@pytest.fixture(params=["ADBC", "psycopg2", "PostgreSQL by ODBC", "PyMySQL", "MariaDB by ODBC"])
def way(request):
    """The URL by which a test writes, and the location by which it is read."""
    kind = "mariadb" if "My" in request.param or "Maria" in request.param else "postgresql"
    url = request.getfixturevalue(f"{kind}_url")
    if "ODBC" in request.param:
        return url, request.getfixturevalue(f"{kind}_odbc")
    return url, url.replace("+psycopg", "+psycopg2") if request.param == "psycopg2" else url


def filled(url, kind, values):
    kind = kind if "postgresql" in url else kind.replace("timestamp", "datetime(6)").replace("numeric", "decimal")
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (id integer, c {kind})")
        connection.execute(
            sqlalchemy.text("INSERT INTO t VALUES (:i, :c)"), [{"i": i, "c": c} for i, c in enumerate(values)]
        )


def read(request):
    with open_source(request) as reading:
        rows = [int(row) for batch in reading.batches for row in batch.column("id").to_pylist()]
        assert reading.counted == len(rows)
        return rows, reading


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "varchar(30)"])
def test_equal_times_at_the_edges_of_days_are_in_exactly_one_day(declare, day, now, way, kind):
    url, location = way
    if kind == "timestamptz" and "postgresql" not in url:
        kind = "timestamp"
    times = [None, *EDGES]
    zoned = [time and (time.replace(tzinfo=SHANGHAI) if kind == "timestamptz" else time) for time in times]
    filled(url, kind, [time and str(time) for time in zoned] if kind == "varchar(30)" else zoned)
    source = declare({**TABLE, "updated_at": "c"})
    found = {shift: read(Request(source, day.plus(shift), location, now)) for shift in range(-1, 4)}
    for shift, (rows, reading) in found.items():
        first = MIDNIGHT + timedelta(days=shift)
        inside = [i for i, time in enumerate(times) if time and first <= time < first + timedelta(days=1)]
        assert sorted(rows) == inside
        assert reading.without_time == 1
    assert found[0][1].future_time == sum(time >= datetime(2026, 3, 2, 1, 30) for time in EDGES)


def test_the_clock_of_a_source_may_be_ahead(declare, day, now, way):
    url, location = way
    filled(url, "timestamp", [MIDNIGHT + timedelta(minutes=minutes) for minutes in (-1, 0, 2, 3, 1442, 1443)])
    rows, reading = read(Request(declare({**TABLE, "updated_at": "c", "clock_skew": "3m"}), day, location, now))
    assert sorted(rows) == [3, 4]
    assert reading.window == (day.start, day.end)


@pytest.mark.parametrize("kind", ["bigint", "numeric(20)"])
def test_a_rising_number_selects_the_rows_above_the_last_one(declare, day, now, way, kind):
    url, location = way
    start = 2**60
    filled(url, kind, [None, *(start + i for i in range(10))])
    source = declare({**TABLE, "rising": "c"})
    rows, reading = read(Request(source, day, location, now))
    assert sorted(rows) == list(range(1, 11))
    assert (reading.kind, reading.window, reading.marks) == ("incremental", None, (start - 1, start + 9))
    assert (reading.without_time, reading.future_time) == (1, 0)
    rows, reading = read(Request(source, day, location, now, after=start + 6))
    assert (sorted(rows), reading.marks) == ([8, 9, 10], (start + 6, start + 9))
    rows, reading = read(Request(source, day, location, now, after=start + 2, until=start + 4))
    assert (sorted(rows), reading.marks) == ([4, 5], (start + 2, start + 4))
    rows, reading = read(Request(source, day, location, now, after=start + 9))
    assert (rows, reading.marks) == ([], (start + 9, start + 9))


def test_a_rising_number_of_an_empty_table_begins_nowhere(declare, day, now, way):
    url, location = way
    filled(url, "bigint", [None])
    rows, reading = read(Request(declare({**TABLE, "rising": "c"}), day, location, now))
    assert (rows, reading.marks, reading.without_time) == ([], None, 1)
    rows, reading = read(Request(declare({**TABLE, "rising": "c"}), day, location, now, after=7))
    assert (rows, reading.marks) == ([], (7, 7))


@pytest.mark.parametrize(("kind", "value"), [("varchar(9)", "12"), ("numeric(9,1)", 1.5)])
def test_what_does_not_rise_as_a_number_is_refused(declare, day, now, way, kind, value):
    url, location = way
    filled(url, kind, [value])
    with (
        pytest.raises(SourceRefused, match="whole numbers"),
        open_source(Request(declare({**TABLE, "rising": "c"}), day, location, now)),
    ):
        pass


def test_a_rising_number_on_sqlite(declare, day, now, tmp_path):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, c integer)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, 5), (2, 6), (3, None)])
    rows, reading = read(Request(declare({**TABLE, "rising": "c"}), day, f"sqlite:///{path}", now, after=5))
    assert (rows, reading.marks, reading.without_time) == ([2], (5, 6), 1)


@pytest.mark.parametrize("query", [None, "SELECT id, c FROM t"])
def test_update_times_that_are_numbers_are_refused_and_never_a_day_without_rows(declare, day, now, way, query):
    url, location = way
    filled(url, "numeric(20,0)", [20260301000000, 20260301120000])
    extract = TABLE if query is None else {**TABLE, "table": None, "query": query}
    source = declare({**{name: value for name, value in extract.items() if value}, "updated_at": "c"})
    with pytest.raises(
        SourceRefused, match=r"expected update times such as .* in c, found the form 00000000000000; have"
    ):
        read(Request(source, day, location, now))


@pytest.mark.parametrize(("number", "fits"), [(2**63 - 1, True), (2**63, False), (-(2**63), False)])
def test_a_rising_number_that_the_ledger_cannot_keep_is_refused(declare, day, now, way, number, fits):
    url, location = way
    filled(url, "numeric(30,0)", [1, number])
    request = Request(declare({**TABLE, "rising": "c"}), day, location, now)
    if fits:
        assert read(request)[1].marks == (0, number)
        return
    with pytest.raises(
        SourceRefused, match="expected whole numbers of at most 18 digits in the rising column c, found longer"
    ):
        read(request)


def test_a_rising_number_of_a_query_is_a_number(declare, day, now, way):
    url, location = way
    filled(url, "bigint", [3, 10])
    query = {"kind": "database", "connection": "land", "query": "SELECT id, c FROM t", "key": ["id"], "rising": "c"}
    assert read(Request(declare(query), day, location, now))[1].marks == (2, 10)


def test_a_time_that_stands_for_none_is_counted_like_none(declare, day, now, way):
    url, location = way
    filled(url, "timestamp", ["2026-03-01 08:00:00", None])
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        if "mysql" in url:
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
        never = "-infinity" if "postgresql" in url else "0000-00-00"
        connection.exec_driver_sql(f"INSERT INTO t VALUES (2, '{never}')")
    rows, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
    assert (rows, reading.without_time) == ([0], 2)


NOTHINGS = ["1970-01-01 00:00:00", "1753-01-01 00:00:00", "1899-12-30 00:00:00", "1900-01-01 00:00:00"]


@pytest.mark.parametrize("kind", ["timestamp", "date", "varchar(40)"])
def test_what_programs_write_for_no_time_is_counted_like_none(declare, day, now, way, kind):
    url, location = way
    nothings = [text[:10] if kind == "date" else text for text in NOTHINGS]
    if kind.startswith("varchar"):
        nothings += ["0001-01-01T00:00:00Z", "19700101080000", "0000-00-00T00:00:00+08:00"]
    elif "mysql" in url:
        kind = kind.replace("timestamp", "datetime")
    filled(url, kind, ["2026-03-01 08:00:00", *nothings])
    rows, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
    assert (rows, reading.without_time, reading.future_time) == ([0], len(nothings), 0)


NIGHTS = range(-1, 4)
SHIFTED = [
    {"clock_skew": "3m"},
    {"clock_skew": "-3m"},
    {"look_back": "90m"},
    {"time_zone": "UTC"},
    {"time_zone": "America/New_York", "clock_skew": "3m", "look_back": "1h"},
]
DAYS = [
    ("date", ""),
    ("timestamp", ""),
    ("varchar(30)", "%Y-%m-%d"),
    ("varchar(30)", "%Y%m%d"),
    ("varchar(30)", "%Y/%m/%d 00:00:00"),
    ("varchar(30)", "%Y-%m-%dT00:00"),
]


def dated(kind, shift, midnight="%Y-%m-%d"):
    """A day of the source's clock as a column of this kind has it."""
    moment = MIDNIGHT + timedelta(days=shift)
    return moment.date() if kind == "date" else moment if kind == "timestamp" else moment.strftime(midnight)


def in_days(source, day, location, rows, written=lambda shift: None):
    """Read a source night after night; of each row in how many days it was."""
    found = []
    for shift in NIGHTS:
        written(shift)
        night = day.plus(shift).end + timedelta(hours=1, minutes=30)
        rows_read, reading = read(Request(source, day.plus(shift), location, night))
        assert reading.without_time == 0
        found += rows_read
    return [found.count(number) for number in range(rows)]


@pytest.mark.parametrize(("kind", "midnight"), DAYS[:3])
@pytest.mark.parametrize("shifted", [SHIFTED[0], {**SHIFTED[-1], "time_zone": "UTC"}])
def test_a_row_of_a_day_is_in_a_day_however_the_clock_is_shifted(declare, day, way, kind, midnight, shifted):
    url, location = way
    filled(url, kind, [dated(kind, shift, midnight) for shift in range(3)])
    counts = in_days(declare({**TABLE, "updated_at": "c", **shifted}), day, location, 3)
    assert all(counts), counts
    assert max(counts) <= 2


@pytest.mark.parametrize(("kind", "midnight"), DAYS[2:])
@pytest.mark.parametrize("shifted", SHIFTED)
def test_a_day_that_is_written_before_its_night_is_seen(declare, day, tmp_path, kind, midnight, shifted):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, c text)")

    def written(shift):
        if 0 <= shift < 3:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("INSERT INTO t VALUES (?, ?)", (shift, dated(kind, shift, midnight)))

    source = declare({**TABLE, "updated_at": "c", **shifted})
    assert all(in_days(source, day, f"sqlite:///{path}", 3, written))


@pytest.mark.parametrize("kind", ["timestamp", "varchar(30)"])
def test_days_among_times_are_days_still(declare, day, way, kind):
    url, location = way
    late = MIDNIGHT + timedelta(days=2, hours=20)
    midnight = "%Y-%m-%d 00:00:00"
    days = [dated(kind, shift, midnight) for shift in range(4)]
    filled(url, kind, [*days, late if kind == "timestamp" else str(late)])
    source = declare({**TABLE, "updated_at": "c", "clock_skew": "3m"})
    assert all(in_days(source, day, location, 5))


def test_days_of_no_shifted_clock_are_in_one_day_each(declare, day, way):
    url, location = way
    filled(url, "date", [dated("date", shift) for shift in range(4)])
    assert in_days(declare({**TABLE, "updated_at": "c"}), day, location, 4) == [1] * 4


def test_times_at_midnight_are_in_one_day_each(declare, day, now, way):
    url, location = way
    filled(url, "timestamp", [MIDNIGHT, *(MIDNIGHT + timedelta(minutes=minutes) for minutes in (1, 4, 1443))])
    source = declare({**TABLE, "updated_at": "c", "clock_skew": "3m"})
    found = [sorted(read(Request(source, day.plus(shift), location, now))[0]) for shift in (-1, 0, 1)]
    assert found == [[0, 1], [2], [3]]


def test_days_in_parts_are_in_a_part_each(declare, day, way):
    url, location = way
    filled(url, "date", [dated("date", shift) for shift in range(3)])
    source = declare({**TABLE, "updated_at": "c", "clock_skew": "3m", "split": {"column": "id", "parts": 2}})
    found = []
    for shift in NIGHTS:
        request = Request(source, day.plus(shift), location, day.plus(shift).end + timedelta(hours=1))
        for part in plan_parts(request)[0]:
            found += read(replace(request, part=part))[0]
    assert sorted(set(found)) == [0, 1, 2]


TWO_FORMS = [
    ("20260301100000", "2026-03-02 10:00:00"),
    ("20260301100000", "2026/03/02 10:00:00"),
    ("2026-03-01T10:00:00", "2026-03-02 10:00:00"),
    ("2026-03-01T10:00:00+08:00", "2026-03-02T02:00:00Z"),
    ("2026-03-01T10:00:00+08:00", "2026-03-02T02:00:00+00:00"),
    ("2026-03-01T10:00:00+0800", "2026-03-02T10:00:00+08:00"),
    ("2026-03-01 10:00:00", "2026-03-02 10:00:00.123"),
    ("2026-03-01", "2026-03-02 10:00:00"),
    ("2026年03月01日", "20260302"),
    ("2026-03-01 10:00:00", "2026-03-02 10:00:00 "),
    ("2026-03-01T10:00:00", "2026-03-02T10:00"),
]


@pytest.mark.parametrize("skew", ["0s", "3m", "-3m"])
def test_texts_of_many_forms_are_each_in_their_day(declare, day, now, way, skew):
    url, location = way
    # Of each pair the first is of the first of March, and the second of the second.
    filled(url, "varchar(40)", [text for pair in TWO_FORMS for text in pair])
    source = declare({**TABLE, "updated_at": "c", "clock_skew": skew})
    found = [read(Request(source, day.plus(shift), location, now.replace(day=4))) for shift in range(2)]
    for shift, (rows, reading) in enumerate(found):
        assert set(range(shift, 2 * len(TWO_FORMS), 2)) <= set(rows)
        assert (reading.without_time, reading.future_time) == (0, 0)
    # Only what names days may be in two.
    days = {number for number, text in enumerate(text for pair in TWO_FORMS for text in pair) if len(text) <= 11}
    assert set(found[0][0]) & set(found[1][0]) <= days


STRANGE = [
    *("2026-3-2 10:00:00", "2026-03-02 10:00:00 GMT", "02.03.2026", "20260302100000999", "1772416800"),
    *("2026-03-02T10:00:00+99:00", "0000-00-00 00:00:00", "Mon Mar 02", "2026-03-02 10", " 2026-03-02 10:00:00"),
]


def test_a_text_of_no_known_form_is_counted(declare, day, now, way):
    url, location = way
    filled(url, "varchar(40)", ["2026-03-01 10:00:00", "20260302", *STRANGE])
    rows, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
    assert (rows, reading.without_time) == ([0], len(STRANGE))


# Each is the same text to a collation that knows no case, no letters without width, or no signs without weight.
LIKE_KNOWN = ["2026-03-01t10:00:00", "2026-03-01 10:00:00z", "2026-03-01 10:00:00\u200b", "２026-03-01 10:00:00"]


def test_a_text_that_a_collation_takes_for_a_known_form_hides_none_of_that_form(declare, day, now, way):
    url, location = way
    known = ["2026-03-01T10:00:00", "2026-03-01 02:00:00Z", "2026-03-01 10:00:00"]
    loose = "utf8mb4_unicode_ci"
    if "postgresql" in url:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            options = "provider = icu, locale = 'und-u-ks-level1', deterministic = false"
            connection.exec_driver_sql(f"CREATE COLLATION loose ({options})")
        loose = "loose"
    filled(url, f"varchar(40) COLLATE {loose}", [*LIKE_KNOWN, *known])
    rows, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
    assert (rows, reading.without_time) == ([4, 5, 6], len(LIKE_KNOWN))


def test_forms_are_reported_without_content(declare, day, now, way):
    url, location = way
    filled(url, "varchar(40)", ["2026-03-01 10:00:00", "2026-03-01 11:00:00", "王某某 1.1.1888", None])
    _, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
    assert reading.forms == {"0000-00-00 00:00:00": 2, "xxx 0.0.0000": 1, "": 1}


def test_texts_of_several_forms_on_sqlite_by_both_ways(declare, day, now, tmp_path):
    path = tmp_path / "t.db"
    values = ["20260301100000", "2026-03-02 10:00:00", 20260302, "2026-03-02T02:00:00Z", "空", None, ""]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, c)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    source = declare({**TABLE, "updated_at": "c", "clock_skew": "3m"})
    for location in (f"sqlite:///{path}", f"odbc:Driver={{SQLite3}};Database={path}"):
        found = [read(Request(source, day.plus(shift), location, now)) for shift in range(2)]
        assert [rows for rows, _ in found] == [[0], [1, 3]]
        assert found[0][1].without_time == 4


@pytest.mark.parametrize("kind", ["NUM", "INTEGER", "DECIMAL(20)"])
def test_times_in_a_column_of_sqlite_that_is_named_a_number_are_times(declare, day, now, tmp_path, kind):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t (id integer, c {kind})")
        times = ["2026-03-01 10:00:00", "2026-03-02 10:00:00", 20260301100000]
        connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(times)))
    for location in (f"sqlite:///{path}", f"odbc:Driver={{SQLite3}};Database={path}"):
        rows, reading = read(Request(declare({**TABLE, "updated_at": "c"}), day, location, now))
        assert (rows, reading.without_time) == ([0], 1)

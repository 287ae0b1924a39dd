"""The facts that are reported about a connection before the first night."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy

from extractors import Request
from extractors.databases.connection_check import check_connection
from standard.errors import SourceUnreachable, UsageError

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}


@pytest.mark.parametrize(
    ("kind", "way", "database"),
    [
        ("postgresql_url", "ADBC", "PostgreSQL "),
        ("postgresql_odbc", "ODBC", "PostgreSQL "),
        ("mariadb_url", "SQLAlchemy", "MariaDB 1"),
        ("mariadb_odbc", "ODBC", "MariaDB 1"),
    ],
)
def test_the_interface_the_database_and_its_rows_are_reported(request, declare, day, now, kind, way, database):
    url = request.getfixturevalue(kind.replace("odbc", "url"))
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer, name varchar(20))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, '甲'), (2, '乙')")
    location = request.getfixturevalue(kind)
    facts = check_connection(Request(declare(TABLE, ["name"]), day, location, now))
    assert (facts.way, facts.guarded, facts.problem, facts.rows, facts.sample) == (way, True, "", 2, 2)
    assert facts.database.startswith(database)
    assert facts.columns["name"] in {"character varying(20)", "varchar(20)"}
    assert facts.connecting > 0
    assert facts.rate > 0
    facts = check_connection(Request(declare({**TABLE, "key": ["nummer"]}), day, location, now))
    assert (facts.way, facts.rows) == (way, None)
    assert "nummer" in facts.problem


def test_nothing_that_answers_is_unreachable_and_nothing_to_ask_is_a_wrong_use(declare, day, now, tmp_path):
    with pytest.raises(SourceUnreachable):
        check_connection(Request(declare(TABLE), day, f"sqlite:///{tmp_path}/none.db", now))
    with pytest.raises(UsageError):
        check_connection(Request(declare(TABLE), day, None, now))


@pytest.mark.parametrize("kind", ["postgresql_url", "postgresql_odbc", "mariadb_url", "mariadb_odbc"])
def test_the_columns_that_select_rows_are_reported(request, declare, day, now, kind):
    url = request.getfixturevalue(kind.replace("odbc", "url"))
    time = "timestamp" if "postgresql" in url else "datetime"
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE t (id integer, d date, m {time}, s {time}, w varchar(40), op varchar(9))"
        )
        connection.exec_driver_sql(
            "INSERT INTO t VALUES (1, '2026-03-01', '2026-03-01', '2026-03-01 10:00', '20260301', 'I')"
        )
        connection.exec_driver_sql(
            "INSERT INTO t VALUES (7, '2026-03-02', '2026-03-02', '2026-03-02', '2026-03-02 10:00', 'd ')"
        )
        connection.exec_driver_sql("INSERT INTO t VALUES (9, NULL, NULL, NULL, '王某某', NULL)")

    def facts(**extract):
        return check_connection(Request(declare({**TABLE, **extract}), day, request.getfixturevalue(kind), now))

    assert facts().order == ""
    assert facts(rising="id").order == "id: numbers 1 to 9, 0 rows without one"
    without = ", 1 rows whose time is not known"
    assert facts(updated_at="d").order == "d: days" + without
    assert facts(updated_at="m").order == "m: times that are all at midnight, so they name days" + without
    assert facts(updated_at="s").order == "s: times" + without
    found = facts(updated_at="w", changes={"operation": "op", "deleted": ["D"]})
    assert found.order.startswith("w: texts of days and times, ")
    assert all(shape in found.order for shape in ("00000000 (1)", "0000-00-00 00:00 (1)", "xxx (1)"))
    assert found.order.endswith(without)
    assert {value.strip(): what for value, what in found.operations.items()} == {
        "I": "1 rows, kept",
        "d": "1 rows, deleted",
        "(null)": "1 rows, unknown",
    }
    assert found.spoilt == []


def test_texts_in_another_encoding_are_reported_in_both_readings_masked(declare, day, now, mariadb_url, mariadb_odbc):
    engine = sqlalchemy.create_engine(mariadb_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer, name varchar(60) CHARACTER SET latin1)")
        connection.exec_driver_sql(f"INSERT INTO t VALUES (1, x'{'张三丰'.encode('gbk').hex()}'), (2, 'Ann')")
    for location in (mariadb_url, mariadb_odbc):
        (sentence,) = check_connection(Request(declare(TABLE), day, location, now)).spoilt
        assert (
            sentence
            == "name: 1 of 2 texts are in another encoding or were spoilt, such as Õ** as it is, 张** in gb18030"
        )
        assert check_connection(Request(declare({**TABLE, "charset": "gbk"}), day, location, now)).spoilt == []
        assert len(check_connection(Request(declare({**TABLE, "charset": "utf-8"}), day, location, now)).spoilt) == 1


@pytest.fixture
def table(tmp_path):
    """Fills a database file, and returns its location."""

    def create(*statements, name="t"):
        path = tmp_path / f"{name}.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
        return f"sqlite:///{path}"

    return create


def test_columns_that_would_refuse_a_night_are_a_problem(declare, day, now, table):
    location = table("CREATE TABLE t (id, NUMMER, 姓名, 证号, 发证日期)")
    facts = check_connection(Request(declare(TABLE), day, location, now))
    assert facts.problem.startswith("dept.source: expected the columns 编号 that its declaration names, found 5 others")
    assert facts.undeclared == [
        "nobody declared NUMMER: a first batch is refused, later ones do what expect.drift says of column_added"
    ]
    assert facts.rows == 0


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("新编号", ""),
        ("编号", ""),
        ("编号, 新编号", "expected one column for certificate_number, found 新编号 and 编号, and nobody knows which"),
        ("别的", "expected the columns 新编号"),
    ],
)
def test_of_several_names_of_a_column_one_must_be_there(declare, day, now, table, columns, problem):
    source = declare(TABLE, ({"from": ["新编号", "编号"]}, "姓名"))
    facts = check_connection(Request(source, day, table(f"CREATE TABLE t (id, 姓名, {columns})"), now))
    assert problem in facts.problem
    assert bool(problem) == bool(facts.problem)


def test_columns_that_may_disappear_are_reported_and_no_problem(declare, day, now, table):
    source = declare(TABLE, drift={"column_dropped": "warn"})
    facts = check_connection(Request(source, day, table("CREATE TABLE t (id, 姓名, 证号, 发证日期)"), now))
    assert (facts.problem, facts.undeclared) == (
        "",
        ["without 编号: a first batch is refused, of later ones its elements are empty"],
    )


def test_the_witness_is_asked(declare, day, now, table):
    ours = table("CREATE TABLE t (id, 编号, 姓名, 证号, 发证日期)", "INSERT INTO t (id) VALUES (1)")
    theirs = table("CREATE TABLE n (id)", "INSERT INTO n VALUES (1), (2)", name="theirs")

    def facts(query, location=theirs):
        extract = {**TABLE, "witness": {"connection": "archive", "query": query}}
        return check_connection(Request(declare(extract), day, ours, now, witness=location))

    found = facts("SELECT COUNT(*) FROM n")
    assert (found.problem, found.rows, found.witnessed) == ("", 1, 2)
    found = facts("SELECT COUNT(*) FROM nowhere")
    assert found.problem.startswith("dept.source (its witness): expected its database to give what is declared, found:")
    assert "one whole number" in facts("SELECT 'viele'").problem
    with pytest.raises(SourceUnreachable, match=r"^dept.source \(its witness\): "):
        facts("SELECT COUNT(*) FROM n", f"{theirs}.none")
    with pytest.raises(UsageError, match="the connection archive"):
        facts("SELECT COUNT(*) FROM n", None)


def test_operations_are_shown_as_a_night_reads_them(declare, day, now, table, mariadb_url, mariadb_odbc):
    values = [0, 0, 1, 1.0, "1", True, None, "", b"\x01", "a", "A"]
    location = table(
        "CREATE TABLE t (id integer, c text, op COLLATE NOCASE)",
        *(("INSERT INTO t VALUES (?, ?, ?)", (number, "2026-03-01", value)) for number, value in enumerate(values)),
    )
    extract = {**TABLE, "updated_at": "c", "changes": {"operation": "op", "deleted": ["1"]}}
    for way in (location, f"odbc:Driver={{SQLite3}};Database={location.removeprefix('sqlite:///')}"):
        assert check_connection(Request(declare(extract), day, way, now)).operations == {
            "1": "4 rows, deleted",
            "0": "2 rows, kept",
            "(null)": "1 rows, unknown",
            "(empty)": "1 rows, unknown",
            "0x01": "1 rows, deleted",
            "a": "1 rows, unknown",
            "A": "1 rows, unknown",
        }
    engine = sqlalchemy.create_engine(mariadb_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int, c datetime, op varchar(9) CHARACTER SET latin1)")
        for number, raw in enumerate(("新增".encode("gbk"), "删除".encode("gbk"), b"\xff")):
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, '2026-03-01', x'{raw.hex()}')")
    changes = {"operation": "op", "kept": ["新增"], "deleted": ["删除"]}
    for way in (mariadb_url, mariadb_odbc):
        facts = check_connection(Request(declare({**extract, "changes": changes, "charset": "gbk"}), day, way, now))
        assert facts.operations == {
            "新增": "1 rows, kept",
            "删除": "1 rows, deleted",
            "(undecodable)": "1 rows, unknown",
        }


def test_operations_that_look_alike_once_they_are_masked_are_all_counted(declare, day, now, table):
    numbers = ["370402188001010012", "370403188512310012", "370403188512310012"]
    location = table(
        "CREATE TABLE t (id integer, c text, op text)",
        *(("INSERT INTO t VALUES (1, '2026-03-01', ?)", (number,)) for number in numbers),
    )
    extract = {**TABLE, "updated_at": "c", "changes": {"operation": "op", "deleted": numbers[:1]}}
    assert check_connection(Request(declare(extract), day, location, now)).operations == {
        "**************0012": "2 rows, unknown; 1 rows, deleted"
    }


@pytest.mark.parametrize(
    ("kind", "numbers", "found"), [("bigint", "-5, 3", "-5"), ("double precision", "1, 1e15", "1e+15")]
)
def test_rising_numbers_that_a_night_would_hold_are_a_problem(declare, day, now, postgresql_url, kind, numbers, found):
    engine = sqlalchemy.create_engine(postgresql_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (id {kind}, 编号 text, 姓名 text, 证号 text, 发证日期 text)")
        connection.exec_driver_sql(f"INSERT INTO t (id) SELECT unnest(ARRAY[{numbers}])")
    facts = check_connection(Request(declare({**TABLE, "rising": "id"}), day, postgresql_url, now))
    assert facts.problem == (
        f"dept.source: expected digits alone in the rising column id, found 1 of 2 numbers such as {found}, whose rows would be held; "
        "declare another column, or a query that gives one"
    )

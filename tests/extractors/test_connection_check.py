"""What is told of a connection before the first night."""

import pytest
import sqlalchemy

from extractors import Request
from extractors.connection_check import measure
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
def test_the_way_the_database_and_its_rows_are_told(request, declare, day, now, kind, way, database):
    url = request.getfixturevalue(kind.replace("odbc", "url"))
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer, name varchar(20))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, '甲'), (2, '乙')")
    location = request.getfixturevalue(kind)
    facts = measure(Request(declare(TABLE), day, location, now))
    assert (facts.way, facts.guarded, facts.problem, facts.rows, facts.sample) == (way, True, "", 2, 2)
    assert facts.database.startswith(database)
    assert facts.columns["name"] in {"character varying(20)", "varchar(20)"}
    assert facts.connecting > 0
    assert facts.rate > 0
    facts = measure(Request(declare({**TABLE, "key": ["nummer"]}), day, location, now))
    assert (facts.way, facts.rows) == (way, None)
    assert "nummer" in facts.problem


def test_nothing_that_answers_is_unreachable_and_nothing_to_ask_is_a_wrong_use(declare, day, now, tmp_path):
    with pytest.raises(SourceUnreachable):
        measure(Request(declare(TABLE), day, f"sqlite:///{tmp_path}/none.db", now))
    with pytest.raises(UsageError):
        measure(Request(declare(TABLE), day, None, now))


@pytest.mark.parametrize("kind", ["postgresql_url", "postgresql_odbc", "mariadb_url", "mariadb_odbc"])
def test_what_decides_which_rows_are_read_is_told(request, declare, day, now, kind):
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
        return measure(Request(declare({**TABLE, **extract}), day, request.getfixturevalue(kind), now))

    assert facts().order == ""
    assert facts(rising="id").order == "id: numbers 1 to 9, 0 rows without one"
    without = ", 1 rows without a known one"
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


def test_texts_in_another_encoding_are_told_in_both_readings_masked(declare, day, now, mariadb_url, mariadb_odbc):
    engine = sqlalchemy.create_engine(mariadb_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer, name varchar(60) CHARACTER SET latin1)")
        connection.exec_driver_sql(f"INSERT INTO t VALUES (1, x'{'张三丰'.encode('gbk').hex()}'), (2, 'Ann')")
    for location in (mariadb_url, mariadb_odbc):
        (told,) = measure(Request(declare(TABLE), day, location, now)).spoilt
        assert (
            told == "name: 1 of 2 texts are in another encoding or were spoilt, such as Õ** as it is, 张** in gb18030"
        )
        assert measure(Request(declare({**TABLE, "charset": "gbk"}), day, location, now)).spoilt == []
        assert len(measure(Request(declare({**TABLE, "charset": "utf-8"}), day, location, now)).spoilt) == 1

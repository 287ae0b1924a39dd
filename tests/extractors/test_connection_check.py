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

from datetime import date

import pyarrow as pa
import pytest
from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Table, select, text

from loaders.bulk import put, take
from loaders.columns import long_text
from loaders.columns import text as short_text
from loaders.platform import Platform
from standard.errors import ExchangeError

AWKWARD = ["", None, "\\N", "a\\", "制\t表", "两\n行\r\n", "'; \"`", "𠮷", "%s ? :x", "NULL", " 末尾 ", "\\\t\\n"]
TABLE = Table("t", MetaData(), Column("n", Integer), Column("x", long_text()), Column("d", Date), Column("b", Boolean))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "mariadb that takes no files"])
def somewhere(request, tmp_path):
    kind = request.param.split()[0]
    url = f"sqlite:///{tmp_path}/x.db" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    platform = Platform(url)
    forbidden = "no files" in request.param
    if forbidden:
        allow(platform, 0)
    yield platform
    if forbidden:
        allow(platform, 1)
    platform.close()


def allow(platform, files):
    with platform.transaction() as connection:
        connection.exec_driver_sql(f"SET GLOBAL local_infile = {files}")


def test_every_text_arrives_as_it_was_and_comes_back(somewhere):
    rows = pa.table(
        {
            "n": pa.array(range(len(AWKWARD)), pa.int32()),
            "x": pa.array(AWKWARD, pa.string()),
            "d": pa.array([date(9999, 12, 31), None] * 6, pa.date32()),
            "b": pa.array([True, False, None] * 4, pa.bool_()),
        }
    )
    with somewhere.transaction() as connection:
        TABLE.create(connection)
        put(connection, TABLE, [rows.slice(0, 5), rows.slice(5)])
        found = pa.concat_tables(take(connection, select(TABLE).order_by(TABLE.c.n), rows.schema))
        assert found.to_pydict() == rows.to_pydict()
        connection.execute(text("DROP TABLE t"))


NARROW = Table("narrow", MetaData(), Column("x", short_text(3), primary_key=True))


@pytest.mark.parametrize("texts", [["一二三四"], ["一", "一"]], ids=["too long", "twice"])
def test_what_mariadb_would_only_warn_of_is_an_error(mariadb_url, texts):
    platform = Platform(mariadb_url)
    with platform.transaction() as connection:
        NARROW.create(connection)
        with pytest.raises(ExchangeError, match="narrow: expected all of"):
            put(connection, NARROW, [pa.table({"x": texts})])
        NARROW.drop(connection)
    platform.close()

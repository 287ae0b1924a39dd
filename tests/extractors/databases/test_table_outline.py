import sqlite3
from contextlib import closing

import pytest

from extractors.databases.table_outline import table_columns
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused, SourceUnreachable


@pytest.fixture
def location(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute('CREATE TABLE "许可" (ID INTEGER, "发证 日期" TEXT, MC)')
    return f"sqlite:///{tmp_path}/a.db"


def columns(location, table):
    extract = DatabaseExtract(kind="database", connection="x", table=table, key=["?"])
    return table_columns("new", location, extract)


def test_the_columns_in_their_order_whatever_the_key_is(location):
    assert list(columns(location, "许可")) == ["ID", "发证 日期", "MC"]


def test_a_table_that_is_not_there(location):
    with pytest.raises(SourceRefused, match=r"expected the table 许可证 \(nearest: 许可\)"):
        columns(location, "许可证")


def test_a_database_that_does_not_answer(tmp_path):
    with pytest.raises(SourceUnreachable):
        columns(f"sqlite:///{tmp_path}/none.db", "许可")

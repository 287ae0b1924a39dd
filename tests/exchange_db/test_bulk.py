from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Table, select, text

from exchange_db import copy_format
from exchange_db.bulk import bulk_insert, bulk_select
from exchange_db.column_types import long_text
from exchange_db.column_types import text as short_text
from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.dialects import postgresql
from standard.errors import ExchangeError

AWKWARD = ["", None, "\\N", "a\\", "制\t表", "两\n行\r\n", "'; \"`", "𠮷", "%s ? :x", "NULL", " 末尾 ", "\\\t\\n"]
TABLE = Table("t", MetaData(), Column("n", Integer), Column("x", long_text()), Column("d", Date), Column("b", Boolean))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "mariadb that takes no files"])
def somewhere(request, tmp_path):
    kind = request.param.split()[0]
    url = f"sqlite:///{tmp_path}/x.db" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    platform = ExchangeDatabase(url)
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
        bulk_insert(connection, TABLE, [rows.slice(0, 5), rows.slice(5)])
        found = pa.concat_tables(bulk_select(connection, select(TABLE).order_by(TABLE.c.n), rows.schema))
        assert found.to_pydict() == rows.to_pydict()
        connection.execute(text("DROP TABLE t"))


NARROW = Table("narrow", MetaData(), Column("x", short_text(3), primary_key=True))


@pytest.mark.parametrize("texts", [["一二三四"], ["一", "一"]], ids=["too long", "twice"])
def test_what_mariadb_would_only_warn_of_is_an_error(mariadb_url, texts):
    platform = ExchangeDatabase(mariadb_url)
    with platform.transaction() as connection:
        NARROW.create(connection)
        with pytest.raises(ExchangeError, match="narrow: expected all of"):
            bulk_insert(connection, NARROW, [pa.table({"x": texts})])
        NARROW.drop(connection)
    platform.close()


TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
ROW = st.tuples(
    st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)),
    TEXTS,
    st.one_of(st.none(), st.dates()),
    st.one_of(st.none(), st.booleans()),
)
SCHEMA = pa.schema([("n", pa.int32()), ("x", pa.string()), ("d", pa.date32()), ("b", pa.bool_())])


@pytest.fixture(scope="module", params=["date", "timestamp"], ids=["binary", "csv"])
def copied(request, postgresql_server):
    """Insert rows into a table and read them back; also from a database that stores dates differently."""
    platform = ExchangeDatabase(postgresql_server.url("postgresql+psycopg", "postgres"))
    with platform.transaction() as connection:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE t (n integer, x text, d {request.param}, b boolean)")

        def run(rows):
            connection.exec_driver_sql("DELETE FROM t")
            bulk_insert(connection, TABLE, [rows])
            return connection.exec_driver_sql("SELECT n, x, d::date, b FROM t").fetchall()

        yield run
    platform.close()


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(ROW, min_size=1, max_size=8), start=st.integers(0, 3))
def test_whatever_the_rows_are_copy_brings_them_as_they_are(copied, rows, start):
    columns = zip(*rows, strict=True)
    table = pa.table([pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], SCHEMA)
    assert [tuple(row) for row in copied(table.slice(start))] == rows[start:]


def test_rows_that_are_long_go_some_at_a_time(copied, monkeypatch):
    sent = []
    encode = copy_format.encode
    monkeypatch.setattr(postgresql, "_BLOCK_BYTES", 1_000)
    monkeypatch.setattr(
        copy_format, "encode", lambda blocks, form: encode((sent.append(b.num_rows) or b for b in blocks), form)
    )
    rows = pa.table({"x": ["长" * 100] * 12, "d": pa.nulls(12, pa.date32())})
    assert [row[1] for row in copied(rows)] == ["长" * 100] * 12
    assert sum(sent) == 12
    assert 1 < len(sent) <= 6


def test_a_null_over_forgotten_bytes_is_null(copied):
    data = pa.array(["甲", "乙"]).buffers()
    hidden = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x01"), *data[1:]])
    assert [row[1] for row in copied(pa.table({"x": hidden, "d": pa.nulls(2, pa.date32())}))] == ["甲", None]


def test_claims_travel_in_binary(make, postgresql_url, monkeypatch):
    """Each column is as wide as the table's; otherwise COPY would get all of them as text, which takes a third longer."""
    platform = ExchangeDatabase(postgresql_url)
    platform.prepare()
    monkeypatch.setattr(copy_format, "_csv", lambda _: pytest.fail("claims were sent as CSV"))
    rows = make.rows({"R1": ("甲某", "VALID")}, "2026-03-01T10:00:00.000000Z")
    verdict = make.verdict("a.b/2026-03-01", rows, "2026-03-01T23:00:00.000000Z")
    deliver_batch(
        platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), "2026-03-02T00:00:00.000000Z", 0.0
    )
    platform.close()

"""Keys of every form are swept: null, repeated, of several columns, computed by expressions, in other encodings."""

from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import create_engine, text

from extractors.databases import keys
from standard.raw import LOCATOR
from tests.pipeline.department import FIRST, SECOND, SWEEP, THIRD, Department, fill


@pytest.mark.parametrize("key", ["[XKZH]", "[XKZH, OP]", "[GXSJ, XKZH]"])
def test_text_keys_keys_of_several_columns_and_null_keys_are_queried(anywhere, key):
    anywhere.declare("rising: LSH", key=key, precedence=0 if "GXSJ" in key else 1)
    anywhere.row("N001")
    anywhere.row("N002", LSH=9)
    anywhere.run(FIRST)
    anywhere.row("N003", LSH=3, OP=None, GXSJ=None)
    anywhere.row("N'4/", LSH=4, ID=4)
    assert anywhere.sweep(FIRST).unread == 2
    assert sorted(anywhere.licences()) == ["N'4/", "N001", "N002", "N003"]
    assert anywhere.sweep(SECOND).unread == 0


def test_more_rows_than_one_query_requests_are_read_in_parts_and_once(anywhere):
    anywhere.declare("updated_at: GXSJ, split: {column: ID, parts: 3}", vanished="keep")
    anywhere.row("N001")
    anywhere.run(FIRST)
    rows = ", ".join(
        f"({number}, {number}, 'I', 'N{number}', '甲某', '2026-01-05', '有效', NULL)" for number in range(2, 1200)
    )
    anywhere.sql(f"INSERT INTO t VALUES {rows}")
    swept = anywhere.sweep(FIRST)
    assert (swept.keys_met, swept.unread, swept.entry.inserted) == (1199, 1198, 1198)
    assert anywhere.sweep(SECOND).unread == 0


def test_a_key_of_two_rows_is_reported(department):
    department.declare("updated_at: GXSJ")
    department.row("N001")
    department.run(FIRST)
    department.row("N002", SECOND, ID=1)
    department.run(SECOND)
    department.sweep(SECOND)
    department.run(THIRD)
    assert ("key_repeated", "") in department.open()


@pytest.mark.parametrize("key", ["[ID]", "[ID, OP]"])
def test_a_key_that_is_null_names_no_row(department, key):
    department.declare(key=key)
    department.row("N001", ID=None)
    department.row("N003")
    department.run(FIRST)
    assert ("key_missing", "N001") in department.open()
    department.row("N002", SECOND, ID=None)
    department.run(SECOND)
    assert {number: status for number, (_, status) in department.licences().items()} == dict.fromkeys(
        ("N001", "N002", "N003"), "VALID"
    )
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.vanished) == (0, 0)
    # An unread one is read with the others, and a removed one vanishes by itself.
    department.row("N004", None, ID=None)
    department.sql("DELETE FROM t WHERE XKZH = 'N001'")
    swept = department.sweep(THIRD)
    assert (swept.unread, swept.vanished) == (1, 1)
    assert {number: status for number, (_, status) in department.licences().items()} == {
        "N001": "CANCELLED",
        **dict.fromkeys(("N002", "N003", "N004"), "VALID"),
    }
    assert ("moved", "N001") not in department.open()


def test_null_is_another_key_than_an_empty_text(department):
    department.declare(key="[OP]")
    department.row("N001", OP=None)
    department.row("N002", OP="")
    department.run(FIRST)
    swept = department.sweep(FIRST)
    assert swept.unread == 0
    department.sql("DELETE FROM t WHERE XKZH = 'N002'")
    department.run(SECOND)
    department.sweep(SECOND)
    assert {number: status for number, (_, status) in department.licences().items()} == {
        "N001": "VALID",
        "N002": "CANCELLED",
    }


@pytest.mark.parametrize("key", [None, 7])
def test_a_key_of_several_rows_moves_none_of_them(department, key):
    department.declare("", sweep="", vanished="hold", lost=1)
    department.row("N001", ID=key)
    department.row("N002", ID=key)
    department.run(FIRST)
    department.sql("DELETE FROM t WHERE XKZH = 'N002'")
    department.run(SECOND)
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "VALID")}
    assert ("vanished", "N002") in department.open()
    department.sql("UPDATE t SET XKZH = 'N009'")
    department.run(THIRD)
    ended = "SELECT certificate_number, ended FROM claim WHERE ended IS NOT NULL"
    assert department.platform(ended) == ([("N001", "moved")] if key else [])  # from now on the key names one row again


def test_keys_of_several_columns_are_distinct_wherever_they_have_a_slash(department):
    department.declare(key="[OP, LSH]", extract="updated_at: GXSJ")
    department.row("N001", OP="2026/1", LSH=5)
    department.row("N003")
    department.run(FIRST)
    department.row("N002", SECOND, OP="2026", LSH="1/5")
    department.run(SECOND)
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.vanished) == (0, 0)
    assert {status for _, status in department.licences().values()} == {"VALID"}
    assert ("key_repeated", "") not in department.open()


@pytest.mark.parametrize("expression", ["ID + 0", "ID + 0.5", "'k' || ID", "ID"])
def test_rows_are_found_again_by_keys_that_an_expression_computes(department, expression):
    department.sql(f"CREATE VIEW v AS SELECT {expression} AS K, LSH + 0 AS LSH, XKZH, YHMC, FZRQ, ZT FROM t")
    department.declare("rising: LSH", key="[K]")
    path = department.path
    text = path.read_text("utf-8").replace("table: t", "table: v")
    path.write_text(text.replace("ignore: [ID, OP, GXSJ]", "ignore: []"), "utf-8")
    fill(department)
    department.run(FIRST)
    department.row("N005", LSH=11)
    swept = department.sweep(FIRST)
    assert (swept.unread, swept.not_found, swept.entry.inserted) == (1, 0, 1)
    assert department.sweep(SECOND).unread == 0


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_rows_are_found_again_by_keys_in_another_encoding_than_the_database_declares(
    request, tmp_path, monkeypatch, kind
):
    url = request.getfixturevalue(f"{kind}_url")
    declared = {"postgresql": "SQL_ASCII", "mariadb": "latin1"}[kind]
    with encoded_database(url, declared) as database_url:
        department = Department(tmp_path, monkeypatch, database_url, sweep=SWEEP, lost=0.5)
        if kind == "mariadb":
            department.sql("ALTER TABLE t CONVERT TO CHARACTER SET latin1")
        department.declare("updated_at: GXSJ, charset: [utf-8, gbk]", key="[XKZH]")
        bytes_of = {"postgresql": "convert_from('\\x{}'::bytea, 'SQL_ASCII')", "mariadb": "x'{}'"}[kind]
        rows = [("许001", "gbk", FIRST), ("许002", "gbk", None), ("许003", "utf-8", None), ("N004", "gbk", None)]
        for key, (number, charset, day) in enumerate(rows, 1):
            texts = (number, "张三丰", "2026-01-05", "有效")
            values = ", ".join(bytes_of.format(text.encode(charset).hex()) for text in texts)
            time = f"'{day} 10:00:00'" if day else "NULL"
            department.sql(f"INSERT INTO t VALUES ({key}, {key}, 'I', {values}, {time})")
        department.run(FIRST)
        swept = department.sweep(FIRST)
        assert (swept.unread, swept.not_found, swept.entry.inserted) == (3, 0, 3)
        assert department.licences() == dict.fromkeys((row[0] for row in rows), ("张三丰", "VALID"))
        assert department.sweep(SECOND).unread == 0


@contextmanager
def encoded_database(url, encoding):
    """A database with a declared encoding."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    postgresql = url.startswith("postgresql")
    more = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0" if postgresql else ""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE swept_bytes {more}"))
        try:
            database_url = engine.url.set(database="swept_bytes").render_as_string(hide_password=False)
            yield f"{database_url}?client_encoding=utf8" if postgresql and "?" not in database_url else database_url
        finally:
            connection.execute(text("DROP DATABASE swept_bytes"))
    engine.dispose()


def test_rows_that_are_not_found_again_by_their_keys_are_reported_and_end_nothing(department, monkeypatch):
    department.declare()
    fill(department)
    department.row("N001")
    department.row("N002")
    department.run(FIRST)
    department.change(1, XKZH="N009")
    department.delete(2)
    department.row("N002", None, ID=7)
    department.row("N005", None)
    read_rows, hidden = keys._rows, pa.array(["1", "7"])
    with monkeypatch.context() as blind:
        visible = lambda batch: batch.filter(pc.invert(pc.is_in(batch[LOCATOR], hidden)))  # noqa: E731 - a filter
        blind.setattr(keys, "_rows", lambda *arguments: map(visible, read_rows(*arguments)))
        swept = department.sweep(FIRST)
    assert (swept.unread, swept.not_found, swept.vanished) == (3, 2, 0)
    assert department.licences() == dict.fromkeys(
        [*(f"X{number:03}" for number in range(10, 30)), "N001", "N002", "N005"], ("甲某", "VALID")
    )
    assert ("rows_not_found", "") in department.open()
    swept = department.sweep(SECOND)
    assert (swept.not_found, swept.vanished) == (0, 0)
    assert "rows_not_found" not in [rule for rule, _ in department.open()]
    assert {number: department.licences()[number][1] for number in ("N001", "N009", "N002")} == {
        "N001": "CANCELLED", "N009": "VALID", "N002": "VALID",
    }  # fmt: skip

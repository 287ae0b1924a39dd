"""`licex suggest` writes a declaration for a file or a table; it passes `licex check` and runs."""

import sqlite3
from contextlib import closing
from random import Random

import pytest
from openpyxl import Workbook

from demo.people import companies
from sources.yaml_text import Document

TITLES = [
    "序号",
    "许可证编号",
    "企业名称",
    "统一社会信用代码",
    "法定代表人",
    "发证日期",
    "有效期至",
    "许可证状态",
    "备注",
]
ROWS = [
    [number, f"SC37040{number:05}", body.name, body.code, "甲某", "2026-01-05", "2031-01-04", "有效", None]
    for number, body in enumerate(companies(30, Random("a new source"), "食品生产"), 1)
]
FACTS = ["--department-code", "11370400MB0000115W", "--department-name", "某市市场监督管理局", "--since", "2026-01-01"]


@pytest.fixture
def register(tmp_path):
    book = Workbook()
    for row in ([], TITLES, *ROWS):
        book.active.append(row)
    path = tmp_path / "sc_20260301.xlsx"
    book.save(path)
    return path


@pytest.fixture
def database(tmp_path, monkeypatch):
    with closing(sqlite3.connect(tmp_path / "front.db")) as connection:
        connection.execute(
            "CREATE TABLE SPSC_XKZ (ID INTEGER, XKZBH, QYMC, TYSHXYDM, FDDBR, FZRQ, YXQZ, XKZZT, BZ, GXSJ)"
        )
        marks = ", ".join("?" * 10)
        connection.executemany(
            f"INSERT INTO SPSC_XKZ VALUES ({marks})", [[*row, "2026-03-01 10:00:00"] for row in ROWS]
        )
        connection.commit()
    monkeypatch.setenv("LICEX_CONN_FRONT", f"sqlite:///{tmp_path}/front.db")
    return tmp_path / "front.db"


def test_the_declaration_for_a_file_is_printed(city, licex, register):
    code, out, err = licex("suggest", str(register), "--source", "market.production", *FACTS)
    assert code == 0
    declared = Document(out).value
    assert declared["extract"] == {
        "kind": "workbook", "connection": "market", "path": "sc_{day:%Y%m%d}.xlsx", "sheet": "Sheet",
    }  # fmt: skip
    assert declared["columns"]["certificate_holder_code"] == "统一社会信用代码"
    assert "All 30 rows of sc_20260301.xlsx were read" in out
    assert "add to licence_type.csv" in err
    assert "add to face_field.csv" in err
    assert "KZ_FDDBR" in err
    assert not (city / "platform.db").exists()


def test_the_declaration_for_a_table_passes_the_check_and_runs(city, licex, database, tmp_path, monkeypatch):
    ours = tmp_path / "our-city"
    monkeypatch.setenv("LICEX_SOURCES", str(ours))  # does not exist yet
    code, out, _ = licex("suggest", "front", "SPSC_XKZ", "--source", "market.production", "--out", str(ours), *FACTS,
                         "--licence-type", "11100000000013661B006")  # fmt: skip
    assert code == 0
    assert [line.rsplit("/", 2)[-2:] for line in out.splitlines()] == [
        ["market", "production.yaml"], ["our-city", "face_field.csv"],
    ]  # fmt: skip
    assert licex("check")[:2] == (0, "1 declaration, no problems\n")
    code, out, err = licex("run", "market.production", "--day", "2026-03-01", "--json")
    assert (code, err.strip()) == (0, "")
    assert '"accepted": 30' in out
    code, _, err = licex("suggest", "front", "SPSC_XKZ", "--source", "market.production", "--out", str(ours), *FACTS)
    assert code == 2
    assert "expected no declaration yet, found one" in err


def test_a_run_is_refused_until_the_declaration_is_completed(city, licex, database, tmp_path, monkeypatch):
    ours = tmp_path / "our-city"
    licex("suggest", "front", "SPSC_XKZ", "--source", "market.production", "--out", str(ours), "--since", "2026-01-01")
    monkeypatch.setenv("LICEX_SOURCES", str(ours))
    assert licex("check")[0] == 0
    code, out, err = licex("run", "market.production", "--day", "2026-03-01")
    assert code == 1
    assert "请填写 department" in out + err


def test_an_unreadable_source_is_an_error_with_advice(city, licex, database, tmp_path):
    for words, expected_code, message in (
        (["nowhere.xlsx"], 2, "expected a file, found none; give its path, or a connection and a table"),
        (["nobody", "T"], 2, "expected the connection's URL in LICEX_CONN_NOBODY"),
        (["front", "SPSC_XK"], 1, "nearest: SPSC_XKZ"),
        (["a b", "T"], 2, "expected the name of a connection"),
        (["front", "SPSC_XKZ", "--source", "market"], 2, "such as transport.road_operation"),
        (["front", "SPSC_XKZ", "--out", str(tmp_path / "x")], 2, "give it with --source"),
    ):
        code, _, err = licex("suggest", *words)
        assert (code, message in err) == (expected_code, True), err
    assert not (tmp_path / "x").exists()

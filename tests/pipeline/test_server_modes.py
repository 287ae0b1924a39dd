"""Neither the SQL mode of a MariaDB nor unusual names of tables and columns change the rows that are read."""

from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import sqlalchemy
import yaml

TABLE = "表 `'\"%s:t"
COLUMNS = (
    *("order", "许可证 号", 'na"me', "co`de", "a'b", "%s:x"),
    *("更新:时间 %", "group", "稀 字", "b\\l"),
)
ID, NUMBER, NAME, CODE, ISSUED, STATUS, TIME, PICTURE, RARE, CUT = COLUMNS
MODES = [
    "",
    "STRICT_ALL_TABLES",
    "TRADITIONAL",
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES",
    "PAD_CHAR_TO_FULL_LENGTH",
    "HIGH_NOT_PRECEDENCE",
    "EMPTY_STRING_IS_NULL",
    "ORACLE",
]
ROWS = [
    "1, '370402000001', '𠮷某', '91370402MA0000007Y', '2026-01-01', '10', '2026-03-01 08:00:00', NULL, '', 'q''\\\\'",
    "2, '370402000002', 'a\\\\b''c\"d', '91370402MA0000007Y', '2026-01-01', '10', '2026-03-01 09:00:00', '', 'a', ''",
    "3, '370402000003', '某', '91370402MA0000007Y', '0000-00-00', '10', '2026-03-01 10:00:00', 'x', x'AAA1', '乙'",
    "4, '370402000004', '某', '91370402MA0000007Y', '2026-01-01', '10', '0000-00-00 00:00:00', NULL, NULL, NULL",
    "5, '370402000005', '某', '91370402MA0000007Y', '2026-01-01', '10', {}, NULL, NULL, NULL",
]
# Update times as a time or as text; the table is split by a text with quotes and backslashes, or read by its number.
READINGS = {
    "by time": ("datetime(3)", "NULL", {"updated_at": TIME}, (3, 2)),
    "by text": ("varchar(30)", "'昨天'", {"updated_at": TIME, "split": {"column": CUT, "parts": 3}}, (3, 2)),
    "by number": ("datetime(3)", "NULL", {"rising": ID}, (5, 0)),
}


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def create_table(url, reading):
    """Create the department's table, in a database of GBK, with its rows."""
    time_type, fifth_time, _, _ = READINGS[reading]
    types = ["int", "char(30)", "varchar(99) character set utf8mb4", "char(30)", "date", "char(4)", time_type]
    types += ["blob", "varchar(9) character set gbk", "varchar(9) character set gbk"]
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(COLUMNS, types, strict=True))
    statements = [
        "SET SESSION sql_mode = ''",
        f"CREATE TABLE {quoted(TABLE)} ({columns})",
        *(f"INSERT INTO {quoted(TABLE)} VALUES ({row.format(fifth_time)})" for row in ROWS),
    ]
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def declaration_of(reading):
    extract = READINGS[reading][2]
    used = {extract.get("updated_at"), extract.get("split", {}).get("column")}
    return {
        "title": "道路运输经营许可证",
        "department": {"code": "11370400MB0000000N", "name": "某市交通运输局"},
        "certificate_type_code": "11100000000019713D008",
        "schedule": "30 1 * * *",
        "since": "2026-01-01",
        "extract": {"kind": "database", "connection": "transport", "table": TABLE, "key": [ID], **extract},
        "columns": {
            "certificate_number": NUMBER,
            "certificate_holder_name": NAME,
            "certificate_holder_code": CODE,
            "certificate_holder_type_code": {"constant": "001"},
            "certificate_issued_date": ISSUED,
            "certificate_status": {"from": STATUS, "lookup": "status_transport"},
        },
        "ignore": [PICTURE, RARE, *({TIME, CUT} - used)],
    }


@pytest.fixture
def configure(tmp_path, monkeypatch, mariadb_url):
    """Return a function that creates and declares the table, and sets the SQL mode of the reading sessions."""

    def set_up(reading, mode):
        create_table(mariadb_url, reading)
        folder = tmp_path / "sources/transport"
        folder.mkdir(parents=True)
        first_statement = quote(f"SET sql_mode = '{mode}'")
        text = yaml.safe_dump(declaration_of(reading), allow_unicode=True)
        (folder / "road.yaml").write_text(text, encoding="utf-8")
        for name, value in {
            "SOURCES": tmp_path / "sources",
            "WORKSPACE": tmp_path / "workspace",
            "TARGET": f"sqlite:///{tmp_path}/platform.db",
            "CONN_TRANSPORT": f"{mariadb_url}&init_command={first_statement}",
        }.items():
            monkeypatch.setenv(f"LICEX_{name}", str(value))

    return set_up


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("mode", MODES)
def test_the_same_rows_are_read_in_every_sql_mode(configure, licex, tmp_path, reading, mode):
    configure(reading, mode)
    _, _, errors = licex("run", "transport.road", "--day", "2026-03-01")
    raw = [
        row for path in tmp_path.glob("workspace/*/*/run-*/**/raw.parquet") for row in pq.read_table(path).to_pylist()
    ]
    shown = [
        [(row[name] or "").rstrip() if row[name] is not None else None for name in (NAME, CUT, PICTURE, RARE, "_fault")]
        for row in sorted(raw, key=lambda row: row[ID])
    ]
    assert shown[:3] == [
        ["𠮷某", "q'\\", None, "", None],
        ["a\\b'c\"d", "", "0x", "a", f"value_binary\t{PICTURE}"],
        ["某", "乙", "0x78", None, f"value_binary\t{PICTURE}\nbytes_undecodable\t{RARE}"],
    ], errors
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/platform.db")
    with engine.connect() as connection:
        entry = connection.exec_driver_sql("SELECT status, extracted, without_time, held FROM exchange_batch").one()
        names = connection.exec_driver_sql("SELECT certificate_holder_name FROM licence ORDER BY certificate_number")
        assert [name for (name,) in names][:2] == ["𠮷某", "a\\b'c\"d"]
    engine.dispose()
    assert tuple(entry) == ("delivered", *READINGS[reading][3], 1)

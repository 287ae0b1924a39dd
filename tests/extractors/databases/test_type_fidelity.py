"""The same values are the same text, whole, whichever way a database is read."""

import re
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy

from extractors import Request, open_source
from standard.raw import FAULT, LOCATOR

TABLE = {"kind": "database", "connection": "land", "table": "T", "key": ["ID"]}

BYTES = re.compile(r"bytea|blob|binary|point|their_scan")

# Column, type, literal in SQL, text in the raw archive.
POSTGRESQL = (
    ("big", "bigint", "370402188001010012", "370402188001010012"),
    ("long", "numeric(38,0)", "12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("area", "numeric(10,2)", "12.50", "12.50"),
    ("tiny", "numeric", "0.00000001", "0.00000001"),
    ("nan", "numeric", "'NaN'", "NaN"),
    ("single", "real", "0.1", "0.1"),
    ("lost", "double precision", "370402188001010012", "3.7040218800101e+17"),
    ("whole", "double precision", "12", "12"),
    ("yes", "boolean", "true", "1"),
    ("no", "boolean", "false", "0"),
    ("day", "date", "'2026-01-01'", "2026-01-01"),
    ("last", "date", "'9999-12-31'", "9999-12-31"),
    ("never", "date", "'infinity'", "infinity"),
    ("before", "date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("moment", "timestamp", "'2026-01-01 08:00:00.0015'", "2026-01-01 08:00:00.0015"),
    ("end", "timestamp", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"),
    ("ever", "timestamp", "'-infinity'", "-infinity"),
    ("zoned", "timestamptz", "'2026-01-01 00:00:00+00'", "2026-01-01 08:00:00+08:00"),
    ("early", "timestamptz", "'1890-01-01 00:00:00+00'", "1890-01-01 08:05:43+08:05:43"),
    ("clock", "time", "'24:00'", "24:00:00"),
    ("fixed", "char(5)", "'甲 '", "甲    "),
    ("empty", "varchar(10)", "''", ""),
    ("nothing", "varchar(10)", "NULL", None),
    ("rare", "varchar(2)", "'𠮷'", "𠮷"),
    ("free", "text", "repeat('长', 20000)", "长" * 20000),
    ("bytes", "bytea", r"'\x00ff'", "0x00ff"),
    ("none", "bytea", "''", "0x"),
    ("json", "jsonb", """'{"a": 1}'""", '{"a": 1}'),
    ("list", "int[]", "'{1,2}'", "{1,2}"),
    ("uuid", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
)
MARIADB = (
    ("big", "bigint", "370402188001010012", "370402188001010012"),
    ("unsigned", "bigint unsigned", "18446744073709551615", "18446744073709551615"),
    ("long", "decimal(38,0)", "12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("area", "decimal(10,2)", "12.50", "12.50"),
    ("single", "float", "16777216", "16777216"),
    ("lost", "double", "370402188001010012", "3.7040218800101e17"),
    ("yes", "boolean", "true", "1"),
    ("bits", "bit(9)", "b'100000001'", "257"),
    ("day", "date", "'2026-01-01'", "2026-01-01"),
    ("last", "date", "'9999-12-31'", "9999-12-31"),
    ("zero", "date", "'0000-00-00'", "0000-00-00"),
    ("half", "date", "'2026-05-00'", "2026-05-00"),
    ("nil", "datetime", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ("moment", "datetime(6)", "'2026-01-01 08:00:00.0015'", "2026-01-01 08:00:00.001500"),
    ("end", "datetime", "'9999-12-31 23:59:59'", "9999-12-31 23:59:59"),
    ("stamped", "timestamp null", "'2026-01-01 08:00:00'", "2026-01-01 08:00:00"),
    ("span", "time", "'-838:59:59'", "-838:59:59"),
    ("year", "year", "2026", "2026"),
    ("fixed", "char(5)", "'甲 '", "甲"),  # MariaDB itself takes the blanks away
    ("varying", "varchar(5)", "'甲 '", "甲 "),
    ("empty", "varchar(10)", "''", ""),
    ("nothing", "varchar(10)", "NULL", None),
    ("rare", "varchar(2)", "'𠮷'", "𠮷"),
    ("gbk", "varchar(10) character set gbk", "'镕堃'", "镕堃"),
    ("nul", "varchar(10)", "CONCAT('a', CHAR(0), 'b')", "a\0b"),
    ("free", "longtext", "repeat('长', 20000)", "长" * 20000),
    ("bytes", "blob", "x'00ff'", "0x00ff"),
    ("fill", "binary(3)", "x'01'", "0x010000"),
    ("json", "json", """'{"a": 1}'""", '{"a": 1}'),
    ("kind", "enum('甲','乙')", "'乙'", "乙"),
    ("place", "point", "POINT(1, 2)", "0x000000000101000000000000000000f03f0000000000000040"),
)


def create_table(url, values, quote):
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    columns = ", ".join(f"{quote}{name}{quote} {kind}" for name, kind, _, _ in values)
    literals = ", ".join(literal for _, _, literal, _ in values)
    with engine.begin() as connection:
        if quote == "`":
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql(f"CREATE TABLE {quote}T{quote} ({quote}ID{quote} integer, {columns})")
        for literal in ("ID", "NULL"):
            row = literals if literal == "ID" else ", ".join("NULL" for _ in values)
            connection.exec_driver_sql(f"INSERT INTO {quote}T{quote} VALUES ({1 if literal == 'ID' else 2}, {row})")


def read(declare, location, day, now, extract=TABLE):
    with open_source(Request(declare(extract), day, location, now)) as reading:
        return [row for batch in reading.batches for row in batch.to_pylist()], reading


def expected(values):
    faults = "\n".join(f"value_binary\t{name}" for name, kind, _, _ in values if BYTES.match(kind)) or None
    first = {"ID": "1", **{name: text for name, _, _, text in values}, LOCATOR: "1", FAULT: faults}
    return [first, {**dict.fromkeys(first), "ID": "2", LOCATOR: "2"}]


@pytest.mark.parametrize("origin", ["table", "query"])
@pytest.mark.parametrize("way", ["ADBC", "ODBC", "SQLAlchemy"])
def test_postgresql(declare, day, now, postgresql_url, postgresql_odbc, way, origin):
    create_table(postgresql_url, POSTGRESQL, '"')
    location = {
        "ADBC": postgresql_url,
        "ODBC": postgresql_odbc,
        "SQLAlchemy": postgresql_url.replace("+psycopg", "+psycopg2"),
    }[way]
    extract = TABLE if origin == "table" else {**TABLE, "table": None, "query": 'SELECT * FROM "T"'}
    rows, reading = read(declare, location, day, now, extract)
    assert rows == expected(POSTGRESQL)
    assert reading.types["area"] == ("numeric(10,2)" if origin == "table" else "numeric")


@pytest.mark.parametrize("origin", ["table", "query"])
def test_a_domain_is_written_like_the_type_it_stands_on(declare, day, now, postgresql_url, origin):
    domains = (
        ("flag", "boolean", "true", "1"),
        ("moment", "timestamptz", "'2026-01-01 00:00:00+00'", "2026-01-01 08:00:00+08:00"),
        ("scan", "bytea", r"'\x00ff'", "0x00ff"),
        ("fixed", "char(3)", "'甲'", "甲  "),
    )
    engine = sqlalchemy.create_engine(postgresql_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for name, kind, _, _ in domains:
            connection.exec_driver_sql(f"CREATE DOMAIN their_{name} AS {kind}")
    create_table(postgresql_url, [(name, f"their_{name}", literal, text) for name, _, literal, text in domains], '"')
    extract = TABLE if origin == "table" else {**TABLE, "table": None, "query": 'SELECT * FROM "T"'}
    rows, reading = read(declare, postgresql_url, day, now, extract)
    assert rows == expected(domains)
    assert reading.types["fixed"] == "character(3)"


@pytest.mark.parametrize("origin", ["table", "query"])
@pytest.mark.parametrize("way", ["ODBC", "SQLAlchemy"])
def test_mariadb(declare, day, now, mariadb_url, mariadb_odbc, way, origin):
    create_table(mariadb_url, MARIADB, "`")
    extract = TABLE if origin == "table" else {**TABLE, "table": None, "query": "SELECT * FROM T"}
    rows, reading = read(declare, mariadb_odbc if way == "ODBC" else mariadb_url, day, now, extract)
    if (way, origin) == ("ODBC", "query"):  # where the driver does not tell bits from bytes
        assert rows[0].pop("bits") == "0x101"
        rows[0]["bits"] = "257"
        rows[0][FAULT] = rows[0][FAULT].replace("value_binary\tbits\n", "")
    assert rows == expected(MARIADB)
    assert reading.types.get("area") == ("decimal(10,2)" if origin == "table" else None)


@pytest.mark.parametrize("way", ["ODBC", "SQLAlchemy"])
def test_sqlite(declare, day, now, tmp_path, way):
    values = [2**63 - 1, 12.5, 12.0, 0.1, 1234567890123456.0, "2026-01-01 ", "", None, "𠮷", b"\x00\xff", "长" * 100]
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE T (ID integer, C)")
        connection.executemany("INSERT INTO T VALUES (?, ?)", enumerate(values))
    location = f"sqlite:///{path}" if way == "SQLAlchemy" else f"odbc:Driver={{SQLite3}};Database={path}"
    rows, _ = read(declare, location, day, now)
    assert [row["C"] for row in rows] == [
        "9223372036854775807",
        "12.5",
        "12",
        "0.1",
        "1.234567890123456e+15" if way == "SQLAlchemy" else "1234567890123456",
        "2026-01-01 ",
        "",
        None,
        "𠮷",
        "0x00ff",
        "长" * 100,
    ]

"""The parts of a table hold every row of it once, whatever its split column holds."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date, datetime

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import Part, Request, open_source
from extractors.databases.partition import plan_parts
from standard.errors import UsageError

TABLE = {"kind": "database", "connection": "land", "table": "T", "key": ["ID"]}


def read_in_parts(request, parts):
    """The locators of each part, read from what was planned and came over JSON."""
    found = []
    for part in parts:
        restored = Part(**json.loads(json.dumps(asdict(part))))
        with open_source(replace(request, part=restored)) as reading:
            rows = [row for batch in reading.batches for row in batch.column("_locator").to_pylist()]
            assert reading.counted == len(rows)
            found.append(rows)
    return found


VALUES = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "decimal(12,2)": st.decimals(-1000, 1000, places=2).map(float),
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
}


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_table_is_cut_into_parts_that_hold_each_row_once(declare_once, kind, data):
    path, source, day, now = declare_once
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    later = data.draw(st.lists(st.none() | VALUES[kind], max_size=5))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS T")
        connection.execute(f"CREATE TABLE T (ID integer, C {kind})")
        connection.executemany("INSERT INTO T VALUES (?, ?)", enumerate(values))
    request = Request(source, day, f"sqlite:///{path}", now)
    parts, _ = plan_parts(request)
    assert [part.number for part in parts] == list(range(len(parts)))
    assert {part.of for part in parts} == {len(parts)}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO T VALUES (?, ?)", enumerate(later, len(values)))
    found = [int(row) for rows in read_in_parts(request, parts) for row in rows]
    assert sorted(found) == list(range(len(values) + len(later)))


@pytest.fixture(scope="module")
def declare_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    from sources.register import Register
    from standard.day import SHANGHAI, Day

    (folder / "dept").mkdir()
    (folder / "dept" / "source.yaml").write_text(
        "title: 分片\n"
        "department: {code: 11370400MB0000000N, name: 枣庄市交通运输局}\n"
        "certificate_type_code: 11100000000019713D008\n"
        "schedule: 30 1 * * *\nsince: 2026-01-01\n"
        "extract: {kind: database, connection: land, table: T, key: [ID], split: {column: C, parts: 4}}\n"
        "columns:\n  certificate_number: ID\n"
        + "".join(
            f"  {name}: {{constant: '001'}}\n"
            for name in (
                "certificate_holder_name",
                "certificate_holder_code",
                "certificate_issued_date",
                "certificate_holder_type_code",
            )
        ),
        encoding="utf-8",
    )
    return (
        folder / "t.db",
        Register(folder).source("dept.source"),
        Day.of("2026-03-01"),
        datetime(2026, 3, 2, 1, 30, tzinfo=SHANGHAI),
    )


# Type of the split column, and its values from a number.
KINDS = {
    "bigint": lambda i: i * 7 - 100,
    "decimal(20,3)": lambda i: f"{i}.250",
    "varchar(20)": lambda i: f"甲\\'{i % 13}",
    "date": lambda i: date(2020, 1, 1).replace(day=1 + i % 28),
    "timestamp": lambda i: datetime(2026, 1, 1, i % 24, i % 60, 0, i),
    "char(4)": lambda i: f"{i % 5}",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["ADBC", "PostgreSQL by ODBC", "PyMySQL", "MariaDB by ODBC"])
def test_parts_on_a_real_server(request, declare, day, now, way, kind):
    name = "postgresql" if way in {"ADBC", "PostgreSQL by ODBC"} else "mariadb"
    url = request.getfixturevalue(f"{name}_url")
    location = request.getfixturevalue(f"{name}_odbc") if "ODBC" in way else url
    column = kind if name == "postgresql" else kind.replace("timestamp", "datetime(6)")
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        quote = '"' if name == "postgresql" else "`"
        connection.exec_driver_sql(f"CREATE TABLE {quote}T{quote} ({quote}ID{quote} integer, {quote}C{quote} {column})")
        insert = sqlalchemy.text(f"INSERT INTO {quote}T{quote} VALUES (:id, :c)")
        connection.execute(insert, [{"id": i, "c": KINDS[kind](i) if i % 10 else None} for i in range(400)])
    all_rows = Request(declare({**TABLE, "split": {"column": "C", "parts": 4}}), day, location, now)
    parts, _ = plan_parts(all_rows)
    found = read_in_parts(all_rows, parts)
    assert sorted(int(row) for rows in found for row in rows) == list(range(400))
    assert len(parts) == 4
    assert all(len(rows) < 250 for rows in found)


def test_a_source_without_a_split_has_no_parts(declare, day, now):
    with pytest.raises(UsageError, match=r"extract\.split"):
        plan_parts(Request(declare(TABLE), day, "sqlite:///x", now))


ODD = {
    "postgresql": {
        "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-9c0b-4ef8-bb6d-6bb9bd380a11", None, *["c" * 32] * 3],
        "numeric": ["NaN", "1", "2.5", None, "-3"],
        "double precision": ["Infinity", "-Infinity", "1e300", None, "2"],
        "boolean": ["true", "false", None, "true"],
        "bytea": ["x", "y", "z", None],
        "money": ["1.50", "2.50", "10", None],
    },
    "mariadb": {
        "enum('z','m','a')": ["a", "m", "z", None, "a"],
        "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-9c0b-4ef8-bb6d-6bb9bd380a11", None],
        "bit(4)": [1, 2, 8, None],
        "time": ["-10:00:00", "100:00:00", "09:00:00", None],
    },
}


@pytest.mark.parametrize("by_odbc", [False, True])
@pytest.mark.parametrize("name", ODD)
def test_parts_by_columns_that_nobody_would_choose(request, declare, day, now, name, by_odbc):
    url = request.getfixturevalue(f"{name}_url")
    location = request.getfixturevalue(f"{name}_odbc") if by_odbc else url
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    quote = '"' if name == "postgresql" else "`"
    for kind, values in ODD[name].items():
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quote}T{quote}")
            connection.exec_driver_sql(f"CREATE TABLE {quote}T{quote} ({quote}ID{quote} int, {quote}C{quote} {kind})")
            for i, value in enumerate(values):
                literal = "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
                connection.exec_driver_sql(f"INSERT INTO {quote}T{quote} VALUES ({i}, {literal})")
        all_rows = Request(declare({**TABLE, "split": {"column": "C", "parts": 3}}), day, location, now)
        parts, _ = plan_parts(all_rows)
        assert len(parts) > 1, kind
        found = [int(row) for rows in read_in_parts(all_rows, parts) for row in rows]
        assert sorted(found) == list(range(len(values))), kind

import csv
import io
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extractors.files.encodings
from extractors import Request, open_source
from extractors.files.encodings import MARK
from sources.register import Register
from standard.day import SHANGHAI, Day

NOW = datetime(2026, 3, 2, tzinfo=SHANGHAI)
DAY = Day.of("2026-03-01")
COLUMNS = ["编号", "姓名", "证号"]

# Texts with all that separates, quotes and ends lines, and with signs outside the basic plane.
TEXT = st.text(
    st.one_of(
        st.sampled_from(list(',"\n\r |;\t空𠮷0\u3000\ufeff')),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=8,
)
TABLES = st.lists(st.tuples(*[st.one_of(st.none(), TEXT)] * len(COLUMNS)), max_size=12)
# What a text file says to a spreadsheet and not of a value, and titles, are met elsewhere.
# The noncharacter that marks undecodable bytes is reported as one, also where a file has it itself.
PLAIN = TEXT.filter(
    lambda text: not re.match(r"[\s\ufeff]*[=＝'＇‘’`´]", text) and text.strip() not in COLUMNS and MARK not in text
)
# Nor rows without a number, which may be another table's header, or values of which a quote that is left over makes rows.
PLAIN_ROWS = st.tuples(PLAIN.map("3704/{}".format), *[st.one_of(st.none(), PLAIN)] * 2).filter(
    lambda row: (
        not any("," in text for text in filter(None, row)) or all(len(f"{text}|".splitlines()) == 1 for text in row)
    )
)
PLAIN_TABLES = st.lists(PLAIN_ROWS, max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trip")


@pytest.fixture(scope="module")
def source_of(folder):
    """How to declare a source of the three columns by its extract."""

    def declared(name, extract):
        elements = ("certificate_number", "certificate_holder_name", "certificate_holder_code")
        constants = ("certificate_issued_date", "certificate_holder_type_code")
        mapped = [f"  {element}: {column}" for element, column in zip(elements, COLUMNS, strict=True)]
        lines = [
            "title: 往返",
            "department: {code: 11370400MB0000000N, name: 枣庄市交通运输局}",
            "certificate_type_code: 11100000000019713D008",
            "schedule: 30 1 * * *",
            "since: 2026-01-01",
            f"extract: {extract}",
            "columns:",
            *mapped,
            *(f"  {element}: {{constant: '001'}}" for element in constants),
        ]
        (folder / "dept").mkdir(exist_ok=True)
        (folder / "dept" / f"{name}.yaml").write_text("\n".join(lines), encoding="utf-8")
        return Register(folder).source(f"dept.{name}")

    return declared


@pytest.fixture(scope="module")
def text_sources(source_of):
    return {
        encoding: source_of(encoding, f"{{kind: text, path: {encoding}.csv, encoding: {encoding}}}")
        for encoding in ("gb18030", "utf-8")
    }


@pytest.fixture(scope="module")
def table_source(source_of):
    return source_of("table", "{kind: database, connection: trip, table: 表, key: [行]}")


def rows_of(source, location):
    with open_source(Request(source, DAY, location, NOW)) as reading:
        rows = [tuple(row.values())[:-1] for batch in reading.batches for row in batch.to_pylist()]  # without FAULT
        return rows, reading


@settings(max_examples=200, deadline=None)
@given(
    table=PLAIN_TABLES,
    encoding=st.sampled_from(["gb18030", "utf-8"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.sampled_from([1, 5, 40, 2**20]),
)
def test_any_table_comes_back_from_a_text_file(folder, text_sources, table, encoding, quoting, block):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n", quoting=quoting)
    writer.writerow(COLUMNS)
    places = []
    for row in table:
        places.append(str(1 + len(re.findall("\r\n|\r|\n", text.getvalue()))))
        writer.writerow(row)
    (folder / f"{encoding}.csv").write_bytes(text.getvalue().encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extractors.files.encodings, "BLOCK", block)
        rows, _ = rows_of(text_sources[encoding], str(folder))
    assert rows == [
        (*("" if value is None else value for value in row), place) for row, place in zip(table, places, strict=True)
    ]


@settings(max_examples=200, deadline=None)
@given(table=TABLES)
def test_any_table_comes_back_from_a_database(folder, table_source, table):
    path = folder / "trip.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS 表")
        connection.execute("CREATE TABLE 表 (行 INTEGER PRIMARY KEY, 编号 TEXT, 姓名 TEXT, 证号 TEXT)")
        connection.executemany("INSERT INTO 表 VALUES (?, ?, ?, ?)", [(place, *row) for place, row in enumerate(table)])
    rows, reading = rows_of(table_source, f"sqlite:///{path}")
    assert reading.counted == len(table)
    assert rows == [(str(place), *row, str(place)) for place, row in enumerate(table)]

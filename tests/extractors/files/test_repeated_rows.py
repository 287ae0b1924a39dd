"""Two rows of a sheet that say they are the same one: the library for values keeps the last, so the sheet is refused."""

import pytest

from extractors.files.workbooks import xlsx_parts

BOOK = {"kind": "workbook", "path": "登记表.xlsx"}


def cell(value, place=""):
    return f'<c{place and f" r={chr(34)}{place}{chr(34)}"} t="inlineStr"><is><t>{value}</t></is></c>'


def row(number, values, placed=True):
    cells = "".join(cell(value, f"{'ABCD'[at]}{number}" if placed else "") for at, value in enumerate(values))
    return f'<row r="{number}">{cells}</row>' if number else f"<row>{cells}</row>"


TITLES = row(1, ["编号", "姓名", "证号", "发证日期"])
REPEATED = {
    "two rows": row(2, ["A1", "甲"]) + row(2, ["A2", "乙"]) + row(3, ["A3", "丙"]),
    "far apart": row(2, ["A1"]) + "".join(row(n, [f"B{n}"]) for n in range(3, 60)) + row(2, ["A2"]),
    "cells that say nothing": row(2, ["A1", "甲"], placed=False) + row(2, ["A2", "乙"], placed=False),
    "a row that says nothing": row(2, ["A1"], placed=False) + row("", ["A2"], placed=False) + row(3, ["A3"]),
    "two halves of one": '<row r="2">' + cell("A1", "A2") + '</row><row r="2">' + cell("乙", "B2") + "</row>",
    "rows without number": "<row>" + cell("A1", "A2") + "</row><row>" + cell("A2", "A2") + "</row>",
    "two cells": '<row r="2">' + cell("A1", "A2") + cell("A2", "A2") + "</row>",
    "small letters": row(2, ["A1"]) + '<row r="3">' + cell("A2", "a2") + "</row>",
}


@pytest.mark.parametrize("cells", REPEATED.values(), ids=REPEATED)
def test_a_row_or_cell_that_stands_there_twice_refuses_the_sheet(raw_book, refused, cells):
    raw_book(TITLES + cells)
    sentence = refused(BOOK)
    assert "expected rows each with a number of its own in 登记表.xlsx, found two numbered " in sentence


@pytest.mark.parametrize("size", [1, 7, 100])
def test_repeated_rows_are_found_in_chunks_of_any_size(raw_book, refused, monkeypatch, size):
    raw_book(TITLES + REPEATED["far apart"])
    monkeypatch.setattr(xlsx_parts, "_CHUNK", size)
    assert "found two numbered 2," in refused(BOOK)


WHOLE = {
    "in another order": (row(3, ["A2"]) + row(2, ["A1"]), ["A1", "A2"]),
    "none with a number": (row("", ["A1"], placed=False) + row("", ["A2"], placed=False), ["A1", "A2"]),
    "an empty row again": (row(2, ["A1"]) + '<row r="2"/>' + row(3, ["A2"]), ["A1", "A2"]),
    "an empty cell again": (row(2, ["A1"]) + '<row r="3">' + cell("A2", "A3") + '<c r="A3"/></row>', ["A1", "A2"]),
    "gaps": (row(2, ["A1"]) + row(9, ["A2"]), ["A1", "A2"]),
}


@pytest.mark.parametrize(("cells", "numbers"), WHOLE.values(), ids=WHOLE)
def test_unusual_rows_without_repetition_are_all_read(raw_book, opened, rows_of, cells, numbers):
    raw_book((TITLES if "r=" in cells else TITLES.replace(" r=", " x=")) + cells)
    with opened(BOOK) as reading:
        assert [found[0] for found in rows_of(reading) if found[0]] == numbers


def test_what_else_names_a_cell_is_no_cell(raw_book, opened, rows_of):
    watched = '<cellWatches><cellWatch r="A2"/><cellWatch r="A1"/></cellWatches>'
    raw_book(TITLES + row(2, ["A1"]), below=watched)
    with opened(BOOK) as reading:
        assert len(rows_of(reading)) == 1

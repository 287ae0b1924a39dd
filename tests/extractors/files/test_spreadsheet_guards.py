"""What an export writes to keep a spreadsheet from guessing is no part of a value; what may be one is found."""

import csv
import io

import pytest

HEADER = ["编号", "姓名", "证号", "发证日期"]
ROW = ["A001", "甲某", "370402188001010012", "2026-03-01"]
TEXT = {"kind": "text", "path": "a.csv", "encoding": "utf-8"}


@pytest.fixture
def read(tmp_path, opened, rows_of):
    """The values and faults of one row in which one column has another value, by how the text is written."""

    def taken(column, value, extract=TEXT, raw=False):
        values = [value if title == column else usual for title, usual in zip(HEADER, ROW, strict=True)]
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=extract.get("delimiter", ","))
        writer.writerow(HEADER)
        if raw:
            text.write(",".join(values) + "\r\n")
        else:
            writer.writerow(values)
        (tmp_path / "a.csv").write_bytes(text.getvalue().encode())
        with opened(extract) as reading:
            batch = next(reading.batches)
        row = batch.to_pylist()[0]
        return row[column], row["_fault"]

    return taken


GUARDED = {
    '="{}"': "quoted as a formula",
    "'{}": "apostrophe",
    "’{}": "typographic apostrophe",
    "‘{}": "opening apostrophe",
    "＇{}": "full-width apostrophe",
    "`{}": "grave accent",
    "ʼ{}": "letter apostrophe",
    "′{}": "prime",
    "‛{}": "reversed quote",
    '+"{}"': "quoted behind a plus",
    '=+"{}"': "quoted behind both signs",
    "'{}'": "apostrophes on both sides",
    "\t'{}": "tab and apostrophe",
    '\t="{}"\t': "tabs and a formula",
    ' ="{}" ': "blanks and a formula",
    '="\'{}"': "both",
    '\'="{}"': "both, the other way round",
    '=""{}""': "quotes doubled twice",
    "=“{}”": "typographic quotes",
    '＝"{}"': "full-width sign",
    '"{}"': "quotes that were quoted again",
    '""{}""': "quotes doubled twice",
    "“{}”": "typographic quotes alone",
    "＂{}＂": "full-width quotes",
    ' "{}" ': "blanks and quotes",
    '\'"{}"': "apostrophe and quotes",
    '"\'{}"': "quotes and apostrophe",
}


@pytest.mark.parametrize(
    "extract", [TEXT, {**TEXT, "delimiter": "\t"}, {**TEXT, "delimiter": "|"}], ids=["csv", "tsv", "bars"]
)
@pytest.mark.parametrize("column", ["编号", "证号", "发证日期"])
@pytest.mark.parametrize("guard", GUARDED)
def test_a_guard_is_no_part_of_a_number_a_code_or_a_day(read, guard, column, extract):
    value = dict(zip(HEADER, ROW, strict=True))[column]
    assert read(column, guard.format(value), extract) == (value, None)


@pytest.mark.parametrize("written", ['="A001"', '=""A001""', '"=""A001"""', "'A001", '"\'A001"'])
def test_a_guard_is_known_however_the_line_quotes_it(read, written):
    assert read("编号", written, raw=True) == ("A001", None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('="甲某"', "甲某"),
        ('="甲""某""公司"', '甲"某"公司'),
        ('=""', ""),
        ("'甲某", "甲某"),
        ("’甲某", "甲某"),
        ("'+8613800000000", "+8613800000000"),
        ("'13800000000", "13800000000"),
    ],
)
def test_a_guard_is_no_part_of_a_text_where_it_can_be_nothing_else(read, value, found):
    assert read("姓名", value) == (found, None)


@pytest.mark.parametrize(
    "value",
    [
        "‘老字号’餐馆",
        "'天天'小吃",
        "O'Brien",
        "甲'",
        '甲="乙"',
        "== 甲 ==",
        "= 甲",
        "=",
        "5'",
        "“甲某”",
        '"老字号"餐馆',
        '甲"乙"',
    ],
)
def test_what_is_no_guard_stays_as_it_is(read, value):
    assert read("姓名", value) == (value, None)


@pytest.mark.parametrize(
    "value",
    [
        "'t Hooft",
        "’t Hooft",
        "'Abd",
        "'90s酒吧",
        "'O'Brien",
        "'甲某'",
        "‘老字号餐馆",
        "''甲某",
        "'98",
        '"甲某"',
        '"甲某',
    ],
)
def test_an_apostrophe_that_may_belong_to_a_text_is_found(read, value):
    assert read("姓名", value) == (value, "guard_unclear\t姓名")


@pytest.mark.parametrize("value", ["'A'001", "'A001\n'B", "A001'", "A001’ ", '"A001', 'A001"', "“A001", '"A"001"'])
def test_an_apostrophe_that_is_left_in_a_number_is_found(read, value):
    assert read("编号", value)[1] == "guard_unclear\t编号"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("编号", "=A1"),
        ("编号", "=001"),
        ("编号", '=TEXT(1,"000")'),
        ("姓名", "=B2&C2"),
        ("姓名", '=HYPERLINK("x")'),
        ("姓名", "=1+2"),
    ],
)
def test_a_formula_in_a_text_has_no_value(read, column, value):
    assert read(column, value) == (value, f"formula_uncalculated\t{column}")


def test_a_guard_that_the_delimiter_has_cut_holds_all_of_its_row(tmp_path, opened, faults_of):
    (tmp_path / "a.csv").write_text('编号,姓名,证号,发证日期,\n="A,001",甲某,1,2026-03-01\n', encoding="utf-8")
    with opened(TEXT) as reading:
        assert faults_of(reading) == {"2": "\n".join(f"guard_unclear\t{title}" for title in HEADER)}


def test_titles_have_guards_too(tmp_path, opened, rows_of):
    lines = [",".join(f'="{value}"' for value in line) for line in (HEADER, ROW, HEADER, ROW)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with opened(TEXT) as reading:
        assert reading.columns == HEADER
        assert [row[:4] for row in rows_of(reading)] == [tuple(ROW)] * 2


def test_values_of_fixed_width_have_guards_too(tmp_path, opened, rows_of):
    (tmp_path / "a.csv").write_text('="A001"  甲某  \n\'A002    乙某  \n', encoding="utf-8")
    with opened({**TEXT, "widths": {"编号": 8, "姓名": 6}}, HEADER[:2]) as reading:
        assert rows_of(reading) == [("A001", "甲某", "1"), ("A002", "乙某", "2")]


def test_texts_in_cells_have_guards_too(book, opened, rows_of, faults_of):
    book({"表": [HEADER, ["'A001", "'甲某", '="370402188001010012"', "'2026-03-01"]]}, "a.xlsx")
    with opened({"kind": "workbook", "path": "a.xlsx"}) as reading:
        values = rows_of(reading)[0]
    assert (values[0], values[1], values[3]) == ("A001", "甲某", "2026-03-01")


def test_the_sources_own_key_and_update_time_are_no_texts(tmp_path, opened, rows_of):
    (tmp_path / "a.csv").write_text("编号,姓名,键,时间\nA001,甲某,'k-1,'2026-03-01 10:00:00\n", encoding="utf-8")
    with opened({**TEXT, "key": ["键"], "updated_at": "时间"}, HEADER[:2]) as reading:
        assert rows_of(reading) == [("A001", "甲某", "k-1", "2026-03-01 10:00:00", "2")]


def test_guards_in_any_row_of_many_are_taken_off(tmp_path, opened, rows_of):
    lines = [",".join(HEADER)] + [
        f"{chr(39) * (n % 3 == 0)}A{n:05d},甲某,37040218800101{n:04d},2026-03-01" for n in range(5_000)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with opened(TEXT) as reading:
        assert [row[0] for row in rows_of(reading)] == [f"A{n:05d}" for n in range(5_000)]

import pyarrow as pa
import pytest

from standard.day import INSTANT_LENGTH
from standard.raw import FAULT
from transforms.conform import Conformer

TAKEN = "2026-03-01T16:00:00.000000Z"
CHANGES = "updated_at: GXSJ, changes: {operation: BZ, deleted: [D, 删除]}"


@pytest.fixture
def conform(declare, raw, declaration):
    """Conform rows of the source, with another `extract` or `vanished` where passed."""

    def run(*differences, extract="updated_at: GXSJ", vanished="hold", quirks=None):
        text = declaration.replace("updated_at: GXSJ", extract) + f"vanished: {vanished}\n"
        text = text.replace("ignore: [BZ]", "ignore: []") if "BZ" in extract else text
        text = text if "GXSJ" in extract else text.replace("ignore: [BZ]", "ignore: [BZ, GXSJ]")
        return Conformer(declare(text, quirks=quirks), TAKEN).conform(raw(*differences), 0)

    return run


def found(conformed):
    return [(f["rule"], f["element"], f["row"], f["value"]) for f in conformed.findings.to_pylist()]


def test_a_cell_that_could_not_be_read_is_a_finding_on_its_element(conform):
    conformed = conform({FAULT: None}, {FAULT: "bytes_undecodable\tMC\nvalue_cut\tQH", "MC": None, "QH": None})
    assert found(conformed) == [
        ("bytes_undecodable", "certificate_holder_name", 1, ""),
        ("value_cut", "certificate_area_code", 1, ""),
    ]


def test_an_update_time_that_could_not_be_read_stands_on_its_column(conform):
    faults = found(conform({FAULT: "value_cut\tGXSJ", "GXSJ": None}))
    assert faults == [("update_time_missing", "GXSJ", 0, ""), ("value_cut", "GXSJ", 0, "")]


def test_a_fault_of_an_ignored_column_stands_on_no_element(conform):
    assert found(conform({FAULT: "value_cut\tBZ"})) == [("value_cut", "", 0, "BZ")]


def test_bytes_in_an_ignored_column_may_be_a_picture(conform):
    assert found(conform({FAULT: "value_binary\tBZ", "BZ": "0xffd8"})) == []


def test_a_line_nobody_knows_is_no_reason_to_pass_the_row(conform):
    assert found(conform({FAULT: "new_rule\tMC"})) == [("value_cut", "certificate_holder_name", 0, "")]


def test_a_row_that_holds_nothing_but_a_fault_is_not_blank(conform):
    blank = dict.fromkeys(["ID", "GXSJ", "XKZBH", "MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "JYFW"])
    conformed = conform({**blank, FAULT: "value_cut\tMC"}, {**blank, FAULT: None})
    assert (conformed.licences["locator"].to_pylist(), conformed.left_out) == (["0"], 1)


@pytest.mark.parametrize(
    "change",
    [
        "return raw",
        "return raw.select([n for n in raw.column_names if not n.startswith('_fault')])",
        "return raw.set_column(0, raw.column_names[0], raw.column(0))",
    ],
)
def test_tidy_neither_sees_nor_loses_what_reading_found(conform, change):
    quirks = f"def tidy(raw):\n    assert '_fault' not in raw.column_names\n    {change}\n"
    assert found(conform({FAULT: "value_cut\tMC"}, quirks=quirks)) == [("value_cut", "certificate_holder_name", 0, "")]


@pytest.mark.parametrize(("skew", "instant"), [("90s", "01:58:30"), ("-3m", "02:03:00"), ("0s", "02:00:00")])
def test_the_clock_of_the_source_is_set_right(conform, skew, instant):
    conformed = conform({}, extract=f"updated_at: GXSJ, clock_skew: {skew}")
    assert conformed.licences["observed_at"].to_pylist() == [f"2026-03-01T{instant}.000000Z"]
    assert conformed.licences["source_updated_at"].to_pylist() == [f"2026-03-01T{instant}.000000Z"]


def test_rising_numbers_are_stamps_in_their_order_and_before_every_time(conform):
    numbers = ["9", "10", "0007", "9223372036854775807", "0", "8.00"]
    conformed = conform(*[{"ID": number} for number in numbers], extract="rising: ID")
    stamps = conformed.licences["observed_at"].to_pylist()
    assert [numbers[stamps.index(stamp)] for stamp in sorted(stamps)] == [
        "0",
        "0007",
        "8.00",
        "9",
        "10",
        "9223372036854775807",
    ]
    assert {len(stamp) for stamp in stamps} == {INSTANT_LENGTH}
    assert max(stamps) < "0001-01-01T00:00:00.000000Z"
    assert conformed.licences["source_updated_at"].null_count == 6
    assert found(conformed) == []


@pytest.mark.parametrize("text", [None, "-1", "1.5", "1E+18", "12345678901234567890", "一"])
def test_a_row_without_a_number_has_no_place_among_the_others(conform, text):
    rule = "required" if text is None else "value_unreadable"
    conformed = conform({"ID": text}, extract="rising: ID")
    assert [item[:3] for item in found(conformed)] == [(rule, "ID", 0)]
    assert conformed.findings["expected"].to_pylist() == ["" if text is None else "0 … 9999999999999999999"]


@pytest.mark.parametrize(
    ("vanished", "rows", "ends", "rules"),
    [
        ("cancel", 2, [False, True], []),
        ("hold", 2, [False, True], [("deleted", "", 1, "")]),
        ("keep", 1, [False], []),
    ],
)
@pytest.mark.parametrize("word", ["D", " d", "删除"])
def test_a_deletion_means_what_is_declared(conform, vanished, rows, ends, rules, word):
    conformed = conform({"BZ": "U"}, {"XKZBH": "2", "BZ": word}, extract=CHANGES, vanished=vanished)
    assert (conformed.licences.num_rows, conformed.left_out) == (rows, 2 - rows)
    assert conformed.licences["ends"].to_pylist() == ends
    assert found(conformed) == rules


@pytest.mark.parametrize(
    ("deleted", "kept", "brought"),
    [
        ("'true'", "", {"1": True, "0": False, "t": True, "f": False, "true": True, "FALSE": False, "\x01": True}),
        ("'1'", "", {"0x01": True, "0x00": False, "b'1'": True, "True": True, "0": False}),
        ("D", "kept: ['', N], ", {"": False, None: False, "\u3000": False, "n": False, "Ｄ": True, " d ": True}),
        ("[是]", "kept: [否], ", {"是": True, "否": False}),
    ],
)
def test_booleans_bits_and_blanks_are_known_whatever_driver_brings_them(conform, deleted, kept, brought):
    changes = f"updated_at: GXSJ, changes: {{operation: BZ, {kept}deleted: {deleted}}}"
    conformed = conform(*({"BZ": text} for text in brought), extract=changes, vanished="cancel")
    assert dict(zip(brought, conformed.licences["ends"].to_pylist(), strict=True)) == brought
    assert found(conformed) == []


def test_a_large_group_is_converted_like_its_rows_one_by_one(conform, raw, declare):
    """Values that repeat, plain values and odd ones take different ways, and come to the same."""
    odd = [None, "", " 370402000009 ", "３７０４", "测试", "3.7E+17", "甲(乙)", "张 三、李四", "NULL", "一二三四五"]
    names = ("XKZBH", "MC", "DM", "LX", "FZRQ", "YXQZ", "ZT", "QH", "JYFW", "QZR")
    rows = [
        {name: f"3704020{i:05}" if (i + j) % 3 else odd[(i + j) % 10] for j, name in enumerate(names)}
        for i in range(1500)
    ]
    source = declare()
    together = Conformer(source, TAKEN).conform(raw(*rows), 0)
    apart = [Conformer(source, TAKEN).conform(raw(*rows)[at : at + 1], at) for at in range(0, 1500, 7)]
    kept = [at for at, one in zip(range(0, 1500, 7), apart, strict=True) if one.licences.num_rows]
    assert together.left_out == 0
    assert together.licences.take(pa.array(kept)).equals(pa.concat_tables([one.licences for one in apart]))
    expected = pa.concat_tables([one.findings for one in apart]).to_pylist()
    got = [item for item in together.findings.to_pylist() if item["row"] % 7 == 0]
    assert sorted(map(str, got)) == sorted(map(str, expected))


@pytest.mark.parametrize("name", ["ÕÅÈý·á", "å¼\xa0ä¸‰ä¸°", "寮犱笁", "寮犱笁涓�", "???", "张?丰"])
def test_a_name_in_the_wrong_encoding_is_no_name(conform, name):
    conformed = conform({"MC": name}, {"MC": "José"}, {"MC": "张三丰"})
    assert [item[:3] for item in found(conformed)] == [("text_garbled", "certificate_holder_name", 0)]


def test_a_garbled_number_or_text_of_the_face_is_none_either(conform):
    conformed = conform({"XKZBH": "Â³½»ÔË0001ºÅ", "JYFW": "ÆÕÍ¨»õÔË"}, {"JYFW": "普通货运?"})
    assert [item[:3] for item in found(conformed)] == [
        ("text_garbled", "certificate_number", 0),
        ("text_garbled", "KZ_JYFW", 0),
    ]


def test_what_a_format_adds_to_a_number_matters_where_the_number_is_not_a_day(conform):
    assert found(conform({FAULT: "shown_otherwise\tXKZBH\nshown_otherwise\tFZRQ\nshown_otherwise\tBZ"})) == [
        ("shown_otherwise", "certificate_number", 0, "")
    ]


@pytest.mark.parametrize("text", ["1970-01-01 00:00:00", "0001-01-01T00:00:00Z", "1900-01-01", "19700101080000"])
def test_a_time_that_programs_write_for_none_says_nothing_of_the_order(conform, text):
    conformed = conform({"GXSJ": text})
    assert found(conformed) == [("update_time_missing", "GXSJ", 0, text)]
    assert conformed.licences["source_updated_at"].to_pylist() == [None]
    assert (conformed.licences["ordered"].to_pylist(), conformed.licences["observed_at"].to_pylist()) == (
        [False],
        [TAKEN],
    )

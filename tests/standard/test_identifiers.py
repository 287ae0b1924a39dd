"""Identifiers compared with published values and frozen ones, in columns of every layout."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from standard import identifiers
from standard.check_characters import legacy_37_36, mod_37_36
from standard.credit_codes import uscc_fault

KIND, OFFICE = "11100000MB0143028R001", "11370400MB0000000N"
# Invented people born before 1900; 15-digit numbers always mean 19yy, so these have an area that never existed.
PEOPLE = ["370402188001010012", "370403188512310021", "37048118880229003X", "370406189906151231", "440524188001010014"]
CHECKS = [
    identifiers.is_uscc,
    identifiers.is_organisation_code,
    identifiers.is_citizen_number,
    identifiers.is_old_citizen_number,
    identifiers.is_type_code,
    identifiers.upgrade_citizen_number,
    identifiers.check_identifier,
    mod_37_36,
    legacy_37_36,
]


# ---- what is published


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        (
            identifiers.is_uscc,
            "91350100M000100Y43 91110000600037341L 11100000000013338W 11100000MB0143028R 113700000045030270 "
            "91370402MA0000007Y 91370481MA0000007C 11370400MB0000000N 12370400MB0000000K",
            # The last two pass one check character each: that of GB 32100, that of GB 11714.
            "9144010169152345XT 1110000000001332X 91370402ma0000007Y 91370402MA00000082 91370402MA0000007X",
        ),
        (
            identifiers.is_organisation_code,
            "D2143569-X D2143569X MB0143028 MB0327169 MB0341032 MB2855918 MB1852395 L24894136",
            "D2143569-1 D21435690 D-2143569X D2143569--X -D2143569X D2143569x",
        ),
        (
            identifiers.is_citizen_number,
            " ".join([*PEOPLE, "999999160002290015"]),
            # A wrong check character, lower case, a digit of another script; then right check characters, and invalid days.
            "370402188001010013 37048118880229003x ３70402188001010012 "
            "370402188102290017 37040218801301001X 370402190002290012 370402000001010015",
        ),
        (
            identifiers.is_old_citizen_number,
            "999999000228001 999999040229001",
            "999999000229001 999999001301001 99999900022800X 99999900022800 9999990002280011",
        ),
        (
            identifiers.is_type_code,
            "11100000000013127D001 11100000MB0143028R001 111000000000131433001 11100000MB03271699022 "
            "11100000000019713D008 11100000000013338W087 1110000000001332XW059 11100000000013661B006 "
            "11410800MB18523953004 11100000MB0341032Y002",
            "11100000000013127D0O1 11100000000013127E001 11100000000013127D 11100000000013127D0010",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_published_values(judge: Callable[..., pa.Array], right: str, wrong: str) -> None:
    assert judge(pa.array(right.split())).to_pylist() == [True] * len(right.split())
    assert judge(pa.array(wrong.split())).to_pylist() == [False] * len(wrong.split())


@pytest.mark.parametrize(
    ("identifier", "outcome"),
    [
        ("11100000000013338W011.11430000006122244L.20230000403.001.U", "ok"),
        ("11100000000013338W087.11370800MB28559184.37080001202411010001.001.3", "ok"),
        ("11100000MB0143028R001.11370400MB0000000N.JY13704020000001.001.N", "ok"),
        ("11100000000019713D008.11370400MB0000000N.370402000001.001.4", "ok"),
        ("11100000000019713D008.11370400MB0000000N.370402000001.002.2", "ok"),
        ("11100000MB03271699001.11370400MB0000000N.2024000001.001.2", "ok"),
        ("11100000000013338W011.11370400MB0000000N.37202400001.001.7", "ok"),
        ("11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M", "legacy_check"),
        ("11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.D", "ok"),
        ("11100000000013338W050.91610800064834709T.2023000001.001.X", "wrong_check"),
        ("11100000MB03271699022.340100.000000016.001.9", "malformed"),
        ("11100000000019713D008.11370400MB0000000N.370402000001.001", "malformed"),
        ("11100000000019713D008.11370400MB0000000N.370402.000001.001.4", "malformed"),
        ("11100000000019713D008.11370400MB0000000N..001.4", "malformed"),
        ("11100000000019713D008.11370400MB0000000N.370402000001.1.4", "malformed"),
        ("11100000000019713D008.11370400MB0000000N.枣370402000001.001.4", "malformed"),
        ("11100000000019713D008.11370400MB0000000N.370402000001.001.4\n", "malformed"),
    ],
)
def test_published_identifiers(identifier: str, outcome: str) -> None:
    values = pa.array([f"1.2.156.3005.2.{identifier}", f"1.2.156.3003.2.{identifier}", None])
    assert identifiers.check_identifier(values).to_pylist() == [outcome, "malformed", None]


def test_mod_37_36_of_published_bodies() -> None:
    bodies = ["A12425GABC1234002", "11100000000013338W00211320482014138860P201807250201001", "", "a", "0" * 129, None]
    assert mod_37_36(pa.array(bodies)).to_pylist() == ["M", "M", None, None, None, None]
    assert mod_37_36(pa.array(["0" * 128, "1.2.0", "120"])).to_pylist() == ["X", "L", "L"]
    assert mod_37_36(pa.array(["A\x001", "A 1", "A-1", "Ａ1", "枣", "\x7f"])).null_count == 6


def test_identifiers_are_parsed() -> None:
    values = pa.array([f"{identifiers.ROOT}.{KIND}.{OFFICE}.JY13704020000001.012.0", "1.2.156", None])
    table = identifiers.parse_identifier(values)
    assert table.schema.field("version").type == pa.int16()
    assert [list(row.values()) for row in table.to_pylist()] == [
        [KIND, OFFICE, "JY13704020000001", 12, "0"],
        [None] * 5,
        [None] * 5,
    ]


def test_old_numbers_become_long_ones() -> None:
    values = pa.array(["999999000228001", "999999000229001", "370402188001010012", None])
    assert identifiers.upgrade_citizen_number(values).to_pylist() == ["999999190002280017", None, None, None]


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        ("001", "91370402MA0000007Y", "370402188001010012"),
        ("111", "370402188001010012", "91370402MA0000007Y"),
        ("111", "37048118880229003X", "999999000228001"),
        ("114", "军字第0000000号", "军" * 31),
        ("119", "武字第0000000号", ""),
        ("411", "DE0000000", "D0"),
        ("414", "E00000000", "E-0000000"),
        ("412", "0" * 15, "0" * 16),
        ("511", "00000000", "0000000"),
        ("516", "H00000000", "A00000000"),
        ("516", "M0000000000", "M000000000"),
        ("099", "鲁" * 64, "鲁" * 65),
        ("999", "X-1", "　X-1"),
        ("999", "X 1", "X\x001"),
    ],
)
def test_holder_codes_have_the_form_of_their_type(form: str, right: str, wrong: str) -> None:
    codes, forms = pa.array([right, wrong, None, right, right]), pa.array([form, form, form, "112", None])
    assert identifiers.holder_code_fits(codes, forms).to_pylist() == [True, False, None, None, None]


def test_every_holder_type_of_the_standard_has_a_form() -> None:
    forms = [
        "001",
        "099",
        "111",
        "114",
        "115",
        "118",
        "119",
        "120",
        "122",
        "411",
        "412",
        "413",
        "414",
        "511",
        "516",
        "999",
    ]
    judged = identifiers.holder_code_fits(pa.array(["X0000000"] * 16), pa.array(forms))
    fitting = [form for form, fits in zip(forms, judged.to_pylist(), strict=True) if fits]
    assert judged.null_count == 0
    assert fitting == ["099", "114", "115", "118", "119", "120", "122", "411", "412", "413", "414", "999"]


# ---- what must never change


@pytest.mark.parametrize(
    ("number", "version", "minted"),
    [
        ("JY13704020000001", 1, "JY13704020000001.001.N"),
        ("JY13704020000001", 999, "JY13704020000001.999.A"),
        ("Z" * 64, 1, "Z" * 64 + ".001.2"),
        ("Z" * 65, 1, "UQUJ86LUTMTXH7DV9Q2C.001.0"),
        ("鲁枣危化经〔2018〕1号", 2, "N2AAVETF5NX0UYF33SCC.002.2"),
        ("jy13704020000001", 1, "N9D120L1JOC2Z19A0VPD.001.Z"),
        ("370402-0001", 1, "OS1IGYRYCN51ZTCBR798.001.L"),
        (" ", 1, "4WEB2CRF1NLZ57COVMN6.001.X"),
    ],
)
def test_minted_identifiers_are_frozen(number: str, version: int, minted: str) -> None:
    made = identifiers.mint_identifier(pa.array([KIND]), pa.array([OFFICE]), pa.array([number]), pa.array([version]))
    assert made.to_pylist() == [f"1.2.156.3005.2.{KIND}.{OFFICE}.{minted}"]


@pytest.mark.parametrize(
    ("kind", "office", "number", "version"),
    [
        (KIND[:-1], OFFICE, "1", 1),
        (KIND.lower(), OFFICE, "1", 1),
        (KIND, "370400", "1", 1),
        (KIND, OFFICE, "", 1),
        (KIND, OFFICE, "1", 0),
        (KIND, OFFICE, "1", -1),
        (KIND, OFFICE, "1", 1000),
        (None, OFFICE, "1", 1),
        (KIND, None, "1", 1),
        (KIND, OFFICE, None, 1),
        (KIND, OFFICE, "1", None),
    ],
)
def test_nothing_is_minted_of_parts_that_do_not_do(
    kind: str | None, office: str | None, number: str | None, version: int | None
) -> None:
    columns = [pa.array([value], pa.string()) for value in (kind, office, number)]
    assert identifiers.mint_identifier(*columns, pa.array([version], pa.int64())).to_pylist() == [None]


def test_a_licence_keeps_its_serial_when_it_is_issued_again() -> None:
    kinds, offices, numbers = (pa.array([value] * 2) for value in (KIND, OFFICE, "鲁枣危化经〔2018〕1号"))
    first, second = identifiers.parse_identifier(
        identifiers.mint_identifier(kinds, offices, numbers, pa.array([1, 2]))
    ).to_pylist()
    assert first["serial"] == second["serial"] == identifiers.serial(kinds, offices, numbers)[0].as_py()
    assert (first["version"], second["version"]) == (1, 2)


def test_no_serial_without_all_three_parts() -> None:
    rows = [(None, OFFICE, "1"), (KIND, None, "1"), (KIND, OFFICE, None), (KIND, OFFICE, ""), (KIND, OFFICE, "1")]
    parts = [pa.array([row[position] for row in rows], pa.string()) for position in range(3)]
    assert identifiers.serial(*parts).to_pylist() == [None, None, None, None, "1"]


def test_many_rows_keep_their_order_when_minted() -> None:
    numbers = [f"{row}" if row % 3 else f"枣{row}" for row in range(140_000)]
    kinds, offices = pa.array([KIND] * len(numbers)), pa.array([OFFICE] * len(numbers))
    minted = identifiers.mint_identifier(kinds, offices, pa.array(numbers), pa.array(range(len(numbers))))
    for row in (1, 65_535, 65_536, 131_073, 139_998):
        alone = [pa.array([value]) for value in (KIND, OFFICE, numbers[row])]
        assert identifiers.serial(*alone)[0] == identifiers.serial(kinds, offices, pa.array(numbers))[row]
    assert minted[1:1000].null_count == 0
    assert minted[1000:].null_count == len(numbers) - 1000


def test_columns_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        identifiers.serial(pa.array([KIND] * 2), pa.array([OFFICE]), pa.array(["1"] * 2))
    with pytest.raises(ValueError, match=r"."):
        identifiers.holder_code_fits(pa.array(["1"] * 2), pa.array(["001"]))


def test_columns_in_chunks_are_minted_into_one() -> None:
    chunked = [pa.chunked_array([[value], [value]]) for value in (KIND, OFFICE, "370402-0001")]
    minted = identifiers.mint_identifier(*chunked, pa.chunked_array([[1], [None]], pa.uint8()))
    assert isinstance(minted, pa.StringArray)
    assert minted.to_pylist() == [f"{identifiers.ROOT}.{KIND}.{OFFICE}.OS1IGYRYCN51ZTCBR798.001.L", None]


# ---- what a column may look like


@pytest.mark.parametrize("judge", CHECKS, ids=lambda judge: judge.__name__)
def test_the_layout_of_a_column_does_not_matter(judge: Callable[..., pa.Array]) -> None:
    values = [None, "", *PEOPLE, OFFICE, KIND, "D2143569-X", "999999000228001", "中" * 6, "\x00" * 18]
    values += [f"{identifiers.ROOT}.{KIND}.{OFFICE}.JY13704020000001.001.N"]
    plain = pa.array(values)
    expected = judge(plain).to_pylist()
    assert expected[0] is None
    assert any(expected)
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        assert judge(plain.cast(kind)).to_pylist() == expected
    assert judge(plain[3:9]).to_pylist() == expected[3:9]
    assert judge(pa.chunked_array([plain[:5], plain[5:5], plain[5:]])).to_pylist() == expected
    # More rows than one block holds.
    assert judge(pa.concat_arrays([plain] * 12_000)).to_pylist() == expected * 12_000


@pytest.mark.parametrize("judge", CHECKS, ids=lambda judge: judge.__name__)
def test_empty_columns_have_empty_results(judge: Callable[..., pa.Array]) -> None:
    assert judge(pa.array([], pa.string())).to_pylist() == []
    assert judge(pa.chunked_array([], pa.string())).to_pylist() == []
    assert judge(pa.nulls(3)).to_pylist() == [None] * 3
    # A careless driver can put bytes that are not UTF-8 into a column.
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\x12\0\0\0"), pa.py_buffer(b"\xff" * 18))
    assert judge(broken).to_pylist()[0] in (None, False, "malformed")


@pytest.mark.parametrize(
    "code", ["11370400MB0000000N", "11370400MB0000000M", "11370400mb0000000N", "", "证照" * 9, "1" * 18]
)
def test_one_code_is_judged_like_a_column_of_them(code):
    assert (uscc_fault(code) == "") == identifiers.is_uscc(pa.array([code]))[0].as_py()

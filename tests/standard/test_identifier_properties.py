"""Identifiers compared with the rules for a single value, and with what the mathematics guarantees."""

import datetime
import hashlib
import re
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standard import identifiers
from standard.check_characters import legacy_37_36, mod_37_36

BASE_31, BASE_36, DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
KIND, OFFICE = "11100000MB0143028R001", "11370400MB0000000N"

thorough = settings(deadline=None, database=None, max_examples=200)


# ---- the rules for a single value


def weighted_sum(text: str, alphabet: str, weights: list[int]) -> int:
    return sum(alphabet.index(sign) * weight for sign, weight in zip(text, weights, strict=True))


def check_31(body: str) -> str:
    return BASE_31[-weighted_sum(body, BASE_31, [pow(3, position, 31) for position in range(17)]) % 31]


def check_11(body: str) -> str:
    return (DIGITS + "X")[-weighted_sum(body, BASE_36, [3, 7, 9, 10, 5, 8, 4, 2]) % 11]


def check_11_2(body: str) -> str:
    return (DIGITS + "X")[(1 - weighted_sum(body, DIGITS, [pow(2, 17 - position, 11) for position in range(17)])) % 11]


def check_37_36(body: str) -> str:
    carry = 36
    for sign in body:
        carry = ((carry + BASE_36.index(sign)) % 36 or 36) * 2 % 37
    return next(sign for sign in BASE_36 if (carry + BASE_36.index(sign)) % 36 == 1)


def check_legacy(body: str) -> str:
    carry = 36
    for sign in body:
        total = carry + BASE_36.index(sign) + sign.isalpha()
        carry = ((total % 37 if sign.isalpha() and total > 37 else total) % 36 or 36) * 2 % 37
    return BASE_36[36 - carry]


def is_day(text: str) -> bool:
    try:
        return bool(datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])))
    except ValueError:
        return False


def uscc(text: str) -> bool:
    shaped = re.fullmatch(f"[{BASE_31}]{{2}}[0-9]{{6}}[{BASE_31}]{{10}}", text)
    return bool(shaped) and text[17] == check_31(text[:17]) and text[16] == check_11(text[8:16])


def organisation(text: str) -> bool:
    return bool(re.fullmatch("[0-9A-Z]{8}-?[0-9X]", text)) and text[-1] == check_11(text[:8])


def citizen(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{17}[0-9X]", text)) and text[17] == check_11_2(text[:17]) and is_day(text[6:14])


def old(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{15}", text)) and is_day("19" + text[6:12])


def kind(text: str) -> bool:
    return bool(re.fullmatch("(?s).{18}[0-9]{3}", text)) and uscc(text[:18])


def outcome(text: str) -> str:
    credit = f"[{BASE_31}]{{2}}[0-9]{{6}}[{BASE_31}]{{10}}"
    parts = text.removeprefix("1.2.156.3005.2.").split(".") if text.startswith("1.2.156.3005.2.") else []
    forms = [credit + "[0-9]{3}", credit, "[0-9A-Z]{1,64}", "[0-9]{3}", "[0-9A-Z]"]
    if len(parts) != 5 or not all(re.fullmatch(form, part) for form, part in zip(forms, parts, strict=True)):
        return "malformed"
    body = "".join(parts[:4])
    return {check_legacy(body): "legacy_check", check_37_36(body): "ok"}.get(parts[4], "wrong_check")


# ---- values


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    area = draw(st.from_regex("[1-9A-HJ-NPQRTUWXY]{2}[0-9]{6}", fullmatch=True))
    body = draw(st.text(BASE_31, min_size=8, max_size=8))
    start = area + body + check_11(body)
    return start + check_31(start)


@st.composite
def organisations(draw: st.DrawFn) -> str:
    body = draw(st.text(BASE_36, min_size=8, max_size=8))
    return body + draw(st.sampled_from(["", "-"])) + check_11(body)


@st.composite
def citizens(draw: st.DrawFn) -> str:
    day = draw(st.dates(datetime.date(1800, 1, 1), datetime.date(1899, 12, 31)))
    body = "999999" + day.strftime("%Y%m%d") + draw(st.text(DIGITS, min_size=3, max_size=3))
    return body + check_11_2(body)


@st.composite
def old_citizens(draw: st.DrawFn) -> str:
    # Any two digits for month and day: a third of them are not a valid day.
    return "999999" + draw(st.from_regex("[0-9]{2}[01][0-9][0-3][0-9]{4}", fullmatch=True))


@st.composite
def licences(draw: st.DrawFn) -> str:
    parts = [draw(credit_codes()) + "001", draw(credit_codes()), draw(st.text(BASE_36, min_size=1, max_size=64)), "001"]
    check = draw(st.sampled_from([check_37_36, check_legacy, lambda body: "0"]))
    return ".".join([identifiers.ROOT, *parts, check("".join(parts))])


@st.composite
def damaged(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    """Right values, and right values with a piece replaced by something longer, shorter or strange."""
    text = draw(values)
    start = draw(st.integers(0, len(text)))
    strange = st.text(st.sampled_from(BASE_36 + "x.-\x00\n 枣０é"), max_size=2)
    return draw(st.sampled_from([text, text[:start] + draw(strange) + text[start + draw(st.integers(0, 2)) :]]))


def columns(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str | None]]:
    return st.lists(st.none() | st.text(max_size=22) | damaged(values), max_size=12)


# ---- what holds for all values


@pytest.mark.parametrize(
    ("judge", "one", "values"),
    [
        (identifiers.is_uscc, uscc, credit_codes()),
        (identifiers.is_organisation_code, organisation, organisations()),
        (identifiers.is_citizen_number, citizen, citizens()),
        (identifiers.is_old_citizen_number, old, old_citizens()),
        (identifiers.is_type_code, kind, credit_codes().map(lambda code: code + "001")),
        (identifiers.check_identifier, outcome, licences()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_column_is_judged_as_its_values(
    judge: Callable[..., pa.Array], one: Callable[[str], object], values: st.SearchStrategy[str]
) -> None:
    @thorough
    @given(columns(values))
    def same(column: list[str | None]) -> None:
        assert judge(pa.array(column, pa.string())).to_pylist() == [
            None if text is None else one(text) for text in column
        ]

    same()


@thorough
@given(st.lists(st.none() | st.text(BASE_36, min_size=1, max_size=128), max_size=12))
def test_check_characters_of_bodies(bodies: list[str | None]) -> None:
    column = pa.array(bodies, pa.string())
    assert mod_37_36(column).to_pylist() == [None if body is None else check_37_36(body) for body in bodies]
    assert legacy_37_36(column).to_pylist() == [None if body is None else check_legacy(body) for body in bodies]


def changed(text: str, position: int, alphabet: str) -> pa.Array:
    """The text with every other character of the alphabet at one position."""
    return pa.array([text[:position] + sign + text[position + 1 :] for sign in alphabet if sign != text[position]])


@thorough
@given(credit_codes(), st.integers(0, 17))
def test_one_changed_character_of_a_credit_code_is_caught(code: str, position: int) -> None:
    assert not any(identifiers.is_uscc(changed(code, position, BASE_36)).to_pylist())


@thorough
@given(st.text(DIGITS, min_size=8, max_size=8), st.integers(0, 8))
def test_one_changed_digit_of_an_organisation_code_is_caught(body: str, position: int) -> None:
    # Of digits only: a letter is worth up to 35 and modulo 11 the same as some others.
    assert not any(identifiers.is_organisation_code(changed(body + check_11(body), position, DIGITS)).to_pylist())


@thorough
@given(citizens(), st.integers(0, 17), st.integers(0, 16))
def test_one_changed_or_two_swapped_characters_of_a_citizen_number_are_caught(
    number: str, position: int, pair: int
) -> None:
    assert not any(identifiers.is_citizen_number(changed(number, position, DIGITS + "X")).to_pylist())
    swapped = number[:pair] + number[pair + 1] + number[pair] + number[pair + 2 :]
    assert identifiers.is_citizen_number(pa.array([swapped])).to_pylist() == [swapped == number]


@thorough
@given(st.text(BASE_36, min_size=1, max_size=64), st.data())
def test_one_changed_character_of_an_identifier_is_caught(number: str, data: st.DataObject) -> None:
    minted = identifiers.mint_identifier(pa.array([KIND]), pa.array([OFFICE]), pa.array([number]), pa.array([1]))[
        0
    ].as_py()
    position = data.draw(st.integers(len(identifiers.ROOT), len(minted) - 1))
    assert "ok" not in identifiers.check_identifier(changed(minted, position, BASE_36 + ".")).to_pylist()


@thorough
@given(st.lists(st.tuples(credit_codes(), credit_codes(), st.text(max_size=70), st.integers(-1, 1001)), max_size=8))
def test_minted_identifiers_are_valid_can_be_parsed_and_follow_the_docstring(
    rows: list[tuple[str, str, str, int]],
) -> None:
    kinds, offices, numbers = (pa.array([row[position] for row in rows], pa.string()) for position in range(3))
    kinds = pa.array([f"{code}001" for code in kinds.to_pylist()], pa.string())
    minted = identifiers.mint_identifier(kinds, offices, numbers, pa.array([row[3] for row in rows], pa.int32()))
    expected = [bool(number) and 1 <= version <= 999 for _, _, number, version in rows]
    assert identifiers.check_identifier(minted).to_pylist() == ["ok" if here else None for here in expected]
    for row, here, parts in zip(rows, expected, identifiers.parse_identifier(minted).to_pylist(), strict=True):
        expected = (
            [row[0] + "001", row[1], expected_serial(row[0] + "001", row[1], row[2]), row[3]] if here else [None] * 4
        )
        assert list(parts.values())[:4] == expected


def expected_serial(kind: str, office: str, number: str) -> str:
    if re.fullmatch("[0-9A-Z]{1,64}", number):
        return number
    digest = hashlib.sha256(f"{kind}\x1f{office}\x1f{number}".encode()).digest()
    words = (int.from_bytes(digest[start : start + 8], "big") for start in (0, 8))
    return "".join(BASE_36[word // 36**position % 36] for word in words for position in range(9, -1, -1))

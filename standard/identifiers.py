"""Knows what makes an identifier right: credit codes, citizen numbers, type codes and licence identifiers, by column.

Every function takes Arrow text columns and judges all rows at once. Null in is null out; nothing a row holds (Chinese,
lower case, NULs, the wrong length) raises. Nothing is cleaned here: `transforms` trims and upper-cases before.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from standard.check_characters import (
    Signs,
    blocks,
    citizen,
    column,
    digests,
    joined,
    legacy_37_36,
    mod_37_36,
    organisation,
    rows_of,
    scatter,
    texts,
    uscc,
)

Texts: TypeAlias = "pa.Array | pa.ChunkedArray"
Flags: TypeAlias = npt.NDArray[np.bool_]

ROOT = "1.2.156.3005.2"
OUTCOMES = ("ok", "wrong_check", "legacy_check", "malformed")

USCC = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
_TYPE_CODE = USCC + "[0-9]{3}"
# No text says how long a serial may be. With 64 an identifier has at most 126 characters, and the national exchange
# table keeps identifiers in 128.
_SERIAL = "[0-9A-Z]{1,64}"
_IDENTIFIER = rf"{ROOT.replace('.', '[.]')}[.]{_TYPE_CODE}[.]{USCC}[.]{_SERIAL}[.][0-9]{{3}}[.][0-9A-Z]"


def is_uscc(values: Texts) -> pa.BooleanArray:
    """Tells unified social credit codes (GB 32100-2015): the check character, and that of the organisation code inside.

    Positions 9 to 17 of a credit code are an organisation code of GB 11714, which carries a check character of its own.
    """
    return _judged(values, USCC, lambda block: _uscc_holds(rows_of(block, 18)))


def is_organisation_code(values: Texts) -> pa.BooleanArray:
    """Tells organisation codes (GB 11714-1997): 9 characters, or 10 with a hyphen before the check character."""
    return _judged(values, "[0-9A-Z]{8}-?[0-9X]", _organisation_holds)


def is_citizen_number(values: Texts) -> pa.BooleanArray:
    """Tells citizen numbers (GB 11643-1999): 18 characters, a day that exists, the check character (X, not x).

    The area code is not looked up: numbers keep the areas of their day, and many have been abolished since. Nor is the
    day compared with today.
    """
    return _judged(values, "[0-9]{17}[0-9X]", _citizen_holds)


def is_old_citizen_number(values: Texts) -> pa.BooleanArray:
    """Tells the 15-digit citizen numbers of before GB 11643-1999: all digits, and a day of 19yy that exists."""
    return _judged(values, "[0-9]{15}", lambda block: _is_day(_upgraded(block)[:, 6:14]))


def upgrade_citizen_number(values: Texts) -> pa.StringArray:
    """Turns 15-digit citizen numbers into 18 characters (GB 11643-1999): 19 after position 6, and a check character.

    Returns:
        The long numbers; null where the value is not an old citizen number.
    """
    values = column(values)
    old = is_old_citizen_number(values)
    return scatter(texts(np.concatenate([_upgraded(block) for block in blocks(values.filter(old))])), old)


def is_type_code(values: Texts) -> pa.BooleanArray:
    """Tells licence type codes (C0123): the credit code of the body that defines the type, and 3 digits.

    The credit code is held to both of its check characters: every type code found in use passes both.
    """
    return _judged(values, _TYPE_CODE, lambda block: _uscc_holds(rows_of(block, 21)))


def holder_code_fits(codes: Texts, holder_types: Texts) -> pa.BooleanArray:
    """Tells whether each holder code has the form that its holder type code (GB/T 36903 annex A) demands.

    001 is a credit code and 111 a citizen number of 18 characters, both with their check characters. The others have
    no check character that is known, and are held to a wide shape: passports (411-414, of any country) 5 to 15 of
    0-9A-Z; 511 eight digits; 516 H or M and 8 or 10 digits; military papers (114-122) 1 to 30 characters, and other
    papers (099, 999) 1 to 64, of any script, none of them a control character and the first not a blank.

    Args:
        codes: One holder code a row; several holders in one field are split by the caller.
        holder_types: The three-digit holder type codes, as many as the codes.

    Returns:
        Null where the code is null, and where the type is null or none of the sixteen.
    """
    codes, holder_types = column(codes), column(holder_types)
    fits = pa.nulls(len(codes), pa.bool_())
    for kinds, judge in _HOLDER_FORMS.items():
        here = pc.is_in(holder_types, value_set=pa.array(kinds.split(), pa.large_string()))
        fits = pc.replace_with_mask(fits, here, judge(codes.filter(here)))
    return fits


def check_identifier(values: Texts) -> pa.StringArray:
    """Judges licence identifiers (GB/T 36904-2018): the form of their ten dot parts, and the check character.

    The check characters inside the type code and the issuer code are not judged: `is_type_code` and `is_uscc` do that.

    Returns:
        One of `OUTCOMES` a row. "malformed": another root, another number of parts, or a part of the wrong length or
        characters (the issuer is an 18-character credit code, the serial 1 to 64 of 0-9A-Z). "legacy_check": wrong,
        but what a known faulty routine gives (see `legacy_37_36`); one wrong character in 36 is that by chance.
        "wrong_check": neither.
    """
    values = column(values)
    shaped = _matches(values, _IDENTIFIER)
    whole = values.filter(shaped)
    # Between the root and the check character stands what is checked; its dots are skipped.
    body = _part(whole, len(ROOT) + 1, -2)
    given = _part(whole, -1, None)
    found = np.where(pc.equal(mod_37_36(body), given), 0, 1).astype(np.int8)
    wrong = found == 1
    legacy = pc.equal(legacy_37_36(body.filter(wrong)), given.filter(wrong))
    found[wrong] = np.where(legacy, 2, 1)
    outcome = scatter(pa.array(found), shaped).fill_null(OUTCOMES.index("malformed"))
    return pa.array(OUTCOMES).take(pc.if_else(shaped.is_valid(), outcome, None))


def parse_identifier(values: Texts) -> pa.Table:
    """Takes licence identifiers (GB/T 36904-2018) apart, whether or not their check character is right.

    Returns:
        A table with as many rows as values: certificate_type_code, certificate_issuing_authority_code, serial, version
        (int16) and check. All five are null where the value is null or `check_identifier` calls it malformed.
    """
    whole = _only(values, _IDENTIFIER)
    start = len(ROOT) + 1
    return pa.table(
        {
            "certificate_type_code": _part(whole, start, start + 21),
            "certificate_issuing_authority_code": _part(whole, start + 22, start + 40),
            "serial": _part(whole, start + 41, -6),
            "version": _part(whole, -5, -2).cast(pa.int16()),
            "check": _part(whole, -1, None),
        }
    )


def mint_identifier(type_codes: Texts, issuers: Texts, numbers: Texts, versions: pa.Array) -> pa.StringArray:
    """Makes licence identifiers (GB/T 36904-2018); the same four values give the same identifier, for ever.

    An identifier is `ROOT`, the type code, the issuer, the serial (see `serial`), the version as three digits and the
    MOD 37,36 check character of those four, joined by dots. Re-issues raise the version and keep the serial.

    Args:
        type_codes: The 21-character licence type codes.
        issuers: The 18-character credit codes of the issuing authorities.
        numbers: The licence numbers, of any script.
        versions: Whole numbers from 1 to 999.

    Returns:
        The identifiers; null where a type code or an issuer has the wrong length or characters, where there is no
        number, and where the version is outside 1 to 999.
    """
    kinds, offices = _only(type_codes, _TYPE_CODE), _only(issuers, USCC)
    versions = versions.cast(pa.int64(), safe=False)
    usable = pc.and_(pc.greater_equal(versions, 1), pc.less_equal(versions, 999))
    shown = column(pc.ascii_lpad(pc.if_else(usable, versions, None).cast(pa.string()), 3, padding="0"))
    columns = (kinds, offices, serial(kinds, offices, numbers), shown)
    return pa.concat_arrays([_minted(*parts) for parts in zip(*map(blocks, columns), strict=True)])


def serial(type_codes: Texts, issuers: Texts, numbers: Texts) -> pa.StringArray:
    """Gives the serial part of licence identifiers. This derivation is frozen: another would rename every licence.

    A licence number that is itself 1 to 64 of 0-9A-Z is the serial. Any other number (Chinese, brackets, hyphens) gets
    20 characters that name it: type code, issuer and number are joined by U+001F, in UTF-8, and hashed with SHA-256;
    the first and the second 8 bytes of the digest, each as a big-endian whole number modulo 36^10, are each written
    as ten digits of base 36 (0-9A-Z, leading zeros kept), the first before the second.

    Returns:
        The serials; null where any of the three is null or the number is empty.
    """
    columns = column(type_codes), column(issuers), column(numbers)
    return pa.concat_arrays([_serials(*three) for three in zip(*map(blocks, columns), strict=True)])


def _judged(values: Texts, pattern: str, judge: Callable[[pa.LargeStringArray], Flags]) -> pa.BooleanArray:
    """Asks `judge` about the values of the right shape, a block at a time; the others are false, or null."""
    values = column(values)
    shaped = _matches(values, pattern)
    verdicts = np.concatenate([judge(block) for block in blocks(values.filter(shaped))])
    return pc.replace_with_mask(shaped, shaped, pa.array(verdicts))


def _uscc_holds(rows: Signs) -> Flags:
    holds: Flags = (uscc(rows) == rows[:, 17]) & (organisation(rows[:, 8:]) == rows[:, 16])
    return holds


def _organisation_holds(block: pa.LargeStringArray) -> Flags:
    rows = rows_of(pc.replace_substring(block, "-", ""), 9)
    holds: Flags = organisation(rows) == rows[:, 8]
    return holds


def _citizen_holds(block: pa.LargeStringArray) -> Flags:
    rows = rows_of(block, 18)
    holds: Flags = (citizen(rows) == rows[:, 17]) & _is_day(rows[:, 6:14])
    return holds


def _is_day(rows: Signs) -> Flags:
    """Tells which rows of eight digits are a day of the Gregorian calendar, yyyymmdd."""
    digits = rows - np.uint8(ord("0"))
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 4:6] @ np.array([10, 1]), digits[:, 6:] @ np.array([10, 1])
    lengths = np.zeros(100, np.int64)  # as many as two digits can say
    lengths[1:13] = 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    exists: Flags = (year > 0) & (day > 0) & (day <= lengths[month] + (leap & (month == 2)))
    return exists


def _upgraded(block: pa.LargeStringArray) -> Signs:
    """Lengthens rows of 15 digits to 18 characters, with no regard to the day they hold."""
    short = rows_of(block, 15)
    rows = np.empty((len(short), 18), np.uint8)
    rows[:, :6], rows[:, 6:8], rows[:, 8:17] = short[:, :6], list(b"19"), short[:, 6:]
    rows[:, 17] = citizen(rows)
    return rows


def _serials(*parts: pa.Array) -> pa.StringArray:
    named, numbers = joined(*parts, by="\x1f"), parts[-1]
    own = pc.and_(_matches(numbers, _SERIAL), named.is_valid())
    hashed = pc.and_(pc.and_not(named.is_valid(), own), pc.not_equal(numbers, "")).fill_null(False)
    kept = pc.if_else(own, numbers, None).cast(pa.string())
    if not pc.any(hashed).as_py():  # hardly any register needs it, and a database takes longer to open than to ask
        return kept
    import duckdb  # takes longer to import than all the rest of this module

    with duckdb.connect(config={"threads": 1, "temp_directory": ""}) as database:  # one thread: the rows stay in order
        return pc.replace_with_mask(kept, hashed, digests(named.filter(hashed), database))


def _minted(*parts: pa.Array) -> pa.StringArray:
    body = joined(*parts, by=".")
    return joined(pa.scalar(ROOT), body, mod_37_36(body), by=".").cast(pa.string())


def _matches(values: pa.Array, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(values, f"^(?:{pattern})$")


def _only(values: Texts, pattern: str) -> pa.LargeStringArray:
    """Makes null what has another shape."""
    values = column(values)
    shaped = _matches(values, pattern)
    # Almost always all rows pass, and then the column need not be copied.
    return pc.if_else(shaped, values, None) if pc.any(pc.invert(shaped)).as_py() else values


def _part(values: pa.LargeStringArray, start: int, stop: int | None) -> pa.StringArray:
    """Cuts the same bytes out of every row; of ASCII texts only."""
    return pc.binary_slice(values.cast(pa.large_binary()), start, stop).cast(pa.large_string()).cast(pa.string())


def _written(codes: pa.LargeStringArray, *, most: int) -> pa.BooleanArray:
    """Tells texts of any script that begin with something to see, hold no control character and are not too long."""
    return pc.and_(_matches(codes, r"[^\s\pZ\pC]\PC*"), pc.less_equal(pc.utf8_length(codes), most))


_HOLDER_FORMS: dict[str, Callable[[pa.LargeStringArray], pa.BooleanArray]] = {
    "001": is_uscc,
    "111": is_citizen_number,
    "114 115 118 119 120 122": partial(_written, most=30),
    # ICAO Doc 9303 gives a passport number nine places; some states print more.
    "411 412 413 414": partial(_matches, pattern="[0-9A-Z]{5,15}"),
    "511": partial(_matches, pattern="[0-9]{8}"),
    "516": partial(_matches, pattern="[HM](?:[0-9]{8}|[0-9]{10})"),
    "099 999": partial(_written, most=64),
}

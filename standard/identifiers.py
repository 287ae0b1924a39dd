"""Validates, parses and mints identifiers by column: credit codes, citizen numbers, type codes and licence identifiers.

Every function processes all rows of Arrow text columns at once. A null value gives null, and no value (Chinese, lower
case, NULs, a wrong length) raises an error. Nothing is cleaned here: `transforms` trims and upper-cases before.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from standard.check_characters import (
    ByteMatrix,
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
# No standard limits the length of a serial. With 64 characters an identifier has at most 126, and the national exchange
# table stores 128.
_SERIAL = "[0-9A-Z]{1,64}"
_IDENTIFIER = rf"{ROOT.replace('.', '[.]')}[.]{_TYPE_CODE}[.]{USCC}[.]{_SERIAL}[.][0-9]{{3}}[.][0-9A-Z]"


def is_uscc(values: Texts) -> pa.BooleanArray:
    """Whether each value is a unified social credit code (GB 32100-2015) with two right check characters.

    Positions 9 to 17 of a credit code are an organisation code of GB 11714, which has a check character of its own.
    """
    return _check(values, USCC, lambda block: _is_valid_uscc(rows_of(block, 18)))


def is_organisation_code(values: Texts) -> pa.BooleanArray:
    """Whether each value is an organisation code (GB 11714-1997): 9 characters, or 10 with a hyphen before the last."""
    return _check(values, "[0-9A-Z]{8}-?[0-9X]", _is_valid_organisation_code)


def is_citizen_number(values: Texts) -> pa.BooleanArray:
    """Whether each value is a citizen number (GB 11643-1999): 18 characters, a valid date, the check character (X, not x).

    The area code is not looked up, because a number keeps an area that has since been abolished. Nor is the date compared
    with the current one.
    """
    return _check(values, "[0-9]{17}[0-9X]", _is_valid_citizen_number)


def is_old_citizen_number(values: Texts) -> pa.BooleanArray:
    """Whether each value is a 15-digit citizen number from before GB 11643-1999: digits with a valid date in 19yy."""
    return _check(values, "[0-9]{15}", lambda block: _is_day(_upgrade_block(block)[:, 6:14]))


def upgrade_citizen_number(values: Texts) -> pa.StringArray:
    """Convert 15-digit citizen numbers to 18 characters (GB 11643-1999): 19 after position 6, and a check character.

    Returns:
        The long numbers; null where the value is not an old citizen number.
    """
    values = column(values)
    old = is_old_citizen_number(values)
    return scatter(texts(np.concatenate([_upgrade_block(block) for block in blocks(values.filter(old))])), old)


def is_type_code(values: Texts) -> pa.BooleanArray:
    """Whether each value is a licence type code (C0123): the credit code of the body that defines the type, and 3 digits.

    Both check characters of the credit code must be right, as they are in every type code found in use.
    """
    return _check(values, _TYPE_CODE, lambda block: _is_valid_uscc(rows_of(block, 21)))


def holder_code_fits(codes: Texts, holder_types: Texts) -> pa.BooleanArray:
    """Whether each holder code has the form that its holder type code (GB/T 36903 annex A) requires.

    001 is a credit code and 111 an 18-character citizen number, both with check characters. No check character is known for
    the others, so only a wide form is required: passports (411-414, of any country) 5 to 15 of 0-9A-Z; 511 eight digits; 516
    H or M and 8 or 10 digits; military papers (114-122) 1 to 30 characters and other papers (099, 999) 1 to 64, of any
    script, without control characters and not beginning with a blank.

    Args:
        codes: one holder code a row; the caller splits fields with several holders.
        holder_types: the three-digit holder type codes, as many as the codes.

    Returns:
        Null where the code is null, and where the type is null or none of the sixteen.
    """
    codes, holder_types = column(codes), column(holder_types)
    fits = pa.nulls(len(codes), pa.bool_())
    for types, is_valid in _HOLDER_FORMS.items():
        of_type = pc.is_in(holder_types, value_set=pa.array(types.split(), pa.large_string()))
        fits = pc.replace_with_mask(fits, of_type, is_valid(codes.filter(of_type)))
    return fits


def check_identifier(values: Texts) -> pa.StringArray:
    """Check licence identifiers (GB/T 36904-2018): the form of their ten dotted parts, and the check character.

    The check characters inside the type code and the issuer code are not checked: `is_type_code` and `is_uscc` do that.

    Returns:
        One of `OUTCOMES` a row. "malformed": another root, another number of parts, or a part of the wrong length or
        characters (the issuer is an 18-character credit code, the serial 1 to 64 of 0-9A-Z). "legacy_check": wrong, but
        the result of a known faulty routine (see `legacy_37_36`), as one wrong character in 36 is by chance.
        "wrong_check": neither.
    """
    values = column(values)
    shaped = _matches(values, _IDENTIFIER)
    identifiers = values.filter(shaped)
    # The check character covers everything between the root and itself, without the dots.
    body = _part(identifiers, len(ROOT) + 1, -2)
    check = _part(identifiers, -1, None)
    indexes = np.where(pc.equal(mod_37_36(body), check), 0, 1).astype(np.int8)
    wrong = indexes == 1
    legacy = pc.equal(legacy_37_36(body.filter(wrong)), check.filter(wrong))
    indexes[wrong] = np.where(legacy, 2, 1)
    outcome = scatter(pa.array(indexes), shaped).fill_null(OUTCOMES.index("malformed"))
    return pa.array(OUTCOMES).take(pc.if_else(shaped.is_valid(), outcome, None))


def parse_identifier(values: Texts) -> pa.Table:
    """Parse licence identifiers (GB/T 36904-2018), whether or not their check character is right.

    Returns:
        A table with as many rows as values: certificate_type_code, certificate_issuing_authority_code, serial, version
        (int16) and check. All five are null where the value is null or `check_identifier` calls it malformed.
    """
    identifiers = _matching(values, _IDENTIFIER)
    start = len(ROOT) + 1
    return pa.table(
        {
            "certificate_type_code": _part(identifiers, start, start + 21),
            "certificate_issuing_authority_code": _part(identifiers, start + 22, start + 40),
            "serial": _part(identifiers, start + 41, -6),
            "version": _part(identifiers, -5, -2).cast(pa.int16()),
            "check": _part(identifiers, -1, None),
        }
    )


def mint_identifier(type_codes: Texts, issuers: Texts, numbers: Texts, versions: pa.Array) -> pa.StringArray:
    """Mint licence identifiers (GB/T 36904-2018); the same four values always give the same identifier.

    An identifier is `ROOT`, the type code, the issuer, the serial (see `serial`), the version as three digits and the
    MOD 37,36 check character of those four, joined by dots. Re-issues raise the version and keep the serial.

    Args:
        type_codes: the 21-character licence type codes.
        issuers: the 18-character credit codes of the issuing authorities.
        numbers: the licence numbers, of any script.
        versions: whole numbers from 1 to 999.

    Returns:
        The identifiers; null where a type code or an issuer has the wrong length or characters, where there is no
        number, and where the version is outside 1 to 999.
    """
    types, authorities = _matching(type_codes, _TYPE_CODE), _matching(issuers, USCC)
    versions = versions.cast(pa.int64(), safe=False)
    usable = pc.and_(pc.greater_equal(versions, 1), pc.less_equal(versions, 999))
    version_texts = column(pc.ascii_lpad(pc.if_else(usable, versions, None).cast(pa.string()), 3, padding="0"))
    columns = (types, authorities, serial(types, authorities, numbers), version_texts)
    return pa.concat_arrays([_mint_block(*parts) for parts in zip(*map(blocks, columns), strict=True)])


def serial(type_codes: Texts, issuers: Texts, numbers: Texts) -> pa.StringArray:
    """Derive the serial part of licence identifiers. The derivation is frozen: another would change every identifier.

    A licence number that is itself 1 to 64 of 0-9A-Z is the serial. For any other number (Chinese, brackets, hyphens) the
    serial is a digest of 20 characters: type code, issuer and number are joined by U+001F, in UTF-8, and hashed with SHA-256;
    the first and the second 8 bytes of the digest, each as a big-endian whole number modulo 36^10, are each written
    as ten digits of base 36 (0-9A-Z, leading zeros kept), the first before the second.

    Returns:
        The serials; null where any of the three is null or the number is empty.
    """
    columns = column(type_codes), column(issuers), column(numbers)
    return pa.concat_arrays([_serial_block(*three) for three in zip(*map(blocks, columns), strict=True)])


def _check(values: Texts, pattern: str, is_valid: Callable[[pa.LargeStringArray], Flags]) -> pa.BooleanArray:
    """Apply `is_valid` to the values that match the pattern, a block at a time; the others are false, or null."""
    values = column(values)
    shaped = _matches(values, pattern)
    verdicts = np.concatenate([is_valid(block) for block in blocks(values.filter(shaped))])
    return pc.replace_with_mask(shaped, shaped, pa.array(verdicts))


def _is_valid_uscc(rows: ByteMatrix) -> Flags:
    holds: Flags = (uscc(rows) == rows[:, 17]) & (organisation(rows[:, 8:]) == rows[:, 16])
    return holds


def _is_valid_organisation_code(block: pa.LargeStringArray) -> Flags:
    rows = rows_of(pc.replace_substring(block, "-", ""), 9)
    holds: Flags = organisation(rows) == rows[:, 8]
    return holds


def _is_valid_citizen_number(block: pa.LargeStringArray) -> Flags:
    rows = rows_of(block, 18)
    holds: Flags = (citizen(rows) == rows[:, 17]) & _is_day(rows[:, 6:14])
    return holds


def _is_day(rows: ByteMatrix) -> Flags:
    """Which rows of eight digits are a day of the Gregorian calendar, yyyymmdd."""
    digits = rows - np.uint8(ord("0"))
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 4:6] @ np.array([10, 1]), digits[:, 6:] @ np.array([10, 1])
    lengths = np.zeros(100, np.int64)  # for every value of two digits
    lengths[1:13] = 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    exists: Flags = (year > 0) & (day > 0) & (day <= lengths[month] + (leap & (month == 2)))
    return exists


def _upgrade_block(block: pa.LargeStringArray) -> ByteMatrix:
    """Convert rows of 15 digits to 18 characters, without checking the date."""
    short = rows_of(block, 15)
    rows = np.empty((len(short), 18), np.uint8)
    rows[:, :6], rows[:, 6:8], rows[:, 8:17] = short[:, :6], list(b"19"), short[:, 6:]
    rows[:, 17] = citizen(rows)
    return rows


def _serial_block(*parts: pa.Array) -> pa.StringArray:
    names, numbers = joined(*parts, by="\x1f"), parts[-1]
    own = pc.and_(_matches(numbers, _SERIAL), names.is_valid())
    hashed = pc.and_(pc.and_not(names.is_valid(), own), pc.not_equal(numbers, "")).fill_null(False)
    serials = pc.if_else(own, numbers, None).cast(pa.string())
    if not pc.any(hashed).as_py():  # true of hardly any register, and opening a database takes longer than this check
        return serials
    import duckdb  # its import takes longer than that of the rest of this module

    with duckdb.connect(config={"threads": 1, "temp_directory": ""}) as database:  # one thread keeps the rows in order
        return pc.replace_with_mask(serials, hashed, digests(names.filter(hashed), database))


def _mint_block(*parts: pa.Array) -> pa.StringArray:
    body = joined(*parts, by=".")
    return joined(pa.scalar(ROOT), body, mod_37_36(body), by=".").cast(pa.string())


def _matches(values: pa.Array, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(values, f"^(?:{pattern})$")


def _matching(values: Texts, pattern: str) -> pa.LargeStringArray:
    """The values that match a pattern; null for the others."""
    values = column(values)
    shaped = _matches(values, pattern)
    # Almost always all rows match, and then the column need not be copied.
    return pc.if_else(shaped, values, None) if pc.any(pc.invert(shaped)).as_py() else values


def _part(values: pa.LargeStringArray, start: int, stop: int | None) -> pa.StringArray:
    """The same slice of bytes of every row; for ASCII texts only."""
    return pc.binary_slice(values.cast(pa.large_binary()), start, stop).cast(pa.large_string()).cast(pa.string())


def _is_printable(codes: pa.LargeStringArray, *, max_length: int) -> pa.BooleanArray:
    """Whether texts of any script begin with a visible character, hold no control character and are not too long."""
    return pc.and_(_matches(codes, r"[^\s\pZ\pC]\PC*"), pc.less_equal(pc.utf8_length(codes), max_length))


_HOLDER_FORMS: dict[str, Callable[[pa.LargeStringArray], pa.BooleanArray]] = {
    "001": is_uscc,
    "111": is_citizen_number,
    "114 115 118 119 120 122": partial(_is_printable, max_length=30),
    # ICAO Doc 9303 limits a passport number to nine characters; some states print more.
    "411 412 413 414": partial(_matches, pattern="[0-9A-Z]{5,15}"),
    "511": partial(_matches, pattern="[0-9]{8}"),
    "516": partial(_matches, pattern="[HM](?:[0-9]{8}|[0-9]{10})"),
    "099 999": partial(_is_printable, max_length=64),
}

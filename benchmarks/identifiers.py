"""Measures every identifier check on 1,000,000 values and one core, beside a plain loop over Python strings.

    python benchmarks/identifiers.py

The loop calls a check for single values on each row. It runs on the first 20,000 rows, must give the same results, and its
seconds are scaled up. All values are valid unless noted otherwise, which is the slow case.
"""

import datetime
import hashlib
import os
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from standard import identifiers
from standard.check_characters import citizen, mod_37_36, organisation, texts, uscc

ROWS, SAMPLE, LIMIT = 1_000_000, 20_000, 1.5
BASE_31, BASE_36 = "0123456789ABCDEFGHJKLMNPQRTUWXY", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
USCC = re.compile("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTIFIER = rf"1\.2\.156\.3005\.2\.{USCC.pattern}[0-9]{{3}}\.{USCC.pattern}\.[0-9A-Z]{{1,64}}\.[0-9]{{3}}\.[0-9A-Z]"
KIND, OFFICE = "11100000MB0143028R001", "11370400MB0000000N"

Case = tuple[str, Callable[..., Any], Callable[..., Any], tuple[pa.Array, ...]]


def main() -> None:
    """Print a line for each check; fail if one is too slow, or its results differ from the loop."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    slow = []
    print(f"{'seconds for 1,000,000':<28}{'columns':>9}{'loop':>9}{'ratio':>8}")
    for name, check, loop, columns in [*number_cases(), *identifier_cases()]:
        fast = min(seconds(check, *columns)[0] for _ in range(3))
        sample = [column.slice(0, SAMPLE) for column in columns]
        rows = list(zip(*(column.to_pylist() for column in sample), strict=True))
        plain, results = seconds(lambda loop=loop, rows=rows: [loop(*row) for row in rows])
        if check(*sample).to_pylist() != results:
            raise SystemExit(f"{name}: the loop comes to another result")
        plain *= ROWS / SAMPLE
        print(f"{name:<28}{fast:>9.2f}{plain:>9.2f}{plain / fast:>7.0f}x")
        slow += [name] if fast >= LIMIT else []
    if slow:
        raise SystemExit(f"{LIMIT} s or more: {', '.join(slow)}")


def number_cases() -> list[Case]:
    """The checks of numbers of organisations and people."""
    credit, people = credit_codes(), citizen_numbers()
    bodies = pa.array([text[8:17] for text in credit.to_pylist()])
    kinds = pa.array([text + "001" for text in credit.to_pylist()])
    old = pa.array([text[:6] + text[8:17] for text in people.to_pylist()])
    half = ROWS // 2
    holders = pa.chunked_array([credit.slice(0, SAMPLE // 2), people.slice(0, half), credit.slice(0, half)])[:ROWS]
    forms = pa.array(["001"] * (SAMPLE // 2) + ["111"] * half + ["001"] * (half - SAMPLE // 2))
    return [
        ("is_uscc", identifiers.is_uscc, _loop_uscc, (credit,)),
        ("is_organisation_code", identifiers.is_organisation_code, _loop_organisation, (bodies,)),
        ("is_citizen_number", identifiers.is_citizen_number, _loop_citizen, (people,)),
        ("is_old_citizen_number", identifiers.is_old_citizen_number, _loop_old, (old,)),
        ("upgrade_citizen_number", identifiers.upgrade_citizen_number, _loop_upgrade, (old,)),
        ("is_type_code", identifiers.is_type_code, _loop_kind, (kinds,)),
        ("holder_code_fits", identifiers.holder_code_fits, _loop_holder, (holders, forms)),
    ]


def identifier_cases() -> list[Case]:
    """The checks and the minting of licence identifiers, with serials of 16 and of 20 characters."""
    kinds, offices = pa.array([KIND] * ROWS), pa.array([OFFICE] * ROWS)
    versions = pa.array(np.arange(ROWS) % 999 + 1)
    plain = pa.array([f"JY1370402{row:07d}" for row in range(ROWS)])
    chinese = pa.array([f"鲁枣危化经〔2018〕{row:07d}号" for row in range(ROWS)])
    right = identifiers.mint_identifier(kinds, offices, chinese, versions)
    wrong = pa.array([text[:-1] + BASE_36[BASE_36.index(text[-1]) - 5] for text in right.to_pylist()])
    bodies = pa.array([text[15:-2] for text in right.to_pylist()])
    return [
        ("mod_37_36", mod_37_36, _loop_37_36, (bodies,)),
        ("check_identifier", identifiers.check_identifier, _loop_check, (right,)),
        ("check_identifier, all wrong", identifiers.check_identifier, _loop_check, (wrong,)),
        ("parse_identifier", identifiers.parse_identifier, _loop_parse, (right,)),
        ("mint_identifier", identifiers.mint_identifier, _loop_mint, (kinds, offices, plain, versions)),
        ("mint_identifier, all hashed", identifiers.mint_identifier, _loop_mint, (kinds, offices, chinese, versions)),
    ]


def credit_codes() -> pa.Array:
    """Generate credit codes of nonexistent organisations."""
    rows = np.empty((ROWS, 18), np.uint8)
    rows[:, :8] = list(b"91370402")
    rows[:, 8:16] = digits(np.arange(ROWS), 8)
    rows[:, 8:10] = list(b"MA")
    rows[:, 16] = organisation(rows[:, 8:])
    rows[:, 17] = uscc(rows)
    return texts(rows)


def citizen_numbers() -> pa.Array:
    """Generate citizen numbers of people born in the nineteenth century."""
    days = np.datetime64("1801-01-01") + np.arange(ROWS) % 36_000
    rows = np.empty((ROWS, 18), np.uint8)
    rows[:, :6] = list(b"370402")
    rows[:, 6:14] = np.frombuffer("".join(days.astype(str)).replace("-", "").encode(), np.uint8).reshape(ROWS, 8)
    rows[:, 14:17] = digits(np.arange(ROWS) % 1000, 3)
    rows[:, 17] = citizen(rows)
    return texts(rows)


def digits(numbers: Any, width: int) -> Any:
    """Render numbers as rows of decimal digits."""
    return (numbers[:, None] // 10 ** np.arange(width)[::-1] % 10 + ord("0")).astype(np.uint8)


def seconds(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """The duration of a call, and its result."""
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def _loop_uscc(text: str) -> bool:
    if not USCC.fullmatch(text):
        return False
    total = sum(BASE_31.index(sign) * weight for sign, weight in zip(text, USCC_WEIGHTS, strict=False))
    return text[17] == BASE_31[-total % 31] and _loop_organisation(text[8:17])


def _loop_organisation(text: str) -> bool:
    text = text.replace("-", "") if len(text) == 10 else text
    if not re.fullmatch("[0-9A-Z]{8}[0-9X]", text):
        return False
    total = sum(int(sign, 36) * weight for sign, weight in zip(text, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return text[8] == "0123456789X"[-total % 11]


def _loop_day(text: str) -> bool:
    try:
        datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _loop_citizen(text: str) -> bool:
    if not re.fullmatch("[0-9]{17}[0-9X]", text) or not _loop_day(text[6:14]):
        return False
    return text[17] == _check_citizen(text)


def _check_citizen(text: str) -> str:
    return "10X98765432"[sum(int(sign) * weight for sign, weight in zip(text, CITIZEN_WEIGHTS, strict=False)) % 11]


def _loop_old(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{15}", text)) and _loop_day("19" + text[6:12])


def _loop_upgrade(text: str) -> str | None:
    if not _loop_old(text):
        return None
    text = text[:6] + "19" + text[6:]
    return text + _check_citizen(text)


def _loop_kind(text: str) -> bool:
    return len(text) == 21 and text[18:].isdecimal() and _loop_uscc(text[:18])


def _loop_holder(text: str, form: str) -> bool:
    return _loop_uscc(text) if form == "001" else _loop_citizen(text)


def _loop_37_36(body: str) -> str:
    state = 36
    for sign in body.replace(".", ""):
        state = ((state + BASE_36.index(sign)) % 36 or 36) * 2 % 37
    return BASE_36[(37 - state) % 36]


def _loop_legacy(body: str) -> str:
    state = 36
    for sign in body.replace(".", ""):
        value = BASE_36.index(sign)
        total = state + value + (value >= 10)
        total -= 37 if value >= 10 and total > 37 else 0
        state = (total % 36 or 36) * 2 % 37
    return BASE_36[36 - state]


def _loop_check(text: str) -> str:
    if not re.fullmatch(IDENTIFIER, text):
        return "malformed"
    if _loop_37_36(text[15:-2]) == text[-1]:
        return "ok"
    return "legacy_check" if _loop_legacy(text[15:-2]) == text[-1] else "wrong_check"


def _loop_parse(text: str) -> dict[str, str | int | None]:
    found = re.fullmatch(IDENTIFIER, text)
    names = ("certificate_type_code", "certificate_issuing_authority_code", "serial", "version", "check")
    parts = text.split(".")[5:] if found else [None] * 5
    return {name: int(part) if name == "version" and part else part for name, part in zip(names, parts, strict=True)}


def _loop_serial(kind: str, office: str, number: str) -> str:
    if re.fullmatch("[0-9A-Z]{1,64}", number):
        return number
    digest = hashlib.sha256(f"{kind}\x1f{office}\x1f{number}".encode()).digest()
    return _base_36(int.from_bytes(digest[:8], "big")) + _base_36(int.from_bytes(digest[8:16], "big"))


def _base_36(number: int) -> str:
    signs = ""
    for _ in range(10):
        number, digit = divmod(number, 36)
        signs = BASE_36[digit] + signs
    return signs


def _loop_mint(kind: str, office: str, number: str, version: int) -> str:
    body = f"{kind}.{office}.{_loop_serial(kind, office, number)}.{version:03d}"
    return f"{identifiers.ROOT}.{body}.{_loop_37_36(body)}"


if __name__ == "__main__":
    main()

"""Decides which columns are of no use to a licence, and which rows of a register are no records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onboarding.mapping import Assignment
from onboarding.profile import ColumnProfile
from onboarding.vocabulary import Strength, meanings

_WORDS = {
    "row_number": "numbers of rows",
    "remark": "remarks",
    "created": "when a row was entered, not when it changed",
    "exchange": "of the exchange between systems, not of the licence",
    "key": "a key that is not needed",
    "updated_at": "another update time",
    "operation": "how a row was written, not what it says",
}
_FOOTERS = ("小计", "合计", "总计", "共计", "累计", "制表人", "填表人", "填报人", "审核人", "制表", "填表", "审核")
_FEW = 0.05  # of the rows may be totals


def ignored(columns: Mapping[str, ColumnProfile], assignment: Assignment, used: Iterable[str]) -> dict[str, str]:
    """The columns that are under `ignore`, with the reason.

    Args:
        columns: the profiles by name.
        assignment: which column is what.
        used: the columns that the declaration names elsewhere.
    """
    found: dict[str, str] = {}
    for name, column in columns.items():
        if name in assignment.used or name in set(used):
            continue
        role = _role(name, assignment)
        if role:
            known = role != "operation" or name in assignment.role(role)
            found[name] = _WORDS[role] if known else "operations or states that nobody knows; ask what they say"
        elif name in assignment.again:
            found[name] = assignment.again[name]
        elif name in assignment.blocked:
            found[name] = "not sure what it is, see below"
        elif column.filled <= 0 and not name.upper().startswith(
            "KZ_"
        ):  # a field of the face, whose first value will come
            found[name] = f"empty in all {column.rows:,} rows"
        elif column.share("uuid") > 1 - _FEW:
            found[name] = "UUIDs"
    return found


def _role(name: str, assignment: Assignment) -> str:
    for role in _WORDS:
        if name in assignment.role(role):
            return role
    # A key that is not unique, or a number of rows that is none, is of no other use; of a likely title values decide.
    named = [meaning for meaning in meanings(name).values() if meaning.name in _WORDS]
    sure = [meaning.name for meaning in named if meaning.strength is not Strength.LIKELY or meaning.name == "remark"]
    return sure[0] if sure else ""


def leave_out(columns: Mapping[str, ColumnProfile], origin_is_file: bool) -> tuple[dict[str, list[str]], list[str]]:
    """The rows of a register that are no records: totals and signatures below its rows.

    Returns:
        Patterns by column, as a declaration has them; and sentences on rows that may be none either.
    """
    patterns: dict[str, list[str]] = {}
    said: list[str] = []
    for name, column in columns.items():
        totals = {word: rows for word, rows in column.footers.items() if rows <= _FEW * column.rows}
        if origin_is_file and totals and not patterns and column.kinds["organisation"] < 0.5 * column.filled:
            begins = [next((start for start in _FOOTERS if word.startswith(start)), "") for word in totals]
            patterns[name] = [f"{start}*" for start in _FOOTERS if start in begins]
        if tests := sum(column.tests.values()):
            whole = [word for word in column.tests if "请勿" in word or "勿用" in word or "勿删" in word]
            if whole:
                patterns.setdefault(name, []).extend(sorted({_start(word) for word in whole}))
            else:
                said.append(
                    f"{name}: {tests:,} values begin with 测试 or 系统测试; if they are test records, name them in leave_out"
                )
    return patterns, said


def _start(word: str) -> str:
    """The pattern of a test record: what stands before the remark that it is not to be used."""
    start = word.replace("(", "（").partition("（")[0].strip()
    return f"{start}*" if start and start != word else word

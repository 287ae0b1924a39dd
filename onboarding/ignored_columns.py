"""Finds the columns that are useless for a licence, and the rows of a register that are no records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onboarding.mapping import Assignment
from onboarding.profile import ColumnProfile
from onboarding.vocabulary import Strength, meanings

_REASONS = {
    "row_number": "numbers of rows",
    "remark": "remarks",
    "created": "when a row was entered, not when it changed",
    "exchange": "of the exchange between systems, not of the licence",
    "key": "a key that is not needed",
    "updated_at": "another update time",
    "operation": "how a row was written, not what it says",
}
_FOOTERS = ("小计", "合计", "总计", "共计", "累计", "制表人", "填表人", "填报人", "审核人", "制表", "填表", "审核")
_FEW = 0.05  # share of the rows that may be totals


def ignored_columns(
    columns: Mapping[str, ColumnProfile], assignment: Assignment, used: Iterable[str]
) -> dict[str, str]:
    """Propose the columns under `ignore`, with reasons.

    Args:
        columns: the profiles by name.
        assignment: of columns to elements and roles.
        used: the columns that the declaration names elsewhere.
    """
    reasons: dict[str, str] = {}
    for name, column in columns.items():
        if name in assignment.used or name in set(used):
            continue
        role = _role(name, assignment)
        if role:
            known = role != "operation" or name in assignment.role(role)
            reasons[name] = _REASONS[role] if known else "operations or states that nobody knows; ask what they say"
        elif name in assignment.repeats:
            reasons[name] = assignment.repeats[name]
        elif name in assignment.blocked:
            reasons[name] = "not sure what it is, see below"
        elif column.filled <= 0 and not name.upper().startswith(
            "KZ_"
        ):  # a field of the face, whose first value will come
            reasons[name] = f"empty in all {column.rows:,} rows"
        elif column.share("uuid") > 1 - _FEW:
            reasons[name] = "UUIDs"
    return reasons


def _role(name: str, assignment: Assignment) -> str:
    for role in _REASONS:
        if name in assignment.role(role):
            return role
    # A key that is not unique, or a row number that is none, has no other use; for a likely title the values decide.
    named = [meaning for meaning in meanings(name).values() if meaning.name in _REASONS]
    sure = [meaning.name for meaning in named if meaning.strength is not Strength.LIKELY or meaning.name == "remark"]
    return sure[0] if sure else ""


def leave_out_patterns(
    columns: Mapping[str, ColumnProfile], origin_is_file: bool
) -> tuple[dict[str, list[str]], list[str]]:
    """Propose `leave_out`: totals and signatures below the rows of a register.

    Returns:
        Patterns by column, as in a declaration; and sentences on further suspicious rows.
    """
    patterns: dict[str, list[str]] = {}
    notes: list[str] = []
    for name, column in columns.items():
        totals = {word: rows for word, rows in column.footers.items() if rows <= _FEW * column.rows}
        if origin_is_file and totals and not patterns and column.kinds["organisation"] < 0.5 * column.filled:
            begins = [next((start for start in _FOOTERS if word.startswith(start)), "") for word in totals]
            patterns[name] = [f"{start}*" for start in _FOOTERS if start in begins]
        if tests := sum(column.tests.values()):
            marked = [word for word in column.tests if "请勿" in word or "勿用" in word or "勿删" in word]
            if marked:
                patterns.setdefault(name, []).extend(sorted({_start(word) for word in marked}))
            else:
                notes.append(
                    f"{name}: {tests:,} values begin with 测试 or 系统测试; if they are test records, name them in leave_out"
                )
    return patterns, notes


def _start(word: str) -> str:
    """The pattern of a test record: its text before the remark that it is not to be used."""
    start = word.replace("(", "（").partition("（")[0].strip()
    return f"{start}*" if start and start != word else word

"""Proposes `extract`: where a source's rows are, what identifies a row, and what tells that it changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onboarding.code_words import operations
from onboarding.evidence import percent
from onboarding.licence_type import FILL_IN
from onboarding.mapping import Assignment
from onboarding.origin import Origin
from onboarding.profile import ColumnProfile

_DAY = {r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)": "{day}", r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)": "{day:%Y%m%d}",
        r"(?<!\d)(20\d\d)_(\d\d)_(\d\d)(?!\d)": "{day:%Y_%m_%d}", r"(20\d\d)年(\d\d)月(\d\d)日": "{day:%Y年%m月%d日}"}  # fmt: skip
_LOOK_BACK = "2h"
# Operation columns that a national layout defines, so that values not seen yet are known, too.
_NATIONAL = re.compile("(?i)^(cd_operation|cd_czlx)$")


@dataclass
class Section:
    """A part of a declaration.

    Attributes:
        values: of its keys.
        notes: comments above each key.
        used: the source's columns that it names.
    """

    values: dict[str, Any]
    notes: dict[str, list[str]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    def note(self, key: str, *sentences: str) -> None:
        """Add comments above a key."""
        self.notes.setdefault(key, []).extend(sentences)


def extract_section(origin: Origin, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> Section:
    """Propose `extract`."""
    return _of_table(origin, columns, assignment) if origin.kind == "database" else _of_file(origin, assignment)


def _of_file(origin: Origin, assignment: Assignment) -> Section:
    optional = {
        "connection": origin.connection,
        "path": _path(origin.name),
        "sheet": origin.sheet,
        "header_rows": origin.header_rows if origin.header_rows > 1 else None,
        "encoding": None if origin.encoding.startswith("utf-8") else origin.encoding,
        "delimiter": None if origin.delimiter == "," else origin.delimiter,
    }
    section = Section({"kind": origin.kind, **{key: value for key, value in optional.items() if value}})
    if origin.connection:
        section.note("connection", f"the folder of the file: LICEX_CONN_{origin.connection.upper()}")
    if section.values["path"] == _escaped(origin.name):
        section.note("path", "no day is seen in its name, so the file stands for today alone; {day} makes it one a day")
    if origin.others:
        section.note("sheet", f"further visible sheets, not read: {', '.join(origin.others)}")
    if len(times := assignment.role("updated_at")) == 1:
        section.values["updated_at"] = times[0]
        section.note("updated_at", f"{times[0]}: of several rows of one licence the newest counts")
        section.used.append(times[0])
    return section


def _path(name: str) -> str:
    for pattern, placeholder in _DAY.items():
        for found in re.finditer(pattern, name):
            if _is_day(*found.groups()):
                return _escaped(name[: found.start()]) + placeholder + _escaped(name[found.end() :])
    return _escaped(name)


def _escaped(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _of_table(origin: Origin, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> Section:
    section = Section({"kind": "database", "connection": origin.connection, "table": origin.name})
    _key(section, columns, assignment)
    _times(section, columns, assignment)
    _changes(section, columns, assignment)
    return section


def _key(section: Section, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> None:
    number = assignment.elements.get("certificate_number")
    keys = [name for name in assignment.role("key") if name not in assignment.used]
    if keys:
        chosen, why = keys[0], f"all {columns[keys[0]].rows:,} rows have a value, no two the same"
        if len(keys) > 1:
            section.note("key", f"{', '.join(keys[1:])} would do as well")
    elif number and columns[number.column].unique:
        chosen, why = (
            number.column,
            f"it is the certificate's number, and no two of {columns[number.column].rows:,} rows have the same",
        )
    elif unique := [name for name, column in columns.items() if column.unique and column.dated < 0.5]:
        chosen, why = (
            unique[0],
            f"NOT SURE: nothing but that no two of {columns[unique[0]].rows:,} rows have the same; ask the department",
        )
    else:
        chosen, why = (
            f"{FILL_IN}主键列",
            "FILL IN: no column is filled in all rows and different in each; two together may be",
        )
    section.values["key"] = [chosen]
    section.note("key", f"{chosen}: {why}")
    section.used.append(chosen)


def _times(section: Section, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> None:
    times = assignment.role("updated_at")
    if not times:
        section.note("updated_at_missing", "no column is known as an update time, so every night reads the whole table")
        rising = [name for name, column in columns.items() if column.unique and column.share("digits") == 1]
        if rising:
            section.note(
                "updated_at_missing",
                f"does {' or '.join(rising)} get a greater number on every change? Then declare it as rising",
            )
        return
    chosen = times[0]
    if len(times) > 1:
        chosen = max(times, key=lambda name: (columns[name].filled, columns[name].mean_day or 0.0))
        rest = ", ".join(name for name in times if name != chosen)
        section.note("updated_at", f"NOT SURE: {rest} may be it, too; this one is filled most and latest")
    column = columns[chosen]
    section.values["updated_at"] = chosen
    section.note(
        "updated_at",
        f"{chosen}: {percent(column.days / max(column.rows, 1))} of {column.rows:,} rows have a time in it; ask whether it is set on every change",
    )
    section.values["look_back"] = _LOOK_BACK
    section.note("look_back", "a usual value: ask how late a row may be committed after its update time")
    section.used.append(chosen)


def _changes(section: Section, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> None:
    for name in assignment.role("operation"):
        values = sorted(columns[name].values or {})
        found = operations(name, values)
        if found is None or "updated_at" not in section.values:
            continue
        kept, deleted = found
        if _NATIONAL.match(name):
            kept, deleted = list(dict.fromkeys(["I", "U", *kept])), list(dict.fromkeys(["D", *deleted]))
        if not deleted:
            continue  # a column that never deletes a row is useless
        section.values["changes"] = {"operation": name, "kept": kept, "deleted": deleted}
        counts = ", ".join(f"{value} in {rows:,}" for value, rows in (columns[name].values or {}).items())
        section.note("changes", f"{name}: {counts} rows; ask whether there are further values")
        section.used.append(name)
        return

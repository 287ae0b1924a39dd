"""Checks a city's own tables (`licence_type.csv`, `area.csv`, `face_field.csv`) row by row, with line numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sources.problem import Problem
from standard.codes import code_list
from standard.credit_codes import uscc_fault
from standard.field import Kind
from standard.messages import Message, all_of, joined
from standard.nearest import did_you_mean

FACE_NAME = re.compile("KZ_[A-Za-z0-9_]+")
_AREA = re.compile("[0-9]{6}|[0-9]{12}")
_TYPE_CODE = re.compile(".{18}[0-9]{3}")


@dataclass(frozen=True)
class Row:
    """A row of a table, every value as text, and the line on which it ends."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class _Table:
    """The definition of a table: its columns, the required ones, the key, and the check of a row."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]
    check: Callable[[Mapping[str, str]], Iterator[Message]]


def read_table(path: Path, known_types: Iterable[str] = ()) -> tuple[list[Row], list[Problem]]:
    """Read one of the tables.

    Args:
        path: of the table, which is identified by its name; it may be missing.
        known_types: the codes of licence types that face fields may belong to.

    Returns:
        The valid rows, and all problems in the order of lines.
    """
    if not path.exists():
        return [], []
    table, known = TABLES[path.name], set(known_types)
    try:
        header, lines = _lines(path)
    except UnicodeDecodeError:
        messages = [Message("expected a CSV file in UTF-8, found another encoding; save it as UTF-8")]
    except (csv.Error, OSError) as error:
        messages = [Message("expected a CSV file, found: {error}; save it as CSV", error=error)]
    else:
        messages = list(_header(table, header))
    if messages:
        return [], [_problem(path, 1, message) for message in messages]
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in lines:
        values = dict(zip(header, cells, strict=False))
        found = [*_row(table, header, cells, known), *_duplicates(table, values, seen, line)]
        problems += [_problem(path, line, message) for message in found]
        if not found:
            rows.append(Row(line, values))
    return rows, problems


def _problem(path: Path, line: int, message: Message) -> Problem:
    return Problem(path, line, message.coded("LX-204"))


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read the header, and the lines below it that are not blank, with their numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    return (lines[0][1], lines[1:]) if lines else ([], [])


def _duplicates(
    table: _Table, values: Mapping[str, str], seen: dict[tuple[str, ...], int], line: int
) -> Iterator[Message]:
    key = tuple(values.get(name, "") for name in table.key)
    if key in seen:
        yield Message(
            "expected each {key} once, found {values} on line {line} too; remove one",
            key=all_of(table.key),
            values=" ".join(key),
            line=seen[key],
        )
    seen.setdefault(key, line)


def _header(table: _Table, header: list[str]) -> Iterator[Message]:
    columns = ",".join(table.columns)
    for name in table.required:
        if name not in header:
            yield Message(
                "expected the columns {columns}, found no {name}; correct the header", columns=columns, name=name
            )
    for name in header:
        if name not in table.columns:
            yield Message(
                "expected the columns {columns}, found {name}; {hint}",
                columns=columns,
                name=name or Message("one without a name"),
                hint=did_you_mean(name, table.columns, Message("remove it")),
            )
    if len(set(header)) < len(header):
        yield Message("expected each column once, found {columns}; remove one", columns=",".join(header))


def _row(table: _Table, header: list[str], cells: list[str], known: set[str]) -> Iterator[Message]:
    if len(cells) != len(header):
        yield Message(
            "expected {expected} values, found {found}; a value with a comma stands between quotation marks",
            expected=len(header),
            found=len(cells),
        )
        return
    values = dict(zip(header, cells, strict=True))
    yield from table.check(values)
    if "certificate_type_code" in table.key:
        yield from _type(values["certificate_type_code"], known)


def _licence_type(row: Mapping[str, str]) -> Iterator[Message]:
    code = row["code"]
    if not _TYPE_CODE.fullmatch(code):
        yield Message(
            "expected a type code (a credit code and 3 digits, 21 characters), found {code}; correct it",
            code=_or_nothing(code),
        )
    elif fault := uscc_fault(code[:18]):
        yield Message(
            "expected a type code that begins with a credit code (GB 32100), found {code}, of which does not hold: {fault}; check it for typing errors",
            code=code,
            fault=fault,
        )
    if not row["name"].strip():
        yield Message("expected the name of the type {code}, found none; write it", code=code)
    yield from _one_of("holder_category", row.get("holder_category", ""), ["", *code_list("holder_category")])


def _area(row: Mapping[str, str]) -> Iterator[Message]:
    if not _AREA.fullmatch(row["code"]):
        yield Message(
            "expected the code of an area, six or twelve digits, found {code}; correct it",
            code=_or_nothing(row["code"]),
        )


def _face_field(row: Mapping[str, str]) -> Iterator[Message]:
    name, length = row["short_name"], row.get("length", "")
    if not FACE_NAME.fullmatch(name):
        yield Message(
            "expected a short_name of KZ_ and letters, digits or _, found {name}; correct it", name=_or_nothing(name)
        )
    if not row["title"].strip():
        yield Message("expected the title of {name}, found none; write it", name=name)
    yield from _one_of("kind", row["kind"], [str(kind) for kind in Kind])
    if length and not (length.isascii() and length.isdigit() and 0 < int(length) <= 100_000):
        yield Message(
            "expected a length that is a whole number of characters, or nothing, found {length}; correct it",
            length=length,
        )
    for mark in ("required", "personal"):
        yield from _one_of(mark, row.get(mark, ""), ["", "0", "1"])


def _type(code: str, known: set[str]) -> Iterator[Message]:
    if code not in known:
        yield Message(
            "expected a type code of the catalogue, found {code}; {hint}",
            code=_or_nothing(code),
            hint=did_you_mean(code, known, Message("add the type to licence_type.csv")),
        )


def _one_of(name: str, value: str, allowed: list[str]) -> Iterator[Message]:
    if value not in allowed:
        yield Message(
            "expected {name} to be {allowed}, found {value}; {hint}",
            name=name,
            allowed=joined(" / ", map(_or_nothing, allowed)),
            value=_or_nothing(value),
            hint=did_you_mean(value, filter(None, allowed), Message("correct it")),
        )


def _or_nothing(value: str) -> str:
    return value or Message("nothing")


TABLES = {
    "licence_type.csv": _Table(("code", "name", "holder_category"), ("code", "name"), ("code",), _licence_type),
    "area.csv": _Table(("code", "name"), ("code",), ("code",), _area),
    "face_field.csv": _Table(
        ("certificate_type_code", "short_name", "title", "kind", "length", "required", "personal"),
        ("certificate_type_code", "short_name", "title", "kind"),
        ("certificate_type_code", "short_name"),
        _face_field,
    ),
}  # fmt: skip

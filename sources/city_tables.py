"""What must hold of a city's own tables (`licence_type.csv`, `area.csv`, `face_field.csv`), row by row, with their lines."""

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
    """What a table has: its columns, those that must be there, those that name a row, and what is wrong with a row."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]
    check: Callable[[Mapping[str, str]], Iterator[str]]


def read_table(path: Path, known_types: Iterable[str] = ()) -> tuple[list[Row], list[Problem]]:
    """Read one of the tables.

    Args:
        path: by whose name it is known which table it is; it need not be there.
        known_types: the codes of licence types, which the fields of a face are of.

    Returns:
        The rows that nothing is wrong with, and everything that is wrong, in the order of lines.
    """
    if not path.exists():
        return [], []
    table, known = TABLES[path.name], set(known_types)
    try:
        header, lines = _lines(path)
    except UnicodeDecodeError:
        return [], [Problem(path, 1, "expected a CSV file in UTF-8, found another encoding; save it as UTF-8")]
    except (csv.Error, OSError) as error:
        return [], [Problem(path, 1, f"expected a CSV file, found: {error}; save it as CSV")]
    if wrong := list(_header(table, header)):
        return [], [Problem(path, 1, message) for message in wrong]
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in lines:
        values = dict(zip(header, cells, strict=False))
        found = [*_row(table, header, cells, known), *_again(table, values, seen, line)]
        problems += [Problem(path, line, message) for message in found]
        if not found:
            rows.append(Row(line, values))
    return rows, problems


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the lines below it that hold something, each with its number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    return (lines[0][1], lines[1:]) if lines else ([], [])


def _again(table: _Table, values: Mapping[str, str], seen: dict[tuple[str, ...], int], line: int) -> Iterator[str]:
    named = tuple(values.get(name, "") for name in table.key)
    if named in seen:
        yield f"expected each {' and '.join(table.key)} once, found {' '.join(named)} on line {seen[named]} too; remove one"
    seen.setdefault(named, line)


def _header(table: _Table, header: list[str]) -> Iterator[str]:
    for name in table.required:
        if name not in header:
            yield f"expected the columns {','.join(table.columns)}, found no {name}; correct the header"
    for name in header:
        if name not in table.columns:
            hint = did_you_mean(name, table.columns, "remove it")
            yield f"expected the columns {','.join(table.columns)}, found {name or 'one without a name'}; {hint}"
    if len(set(header)) < len(header):
        yield f"expected each column once, found {','.join(header)}; remove one"


def _row(table: _Table, header: list[str], cells: list[str], known: set[str]) -> Iterator[str]:
    if len(cells) != len(header):
        yield f"expected {len(header)} values, found {len(cells)}; a value with a comma stands between quotation marks"
        return
    values = dict(zip(header, cells, strict=True))
    yield from table.check(values)
    if "certificate_type_code" in table.key:
        yield from _type(values["certificate_type_code"], known)


def _licence_type(row: Mapping[str, str]) -> Iterator[str]:
    code = row["code"]
    if not _TYPE_CODE.fullmatch(code):
        yield f"expected a type code (a credit code and 3 digits, 21 characters), found {code or 'nothing'}; correct it"
    elif fault := uscc_fault(code[:18]):
        yield f"expected a type code that begins with a credit code (GB 32100), found {code}, of which does not hold: {fault}; check it for typing errors"
    if not row["name"].strip():
        yield f"expected the name of the type {code}, found none; write it"
    yield from _one_of("holder_category", row.get("holder_category", ""), ["", *code_list("holder_category")])


def _area(row: Mapping[str, str]) -> Iterator[str]:
    if not _AREA.fullmatch(row["code"]):
        yield f"expected the code of an area, six or twelve digits, found {row['code'] or 'nothing'}; correct it"


def _face_field(row: Mapping[str, str]) -> Iterator[str]:
    name, length = row["short_name"], row.get("length", "")
    if not FACE_NAME.fullmatch(name):
        yield f"expected a short_name of KZ_ and letters, digits or _, found {name or 'nothing'}; correct it"
    if not row["title"].strip():
        yield f"expected the title of {name}, found none; write it"
    yield from _one_of("kind", row["kind"], [str(kind) for kind in Kind])
    if length and not (length.isascii() and length.isdigit() and 0 < int(length) <= 100_000):
        yield f"expected a length that is a whole number of characters, or nothing, found {length}; correct it"
    for mark in ("required", "personal"):
        yield from _one_of(mark, row.get(mark, ""), ["", "0", "1"])


def _type(code: str, known: set[str]) -> Iterator[str]:
    if code not in known:
        hint = did_you_mean(code, known, "add the type to licence_type.csv")
        yield f"expected a type code of the catalogue, found {code or 'nothing'}; {hint}"


def _one_of(name: str, value: str, allowed: list[str]) -> Iterator[str]:
    if value not in allowed:
        shown = " / ".join(each or "nothing" for each in allowed)
        hint = did_you_mean(value, filter(None, allowed), "correct it")
        yield f"expected {name} to be {shown}, found {value or 'nothing'}; {hint}"


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

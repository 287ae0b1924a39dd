"""Checks a declaration beyond its form: names that exist, codes that are known, elements that are covered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sources.city import City
from sources.database_extract import Changes, DatabaseExtract
from sources.declaration import Column, Declaration
from sources.file_extract import FileExtract, TextExtract, is_encoding
from standard.codes import code_list, status_families
from standard.credit_codes import uscc_fault
from standard.field import Field, Kind
from standard.licence import CODED, DERIVED, HOLDERS_JOINED_BY, LICENCE
from standard.messages import Message
from standard.nearest import did_you_mean


@dataclass(frozen=True)
class KeyProblem:
    """A problem, and the path of keys to it."""

    path: tuple[str | int, ...]
    message: Message


def check(declaration: Declaration, city: City) -> Iterator[KeyProblem]:
    """Find every problem of a declaration with a valid form."""
    for problem in _problems(declaration, city):
        yield replace(problem, message=problem.message.coded("LX-203"))


def _problems(declaration: Declaration, city: City) -> Iterator[KeyProblem]:
    yield from _codes(declaration, city)
    yield from _extract(declaration)
    if declaration.sweep is not None and (why := _why_unsweepable(declaration)):
        yield KeyProblem(("sweep",), Message("{why}; remove sweep", why=why))
    elements = _elements(declaration, city)
    for name, column in declaration.columns.items():
        if name not in elements:
            yield KeyProblem(("columns", name), _unknown_element(name, elements))
        else:
            yield from _column(name, column, elements[name], declaration)
    yield from _coverage(declaration, elements)
    for name, patterns in declaration.leave_out.items():
        if any(not pattern.strip("*? ") for pattern in patterns):
            yield KeyProblem(
                ("leave_out", name),
                Message(
                    "expected patterns that leave some rows in, found {patterns}; name the text", patterns=patterns
                ),
            )


def _elements(declaration: Declaration, city: City) -> dict[str, Field]:
    face = city.face(declaration.certificate_type_code, declaration.columns)
    return {**LICENCE.by_name, **{field.name: field for field in face}}


def _unknown_element(name: str, elements: Iterable[str]) -> Message:
    return Message("unknown element {name}; {meant}", name=name, meant=_hint(name, elements))


def _hint(name: str, known: Iterable[str], listed: Message | None = None) -> Message:
    return did_you_mean(name, known, listed or Message("docs/reference/standard.md lists the elements"))


def _codes(declaration: Declaration, city: City) -> Iterator[KeyProblem]:
    code = declaration.certificate_type_code
    if code not in city.licence_types:
        yield KeyProblem(
            ("certificate_type_code",),
            Message(
                "expected a type code of the catalogue, found {code}; {meant} A city adds its own types in licence_type.csv",
                code=code,
                meant=_hint(code, city.licence_types, Message("docs/reference/standard.md lists them.")),
            ),
        )
    authorities: dict[tuple[str | int, ...], str] = {("department", "code"): declaration.department.code}
    authorities |= {("issuing_authorities", i): item for i, item in enumerate(declaration.issuing_authorities)}
    for path, authority in authorities.items():
        if fault := uscc_fault(authority):
            yield KeyProblem(
                path,
                Message(
                    "expected a unified social credit code (18 characters, GB 32100), found {code}, of which does not hold: {fault}; check it for typing errors",
                    code=authority,
                    fault=fault,
                ),
            )


def _extract(declaration: Declaration) -> Iterator[KeyProblem]:
    extract = declaration.extract
    if isinstance(extract, DatabaseExtract):
        yield from _database(extract)
    if isinstance(extract, FileExtract):
        try:
            extract.path.format(day=declaration.since)
        except (KeyError, IndexError, ValueError, AttributeError):
            yield KeyProblem(
                ("extract", "path"),
                Message(
                    "expected no placeholder but {{day}}, as in x_{{day:%Y%m%d}}.xlsx, found {path}; correct the path",
                    path=extract.path,
                ),
            )
    if isinstance(extract, TextExtract) and extract.encoding is not None and not is_encoding(extract.encoding):
        yield KeyProblem(
            ("extract", "encoding"),
            Message(
                "expected an encoding such as utf-8 or gb18030, found {encoding}; correct it", encoding=extract.encoding
            ),
        )


_IS_SELECT = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)


def _database(extract: DatabaseExtract) -> Iterator[KeyProblem]:
    """Check that the parts of a table or query's declaration fit together."""
    operation = extract.changes.operation if extract.changes else None
    roles = {"updated_at": extract.updated_at, "rising": extract.rising, "changes": operation}
    named = [column for column in roles.values() if column]
    for role, column in roles.items():
        if column and named.count(column) > 1:
            yield KeyProblem(
                ("extract", role),
                Message("{column} is named for two things; name another column for one of them", column=column),
            )
    messages = {
        "key": len(set(extract.key.columns)) < len(extract.key.columns)
        and Message(
            "expected columns that differ, found {columns}; name each once", columns=", ".join(extract.key.columns)
        ),
        "split": bool(extract.split and extract.split.column == operation)
        and Message(
            "expected a column of many values, found {operation}, which has one for each operation; split by another",
            operation=operation,
        ),
        "changes": _changes(extract.changes),
        "clock_skew": bool(extract.clock_skew and not extract.updated_at)
        and Message("clock_skew tells of update times, and there are none; remove it"),
        "look_back": bool(extract.look_back and extract.rising)
        and Message("look_back reaches back in time, and rising decides the rows; remove it"),
        "witness": bool(extract.witness and not _IS_SELECT.match(extract.witness.query))
        and Message(
            "expected a SELECT (or WITH ... SELECT) as its query, found something else; a witness is only asked"
        ),
        "statement_limit": not extract.statement_limit
        and Message("expected at least 1m, found no time at all; give some"),
        "query": bool(extract.query and not _IS_SELECT.match(extract.query))
        and Message("expected a SELECT (or WITH ... SELECT), found something else; a source is only read"),
    }
    yield from (KeyProblem(("extract", key), message) for key, message in messages.items() if message)


def _why_unsweepable(declaration: Declaration) -> Message | None:
    """Explain why the keys of a source cannot be swept; None if they can."""
    extract = declaration.extract
    if not isinstance(extract, DatabaseExtract):
        return Message("expected a database, whose keys can be asked for, found files, which are always read whole")
    if not extract.incremental:
        return Message("expected an incremental source, found a snapshot, which holds everything each night")
    if extract.key.reused:
        return Message(
            "expected keys that name records, found keys that are used again (reused), so nobody knows whose row a key is"
        )
    if not extract.keys.name_records:
        return Message(
            "expected keys that name records, found {column} among them, so that each change has a key of its own",
            column=extract.rising,
        )
    return None


def _changes(changes: Changes | None) -> Message | None:
    """Find the problem with the values of an operation column; None if there is none."""
    if changes is None:
        return None
    if not changes.deleted:
        return Message("expected the values that say a record was deleted, found none; name them, or leave changes out")
    both = sorted(set(changes.kept_values) & set(changes.deleted_values))
    if both:
        return Message(
            "expected values that say one thing each, found {values} under both kept and deleted (booleans are 1 and 0); leave them in one",
            values=", ".join(both) or Message("blank"),
        )
    return None


def _column(name: str, column: Column, field: Field, declaration: Declaration) -> Iterator[KeyProblem]:
    if column.formats and field.kind not in {Kind.DATE, Kind.TIME}:
        yield KeyProblem(
            ("columns", name, "formats"), Message("{name} is not a date, so it has no formats; remove them", name=name)
        )
    if column.separator and not field.multiple:
        yield KeyProblem(
            ("columns", name, "separator"),
            Message("{name} has one value, so it has no separator; remove it", name=name),
        )
    for form in (form for form in column.formats if _may_look_iso(form)):
        yield KeyProblem(
            ("columns", name, "formats"),
            Message(
                "expected a form that cannot be taken for a real date, which is always written %Y-%m-%d, found {form}; have the column written otherwise",
                form=form,
            ),
        )
    for form in (form for form in column.formats if not _round_trips(form)):
        yield KeyProblem(
            ("columns", name, "formats"),
            Message(
                "expected a strptime form with year, month and day, such as %Y-%m-%d, found {form}; correct it",
                form=form,
            ),
        )
    yield from _lookups(name, column, declaration)


def _lookups(name: str, column: Column, declaration: Declaration) -> Iterator[KeyProblem]:
    known = {**status_families(), **declaration.lookups}
    for lookup in column.lookup:
        if lookup not in known:
            yield KeyProblem(
                ("columns", name, "lookup"),
                Message(
                    "expected the name of a lookup, found {lookup}; {meant}",
                    lookup=lookup,
                    meant=_hint(lookup, known, Message("declared are: {names}", names=", ".join(known))),
                ),
            )
    for value in (column.constant, *_lookup_targets(column, declaration)):
        if (
            value is not None
            and name in CODED
            and not set(value.split(HOLDERS_JOINED_BY)) <= set(code_list(CODED[name]))
        ):
            yield KeyProblem(
                ("columns", name),
                Message(
                    "expected one of {codes}, found {found}; correct it",
                    codes=" / ".join(code_list(CODED[name])),
                    found=value,
                ),
            )


def _lookup_targets(column: Column, declaration: Declaration) -> Iterator[str | None]:
    """The targets of the declaration's own lookups of a column."""
    for name in column.lookup:
        yield from declaration.lookups.get(name, {}).values()


def _round_trips(form: str) -> bool:
    """Whether a format can write a day and read it again."""
    day = date(2026, 11, 23)
    try:
        return datetime.strptime(day.strftime(form), form).date() == day
    except ValueError:
        return False


def _may_look_iso(form: str) -> bool:
    """Whether a format writes a day as another day is written in ISO 8601, which is tried first."""
    try:
        return date(2026, 5, 3).strftime(form).startswith("2026-03-05")
    except ValueError:
        return False


def _coverage(declaration: Declaration, elements: dict[str, Field]) -> Iterator[KeyProblem]:
    for field in elements.values():
        if field.required and field.name not in declaration.columns and field.name not in DERIVED:
            yield KeyProblem(
                ("columns",),
                Message(
                    "expected the required element {name} ({title}) to be mapped, found no mapping; add it under columns",
                    name=field.name,
                    title=field.title,
                ),
            )
    mapped = set(declaration.mapped_columns())
    for i, column_name in enumerate(declaration.ignore):
        if column_name in mapped:
            yield KeyProblem(
                ("ignore", i),
                Message("{column} is both mapped and ignored; keep one of the two", column=column_name),
            )
    for name in declaration.expect.filled:
        if name not in elements:
            yield KeyProblem(("expect", "filled", name), _unknown_element(name, elements))
        elif name not in declaration.columns:
            yield KeyProblem(
                ("expect", "filled", name),
                Message("expected {name} to be mapped, found no mapping; map it or remove it", name=name),
            )

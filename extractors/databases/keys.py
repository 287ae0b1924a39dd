"""Reads a table by its own keys: all keys and a few columns, or the rows of some keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import misread_forms
from extractors.databases.connections import Connection
from extractors.databases.extract import open_origin
from extractors.databases.partition import find_cuts
from extractors.databases.query_builder import Origin
from extractors.databases.row_batches import read_batches
from extractors.databases.statement import Statement, Value
from extractors.raw import Reading, in_row_groups, raw_schema
from extractors.request import Request
from sources.database_extract import DatabaseExtract
from standard.batch import SWEEP
from standard.errors import SourceRefused
from standard.nearest import with_nearest
from standard.raw import LOCATOR

_MOST_VALUES = 1_000  # in one statement: SQL Server takes 2,100, others a thousand in one list
_MOST_FORMS = 2  # of one value


@dataclass(frozen=True)
class KeyColumns:
    """The columns that are read of every row.

    Attributes:
        names: the required columns, including those of the key.
        one_of: the names that one more column has had, exactly one of which must exist.
        all_columns: whether all columns are read.
    """

    names: Sequence[str]
    one_of: Sequence[str] = ()
    all_columns: bool = False

    def select(self, source: str, columns: Sequence[str]) -> list[str]:
        """Select the columns to be read from the existing ones.

        Raises:
            SourceRefused: `columns_missing` or `columns_ambiguous`.
        """
        found = [name for name in self.one_of if name in columns]
        missing = [name for name in self.names if name not in columns]
        if self.one_of and not found:
            missing.append(self.one_of[0])
        if missing:
            near = with_nearest(missing, columns)
            raise SourceRefused(
                "columns_missing",
                "{source}: expected the columns {missing}, by which a sweep knows its rows, found "
                "{there} others; restore the columns, or announce their new names",
                expected=", ".join(missing),
                found=near,
                source=source,
                missing=near,
                there=len(columns),
            )
        if len(found) > 1:
            raise SourceRefused(
                "columns_ambiguous",
                "{source}: expected one of the columns {columns} for the number of the licence, found "
                "{there}; have one of them taken away, or declare the one that counts",
                expected=" / ".join(self.one_of),
                found="、".join(found),
                source=source,
                columns=", ".join(self.one_of),
                there=len(found),
            )
        names = {*self.names, *found}
        return [name for name in columns if self.all_columns or name in names]


@contextmanager
def read_keys(request: Request, extract: DatabaseExtract, selection: KeyColumns) -> Iterator[Iterator[pa.RecordBatch]]:
    """Read some columns of every row.

    A big table is read in its declared parts, one statement each, if its database shows one state to all of them: otherwise a
    row that moves from one part to another meanwhile would be missed in both.

    Args:
        request: the request, with a location.
        extract: the declaration.
        selection: of columns.

    Raises:
        SourceUnreachable, SourceRefused: as `read_database`.
    """
    with open_origin(request, extract) as (connection, origin, columns):
        selected = selection.select(origin.source, columns)
        if not origin.types:  # a query with unknown types returns all its columns
            selected = columns
        parts: list[Statement] = [()]
        if extract.split and connection.dialect.read_only_snapshot:
            bounds = [None, *find_cuts(origin, connection, extract.split, ()), None]
            parts = [origin.part_condition(extract.split.column, low, high) for low, high in pairwise(bounds)]
        yield in_row_groups(chain.from_iterable(read_batches(origin, connection, selected, part) for part in parts))


@contextmanager
def read_rows_by_key(request: Request, extract: DatabaseExtract, keys: pa.Table) -> Iterator[Reading]:
    """Read the rows of some keys, as a batch is read: with the same columns, locators, types and texts.

    Args:
        request: the request, with a location.
        extract: the declaration.
        keys: the columns of the key as text, and `LOCATOR`; each key once.

    Raises:
        SourceUnreachable, SourceRefused: as `read_database`.
    """
    with open_origin(request, extract) as (connection, origin, columns):
        yield Reading(
            columns=columns,
            kind=SWEEP,
            taken_at=request.now,
            window=None,
            batches=in_row_groups(_rows(origin, connection, columns, keys)),
            origin={
                **({"table": extract.table} if extract.table else {"query": extract.query or ""}),
                "backend": connection.backend,
            },
            types={} if extract.query and not origin.dialect.query_types("", []) else origin.types,
        )


def _rows(origin: Origin, connection: Connection, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the keys, a bounded number at a time; a key whose row has vanished has none.

    Rows are selected by value, for which the database has an index; those not found this way, by text.
    """
    size = max(1, _MOST_VALUES // (len(origin.extract.key_columns) * _MOST_FORMS))
    for start in range(0, keys.num_rows, size):
        missing = keys.slice(start, size)
        found: list[pa.Array] = []
        for by_text in (False, True):
            if not missing.num_rows:
                break
            where = _condition(origin, missing, by_text=by_text)
            for batch in read_batches(origin, connection, columns, where):
                # A collation may match more rows than the key names.
                matching = batch.filter(pc.is_in(batch[LOCATOR], missing[LOCATOR].combine_chunks()))
                found.append(matching[LOCATOR])
                yield matching.cast(raw_schema(columns))
            missing = missing.filter(
                pc.invert(pc.is_in(missing[LOCATOR], pa.concat_arrays([pa.array([], pa.string()), *found])))
            )


def _condition(origin: Origin, keys: pa.Table, *, by_text: bool) -> Statement:
    """Build the condition that selects the rows of some keys."""
    names = origin.extract.key_columns
    key_rows = keys.select(names).to_pylist()  # few: each becomes a part of the statement
    if len(names) == 1 and keys[names[0]].null_count == 0:
        values = [value for row in key_rows for value in _values(origin, names[0], row[names[0]], by_text=by_text)]
        return _among(origin, names[0], values, by_text=by_text)
    rows = []
    for row in key_rows:
        pieces = [_equal(origin, name, row[name], by_text=by_text) for name in names]
        rows.append(tuple(chain.from_iterable(((" AND ", *piece) if i else piece) for i, piece in enumerate(pieces))))
    joined = (piece for row in rows for piece in (" OR (", *row, ")"))
    return ("(1 = 0", *joined, ")")


def _equal(origin: Origin, name: str, text: str | None, *, by_text: bool) -> Statement:
    if text is None:
        return (f"{origin.quoted(name)} IS NULL", "")
    return _among(origin, name, _values(origin, name, text, by_text=by_text), by_text=by_text)


def _among(origin: Origin, name: str, values: Sequence[Value], *, by_text: bool) -> Statement:
    if not values:
        return ("1 = 0",)
    expression = origin.dialect.comparable_text(origin.text_expression(name)) if by_text else origin.quoted(name)
    listed: list[str | Value] = []
    for value in values:
        listed += [", ", value]
    return (f"{expression} IN (", *listed[1:], ")")


def _values(origin: Origin, name: str, text: str, *, by_text: bool) -> list[Value]:
    """Values in the database that are read as this key's text.

    If the bytes of texts are in another encoding than the database declares, they are compared as text in the forms that the
    database sees: a column of another type need not compare with such letters.
    """
    charsets = origin.extract.charset
    if not charsets or text.isascii():
        forms = (
            [Value(text)]
            if by_text
            else [origin.comparable_value(name, text), *map(Value, origin.dialect.numeric_forms(text))]
        )
        return forms[:_MOST_FORMS]
    return [Value(form) for form in dict.fromkeys([text, *misread_forms(text, charsets)])] if by_text else []

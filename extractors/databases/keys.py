"""How a table is read by its own keys: all of them and little beside, or the rows of some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import looks
from extractors.databases.connections import Connection
from extractors.databases.extract import opened, read_batches
from extractors.databases.partition import cuts_of
from extractors.databases.query_builder import Origin
from extractors.databases.statement import Statement, Value
from extractors.raw import Reading, grouped, raw_schema
from extractors.request import Request
from sources.database_extract import DatabaseExtract
from standard.batch import SWEEP
from standard.errors import SourceRefused
from standard.nearest import with_nearest
from standard.raw import LOCATOR

_VALUES = 1_000  # asked for at once: SQL Server takes 2,100 in one statement, others a thousand in one list
_FORMS = 2  # of one value, as a rule


@dataclass(frozen=True)
class Wanted:
    """What is read of every row.

    Attributes:
        names: the columns that must be there, those of the key among them.
        one_of: the names that one more column has had, of which one is there.
        whole: whether all columns are read.
    """

    names: Sequence[str]
    one_of: Sequence[str] = ()
    whole: bool = False

    def of(self, source: str, columns: Sequence[str]) -> list[str]:
        """The columns to be read of those that are there.

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
        return [name for name in columns if self.whole or name in names]


@contextmanager
def read_keys(request: Request, extract: DatabaseExtract, wanted: Wanted) -> Iterator[Iterator[pa.RecordBatch]]:
    """Read some columns of every row there is.

    A big table is read in its declared parts, one statement each, where its database shows one state to all of them: a row
    that goes from one part to another meanwhile would else be missed in both.

    Args:
        request: what is asked, with a location.
        extract: what is declared.
        wanted: of every row.

    Raises:
        SourceUnreachable, SourceRefused: as `read_database`.
    """
    with opened(request, extract) as (connection, origin, columns):
        asked = wanted.of(origin.source, columns)
        if not origin.types:  # of a query whose types are unknown all columns come
            asked = columns
        parts: list[Statement] = [()]
        if extract.split and connection.dialect.guarded:
            bounds = [None, *cuts_of(origin, connection, extract.split, ()), None]
            parts = [origin.part(extract.split.column, low, high) for low, high in pairwise(bounds)]
        yield grouped(chain.from_iterable(read_batches(origin, connection, asked, part) for part in parts))


@contextmanager
def read_rows_of(request: Request, extract: DatabaseExtract, keys: pa.Table) -> Iterator[Reading]:
    """Read the rows of some keys whole, as a batch is read: columns, locators, types and texts are the same.

    Args:
        request: what is asked, with a location.
        extract: what is declared.
        keys: the columns of the key as text, and `LOCATOR`; each key once.

    Raises:
        SourceUnreachable, SourceRefused: as `read_database`.
    """
    with opened(request, extract) as (connection, origin, columns):
        yield Reading(
            columns=columns,
            kind=SWEEP,
            taken_at=request.now,
            window=None,
            batches=grouped(_rows(origin, connection, columns, keys)),
            origin={
                **({"table": extract.table} if extract.table else {"query": extract.query or ""}),
                "backend": connection.backend,
            },
            types={} if extract.query and not origin.dialect.types_of_query("", []) else origin.types,
        )


def _rows(origin: Origin, connection: Connection, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows of the keys, a bounded number of them at a time; a key whose row is gone meanwhile gives none.

    They are asked for by values, for which a database has an index; what it does not know by them again by their text.
    """
    size = max(1, _VALUES // (len(origin.extract.key_columns) * _FORMS))
    for start in range(0, keys.num_rows, size):
        asked = keys.slice(start, size)
        met: list[pa.Array] = []
        for by_text in (False, True):
            if not asked.num_rows:
                break
            where = _condition(origin, asked, by_text=by_text)
            for batch in read_batches(origin, connection, columns, where):
                # A collation may know more rows under a key than are named by it.
                mine = batch.filter(pc.is_in(batch[LOCATOR], asked[LOCATOR].combine_chunks()))
                met.append(mine[LOCATOR])
                yield mine.cast(raw_schema(columns))
            asked = asked.filter(
                pc.invert(pc.is_in(asked[LOCATOR], pa.concat_arrays([pa.array([], pa.string()), *met])))
            )


def _condition(origin: Origin, keys: pa.Table, *, by_text: bool) -> Statement:
    """The condition of the rows of some keys."""
    names = origin.extract.key_columns
    asked = keys.select(names).to_pylist()  # few, and each becomes a piece of the statement
    if len(names) == 1 and keys[names[0]].null_count == 0:
        values = [value for row in asked for value in _values(origin, names[0], row[names[0]], by_text=by_text)]
        return _among(origin, names[0], values, by_text=by_text)
    rows = []
    for row in asked:
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
    side = origin.dialect.as_text(origin.written(name)) if by_text else origin.quoted(name)
    listed: list[str | Value] = []
    for value in values:
        listed += [", ", value]
    return (f"{side} IN (", *listed[1:], ")")


def _values(origin: Origin, name: str, text: str, *, by_text: bool) -> list[Value]:
    """What a key may be in the database that was read as a text.

    Where the bytes of texts are in another encoding than the database says, it is asked for what they look like to it: not
    by value, since not every column can be compared with letters that it cannot have.
    """
    charsets = origin.extract.charset
    if not charsets or text.isascii():
        forms = [Value(text)] if by_text else [origin.value(name, text), *map(Value, origin.dialect.numbers(text))]
        return forms[:_FORMS]
    return [Value(form) for form in dict.fromkeys([text, *looks(text, charsets)])] if by_text else []

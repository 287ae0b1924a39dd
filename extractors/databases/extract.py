"""How records are read from a table or query of a database: what came in a day, or everything, or one part of it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import read_bytes, reread
from extractors.databases.connections import Connection, connected
from extractors.databases.dialects.dialect import LOSSES, Terms
from extractors.databases.driver_errors import NO_RIGHT, rows_hidden
from extractors.databases.query_builder import Origin, counted
from extractors.databases.statement import Statement, ValueLost, one_row
from extractors.databases.window import window_of
from extractors.databases.witness import witnessed
from extractors.headers import column_names
from extractors.raw import Reading, grouped, raw_batch
from extractors.request import Request
from extractors.texts import Written
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused, SourceUnreachable
from standard.faults import fault_column
from standard.locator import locators_of
from standard.messages import Message
from standard.nearest import with_nearest
from standard.violation import Violation

# MariaDB's numbers for a list that GROUP_CONCAT ended early, and for a text too long for a packet.
_CUT = frozenset({1260, 1301})


@contextmanager
def read_database(request: Request, extract: DatabaseExtract) -> Iterator[Reading]:
    """Read a table or query, and count in the same transaction what it should give.

    Args:
        request: what is asked, with a location.
        extract: what is declared.

    Raises:
        SourceUnreachable: when the database does not answer, or the answer is no; also while the batches are read.
        SourceRefused: `table_missing`, `columns_missing` (key or update time) or `source_unreadable`; the last also while
            the batches are read.
    """
    with opened(request, extract) as (connection, origin, columns):
        if request.part and extract.split:
            origin.within = origin.part(extract.split.column, request.part.low, request.part.high)
        window = window_of(origin, connection, request)
        yield Reading(
            columns=columns,
            kind="incremental" if extract.incremental else "snapshot",
            taken_at=request.now,
            window=window.times,
            batches=grouped(read_batches(origin, connection, columns, window.where)),
            counted=counted(origin, connection, window.where),
            witnessed=witnessed(request, extract, lambda: counted(replace(origin, within=()), connection, ())),
            without_time=window.without_time,
            future_time=window.future_time,
            forms=window.forms,
            origin={
                **({"table": extract.table} if extract.table else {"query": extract.query or ""}),
                "backend": connection.backend,
            },
            marks=window.marks,
            mark_rows=window.mark_rows,
            types={} if extract.query and not origin.dialect.types_of_query("", []) else origin.types,
        )


@contextmanager
def opened(request: Request, extract: DatabaseExtract) -> Iterator[tuple[Connection, Origin, list[str]]]:
    """Hold a connection with the table or query that is declared, and its columns.

    Raises:
        SourceUnreachable: when the database does not answer, or the answer is no.
        SourceRefused: `table_missing`, `columns_missing` or `source_unreadable`.
    """
    limit = extract.statement_limit if request.within is None else min(request.within, extract.statement_limit)
    terms = Terms(limit, extract.time_zone)
    with connected(request.source.name, request.location or "", terms) as connection:
        yield connection, *described(request.source.name, extract, connection)


def described(source: str, extract: DatabaseExtract, connection: Connection) -> tuple[Origin, list[str]]:
    """The table or query that is declared, with its columns and their types.

    Raises:
        SourceUnreachable: when the database does not answer.
        SourceRefused: `table_missing`, `columns_missing` or `source_unreadable`.
    """
    origin = Origin(source, extract, connection.dialect)
    columns = _columns(origin, connection)
    _require_all_rows(origin, connection)
    origin.names, origin.types = columns, _types(origin, connection, columns)
    return origin, columns


def _columns(origin: Origin, connection: Connection) -> list[str]:
    """The columns there are, which must have those among them that the extract names."""
    try:
        answer = connection.ask(origin.columns())
    except SourceRefused as refusal:
        if refusal.found != NO_RIGHT:  # a catalogue does not show what its user may not read
            _demand_table(origin, connection)
        raise
    except UnicodeError:  # a server that does not look at encodings has names of another one
        problem = SourceRefused(
            "source_unreadable",
            "{source}: expected names of columns in UTF-8, found {found}; declare a query that names them anew",
            expected=Message("names in UTF-8"),
            found=Message("bytes of another encoding"),
            source=origin.source,
        )
        raise problem from None
    for _ in answer.portions:  # nothing comes, but the answer is read to its end
        pass
    names = column_names(connection.whole_names(origin.columns(), answer.columns))
    if missing := [name for name in origin.extract.columns if name not in names]:
        near = with_nearest(missing, names)
        raise SourceRefused(
            "columns_missing",
            "{source}: expected the columns {missing} that its extract names, found {there} others; "
            "restore the columns, or announce their new names",
            expected=", ".join(missing),
            found=near,
            source=origin.source,
            missing=near,
            there=len(names),
        )
    return names


def _demand_table(origin: Origin, connection: Connection) -> None:
    schema, table = origin.table
    if not table:
        return
    there = connection.tables(schema)
    if table not in there:
        declared = origin.extract.table or ""
        raise SourceRefused(
            "table_missing",
            "{source}: expected the table {table}, found none of that name among {there}; "
            "restore the table, or announce its new name",
            expected=declared,
            found=with_nearest([table], there),
            source=origin.source,
            table=with_nearest([declared], there),
            there=len(there),
        )


def _require_all_rows(origin: Origin, connection: Connection) -> None:
    """A database that hides rows from some of its users must not hide them from this one, as far as it tells.

    PostgreSQL ends a reading by itself that would not see all rows.

    Raises:
        SourceRefused: `rows_hidden`.
    """
    schema, table = origin.table
    asked = origin.dialect.hiding(schema, table) if table else ()
    if not asked:
        return
    with suppress(SourceRefused):  # it does not show its policies to this user either
        if int(one_row(connection.ask(asked))[0]):
            raise rows_hidden(origin.source)


def _types(origin: Origin, connection: Connection, columns: list[str]) -> dict[str, str]:
    """Type and length of each column in the words of the database, as far as it tells."""
    schema, table = origin.table
    if not table:
        return _types_of_query(origin, connection, columns)
    asked = origin.dialect.types(schema, table)
    if not asked:
        with suppress(SourceRefused):  # a synonym or the like: it can be read, whatever the catalogue says of it
            return connection.catalogued(schema, table)
        return {}
    rows = (row for rows in connection.ask(asked).portions for row in rows)
    return {str(name): str(words) for name, words in rows}


def _types_of_query(origin: Origin, connection: Connection, columns: list[str]) -> dict[str, str]:
    if asked := origin.dialect.types_of_query(origin.place, columns):
        words = list(map(str, one_row(connection.ask(asked))))
    else:
        words = connection.kinds(origin.columns())
    if words and (asked := origin.dialect.encodings_of_query(origin.place, columns)):
        words = [kind + str(more) for kind, more in zip(words, one_row(connection.ask(asked)), strict=True)]
    return dict(zip(columns, words, strict=True)) if words else {}


def read_batches(
    origin: Origin, connection: Connection, columns: Sequence[str], where: Statement
) -> Iterator[pa.RecordBatch]:
    """The rows in bulk; when one value cannot be carried so, the rest of them one by one."""
    longest = _longest(origin, connection, columns, where) if connection.bounded else None
    statement = origin.rows(columns, where, longest)
    taken, digest = 0, hashlib.sha256()
    try:
        for arrays in connection.read(statement, longest):
            batch = _raw(origin, columns, arrays)
            if connection.may_lose:
                taken += batch.num_rows
                _add(digest, batch)
            yield batch
        _demand_uncut(origin, connection)
        return
    except ValueLost:
        pass
    again = (_raw(origin, columns, arrays) for arrays in connection.read_rows(statement))
    yield from _rest(origin.source, again, taken, digest)
    _demand_uncut(origin, connection)


def _demand_uncut(origin: Origin, connection: Connection) -> None:
    """What the database itself cut while it answered it only says when it is asked."""
    if not (asked := origin.dialect.warnings()):
        return
    codes = [int(row[1]) for rows in connection.ask(asked).portions for row in rows]
    if cut := [code for code in codes if code in _CUT]:
        raise SourceRefused(
            "source_unreadable",
            "{source}: expected every value whole, found {cut} or more that its database cut or left out for being longer than "
            "max_allowed_packet; have that raised, or declare a query with shorter values",
            expected=Message("whole values"),
            found=Message("longer than max_allowed_packet"),
            source=origin.source,
            cut=len(cut),
        )


def _rest(
    source: str, batches: Iterator[pa.RecordBatch], taken: int, digest: hashlib._Hash
) -> Generator[pa.RecordBatch]:
    """What comes behind the rows that were taken, which must be the same ones again."""
    again = hashlib.sha256()
    for batch in batches:
        known = min(taken, batch.num_rows)
        _add(again, batch.slice(0, known))
        taken -= known
        if not taken and known and again.digest() != digest.digest():
            raise SourceUnreachable(
                "LX-301",
                "{source}: expected its rows in the same order when read again, found another; try again later",
                source=source,
            )
        if known < batch.num_rows:
            yield batch.slice(known)


def _add(digest: hashlib._Hash, batch: pa.RecordBatch) -> None:
    locators = batch.column(batch.num_columns - 2)
    digest.update("\n".join(map(str, locators.to_pylist())).encode() + b"\n" if len(locators) else b"")


def _longest(origin: Origin, connection: Connection, columns: Sequence[str], where: Statement) -> int | None:
    """Bytes of the longest text, from which a way that fills columns of fixed width takes that width."""
    if not origin.types:
        return None
    asked = origin.longest(columns, where)
    bounds = [origin.dialect.bound(origin.types.get(name, "")) or 1 for name in columns]
    try:
        found = [int(size or 1) for size in one_row(connection.ask(asked))] if asked else []
    except SourceRefused:
        if origin.dialect.begins:  # its transaction is over
            raise
        return None  # it measures no such column; a text longer than the usual is then found when it is read
    return max([*bounds, *found])


def _raw(origin: Origin, columns: Sequence[str], written: Sequence[Written]) -> pa.RecordBatch:
    arrays, faults = [], list[Violation]()
    for name, (texts, bad) in zip(columns, written, strict=True):
        words = origin.types.get(name, "")
        # Of a key the digits are enough, and whatever is declared of its bytes it names the same row.
        charsets = [] if name in origin.extract.key_columns else origin.extract.charset
        texts, binary = read_bytes(texts, charsets, by_type=origin.dialect.holds_bytes(words))
        if binary is not None:
            faults.append(Violation("value_binary", name, pc.indices_nonzero(binary)))
        if origin.extract.charset:
            texts, unread = reread(texts, origin.extract.charset)
            bad = sorted({*bad, *unread})
        faults.append(Violation("bytes_undecodable", name, pa.array(bad, pa.int64())))
        if mark := origin.dialect.may_lose(words):
            lost = pc.fill_null(pc.equal(texts, mark), fill_value=False)
            faults.append(Violation(LOSSES[mark], name, pc.indices_nonzero(lost)))
            texts = pc.if_else(lost, pa.scalar(None, pa.string()), texts)
        arrays.append(texts)
    keys = [arrays[columns.index(name)] for name in origin.extract.key_columns]
    for name, part in zip(origin.extract.key_columns, keys, strict=True):
        faults.append(Violation("key_missing", name, pc.indices_nonzero(part.is_null())))
    locators = locators_of(keys)
    return raw_batch(columns, arrays, locators, fault_column(len(locators), faults))

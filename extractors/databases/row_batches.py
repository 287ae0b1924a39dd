"""Reads the rows of a table or query in batches: bulk reading first, row by row after a value that it cannot carry."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import decode_again, decode_binary
from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import LOSS_RULES
from extractors.databases.query_builder import Origin
from extractors.databases.statement import Statement, ValueLost, one_row
from extractors.raw import raw_batch
from extractors.texts import TextColumn
from standard.errors import SourceRefused, SourceUnreachable
from standard.faults import fault_column
from standard.locator import locators_of
from standard.messages import Message
from standard.violation import Violation

# MariaDB's warnings for a truncated GROUP_CONCAT, and for a text longer than a packet.
_CUT = frozenset({1260, 1301})


def read_batches(
    origin: Origin, connection: Connection, columns: Sequence[str], where: Statement
) -> Iterator[pa.RecordBatch]:
    """Yield the rows in bulk; after a value that cannot be carried in bulk, row by row."""
    longest = _longest_text(origin, connection, columns, where) if connection.needs_max_length else None
    statement = origin.rows(columns, where, longest)
    yielded, digest = 0, hashlib.sha256()
    try:
        for arrays in connection.read(statement, longest):
            batch = _raw_batch(origin, columns, arrays)
            if connection.may_lose:
                yielded += batch.num_rows
                _update_digest(digest, batch)
            yield batch
        _require_untruncated(origin, connection)
        return
    except ValueLost:
        pass
    again = (_raw_batch(origin, columns, arrays) for arrays in connection.read_rows(statement))
    yield from _rows_after(origin.source, again, yielded, digest)
    _require_untruncated(origin, connection)


def _require_untruncated(origin: Origin, connection: Connection) -> None:
    """Require that the database did not truncate values, which it reports only on request."""
    if not (statement := origin.dialect.warnings()):
        return
    codes = [int(row[1]) for rows in connection.query(statement).chunks for row in rows]
    if truncated := [code for code in codes if code in _CUT]:
        raise SourceRefused(
            "source_unreadable",
            "{source}: expected every value whole, found {cut} or more that its database cut or left out for being longer than "
            "max_allowed_packet; have that raised, or declare a query with shorter values",
            expected=Message("whole values"),
            found=Message("longer than max_allowed_packet"),
            source=origin.source,
            cut=len(truncated),
        )


def _rows_after(
    source: str, batches: Iterator[pa.RecordBatch], yielded: int, digest: hashlib._Hash
) -> Generator[pa.RecordBatch]:
    """Yield the rows after those already yielded, which must be the same when read again."""
    again = hashlib.sha256()
    for batch in batches:
        known = min(yielded, batch.num_rows)
        _update_digest(again, batch.slice(0, known))
        yielded -= known
        if not yielded and known and again.digest() != digest.digest():
            raise SourceUnreachable(
                "LX-301",
                "{source}: expected its rows in the same order when read again, found another; try again later",
                source=source,
            )
        if known < batch.num_rows:
            yield batch.slice(known)


def _update_digest(digest: hashlib._Hash, batch: pa.RecordBatch) -> None:
    locators = batch.column(batch.num_columns - 2)
    digest.update("\n".join(map(str, locators.to_pylist())).encode() + b"\n" if len(locators) else b"")


def _longest_text(origin: Origin, connection: Connection, columns: Sequence[str], where: Statement) -> int | None:
    """Bytes of the longest text, for drivers with columns of fixed width."""
    if not origin.types:
        return None
    statement = origin.text_lengths(columns, where)
    bounds = [origin.dialect.max_bytes(origin.types.get(name, "")) or 1 for name in columns]
    try:
        found = [int(size or 1) for size in one_row(connection.query(statement))] if statement else []
    except SourceRefused:
        if origin.dialect.begins_transaction:  # its transaction is over
            raise
        return None  # it cannot measure such a column; reading finds a text longer than the default
    return max([*bounds, *found])


def _raw_batch(origin: Origin, columns: Sequence[str], written: Sequence[TextColumn]) -> pa.RecordBatch:
    arrays, faults = [], list[Violation]()
    for name, (texts, bad) in zip(columns, written, strict=True):
        type_name = origin.types.get(name, "")
        # A key stays hexadecimal: it names the same row, whatever is declared of its bytes.
        charsets = [] if name in origin.extract.key_columns else origin.extract.charset
        texts, binary = decode_binary(texts, charsets, by_type=origin.dialect.is_binary(type_name))
        if binary is not None:
            faults.append(Violation("value_binary", name, pc.indices_nonzero(binary)))
        if origin.extract.charset:
            texts, unread = decode_again(texts, origin.extract.charset)
            bad = sorted({*bad, *unread})
        faults.append(Violation("bytes_undecodable", name, pa.array(bad, pa.int64())))
        if mark := origin.dialect.loss_mark(type_name):
            lost = pc.fill_null(pc.equal(texts, mark), fill_value=False)
            faults.append(Violation(LOSS_RULES[mark], name, pc.indices_nonzero(lost)))
            texts = pc.if_else(lost, pa.scalar(None, pa.string()), texts)
        arrays.append(texts)
    keys = [arrays[columns.index(name)] for name in origin.extract.key_columns]
    for name, part in zip(origin.extract.key_columns, keys, strict=True):
        faults.append(Violation("key_missing", name, pc.indices_nonzero(part.is_null())))
    locators = locators_of(keys)
    return raw_batch(columns, arrays, locators, fault_column(len(locators), faults))

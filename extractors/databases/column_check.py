"""Checks the columns that decide which rows are read and how, before the first night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import BYTES_MARK, decode_again, decode_binary
from extractors.databases.connections import Connection
from extractors.databases.query_builder import Origin
from extractors.databases.rising import rising_range
from extractors.databases.statement import Statement, ValueLost
from extractors.databases.update_time import Dates, Instants, UpdateColumn, update_column
from extractors.texts import TextColumn
from sources.database_extract import Changes, operation_value
from standard.garbled import LIKELY_ENCODINGS, decode, garbled, restore
from standard.masking import mask_text, mask_value
from standard.messages import Message, all_of, joined

_MOST_VALUES = 20  # of an operation column; a column with more holds no operations
_DIGITS = r"^\s*\d+(\.0+)?\s*$"  # a rising number in the form that later steps can sort


def order_column(origin: Origin, connection: Connection) -> Message:
    """Describe the update times or rising numbers that select a day's rows; empty where all rows are read.

    Raises:
        SourceRefused: `source_unreadable` where their order is unknown.
    """
    if name := origin.extract.rising:
        least, most, none = rising_range(origin, connection)
        return Message(
            "{column}: numbers {least} to {most}, {none:,} rows without one",
            column=name,
            least=least,
            most=most,
            none=none,
        )
    if origin.extract.updated_at is None:
        return Message("")
    column = update_column(origin, connection)
    times = _granularity(origin, connection, column)
    if column.without_time:
        return Message(
            "{column}: {times}, {rows:,} rows whose time is not known",
            column=column.name,
            times=times,
            rows=column.without_time,
        )
    return Message("{column}: {times}", column=column.name, times=times)


def _granularity(origin: Origin, connection: Connection, column: UpdateColumn) -> Message:
    """Whether a column of times contains instants or days."""
    if column.shapes:
        shapes = (f"{shape} ({rows:,})" for shape, rows in column.shapes.items() if shape)
        kinds = {Message("days") if form.of_days else Message("times") for form, _ in column.forms}
        return Message("texts of {kinds}, {shapes}", kinds=all_of(sorted(kinds)), shapes=", ".join(shapes))
    form = column.forms[0][0] if column.forms else None
    if isinstance(form, Dates):
        return Message("days")
    if not isinstance(form, Instants):
        return Message("empty")
    midnight = origin.dialect.is_midnight(origin.quoted(column.name))
    timed, at_midnight = (
        _count_up_to(origin, connection, condition, rows)
        for condition, rows in ((f"NOT ({midnight})", 1), (midnight, 2))
    )
    if not timed:
        return Message("times that are all at midnight, so they name days") if at_midnight else Message("empty")
    return Message("times, several of them at midnight, which name days") if at_midnight > 1 else Message("times")


def _count_up_to(origin: Origin, connection: Connection, condition: str, rows: int) -> int:
    result = connection.query(origin.dialect.select_some("1", origin.from_clause, (condition,), rows))
    return sum(len(portion) for portion in result.chunks)


def rising_number_fault(origin: Origin, columns: Mapping[str, TextColumn]) -> Iterator[Message]:
    """Explain which rows would be held for their rising number: as text it is not only digits, so later steps cannot sort it."""
    name = origin.extract.rising
    if name is None:
        return
    texts = columns[name][0].drop_null()
    wrong = texts.filter(pc.invert(pc.match_substring_regex(texts, _DIGITS)))
    if len(wrong):
        yield Message(
            "{source}: expected digits alone in the rising column {column}, found {wrong:,} of {all:,} numbers such as "
            "{example}, whose rows would be held; declare another column, or a query that gives one",
            source=origin.source,
            column=name,
            wrong=len(wrong),
            all=len(texts),
            example=mask_text(wrong[0].as_py())[:20],
        )


def operations(origin: Origin, connection: Connection) -> dict[str, str]:
    """Values of the declared operation column, masked, each with its number of rows and its meaning."""
    changes = origin.extract.changes
    if changes is None:
        return {}
    expression = origin.dialect.exact_text(origin.text_expression(changes.operation))
    groups = f"(SELECT {expression} AS o, COUNT(*) AS n FROM {origin.from_clause} GROUP BY {expression}) v"  # noqa: S608 - quoted names only
    statement = origin.dialect.select_some("v.o, v.n", groups, ("1 = 1",), _MOST_VALUES)
    (values, bad), (counts, _) = read_texts(connection, statement, 2)
    by_type = origin.dialect.is_binary(origin.types.get(changes.operation, ""))
    values, _ = decode_binary(values, origin.extract.charset, by_type=by_type)
    values, unread = decode_again(values, origin.extract.charset) if origin.extract.charset else (values, [])
    found: Counter[tuple[str, str]] = Counter()
    for index, (value, count) in enumerate(zip(values.to_pylist(), counts.to_pylist(), strict=True)):
        undecodable = index in bad or index in unread
        found[Message("(undecodable)") if undecodable else _shown(value), _meaning(changes, value)] += int(count)
    shown: dict[str, str] = {}
    for (value, meaning), rows in found.most_common():
        # A value that is masked or truncated may look like another one.
        line = Message("{rows:,} rows, {meaning}", rows=rows, meaning=meaning)
        shown[value] = joined("; ", [shown[value], line]) if value in shown else line
    if len(values) == _MOST_VALUES:
        shown["…"] = Message("more values than an operation column has")
    return shown


def _shown(value: str | None) -> str:
    return Message("(null)") if value is None else mask_text(repr(value)[1:-1])[:20] or Message("(empty)")


def _meaning(changes: Changes, value: str | None) -> Message:
    """How an operation is interpreted."""
    operation = operation_value(value or "")
    if operation in changes.deleted_values:
        return Message("deleted")
    return Message("kept") if operation in changes.kept_values else Message("unknown")


def garbled_columns(origin: Origin, columns: Mapping[str, TextColumn], used: Collection[str]) -> Iterator[Message]:
    """Report each column whose texts seem to be in another encoding: their number, and one of them in both readings, masked.

    Args:
        origin: the declared table or query.
        columns: some values of each column.
        used: the columns that the declaration maps, which must not hold bytes that are not text.
    """
    for name, (stored, bad) in columns.items():
        type_name, charsets = origin.types.get(name, ""), origin.extract.charset
        stored, binary = decode_binary(stored, charsets, by_type=origin.dialect.is_binary(type_name))
        if binary is not None and name in used:
            yield _binary_column(name, type_name, stored.filter(binary), len(stored))
        if not charsets and pc.any(pc.starts_with(stored, BYTES_MARK)).as_py():
            charsets = ["utf-8"]  # the default where none is declared
        texts, unread = decode_again(stored, charsets) if charsets else (stored, [])
        spoilt = pc.indices_nonzero(garbled(texts, names=True)).to_pylist()
        undecodable = sorted({*bad, *unread})
        if not spoilt and not undecodable:
            continue
        example = texts[spoilt[0]].as_py() if spoilt else stored[undecodable[0]].as_py()
        said = Message(
            "{column}: {spoilt:,} of {all:,} texts are in another encoding or were spoilt",
            column=name,
            spoilt=len(spoilt) + len(undecodable),
            all=len(texts),
        )
        readings = _both_readings(example)
        yield Message("{said}, such as {readings}", said=said, readings=readings) if readings else said


def _both_readings(text: str | None) -> Message:
    """A garbled text as it is and as it was probably meant, masked; empty where neither is known."""
    if text is None:
        return Message("")
    if text.startswith(BYTES_MARK):
        (meant_by_bytes,) = decode_again(pa.array([text]), ["gb18030"])[0].to_pylist()
        return _reading(meant_by_bytes, "gb18030") if meant_by_bytes else Message("")
    as_read = Message("{value} as it is", value=mask_value(text))
    guess = restore(text)
    return joined(", ", [as_read, _reading(guess[1], guess[0])]) if guess else as_read


def _reading(text: str, charset: str) -> Message:
    return Message("{value} in {charset}", value=mask_value(text), charset=charset)


def read_texts(connection: Connection, statement: Statement, columns: int) -> list[TextColumn]:
    """Read a short result as text, one array a column."""
    try:
        batches = list(connection.read(statement))
    except ValueLost:  # then the rate of row-by-row reading is the true one
        batches = list(connection.read_rows(statement))
    return [_concatenated([arrays[index] for arrays in batches]) for index in range(columns)]


def _concatenated(pieces: list[TextColumn]) -> TextColumn:
    """Concatenate the pieces of one column, and shift the indices of its invalid texts."""
    before, bad = 0, []
    for texts, wrong in pieces:
        bad += [before + index for index in wrong]
        before += len(texts)
    return pa.concat_arrays([pa.array([], pa.string()), *(texts for texts, _ in pieces)]), bad


def _binary_column(name: str, type_name: str, digits: pa.StringArray, rows: int) -> Message:
    """Report a column of bytes whose encoding is not declared."""
    raw = bytes.fromhex(digits[0].as_py()[2:])
    guess = next((_reading(text, charset) for charset in LIKELY_ENCODINGS if (text := decode(raw, charset))), None)
    return Message(
        "{column}: {values} are bytes, {held}; declare their charset, or a query that gives text",
        column=name,
        values=Message("{bytes:,} of {all:,} values of the type {type}", bytes=len(digits), all=rows, type=type_name)
        if type_name
        else Message("{bytes:,} of {all:,} values", bytes=len(digits), all=rows),
        held=Message("whose rows are held, such as one that is {reading}", reading=guess)
        if guess
        else Message("whose rows are held"),
    )

"""What single columns of a source hold, as far as it decides which rows are read and how: tried before the first night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from extractors.databases.charset import BYTES, read_bytes, reread
from extractors.databases.connections import Connection
from extractors.databases.query_builder import Origin
from extractors.databases.rising import extremes
from extractors.databases.statement import Statement, ValueLost
from extractors.databases.update_time import Dates, Instants, UpdateColumn, update_column
from extractors.texts import Written
from sources.database_extract import Changes, operation_value
from standard.garbled import MOST_LIKELY, decoded, garbled, meant
from standard.masking import mask_text, mask_value
from standard.messages import Message, all_of, joined

_VALUES = 20  # of an operation column; one with more holds no operations
_DIGITS = r"^\s*\d+(\.0+)?\s*$"  # a rising number as later steps can put it in order


def order_column(origin: Origin, connection: Connection) -> Message:
    """What the update times or rising numbers are by which a day's rows are chosen; empty where all rows are.

    Raises:
        SourceRefused: `source_unreadable` where they have no order that anybody knows.
    """
    if name := origin.extract.rising:
        least, most, none = extremes(origin, connection)
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
    """Whether a column of times names instants or days."""
    if column.seen:
        shapes = (f"{shape} ({rows:,})" for shape, rows in column.seen.items() if shape)
        kinds = {Message("days") if form.of_days else Message("times") for form, _ in column.forms}
        return Message("texts of {kinds}, {shapes}", kinds=all_of(sorted(kinds)), shapes=", ".join(shapes))
    form = column.forms[0][0] if column.forms else None
    if isinstance(form, Dates):
        return Message("days")
    if not isinstance(form, Instants):
        return Message("empty")
    midnight = origin.dialect.midnight(origin.quoted(column.name))
    timed, at_midnight = (
        _some(origin, connection, condition, rows) for condition, rows in ((f"NOT ({midnight})", 1), (midnight, 2))
    )
    if not timed:
        return Message("times that are all at midnight, so they name days") if at_midnight else Message("empty")
    return Message("times, several of them at midnight, which name days") if at_midnight > 1 else Message("times")


def _some(origin: Origin, connection: Connection, condition: str, rows: int) -> int:
    answer = connection.ask(origin.dialect.first("1", origin.place, (condition,), rows))
    return sum(len(portion) for portion in answer.portions)


def number_fault(origin: Origin, columns: Mapping[str, Written]) -> Iterator[Message]:
    """Why rows would be held for their rising number: as text it is not digits alone, so later steps cannot put it in order."""
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
    """The values of the declared operation column, masked, with how many rows have each and what they are taken for."""
    changes = origin.extract.changes
    if changes is None:
        return {}
    written = origin.dialect.exact(origin.written(changes.operation))
    grouped = f"(SELECT {written} AS o, COUNT(*) AS n FROM {origin.place} GROUP BY {written}) v"  # noqa: S608 - quoted names only
    asked = origin.dialect.first("v.o, v.n", grouped, ("1 = 1",), _VALUES)
    (values, bad), (counts, _) = texts_of(connection, asked, 2)
    by_type = origin.dialect.holds_bytes(origin.types.get(changes.operation, ""))
    values, _ = read_bytes(values, origin.extract.charset, by_type=by_type)
    values, unread = reread(values, origin.extract.charset) if origin.extract.charset else (values, [])
    found: Counter[tuple[str, str]] = Counter()
    for place, (value, count) in enumerate(zip(values.to_pylist(), counts.to_pylist(), strict=True)):
        undecodable = place in bad or place in unread
        found[Message("(undecodable)") if undecodable else _shown(value), _meaning(changes, value)] += int(count)
    shown: dict[str, str] = {}
    for (value, meaning), rows in found.most_common():
        # What is masked, or too long to be shown whole, may look like another one.
        told = Message("{rows:,} rows, {meaning}", rows=rows, meaning=meaning)
        shown[value] = joined("; ", [shown[value], told]) if value in shown else told
    if len(values) == _VALUES:
        shown["…"] = Message("more values than an operation column has")
    return shown


def _shown(value: str | None) -> str:
    return Message("(null)") if value is None else mask_text(repr(value)[1:-1])[:20] or Message("(empty)")


def _meaning(changes: Changes, value: str | None) -> Message:
    """What an operation is taken for."""
    said = operation_value(value or "")
    if said in changes.deleted_values:
        return Message("deleted")
    return Message("kept") if said in changes.kept_values else Message("unknown")


def spoilt_texts(origin: Origin, columns: Mapping[str, Written], used: Collection[str]) -> Iterator[Message]:
    """Of each column whose texts seem to be in another encoding, how many they are, and one of them in both readings, masked.

    Args:
        origin: the declared table or query.
        columns: some values of each column.
        used: those of the columns that the declaration makes something of, which must not hold bytes that are no text.
    """
    for name, (stored, bad) in columns.items():
        words, charsets = origin.types.get(name, ""), origin.extract.charset
        stored, binary = read_bytes(stored, charsets, by_type=origin.dialect.holds_bytes(words))
        if binary is not None and name in used:
            yield _binary(name, words, stored.filter(binary), len(stored))
        if not charsets and pc.any(pc.starts_with(stored, BYTES)).as_py():
            charsets = ["utf-8"]  # which texts are taken for where nobody says another one
        texts, unread = reread(stored, charsets) if charsets else (stored, [])
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
        readings = _readings(example)
        yield Message("{said}, such as {readings}", said=said, readings=readings) if readings else said


def _readings(text: str | None) -> Message:
    """A spoilt text as it is and as it may have been meant, masked; empty where nobody can say either."""
    if text is None:
        return Message("")
    if text.startswith(BYTES):
        (meant_by_bytes,) = reread(pa.array([text]), ["gb18030"])[0].to_pylist()
        return _reading(meant_by_bytes, "gb18030") if meant_by_bytes else Message("")
    as_it_is = Message("{value} as it is", value=mask_value(text))
    said = meant(text)
    return joined(", ", [as_it_is, _reading(said[1], said[0])]) if said else as_it_is


def _reading(text: str, charset: str) -> Message:
    return Message("{value} in {charset}", value=mask_value(text), charset=charset)


def texts_of(connection: Connection, statement: Statement, columns: int) -> list[Written]:
    """A short answer as text, each column whole."""
    try:
        batches = list(connection.read(statement))
    except ValueLost:  # the rate of the slower way is then the true one
        batches = list(connection.read_rows(statement))
    return [_joined([arrays[place] for arrays in batches]) for place in range(columns)]


def _joined(pieces: list[Written]) -> Written:
    """The pieces of one column as one, with the places of all."""
    before, bad = 0, []
    for texts, wrong in pieces:
        bad += [before + place for place in wrong]
        before += len(texts)
    return pa.concat_arrays([pa.array([], pa.string()), *(texts for texts, _ in pieces)]), bad


def _binary(name: str, words: str, digits: pa.StringArray, rows: int) -> Message:
    """What is said of a column whose values are bytes that nobody says the text of."""
    raw = bytes.fromhex(digits[0].as_py()[2:])
    said = next((_reading(text, charset) for charset in MOST_LIKELY if (text := decoded(raw, charset))), None)
    return Message(
        "{column}: {values} are bytes, {held}; declare their charset, or a query that gives text",
        column=name,
        values=Message("{bytes:,} of {all:,} values of the type {type}", bytes=len(digits), all=rows, type=words)
        if words
        else Message("{bytes:,} of {all:,} values", bytes=len(digits), all=rows),
        held=Message("whose rows are held, such as one that is {reading}", reading=said)
        if said
        else Message("whose rows are held"),
    )

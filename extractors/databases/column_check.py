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

_VALUES = 20  # of an operation column; one with more holds no operations
_DIGITS = r"^\s*\d+(\.0+)?\s*$"  # a rising number as later steps can put it in order


def order_column(origin: Origin, connection: Connection) -> str:
    """What the update times or rising numbers are by which a day's rows are chosen; empty where all rows are.

    Raises:
        SourceRefused: `source_unreadable` where they have no order that anybody knows.
    """
    if name := origin.extract.rising:
        least, most, none = extremes(origin, connection)
        return f"{name}: numbers {least} to {most}, {none:,} rows without one"
    if origin.extract.updated_at is None:
        return ""
    column = update_column(origin, connection)
    without = f", {column.without_time:,} rows without a known one" if column.without_time else ""
    return f"{column.name}: {_granularity(origin, connection, column)}{without}"


def _granularity(origin: Origin, connection: Connection, column: UpdateColumn) -> str:
    """Whether a column of times names instants or days."""
    if column.seen:
        shapes = (f"{shape} ({rows:,})" for shape, rows in column.seen.items() if shape)
        kinds = {"days" if form.of_days else "times" for form, _ in column.forms}
        return f"texts of {' and '.join(sorted(kinds))}, {', '.join(shapes)}"
    form = column.forms[0][0] if column.forms else None
    if isinstance(form, Dates):
        return "days"
    if not isinstance(form, Instants):
        return "empty"
    midnight = origin.dialect.midnight(origin.quoted(column.name))
    timed, at_midnight = (
        _some(origin, connection, condition, rows) for condition, rows in ((f"NOT ({midnight})", 1), (midnight, 2))
    )
    if not timed:
        return "times that are all at midnight, so they name days" if at_midnight else "empty"
    return "times, several of them at midnight, which name days" if at_midnight > 1 else "times"


def _some(origin: Origin, connection: Connection, condition: str, rows: int) -> int:
    answer = connection.ask(origin.dialect.first("1", origin.place, (condition,), rows))
    return sum(len(portion) for portion in answer.portions)


def number_fault(origin: Origin, columns: Mapping[str, Written]) -> Iterator[str]:
    """Why rows would be held for their rising number: as text it is not digits alone, so later steps cannot put it in order."""
    name = origin.extract.rising
    if name is None:
        return
    texts = columns[name][0].drop_null()
    wrong = texts.filter(pc.invert(pc.match_substring_regex(texts, _DIGITS)))
    if len(wrong):
        yield (
            f"{origin.source}: expected digits alone in the rising column {name}, found {len(wrong):,} of {len(texts):,} numbers such as "
            f"{mask_text(wrong[0].as_py())[:20]}, whose rows would be held; declare another column, or a query that gives one"
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
        found["(undecodable)" if undecodable else _shown(value), _meaning(changes, value)] += int(count)
    shown: dict[str, str] = {}
    for (value, meaning), rows in found.most_common():
        # What is masked, or too long to be shown whole, may look like another one.
        shown[value] = "; ".join([*([shown[value]] if value in shown else []), f"{rows:,} rows, {meaning}"])
    return {**shown, "…": "more values than an operation column has"} if len(values) == _VALUES else shown


def _shown(value: str | None) -> str:
    return "(null)" if value is None else mask_text(repr(value)[1:-1])[:20] or "(empty)"


def _meaning(changes: Changes, value: str | None) -> str:
    """What an operation is taken for."""
    said = operation_value(value or "")
    if said in changes.deleted_values:
        return "deleted"
    return "kept" if said in changes.kept_values else "unknown"


def spoilt_texts(origin: Origin, columns: Mapping[str, Written], used: Collection[str]) -> Iterator[str]:
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
        said = (
            f"{name}: {len(spoilt) + len(undecodable):,} of {len(texts):,} texts are in another encoding or were spoilt"
        )
        readings = _readings(example)
        yield f"{said}, such as {readings}" if readings else said


def _readings(text: str | None) -> str:
    """A spoilt text as it is and as it may have been meant, masked; empty where nobody can say either."""
    if text is None:
        return ""
    if text.startswith(BYTES):
        (meant_by_bytes,) = reread(pa.array([text]), ["gb18030"])[0].to_pylist()
        return f"{mask_value(meant_by_bytes)} in gb18030" if meant_by_bytes else ""
    said = meant(text)
    return f"{mask_value(text)} as it is" + (f", {mask_value(said[1])} in {said[0]}" if said else "")


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


def _binary(name: str, words: str, digits: pa.StringArray, rows: int) -> str:
    """What is said of a column whose values are bytes that nobody says the text of."""
    raw = bytes.fromhex(digits[0].as_py()[2:])
    said = next(((charset, text) for charset in MOST_LIKELY if (text := decoded(raw, charset))), None)
    reading = f", such as one that is {mask_value(said[1])} in {said[0]}" if said else ""
    kind = f" of the type {words}" if words else ""
    return (
        f"{name}: {len(digits):,} of {rows:,} values{kind} are bytes, whose rows are held{reading}; "
        "declare their charset, or a query that gives text"
    )

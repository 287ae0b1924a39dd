"""Which rows a day asks for by a rising number, and whether the number kept its promise to rise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import pyarrow.compute as pc

from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import is_numeric
from extractors.databases.query_builder import Origin
from extractors.databases.statement import Statement, Value, ValueLost, one_row
from extractors.request import Request
from standard.errors import SourceRefused
from standard.messages import Message

_MOST = 2**63 - 1  # what a column of the ledger holds
_KEPT = 32  # fingerprints of the rows of one number; of more rows, those that sort first
_LENGTH = 12  # hexadecimal digits of a fingerprint


def extremes(origin: Origin, connection: Connection) -> tuple[int | None, int | None, int]:
    """The least and the greatest number there is, and how many rows have none.

    Raises:
        SourceRefused: `source_unreadable` for what is no whole number.
    """
    least, most, without = one_row(connection.ask(origin.extremes(origin.extract.rising or "")))
    return _number(origin, least), _number(origin, most), int(without)


def require_risen(origin: Origin, connection: Connection, request: Request, greatest: int | None) -> None:
    """Require that no number begins anew: the greatest is not below the last accepted, whose rows are still the same.

    A table without any number says nothing: its rows may have been taken away when they were read. Nor do rows of the last
    number that are gone: they were deleted, or changed and have another number.

    Raises:
        SourceRefused: `rising_fell`.
    """
    if request.reached is None or greatest is None:
        return
    column = origin.extract.rising
    if greatest < request.reached:
        met = Message("{number} as the greatest there is", number=greatest)
        raise _fell(origin, met, f"{column} >= {request.reached}", str(greatest))
    if not request.reached_rows:
        return
    now = mark_rows(origin, connection, request, request.reached)
    if _others(request.reached_rows, now):
        met = Message("the number {number} on a row of other content than was read", number=request.reached)
        expected = Message("{column} = {number} as read before", column=column, number=request.reached)
        raise _fell(origin, met, expected, f"{request.reached}")


def mark_rows(origin: Origin, connection: Connection, request: Request, number: int) -> str:
    """Fingerprints of the rows that have a number, by which it is noticed when another row has it later.

    Returns:
        Which columns they are of and how these are read, and then the fingerprints, in order.
    """
    declaration = request.source.declaration
    names = sorted({*declaration.mapped_columns(), *origin.extract.columns} & set(origin.names))
    where: Statement = (f"{origin.quoted(origin.extract.rising or '')} = ", Value(number))
    statement = origin.rows(names, where)
    try:
        texts = _rows(origin, names, list(connection.read(statement)))
    except ValueLost:  # a value that cannot be carried in bulk
        texts = _rows(origin, names, list(connection.read_rows(statement)))
    scheme = _digest("\0".join((connection.backend, *names)))
    # Of the rows of one number only.
    prints = sorted({_digest(text) for text in texts})
    return " ".join((scheme, *prints[:_KEPT], *(["…"] if len(prints) > _KEPT else [])))


def _rows(origin: Origin, names: Sequence[str], read: Sequence[Sequence[tuple[object, object]]]) -> list[str]:
    """Each row as one text."""
    at = range(len(names)) if origin.types else [origin.names.index(name) for name in names]
    found: list[str] = []
    for arrays in read:
        columns = [pc.fill_null(arrays[place][0], "\0") for place in at]
        found += pc.binary_join_element_wise(*columns, "\x1f").to_pylist()
    return found


def _others(before: str, now: str) -> bool:
    """Whether there are rows now that were not there before; where only some were kept, among those that sort before their last."""
    (scheme, *old), (same, *new) = before.split(), now.split()
    if scheme != same:  # another way of reading, or another declaration
        return False
    last = old[-2] if old and old[-1] == "…" else "g"
    return bool({item for item in new if item != "…" and item <= last} - set(old))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _number(origin: Origin, value: object) -> int | None:
    """A number, however the driver hands it out."""
    if value is None:
        return None
    try:
        number = Decimal(str(value))
        # Some drivers write a number as text too; a column of texts has another order than its numbers.
        kept_as_text = isinstance(value, str) and not is_numeric(origin.types.get(origin.extract.rising or "", ""))
        met = Message("text, whose order is another") if kept_as_text else Message("fractions")
        if not kept_as_text and number == int(number):
            met = Message("longer ones, which the ledger cannot keep")
            if abs(number) <= _MOST:
                return int(number)
    except (InvalidOperation, ValueError, OverflowError):
        met = Message("what is no number")
    name = origin.extract.rising
    raise SourceRefused(
        "source_unreadable",
        "{source}: expected whole numbers of at most 18 digits in the rising column {column}, found {met}; "
        "declare a column of such numbers, or a query that gives one",
        expected=Message("whole numbers"),
        found=str(name),
        source=origin.source,
        column=name,
        met=met,
    )


def _fell(origin: Origin, met: Message, expected: str, found: str) -> SourceRefused:
    return SourceRefused(
        "rising_fell",
        "{source}: expected the numbers of {column} only to rise, found {met}; restore the table, or have it "
        "confirmed that its numbers begin anew, then run `licex accept-beginning {source} --by NAME`, which has all rows read again",
        expected=expected,
        found=found,
        source=origin.source,
        column=origin.extract.rising,
        met=met,
    )

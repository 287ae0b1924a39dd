"""Finds the range of a rising number, and requires that the number has only risen."""

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

_GREATEST = 2**63 - 1  # that a column of the ledger holds
_MOST_FINGERPRINTS = 32  # of the rows of one number; of more rows, those that sort first
_DIGITS = 12  # hexadecimal, of a fingerprint


def rising_range(origin: Origin, connection: Connection) -> tuple[int | None, int | None, int]:
    """Query the least and the greatest number, and the number of rows without one.

    Raises:
        SourceRefused: `source_unreadable` for a value that is not a whole number.
    """
    least, most, without = one_row(connection.query(origin.value_range(origin.extract.rising or "")))
    return _number(origin, least), _number(origin, most), int(without)


def require_risen(origin: Origin, connection: Connection, request: Request, greatest: int | None) -> None:
    """Require that the numbers have not started again: the greatest is not below the last accepted, whose rows are unchanged.

    A table without any number proves nothing: its rows may have been removed after they were read. Nor do missing rows of the
    last number: they were deleted, or changed and have another number.

    Raises:
        SourceRefused: `rising_fell`.
    """
    if request.reached is None or greatest is None:
        return
    column = origin.extract.rising
    if greatest < request.reached:
        problem = Message("{number} as the greatest there is", number=greatest)
        raise _fell(origin, problem, f"{column} >= {request.reached}", str(greatest))
    if not request.reached_rows:
        return
    now = mark_rows(origin, connection, request, request.reached)
    if _has_new_rows(request.reached_rows, now):
        problem = Message("the number {number} on a row of other content than was read", number=request.reached)
        expected = Message("{column} = {number} as read before", column=column, number=request.reached)
        raise _fell(origin, problem, expected, f"{request.reached}")


def mark_rows(origin: Origin, connection: Connection, request: Request, number: int) -> str:
    """Compute fingerprints of the rows with one number, to notice when other rows have it later.

    Returns:
        A digest of the columns and of how they are read, and then the fingerprints in order.
    """
    declaration = request.source.declaration
    names = sorted({*declaration.mapped_columns(), *origin.extract.columns} & set(origin.names))
    where: Statement = (f"{origin.quoted(origin.extract.rising or '')} = ", Value(number))
    statement = origin.rows(names, where)
    try:
        texts = _row_texts(origin, names, list(connection.read(statement)))
    except ValueLost:  # a value that cannot be carried in bulk
        texts = _row_texts(origin, names, list(connection.read_rows(statement)))
    scheme = _digest("\0".join((connection.backend, *names)))
    # Of the rows with one number only.
    fingerprints = sorted({_digest(text) for text in texts})
    return " ".join(
        (scheme, *fingerprints[:_MOST_FINGERPRINTS], *(["…"] if len(fingerprints) > _MOST_FINGERPRINTS else []))
    )


def _row_texts(origin: Origin, names: Sequence[str], pieces: Sequence[Sequence[tuple[object, object]]]) -> list[str]:
    """Join the columns of each row into one text."""
    indices = range(len(names)) if origin.types else [origin.names.index(name) for name in names]
    found: list[str] = []
    for arrays in pieces:
        columns = [pc.fill_null(arrays[index][0], "\0") for index in indices]
        found += pc.binary_join_element_wise(*columns, "\x1f").to_pylist()
    return found


def _has_new_rows(before: str, now: str) -> bool:
    """Whether there are rows that were not there before; where only some were kept, among those up to the last kept one."""
    (scheme, *old), (same, *new) = before.split(), now.split()
    if scheme != same:  # read in another way, or by another declaration
        return False
    last = old[-2] if old and old[-1] == "…" else "g"
    return bool({item for item in new if item != "…" and item <= last} - set(old))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _number(origin: Origin, value: object) -> int | None:
    """Convert a number, in whatever form the driver returns it."""
    if value is None:
        return None
    try:
        number = Decimal(str(value))
        # Some drivers return numbers as text, too; a column of texts sorts differently from its numbers.
        kept_as_text = isinstance(value, str) and not is_numeric(origin.types.get(origin.extract.rising or "", ""))
        problem = Message("text, whose order is another") if kept_as_text else Message("fractions")
        if not kept_as_text and number == int(number):
            problem = Message("longer ones, which the ledger cannot keep")
            if abs(number) <= _GREATEST:
                return int(number)
    except (InvalidOperation, ValueError, OverflowError):
        problem = Message("what is no number")
    name = origin.extract.rising
    raise SourceRefused(
        "source_unreadable",
        "{source}: expected whole numbers of at most 18 digits in the rising column {column}, found {met}; "
        "declare a column of such numbers, or a query that gives one",
        expected=Message("whole numbers"),
        found=str(name),
        source=origin.source,
        column=name,
        met=problem,
    )


def _fell(origin: Origin, problem: Message, expected: str, found: str) -> SourceRefused:
    return SourceRefused(
        "rising_fell",
        "{source}: expected the numbers of {column} only to rise, found {met}; restore the table, or have it "
        "confirmed that its numbers begin anew, then run `licex accept-beginning {source} --by NAME`, which has all rows read again",
        expected=expected,
        found=found,
        source=origin.source,
        column=origin.extract.rising,
        met=problem,
    )

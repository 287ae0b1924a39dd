"""Refusals that several formats of workbooks share."""

from __future__ import annotations

from extractors.files.refusal import Refusal
from standard.messages import Message

_SAVED = Message("have it opened, saved as xlsx and delivered again")


def damaged() -> Refusal:
    """Refuse a workbook whose archive is truncated or broken."""
    return Refusal(Message("a whole workbook"), Message("a damaged one"), Message("have it delivered again"))


def unreadable(detail: str = "") -> Refusal:
    """Refuse a workbook in which something is missing or impossible.

    Args:
        detail: for maintainers; empty if the workbook is at fault.
    """
    found = (
        Message("one that cannot be read ({detail})", detail=detail) if detail else Message("one that cannot be read")
    )
    return Refusal(Message("a whole workbook"), found, _SAVED)


def locked() -> Refusal:
    """Refuse a workbook with a password that is not declared or cannot be used."""
    return Refusal(
        Message("a workbook without a password"),
        Message("one with a password"),
        Message("have the password removed, or declare extract.password"),
    )


def doctype() -> Refusal:
    """Refuse a workbook with a document type, which may define entities."""
    return Refusal(
        Message("a workbook without document types and entities"),
        Message("one"),
        Message("have it saved again as xlsx"),
    )


def calls(what: Message) -> Refusal:
    """Refuse a workbook that would make an office program call another one.

    Args:
        what: the link by which it would.
    """
    return Refusal(Message("a workbook that calls nothing"), what, Message("have the link removed and the values kept"))


def repeated(row: int) -> Refusal:
    """Refuse a sheet with a repeated row number or cell position, of which the library for values keeps only the last.

    Args:
        row: its number, counted from 1.
    """
    found = Message("two numbered {row:,}, or two cells in one place there", row=row)
    return Refusal(Message("rows each with a number of its own"), found, _SAVED)


def unreferenced() -> Refusal:
    """Refuse a sheet with a fault in a cell without a reference, which cannot be located."""
    return Refusal(Message("cells that say where they stand"), Message("some that do not"), _SAVED)


def too_many_cells(most: int, row: int, column: int) -> Refusal:
    """Refuse a sheet whose cells are spread too far.

    Args:
        most: the greatest number of cells between A1 and the last one.
        row: of the last one, counted from 1.
        column: the same.
    """
    return Refusal(
        Message("at most {most:,} cells in a sheet", most=most),
        Message("a sheet with cells as far as row {row:,} and column {column:,}", row=row, column=column),
        Message("have the empty rows and columns beyond the data deleted"),
    )

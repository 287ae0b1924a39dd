"""Refusals that several formats of workbooks share."""

from __future__ import annotations

from extractors.files.refusal import Refusal

_SAVED = "have it opened, saved as xlsx and delivered again"


def damaged() -> Refusal:
    """Refuse a workbook whose archive is cut off or broken."""
    return Refusal("a whole workbook", "a damaged one", "have it delivered again")


def unreadable(detail: str = "") -> Refusal:
    """Refuse a workbook in which something is missing or impossible.

    Args:
        detail: what a maintainer needs to know of it; nothing where the workbook is at fault.
    """
    return Refusal("a whole workbook", "one that cannot be read" + (f" ({detail})" if detail else ""), _SAVED)


def locked() -> Refusal:
    """Refuse a workbook with a password that is not declared or cannot be used."""
    advice = "have the password removed, or declare extract.password"
    return Refusal("a workbook without a password", "one with a password", advice)


def doctype() -> Refusal:
    """Refuse a workbook with a document type, which may define entities."""
    return Refusal("a workbook without document types and entities", "one", "have it saved again as xlsx")


def calls(what: str) -> Refusal:
    """Refuse a workbook that would make an office program call another one.

    Args:
        what: the link by which it would.
    """
    return Refusal("a workbook that calls nothing", what, "have the link removed and the values kept")


def repeated(row: int) -> Refusal:
    """Refuse a sheet with two rows of one number, or two cells in one position; the library for values keeps the last of them alone.

    Args:
        row: its number, counted from 1.
    """
    found = f"two numbered {row:,}, or two cells in one place there"
    return Refusal("rows each with a number of its own", found, _SAVED)


def unplaced() -> Refusal:
    """Refuse a sheet with a fault in a cell without a reference, which cannot be located."""
    return Refusal("cells that say where they stand", "some that do not", _SAVED)


def too_many_cells(most: int, row: int, column: int) -> Refusal:
    """Refuse a sheet whose cells are spread too far.

    Args:
        most: how many cells may lie between A1 and the last one.
        row: of the last one, counted from 1.
        column: the same.
    """
    found = f"a sheet with cells as far as row {row:,} and column {column:,}"
    advice = "have the empty rows and columns beyond the data deleted"
    return Refusal(f"at most {most:,} cells in a sheet", found, advice)

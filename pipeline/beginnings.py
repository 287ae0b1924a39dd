"""Where the reading of a day begins, and where the order of a source begins anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from exchange_db.deliver import write_beginning
from exchange_db.ledger import current_order, last_reading_before
from exchange_db.rising_numbers import Acceptance, Marks, read_marks
from pipeline.exchange import Exchange
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey
from standard.day import instant_text
from standard.errors import UsageError
from standard.ledger_entry import LedgerEntry
from standard.masking import mask_text


def beginning_of_order(exchange: Exchange, source: Source) -> int:
    """Count how often the order of a source has begun anew.

    It begins anew when a person accepts it, and when the declared order changes. A register and the log of its changes share one
    order when both are ordered alike.
    """
    before, beginning = exchange.database.read(current_order, source.name)
    return beginning + (before.partition("/")[0] not in {"", str(source.declaration.extract.ordered_by)})


def marks_of_day(exchange: Exchange, key: BatchKey, beginning: int) -> Marks:
    """The rising numbers that bound a day; no bounds for a source that is not read by number.

    Args:
        exchange: where everything is.
        key: of the batch.
        beginning: result of `beginning_of_order`.

    Raises:
        UsageError: for a day whose rows were already read under an earlier order.
    """
    extract, known = exchange.source(key).declaration.extract, Marks()
    if isinstance(extract, DatabaseExtract) and extract.rising:
        known = _skip_numbers_read_before(key, exchange.database.read(read_marks, key.source, str(key.day), beginning))
    elif isinstance(extract, DatabaseExtract) and extract.changes:
        _require_unread(key, exchange.database.read(last_reading_before, key.source, beginning))
    _require_after_beginning(key, known)
    return known


def accept_beginning(exchange: Exchange, name: str, by: str, at: datetime) -> LedgerEntry:
    """Record in the ledger that the rising numbers of a source begin anew, and who accepted it.

    Raises:
        UsageError: for a source without rising numbers, one that has delivered none, or an empty name.
    """
    extract = exchange.register.source(name).declaration.extract
    if not isinstance(extract, DatabaseExtract) or extract.rising is None:
        raise UsageError(
            "LX-103",
            "{source}: expected a source that is read by a rising number, found none declared; nothing begins anew",
            source=name,
        )
    if not by.strip():
        raise UsageError(
            "LX-100",
            "{source}: expected the name of who accepts the new beginning, found none; give it with --by",
            source=name,
        )
    accepted = Acceptance(mask_text(" ".join(by.split())), extract.rising)
    return write_beginning(exchange.database, name, accepted, instant_text(at))


def _require_after_beginning(key: BatchKey, known: Marks) -> None:
    """Require a day since the numbers began anew; the numbers now in the database do not cover earlier days."""
    if str(key.day) < known.begun_on:
        raise UsageError(
            "LX-106",
            "{batch}: expected a day from {begun_on} on, since the numbers of the source began anew then, found an earlier one; "
            "`licex replay` judges the archive of that day",
            batch=key,
            begun_on=known.begun_on,
        )


def _require_unread(key: BatchKey, last: str) -> None:
    """Require a day whose changes are not on the platform yet.

    A register always shows the newest state; changes that are read again show an old one.

    Args:
        key: of the batch.
        last: instant text of the last reading under another declaration; empty if there was none.
    """
    if instant_text(key.day.end) <= last:
        raise UsageError(
            "LX-106",
            "{batch}: expected a day that ends after {last}, until when the source was read otherwise than as changes by time, found an earlier one; "
            "its changes are on the platform",
            batch=key,
            last=last,
        )


def _skip_numbers_read_before(key: BatchKey, known: Marks) -> Marks:
    """Leave out numbers that were read before the source was declared otherwise for a while.

    Those numbers belong to an earlier beginning of the order. Reading them again would make an old change newer than everything
    read in between, because a number does not show whether a row is a change or the present state.

    Raises:
        UsageError: for a day all of whose numbers were read before; a day without numbers stays empty.
    """
    before, after, until = known.read_before, known.after, known.until
    if before is None or (after is not None and until is not None and after >= until):
        return known
    if until is not None and until <= before:
        raise UsageError(
            "LX-106",
            "{batch}: expected a day with numbers after {before}, up to which the source was read before it was declared otherwise, "
            "found one that ends with {until}; `licex replay` judges its archive, and a row that came late is found by `licex sweep` "
            "where the source is no log",
            batch=key,
            before=before,
            until=until,
        )
    return replace(known, after=before if after is None else max(after, before))

"""Decides from which number or time a day is read, and records where the order of a source begins anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from exchange_db.deliver import write_beginning
from exchange_db.ledger import Acceptance, Marks, last_read, marks, order_now
from pipeline.exchange import Exchange
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey, LedgerEntry
from standard.day import instant_text
from standard.errors import UsageError
from standard.masking import mask_text


def beginning_of_order(exchange: Exchange, source: Source) -> int:
    """Count how often a source's order began anew before the rows that are read now.

    It begins anew where a person accepts it, and where the source is declared to be ordered otherwise than before. A register
    and a table of its changes that are ordered alike share one order.
    """
    before, beginning = exchange.database.read(order_now, source.name)
    return beginning + (before.partition("/")[0] not in {"", str(source.declaration.extract.ordered_by)})


def marks_of_day(exchange: Exchange, key: BatchKey, beginning: int) -> Marks:
    """The rising numbers between which a day lies; without bounds for a source that is read otherwise.

    Args:
        exchange: where everything is.
        key: of the batch.
        beginning: what `beginning_of_order` gives.

    Raises:
        UsageError: for a day whose rows were read already by an order that has ended.
    """
    extract, known = exchange.source(key).declaration.extract, Marks()
    if isinstance(extract, DatabaseExtract) and extract.rising:
        known = _after_read_before(key, exchange.database.read(marks, key.source, str(key.day), beginning))
    elif isinstance(extract, DatabaseExtract) and extract.changes:
        _require_unread(key, exchange.database.read(last_read, key.source, beginning))
    _require_since(key, known)
    return known


def accept_beginning(exchange: Exchange, name: str, by: str, at: datetime) -> LedgerEntry:
    """Record in the ledger that the rising numbers of a source begin anew, and who accepted it.

    Raises:
        UsageError: for a source without such numbers, one of which none was delivered, or an empty name.
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


def _require_since(key: BatchKey, known: Marks) -> None:
    """Require a day since the numbers began anew: the numbers in the database now are none of an earlier day's."""
    if str(key.day) < known.begun_on:
        raise UsageError(
            "LX-106",
            "{batch}: expected a day from {begun_on} on, since the numbers of the source began anew then, found an earlier one; "
            "`licex replay` judges the archive of that day",
            batch=key,
            begun_on=known.begun_on,
        )


def _require_unread(key: BatchKey, last: str) -> None:
    """Require a day that a table of changes can add to.

    A register shows the newest state whenever it is read. Changes that are read again show an old one.

    Args:
        key: of the batch.
        last: instant text of the last reading by another declaration; empty where there was none.
    """
    if instant_text(key.day.end) <= last:
        raise UsageError(
            "LX-106",
            "{batch}: expected a day that ends after {last}, until when the source was read otherwise than as changes by time, found an earlier one; "
            "its changes are on the platform",
            batch=key,
            last=last,
        )


def _after_read_before(key: BatchKey, known: Marks) -> Marks:
    """The marks of a day of a source that is read by numbers again, after it was declared otherwise for a while.

    The numbers read before belong to an earlier beginning of the source's order. Read again, an old change would be newer
    than all that was read otherwise in between; the numbers cannot tell whether a row is a change or the present state.

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

"""Queries behind the commands: the ledger, the trace of a licence, and checks of connections and files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from exchange_db.ledger import first_day, last_day, read_entries
from exchange_db.queries import trace as read_trace
from pipeline.audit import record_access
from pipeline.exchange import Exchange
from pipeline.held_records import held_by_source
from pipeline.missed import find_missed_days
from pipeline.progress import OnProgress
from pipeline.quiet_hours import require_outside_quiet_hours
from standard.batch import SWEEP, BatchKey
from standard.day import Day
from standard.errors import ExchangeError
from standard.ledger_entry import LedgerEntry
from standard.licence import LICENCE
from standard.masking import mask_text, mask_value

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts
    from extractors.files.file_check import FileFacts

LISTED_DAYS = 14  # default range of the ledger: as many days as the table on the city's page


def check_connections(
    exchange: Exchange, names: Iterable[str], on_progress: OnProgress
) -> dict[str, ConnectionFacts | str]:
    """Connect to the databases of sources and measure them; nothing is kept.

    Returns:
        By the name of each database source its facts, or the error sentence.
    """
    from extractors import Request
    from extractors.databases.connection_check import check_connection

    found: dict[str, ConnectionFacts | str] = {}
    for name in names:
        source = exchange.register.source(name)
        if source.declaration.extract.kind != "database":
            continue
        on_progress(name)
        try:
            at = exchange.now()
            require_outside_quiet_hours(source, at)
            location, witness = exchange.location(source), exchange.witness(source)
            found[name] = check_connection(Request(source, Day.at(at).plus(-1), location, at, witness=witness))
        except ExchangeError as error:
            found[name] = error.message
    return found


def check_files(exchange: Exchange, names: Iterable[str], on_progress: OnProgress) -> dict[str, FileFacts | str]:
    """Compare the headers of file sources with their declarations; nothing is kept.

    Returns:
        By the name of each file source the facts about yesterday's files, or about files that cover all days; or the error sentence.
    """
    from extractors import Request
    from extractors.files.file_check import check_files

    found: dict[str, FileFacts | str] = {}
    for name in names:
        source = exchange.register.source(name)
        extract = source.declaration.extract
        if extract.kind == "database":
            continue
        on_progress(name)
        try:
            at, secret = exchange.now(), exchange.secret(source)
            request = Request(source, Day.at(at).plus(-1), exchange.location(source), at, secret=secret)
            found[name] = check_files(request, extract)
        except ExchangeError as error:
            found[name] = error.message
    return found


def listed_since(exchange: Exchange) -> str | None:
    """The first of the last `LISTED_DAYS` days of the ledger; None if the ledger has no earlier one."""
    first, last = exchange.database.read(first_day), exchange.database.read(last_day)
    since = str(Day.of(last).plus(1 - LISTED_DAYS)) if last else None
    return since if since and first and first < since else None


def ledger(
    exchange: Exchange, *, source: str | None, day: str | None, all_runs: bool, since: str | None = None
) -> list[LedgerEntry]:
    """The ledger's entries, with an entry for each missed day.

    Args:
        exchange: where everything is.
        source: one source; by default all.
        day: that day only.
        all_runs: whether to include every run of a batch.
        since: the first day; missed days are included however old they are.

    Raises:
        DeclarationError: for a source that is neither declared nor in the ledger.
    """
    read = exchange.database.read
    found = read(read_entries, source=source, day=day, since=since, all_runs=all_runs, sweeps=True)
    known = bool(found) or source is None or bool(read(read_entries, source=source))
    if not known and source not in exchange.register.paths:
        exchange.register.source(str(source))  # raises with the nearest name
    missing = [missed.entry() for missed in find_missed_days(exchange, exchange.now()) if not missed.tried]
    requested = [entry for entry in missing if source in {None, entry.source} and day in {None, entry.day}]
    return sorted([*found, *requested], key=lambda entry: (entry.day, entry.source, entry.run))


def trace(exchange: Exchange, licence: str) -> list[dict[str, Any]]:
    """Everything behind a licence, with personal values masked; the access is recorded first."""
    record_access(exchange, "trace", mask_text(licence))
    with exchange.database.transaction(reading=True) as connection:
        found = read_trace(connection, licence) or read_trace(connection, _normalised(licence))
        for record in found:
            record["held"] = held_by_source(record)
            batches = {row["batch"] for row in record["versions"]} | {row["found_by"] for row in record["findings"]}
            keys = [BatchKey.of(text) for text in sorted(batches)]
            record["batches"] = [
                entry.as_dict()
                for key in keys
                for entry in read_entries(connection, source=key.source, day=str(key.day), sweeps=key.sweep)
                if (entry.kind == SWEEP) == key.sweep
            ]
    return [
        {part: _masked_rows(rows) if isinstance(rows, list) else rows for part, rows in record.items()}
        for record in found
    ]


def _normalised(licence: str) -> str:
    """A certificate number in the form in which the platform stores it."""
    from standard.field import Kind
    from transforms.text import clean_text

    return clean_text(pa.array([licence]), Kind.TEXT)[0].as_py() or licence


def _masked_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _masked_value(name, value) for name, value in row.items()} for row in rows]


def _masked_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "face":  # only the city knows which of its fields are personal, so their names must do
        return ", ".join(sorted(json.loads(value)))
    field = LICENCE.by_name.get(name)
    if field is not None and field.personal:
        return mask_value(value)
    return mask_text(value)

"""Answers what the commands ask: the ledger, the trace of a licence, and how sources are reached."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from exchange_db.ledger import first_day, last_day, read_entries
from exchange_db.queries import trace as read_trace
from pipeline.audit import write_down
from pipeline.exchange import Exchange
from pipeline.holding import held
from pipeline.missed import ledger_lacks
from pipeline.progress import OnProgress
from pipeline.quiet_hours import require_outside_quiet_hours
from standard.batch import SWEEP, BatchKey, LedgerEntry
from standard.day import Day
from standard.errors import ExchangeError
from standard.licence import LICENCE
from standard.masking import mask_text, mask_value

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts
    from extractors.files.file_check import FileFacts

LISTED_DAYS = 14  # of the ledger, unless more are requested: as many as the table of the city's page shows


def connections(exchange: Exchange, names: Iterable[str], on_progress: OnProgress) -> dict[str, ConnectionFacts | str]:
    """Try the connections of sources, and measure them; nothing is kept.

    Returns:
        By the name of each source that is a database what was found, or the sentence that says why there is nothing.
    """
    from extractors import Request
    from extractors.databases.connection_check import measure

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
            found[name] = measure(Request(source, Day.at(at).plus(-1), location, at, witness=witness))
        except ExchangeError as error:
            found[name] = error.message
    return found


def files_there(exchange: Exchange, names: Iterable[str], on_progress: OnProgress) -> dict[str, FileFacts | str]:
    """Compare the headers of file sources with their declarations; nothing is kept.

    Returns:
        By the name of each source of files the facts about the files of yesterday, or of those that serve all days; or the
        sentence that explains why there are none.
    """
    from extractors import Request
    from extractors.files.file_check import look

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
            found[name] = look(request, extract)
        except ExchangeError as error:
            found[name] = error.message
    return found


def listed_since(exchange: Exchange) -> str | None:
    """The first of the last `LISTED_DAYS` days of the ledger; None where it has no earlier one."""
    first, last = exchange.database.read(first_day), exchange.database.read(last_day)
    since = str(Day.of(last).plus(1 - LISTED_DAYS)) if last else None
    return since if since and first and first < since else None


def ledger(
    exchange: Exchange, *, source: str | None, day: str | None, all_runs: bool, since: str | None = None
) -> list[LedgerEntry]:
    """The ledger's entries, and among them the days that it lacks.

    Args:
        exchange: where everything is.
        source: one source; all of them where absent.
        day: that day only.
        all_runs: whether to give every run.
        since: no earlier day; a missed day is named however old it is.

    Raises:
        DeclarationError: for a source that neither the declarations nor the ledger know.
    """
    read = exchange.database.read
    found = read(read_entries, source=source, day=day, since=since, all_runs=all_runs, sweeps=True)
    known = bool(found) or source is None or bool(read(read_entries, source=source))
    if not known and source not in exchange.register.paths:
        exchange.register.source(str(source))  # says which name was probably meant
    lacking = [missed.entry() for missed in ledger_lacks(exchange, exchange.now()) if not missed.tried]
    asked = [entry for entry in lacking if source in {None, entry.source} and day in {None, entry.day}]
    return sorted([*found, *asked], key=lambda entry: (entry.day, entry.source, entry.run))


def trace(exchange: Exchange, licence: str) -> list[dict[str, Any]]:
    """Everything behind a licence, personal values masked; that somebody asks is written down first."""
    write_down(exchange, "trace", mask_text(licence))
    with exchange.database.transaction(reading=True) as connection:
        found = read_trace(connection, licence) or read_trace(connection, _as_kept(licence))
        for record in found:
            record["held"] = held(record)
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


def _as_kept(licence: str) -> str:
    """A number as the platform keeps it, however the department writes it."""
    from standard.field import Kind
    from transforms.text import clean_text

    return clean_text(pa.array([licence]), Kind.TEXT)[0].as_py() or licence


def _masked_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _masked_value(name, value) for name, value in row.items()} for row in rows]


def _masked_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "face":  # which of its fields are personal only the city knows; their names explain enough
        return ", ".join(sorted(json.loads(value)))
    field = LICENCE.by_name.get(name)
    if field is not None and field.personal:
        return mask_value(value)
    return mask_text(value)

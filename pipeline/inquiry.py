"""What the commands that change nothing on the platform find out: previews, dry runs, traces, the ledger."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import write_beginning
from exchange_db.ledger import last_day, read_entries
from exchange_db.queries import trace as read_trace
from pipeline import stages
from pipeline.exchange import Exchange
from pipeline.flow import Told, read_and_judge, rejudge
from pipeline.holding import held
from pipeline.missed import ledger_lacks
from pipeline.plan import demand_begun, demand_no_quiet
from pipeline.reporting import report_city, report_department
from pipeline.run import Ran, now
from sources.database_extract import DatabaseExtract
from standard.batch import SWEEP, BatchKey, LedgerEntry, Manifest, Status
from standard.day import Day, instant_text
from standard.errors import ExchangeError, UsageError
from standard.finding import mask_personal, mask_text, mask_texts
from standard.licence import LICENCE
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import part_numbers, put_together
from workspace.runs import archive_of
from workspace.workspace import Workspace

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts

_PREVIEWED = 10


@dataclass(frozen=True)
class Preview:
    """A few rows of a source in the standard, personal values masked, and what was found on them."""

    rows: list[dict[str, Any]]
    findings: list[dict[str, Any]]


def preview(exchange: Exchange, key: BatchKey, at: datetime) -> Preview:
    """Read the first rows of a source and say them in the standard; nothing is kept.

    Raises:
        ExchangeError: as `archive.extract` does.
    """
    from expectations.drift import judge_drift
    from expectations.gate import first_causes
    from expectations.runner import Judge
    from extractors import Request, open_source
    from transforms.conform import Conformer
    from transforms.shape import lacking

    source, taken_at = exchange.source(key), instant_text(at)
    demand_no_quiet(source, at)
    request = Request(source, key.day, exchange.location(source), at, secret=exchange.secret(source))
    with open_source(request) as reading:
        raw = next((pa.Table.from_batches([batch]) for batch in reading.batches if batch.num_rows), None)
        shape = Manifest(str(key), reading.kind, taken_at, 0, 0, reading.columns, "")
    columns, source = judge_drift(source.declaration, shape, None), source.as_read(reading.columns)
    if raw is None or lacking(source.declaration, reading.columns):
        return Preview([], columns.to_pylist())
    said = Conformer(source, taken_at).conform(raw.slice(0, _PREVIEWED), 0)
    judged = Judge(source, taken_at).judge(said.licences)
    findings = first_causes(pa.concat_tables([columns, said.findings, judged]))
    personal = {field.name for field in (*LICENCE.fields, *source.face) if field.personal}
    return Preview(_masked(said.licences, personal).to_pylist(), findings.to_pylist())


def _masked(licences: pa.Table, personal: set[str]) -> pa.Table:
    """The elements that are filled, as text, with what is personal masked."""
    columns = {}
    for name in licences.column_names:
        values = pc.cast(licences[name], pa.string()).combine_chunks()
        shown = name in LICENCE.by_name or name.startswith("KZ_") or name == "locator"
        if shown and values.null_count < len(values):
            columns[name] = mask_personal(values) if name in personal else mask_texts(values)
    return pa.table(columns)


def connections(exchange: Exchange, names: Iterable[str], at: datetime, told: Told) -> dict[str, ConnectionFacts | str]:
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
        told(name)
        try:
            demand_no_quiet(source, at)
            location, witness = exchange.location(source), exchange.witness(source)
            found[name] = measure(Request(source, Day.at(at).plus(-1), location, at, witness=witness))
        except ExchangeError as error:
            found[name] = str(error)
    return found


def accept_beginning(exchange: Exchange, name: str, by: str, at: datetime) -> LedgerEntry:
    """Write into the ledger that the rising numbers of a source begin anew, and who says so.

    Raises:
        UsageError: for a source without such numbers, one of which none was delivered, or nobody's name.
    """
    extract = exchange.register.source(name).declaration.extract
    if not isinstance(extract, DatabaseExtract) or extract.rising is None:
        raise UsageError(
            f"{name}: expected a source that is read by a rising number, found none declared; nothing begins anew"
        )
    if not by.strip():
        raise UsageError(f"{name}: expected the name of who accepts the new beginning, found none; give it with --by")
    said = f"{mask_text(' '.join(by.split()))} accepted that the numbers of {extract.rising} begin anew"
    return write_beginning(exchange.database, name, said, instant_text(at))


def dry_run(exchange: Exchange, key: BatchKey, told: Told, *, from_archive: bool = False) -> Ran:
    """Read and judge a batch in a folder that is thrown away; the platform and the archive stay as they are."""
    try:
        with elsewhere(exchange, key, from_archive) as trial:
            if from_archive:
                rejudge(trial, key)
            else:
                read_and_judge(trial, key, now(), told, trial=True)
            told("assess")
            verdict = stages.assess(trial, key, now())
            found = _by_rule(trial.workspace.read_table(key, files.FINDINGS))
    except ExchangeError as error:
        return Ran(key, None, str(error), error.exit_code)
    status = Status.REFUSED if verdict.refused else Status.DELIVERED
    refused = verdict.extracted if verdict.refused else 0
    counts = {
        name: getattr(verdict, name)
        for name in ("kind", "read", "left_out", "extracted", "accepted", "held", "duplicates")
    }
    entry = LedgerEntry(
        key.source, str(key.day), 0, f"dry run: {status}", refused=refused, reason=verdict.reason, **counts
    )
    problem = verdict.reason
    if not verdict.refused and verdict.held_above_limit:
        problem = f"{stages.too_many_held(key, verdict.held_limit, verdict)}; a run would deliver the rest"
    return Ran(key, entry, problem, 1 if problem else 0, found=tuple(found))


def _by_rule(findings: pa.Table) -> list[dict[str, Any]]:
    """By rule how many findings there are, the most frequent first, and of each the first one."""
    shown = ("locator", "element", "value", "expected")
    counted = findings.group_by("rule", use_threads=False).aggregate(
        [("rule", "count"), *((name, "first") for name in shown)]
    )
    counted = counted.rename_columns(["rule", "findings", *shown]).sort_by([("findings", "descending")])
    rows: list[dict[str, Any]] = counted.to_pylist()
    return rows


@contextmanager
def elsewhere(exchange: Exchange, key: BatchKey, from_archive: bool) -> Iterator[Exchange]:
    """The exchange with an archive of its own, in which there is what the steps look for: the batch, the manifest before."""
    exchange.work()
    with tempfile.TemporaryDirectory(prefix="licex-") as folder, ExitStack() as held:
        trial = copy(exchange)
        trial.workspace = Workspace(folder)
        if held.enter_context(closing(ExchangeDatabase(exchange.settings.target))).is_empty():
            trial.database = held.enter_context(closing(ExchangeDatabase(f"sqlite:///{folder}/platform.db")))
            trial.database.prepare()  # it is as empty, and is thrown away
        last = stages.last_delivered(trial, key)
        if last is not None and exchange.workspace.exists(last, files.DELIVERED):
            _copy(exchange.workspace, trial.workspace, last, files.DELIVERED)
        if from_archive:
            archive = archive_of(exchange.workspace, key)
            whole = put_together(archive, key)
            trial.workspace.write_text(trial.workspace.path(key, files.MANIFEST), whole.to_json())
            for part in part_numbers(whole):
                for name in (files.MANIFEST, files.RAW):
                    _copy(archive, trial.workspace, key, of_part(name, part))
        yield trial


def _copy(origin: Workspace, to: Workspace, key: BatchKey, name: str) -> None:
    with origin.local(key, name) as path, to.writing(to.path(key, name)) as copied, open(path, "rb") as file:
        shutil.copyfileobj(file, copied)


def rewrite_reports(exchange: Exchange, day: Day | None) -> list[str]:
    """Write the pages and lists of a day again; returns their paths, the city's page last."""
    if day is not None:
        demand_begun("report", day, now())
    with exchange.database.transaction(reading=True) as connection:
        last = str(day) if day else last_day(connection)
        entries = read_entries(connection, day=last, sweeps=True) if last else []
    of_day = {entry.source for entry in entries}
    # A sweep that found nothing unread has a page, and no batch.
    sources = [
        name
        for name in exchange.register
        if name in of_day or (last and Day.of(last) in exchange.workspace.reported_days(name))
    ]
    if last is None or not (of_day or sources):
        raise ExchangeError(f"{day or 'report'}: expected batches of that day in the ledger, found none; run one first")
    pages = [path for name in sources for path in report_department(exchange, BatchKey(name, Day.of(last)))]
    return [*pages, report_city(exchange, Day.of(last), now())]


def ledger(exchange: Exchange, *, source: str | None, day: str | None, all_runs: bool) -> list[LedgerEntry]:
    """The ledger's entries, and among them the days that it lacks.

    Raises:
        DeclarationError: for a source that neither the declarations nor the ledger know.
    """
    with exchange.database.transaction(reading=True) as connection:
        found = read_entries(connection, source=source, day=day, all_runs=all_runs, sweeps=True)
        known = bool(found) or source is None or bool(read_entries(connection, source=source))
    if not known and source not in exchange.register.paths:
        exchange.register.source(str(source))  # says which name was probably meant
    lacking = [missed.entry() for missed in ledger_lacks(exchange, now()) if not missed.tried]
    asked = [entry for entry in lacking if source in {None, entry.source} and day in {None, entry.day}]
    return sorted([*found, *asked], key=lambda entry: (entry.day, entry.source, entry.run))


def trace(exchange: Exchange, licence: str) -> list[dict[str, Any]]:
    """Everything behind a licence, personal values masked."""
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
        return mask_personal(pa.array([value]))[0].as_py()
    return mask_text(value)

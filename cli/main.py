"""The command `licex`: what a data engineer types, what it prints, and the exit codes it ends with."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli import render as show
from cli.onboarding import suggest
from exchange_db.database import ExchangeDatabase
from pipeline import inquiry
from pipeline.catch_up import catch_up as run_missed
from pipeline.exchange import Exchange
from pipeline.reporting import report_later_days
from pipeline.run import Ran, load_ahead, now, run_batch
from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import Day
from standard.errors import DeclarationError, ExchangeError, UsageError, unforeseen
from standard.finding import mask_text

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts
    from extractors.files.file_check import FileFacts

app = typer.Typer(
    name="licex",
    help="The nightly licence exchange. Exit codes: 0 done, 1 refused or held above the source's limit, "
    "2 wrong use or declaration, 3 source or platform unreachable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would show personal data
)

app.command()(suggest)

_opened = ExitStack()  # closed when a command ends, however it ends

SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="A declared source, such as market_regulation.food_operation.")
]
OneDay = Annotated[str, typer.Option("--day", metavar="D", help="The day the batch stands for, such as 2026-03-01.")]
First = Annotated[str, typer.Option("--from", metavar="D", help="First day, included.")]
Last = Annotated[str, typer.Option("--to", metavar="D", help="Last day, included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and judge, but deliver nothing.")]


@app.command()
def run(source: SourceName, day: OneDay, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Run one batch: extract, standardise, assess, deliver, report."""
    _run_all(source, [_day(day)], json=json, dry_run=dry_run)


@app.command()
def backfill(source: SourceName, first: First, last: Last, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Run a source's batches for a range of days, asking the source again."""
    _run_all(source, _days(first, last), json=json, dry_run=dry_run)


@app.command()
def replay(source: SourceName, first: First, last: Last, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Judge the archived raw of a range of days again, under today's declaration and rules; the source is not asked."""
    _run_all(source, _days(first, last), json=json, dry_run=dry_run, from_archive=True)


@app.command()
def catch_up(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="One source; all of them when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Run the days that were missed: those between the first and the last in the ledger of which it has no batch."""
    exchange = _exchange()
    if source is not None:
        exchange.register.source(source)
    load_ahead(exchange)
    with show.progress() as told:
        names = [source] if source else list(exchange.register)
        ran = [one for name in names for one in run_missed(exchange, name, now(), told)]
    _end(ran, json)


@app.command()
def sweep(
    source: SourceName,
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare the keys, but change nothing.")] = False,
) -> None:
    """Read all keys of an incremental source: deliver what no day has read, and find what vanished."""
    from pipeline.sweep import sweep as sweep_keys

    exchange = _exchange()
    exchange.register.source(source)
    with show.progress() as told:
        found = sweep_keys(exchange, source, now, lambda step: told(f"{source} {step}"), dry_run=dry_run)
    show.swept(found, as_json=json)
    raise typer.Exit(1 if found.problem else 0)


@app.command()
def check(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="One source; all of them when absent.")
    ] = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Also try and measure connections, and hold columns and headers against declarations."
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Check declarations, and name every problem at once with its file and line."""
    exchange = _exchange()
    register = exchange.register
    names = [source] if source else list(register)
    astray = [] if source else register.astray()
    if not names and not astray:
        raise DeclarationError(
            f"{register.folder}: expected declarations <department>/<licence>.yaml, found none; name another folder in LICEX_SOURCES"
        )
    if source is not None and source not in register.paths:
        register.source(source)  # says which name was probably meant
    # The tables of the city belong to all sources, and are said once.
    problems = list(dict.fromkeys(problem for name in names for problem in register.problems(name))) + astray
    if connect and not problems:
        from pipeline.file_headers import file_headers

        with show.progress() as told:
            found = inquiry.connections(exchange.work(), names, now(), told)
            files = file_headers(exchange, names, now(), told)
        show.connections(found, files, as_json=json)
        raise typer.Exit(max(map(_connection_code, [*found.values(), *files.values()]), default=0))
    show.problems(names, problems, as_json=json)
    raise typer.Exit(2 if problems else 0)


@app.command()
def preview(
    source: SourceName,
    day: Annotated[
        str | None, typer.Option("--day", metavar="D", help="The day to read; yesterday when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show ten rows of a source in the standard, with their findings; nothing is kept."""
    wanted = _day(day) if day else Day.at(now()).plus(-1)
    exchange = _exchange()
    exchange.register.source(source)
    key = BatchKey(source, wanted)
    show.preview(key, inquiry.preview(exchange.work(), key, now()), as_json=json)


@app.command()
def report(
    day: Annotated[
        str | None, typer.Option("--day", metavar="D", help="The day; the last one in the ledger when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write the pages of a day again, for every department and for the city."""
    show.paths(inquiry.rewrite_reports(_exchange().work(), _day(day) if day else None), as_json=json)


@app.command()
def ledger(
    source: Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="One source only.")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="D", help="One day only.")] = None,
    all_runs: Annotated[bool, typer.Option("--all", help="Every run, not only the last of each batch.")] = False,
    json: AsJson = False,
) -> None:
    """Show what became of every batch."""
    wanted = str(_day(day)) if day else None
    show.ledger(inquiry.ledger(_exchange(), source=source, day=wanted, all_runs=all_runs), as_json=json)


@app.command()
def trace(
    licence: Annotated[str, typer.Argument(metavar="IDENTIFIER|NUMBER", help="A certificate identifier or number.")],
    json: AsJson = False,
) -> None:
    """Show every batch, row and rule behind a licence."""
    found = inquiry.trace(_exchange(), licence)
    show.trace(found, as_json=json)
    if not found:
        raise ExchangeError(
            f"{mask_text(licence)}: expected a licence of that identifier or number on the platform, found none"
        )


@app.command()
def unjudged(source: SourceName, json: AsJson = False) -> None:
    """Name the claims that older versions may have delivered without a verdict: the day's archive does not account for them."""
    from pipeline.unjudged import unjudged as find

    exchange = _exchange()
    exchange.register.source(source)
    with show.progress() as told:
        found = find(exchange, source, told)
    show.unjudged(found, as_json=json)
    raise typer.Exit(1 if found else 0)


@app.command()
def migrate(
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is pending, and change nothing.")] = False,
) -> None:
    """Bring the tables of the platform's database up to this program's version."""
    database = ExchangeDatabase(Settings.from_environment().target)
    show.paths(database.pending() if dry_run else database.migrate(), as_json=json)


@app.command()
def remask(
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name what would change, and change nothing.")] = False,
) -> None:
    """Mask what earlier versions kept of personal values in manifests and findings; stop the loads before."""
    from pipeline.remask import remask as mask_again

    paths, findings = mask_again(_exchange().work(), dry_run=dry_run)
    show.paths([*paths, *([f"{findings} findings on the platform"] if findings else [])], as_json=json)


@app.command()
def accept_beginning(
    source: SourceName,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who accepts it; the name is kept in the ledger.")],
    json: AsJson = False,
) -> None:
    """Accept that the rising numbers of a source begin anew: from the day after the last delivered one all rows are read."""
    show.ledger([inquiry.accept_beginning(_exchange(), source, by, now())], as_json=json)


@app.command()
def rules(json: AsJson = False) -> None:
    """List every rule: its id, dimension, severity, and what the department should do."""
    show.rules(as_json=json)


@app.command(hidden=True)
def docs(folder: Annotated[str, typer.Argument(help="Where to write the generated pages.")]) -> None:
    """Write the generated pages of the documentation."""
    from cli.documents import write

    show.paths(write(folder), as_json=False)


def _connection_code(facts: ConnectionFacts | FileFacts | str) -> int:
    """3 for a source that cannot be reached, 1 for one that is there but not as declared."""
    return 3 if isinstance(facts, str) else 1 if facts.problem else 0


def _exchange() -> Exchange:
    exchange = Exchange(Settings.from_environment())
    _opened.callback(exchange.close)
    return exchange


def _run_all(source: str, days: Iterable[Day], *, json: bool, dry_run: bool, from_archive: bool = False) -> None:
    exchange = _exchange()
    exchange.register.source(source)  # a wrong name or declaration ends here, before anything is written
    load_ahead(exchange)
    ran: list[Ran] = []
    with show.progress() as told:
        for day in days:
            key = BatchKey(source, day)
            run_one = inquiry.dry_run if dry_run else run_batch
            ran.append(run_one(exchange, key, partial(_tell, told, key), from_archive=from_archive))
        if not dry_run and any(one.entry for one in ran):
            told("report later days")
            report_later_days(exchange, source, [one.key.day for one in ran], now())
    _end(ran, json)


def _end(ran: Sequence[Ran], json: bool) -> NoReturn:
    show.ran(ran, as_json=json)
    raise typer.Exit(max((item.exit_code for item in ran), default=0))


def _tell(told: Callable[[str], None], key: BatchKey, step: str) -> None:
    told(f"{key} {step}")


def _day(text: str) -> Day:
    try:
        return Day.of(text)
    except ValueError:
        raise UsageError(f"{text}: expected a day such as 2026-03-01; correct the command") from None


def _days(first: str, last: str) -> list[Day]:
    start, end = _day(first), _day(last)
    if end < start:
        raise UsageError(f"--from {start} --to {end}: expected the first day not to be after the last; swap them")
    if end.date - start.date > timedelta(days=3660):
        raise UsageError(f"--from {start} --to {end}: expected at most ten years; correct the days")
    return list(start.through(end))


def main() -> None:
    """Run the command; an error that was foreseen is one sentence and an exit code, never a traceback."""
    warnings.showwarning = show.warning
    try:
        with _opened:
            app()
    except ExchangeError as error:
        show.error(str(error))
        sys.exit(error.exit_code)
    except Exception as error:
        show.unforeseen(unforeseen(error))
        sys.exit(1)

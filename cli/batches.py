"""The commands that run batches, and the output of their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli import render
from cli.arguments import AnySource, AsJson, DryRun, First, Last, OneDay, SourceName, parse_day, parse_days
from cli.ledger_table import show_entries
from cli.session import open_exchange
from cli.trials import result_data, show_findings
from pipeline.memory import gc_disabled
from standard.batch import BatchKey
from standard.day import Day
from standard.messages import Message, joined

if TYPE_CHECKING:
    from pipeline.runner import BatchResult
    from pipeline.sweep import SweepResult

commands = typer.Typer()


@commands.command()
def run(source: SourceName, day: OneDay, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Run one batch: extract, standardise, assess, deliver, report."""
    _run_all(source, [parse_day(day)], json=json, dry_run=dry_run)


@commands.command()
def backfill(source: SourceName, first: First, last: Last, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Run a source's batches for a range of days, asking the source again."""
    _run_all(source, parse_days(first, last), json=json, dry_run=dry_run)


@commands.command()
def replay(source: SourceName, first: First, last: Last, json: AsJson = False, dry_run: DryRun = False) -> None:
    """Judge the archived raw of a range of days again, under today's declaration and rules; the source is not asked."""
    _run_all(source, parse_days(first, last), json=json, dry_run=dry_run, from_archive=True)


@commands.command()
def catch_up(source: AnySource = None, json: AsJson = False) -> None:
    """Run the days that were missed: those between the first and the last in the ledger of which it has no batch."""
    exchange = open_exchange(source)
    from pipeline.catch_up import catch_up as run_missed
    from pipeline.runner import start_preloading

    start_preloading(exchange)
    with render.progress() as on_progress:
        names = [source] if source else list(exchange.register)
        results = [result for name in names for result in run_missed(exchange, name, on_progress)]
    _finish(results, json)


@commands.command()
def sweep(
    source: SourceName,
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare the keys, but change nothing.")] = False,
) -> None:
    """Read all keys of an incremental source: deliver what no day has read, and find what vanished."""
    exchange = open_exchange(source)
    from pipeline.sweep import sweep as sweep_keys

    with render.progress() as on_progress:
        found = sweep_keys(exchange, source, lambda step: on_progress(joined(" ", [source, step])), dry_run=dry_run)
    _show_sweep(found, as_json=json)
    raise typer.Exit(1 if found.problem else 0)


def _run_all(source: str, days: Iterable[Day], *, json: bool, dry_run: bool, from_archive: bool = False) -> None:
    exchange = open_exchange(source)
    with gc_disabled():
        from pipeline.progress import with_batch_prefix
        from pipeline.reporting import report_later_days
        from pipeline.runner import run_batch, start_preloading
        from pipeline.trial import try_batch

    start_preloading(exchange)
    results: list[BatchResult] = []
    with render.progress() as on_progress:
        for day in days:
            key = BatchKey(source, day)
            run_one = try_batch if dry_run else run_batch
            results.append(run_one(exchange, key, with_batch_prefix(on_progress, key), from_archive=from_archive))
        if not dry_run and any(result.entry for result in results):
            on_progress("report later days")
            report_later_days(exchange, source, [result.key.day for result in results], exchange.now())
    _finish(results, json)


def _finish(results: Sequence[BatchResult], json: bool) -> NoReturn:
    _show_results(results, as_json=json)
    raise typer.Exit(max((item.exit_code for item in results), default=0))


def _show_results(items: Sequence[BatchResult], *, as_json: bool) -> None:
    """Print the results of a command; with JSON, a batch without anything to do is reported in the JSON only."""
    if as_json:
        render.data([result_data(item) for item in items])
    else:
        _show_tables(items)
    for item in items:
        if item.problem and item.exit_code:
            render.error(item.problem)
        elif item.problem and not as_json:
            render.out(item.problem)
    if not as_json and items and items[-1].page:
        render.out(Message("open {page}", page=items[-1].page))


def _show_tables(items: Sequence[BatchResult]) -> None:
    from pipeline.trial import Trial

    entries = [item.entry for item in items if item.entry is not None]
    if entries:
        show_entries(entries)
    for item in items:
        if isinstance(item, Trial):
            show_findings(item)


def _show_sweep(found: SweepResult, *, as_json: bool) -> None:
    """Print the result of a sweep."""
    if as_json:
        render.data(asdict(found))
        return
    counts = {name: getattr(found, name) for name in ("keys_met", "unread", "absent", "vanished", "returned")}
    row = {name.replace("_", " "): f"{count:,}" for name, count in counts.items()}
    shown = {"source": found.source, **row, "seconds": f"{found.seconds:.1f}"}
    render.table("", [shown], right=[*row, "seconds"], plain=True)
    if found.entry is not None:
        show_entries([found.entry])
    if found.why:
        render.out(Message("never read, or not as they are: {why}", why=found.why))
    if found.not_found:
        render.out(Message("not found again by their keys: {rows:,}; what they say is not known", rows=found.not_found))
    if found.problem:
        render.error(found.problem)

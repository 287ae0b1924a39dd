"""The commands that show the ledger, sources, findings and licences, and their output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import render
from cli.arguments import AnySource, AsJson, OnlySource, parse_day
from cli.ledger_table import show_entries, show_ledger, status_word, time_text
from cli.session import open_exchange
from standard.errors import ExchangeError, UsageError
from standard.ledger_entry import LedgerEntry
from standard.messages import Message

if TYPE_CHECKING:
    from pipeline.overview import SourceState

commands = typer.Typer()

_OPEN = {
    "department": "department",
    "source": "source",
    "rule": "rule",
    "findings": "findings",
    "7 days": "week",
    "30 days": "month",
    "older": "older",
    "since": "since",
    "age in days": "days",
}
_VERSIONS = ("source", "batch", "locator", "certificate_status", "first_observed_at", "last_observed_at", "digest")
_FINDINGS = ("day", "source", "rule", "element", "locator", "value")


@commands.command()
def ledger(
    source: OnlySource = None,
    day: Annotated[str | None, typer.Option("--day", metavar="D", help="One day only.")] = None,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="D", help="First day; without one, and without a source, the last 14 days."),
    ] = None,
    all_runs: Annotated[bool, typer.Option("--all", help="Every run, not only the last of each batch.")] = False,
    runs: Annotated[
        bool,
        typer.Option(
            "--runs",
            help="Also the number of the run, when the source was read, when it was delivered, by whom and with which program.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Show what became of every batch, and every day that was missed."""
    only_day, since = (str(parse_day(text)) if text else None for text in (day, first))
    exchange = open_exchange()
    from pipeline import queries

    cut_off = None if since or source or day else queries.listed_since(exchange)
    entries = queries.ledger(exchange, source=source, day=only_day, all_runs=all_runs, since=since or cut_off)
    if json:
        render.data([entry.as_dict() for entry in entries])
    else:
        show_ledger(entries, runs=runs)
    if cut_off:
        render.note(Message("Batches since {day}; licex ledger --from D shows earlier ones", day=cut_off))


@commands.command()
def sources(source: AnySource = None, json: AsJson = False) -> None:
    """Show how each source stands: its schedule, its next run, how its last night ended, and what it owes."""
    exchange = open_exchange()
    from pipeline.overview import source_states

    states = source_states(exchange, exchange.now(), source)
    if json:
        render.data([state.as_dict() for state in states])
        return
    render.table("", [_state(state) for state in states], right=("missed days", "open findings"))
    for state in states:
        if state.problem:
            render.error(
                Message(
                    "{source}: its declaration cannot be used: {problem}", source=state.source, problem=state.problem
                )
            )


@commands.command("open")
def open_(
    source: OnlySource = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="One rule only.")] = None,
    json: AsJson = False,
) -> None:
    """Show the findings that are open, by department, rule and age."""
    if rule is not None:
        _require_rule(rule)
    exchange = open_exchange()
    from pipeline.overview import open_by_rule

    found = open_by_rule(exchange, exchange.now(), source=source, rule=rule)
    if json:
        render.data(found)
    elif found:
        rows = [{heading: row[name] for heading, name in _OPEN.items()} for row in found]
        render.table("open findings", rows, right=("findings", "7 days", "30 days", "older", "age in days"), keys=3)
    else:
        render.out("no finding is open")


@commands.command()
def report(
    day: Annotated[
        str | None, typer.Option("--day", metavar="D", help="The day; the last one in the ledger when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write the pages of a day again, for every department and for the city."""
    requested = parse_day(day) if day else None
    from pipeline.reporting import rewrite_reports

    render.paths(rewrite_reports(open_exchange().open_scratch(), requested), as_json=json)


@commands.command()
def trace(
    licence: Annotated[str, typer.Argument(metavar="IDENTIFIER|NUMBER", help="A certificate identifier or number.")],
    json: AsJson = False,
) -> None:
    """Show every batch, row and rule behind a licence."""
    exchange = open_exchange()
    from pipeline import queries
    from standard.masking import mask_text

    found = queries.trace(exchange, licence)
    if json:
        render.data(found)
    else:
        _show_trace(found)
    if not found:
        raise ExchangeError(
            "LX-108",
            "{licence}: expected a licence of that identifier or number on the platform, found none",
            licence=mask_text(licence),
        )


@commands.command()
def audit(
    first: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day; all of them when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show who looked at which licence or batch, from where, with trace or preview."""
    since = parse_day(first) if first else None
    exchange = open_exchange()
    from pipeline.audit import list_accesses

    found = list_accesses(exchange, since)
    if json:
        render.data(found)
        return
    rows = [
        {
            "when": time_text(row["at"]),
            "who": row["ran_by"],
            "host": row["host"],
            "program": row["program"],
            "command": row["action"],
            "what": row["subject"],
        }
        for row in found
    ]
    render.table("who looked at what", rows)


def _require_rule(rule: str) -> None:
    from standard.nearest import did_you_mean
    from standard.rules import RULES

    if rule not in RULES:
        hint = did_you_mean(rule, RULES, Message("licex rules lists them"))
        raise UsageError("LX-102", "{rule}: expected the id of a rule, found none; {hint}", rule=rule, hint=hint)


def _state(state: SourceState) -> dict[str, Any]:
    last = state.last
    return {
        "source": state.source,
        "schedule": state.schedule,
        "next run": time_text(state.next_run),
        "last day": last.day if last else "",
        "status": status_word(last.status) if last else "",
        "missed days": f"{state.missed:,}",
        "open findings": f"{state.open:,}",
    }


def _show_trace(found: Sequence[dict[str, Any]]) -> None:
    """Print everything behind the licences."""
    from pipeline.held_records import held_message

    for record in found:
        for item in record["held"]:
            render.out(held_message(item))
        for licence in record["licence"]:
            render.pairs("licence", licence)
        render.table("versions", [{name: row[name] for name in _VERSIONS} for row in record["versions"]], keys=3)
        render.table("claims", record["claims"], keys=2)
        render.table("findings", [{name: row[name] for name in _FINDINGS} for row in record["findings"]], keys=3)
        show_entries([LedgerEntry(**row) for row in record["batches"]])

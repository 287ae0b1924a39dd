"""How results look on a terminal, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.ledger_table import cell, folded, ledger_table
from pipeline.holding import sentence
from pipeline.inquiry import Preview
from pipeline.run import Ran
from sources.problem import Problem
from standard.batch import BatchKey, LedgerEntry
from standard.errors import safe_line
from standard.rules import DIMENSION_TITLES, RULES
from standard.visible import json_text, visible, visible_line

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts
    from pipeline.sweep import Swept
    from pipeline.unjudged import Unjudged

_WIDE = 180  # what the ledger's table needs; a narrower terminal wraps its lines, which loses nothing
_ENOUGH = 1_000  # rows; what fewer take is what beginning takes, and says nothing of a rate
_OUT = Console(highlight=False, width=max(Console().width, _WIDE))
_ERR = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tell on standard error what is being done, without ever touching what is printed."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=_ERR,
        transient=True,
    ) as shown:
        task = shown.add_task("")
        yield lambda text: shown.update(task, description=visible_line(text))


def out(line: str) -> None:
    """Print a line."""
    _OUT.print(cell(line), soft_wrap=True)


def error(message: str) -> None:
    """Print error sentences, each on a line of its own."""
    for line in message.split("\n"):
        _ERR.print(cell(line, "red"), soft_wrap=True)


def unforeseen(told: str) -> None:
    """Print the traceback of a defect."""
    _ERR.print(Text(visible(told), style="red"), soft_wrap=True)


def note(line: str) -> None:
    """Print what is said of the output beside it, on standard error."""
    _ERR.print(cell(line), soft_wrap=True)


def warning(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """Print what a library warns of, as `warnings.showwarning`: it may quote a department's names and values."""
    _ERR.print(cell(safe_line(f"warning: {message}"), "yellow"), soft_wrap=True)


def ran(items: Sequence[Ran], *, as_json: bool) -> None:
    """What became of the batches of a command; as JSON what was nothing to do is said there alone."""
    if as_json:
        _print_json(
            [
                {
                    "batch": str(item.key),
                    "entry": item.entry and item.entry.as_dict(),
                    "problem": item.problem,
                    "exit_code": item.exit_code,
                    "page": item.page,
                    "found": item.found,
                }
                for item in items
            ]
        )
    else:
        _ran_tables(items)
    for item in items:
        if item.problem and item.exit_code:
            error(item.problem)
        elif item.problem and not as_json:
            out(item.problem)
    if not as_json and items and items[-1].page:
        out(f"open {items[-1].page}")


def _ran_tables(items: Sequence[Ran]) -> None:
    entries = [item.entry for item in items if item.entry is not None]
    if entries:
        _OUT.print(ledger_table(entries))
    for item in items:
        if item.found:
            _OUT.print(_rows(f"{item.key}: the first finding of each rule", item.found))


def swept(found: Swept, *, as_json: bool) -> None:
    """What a sweep has found and done."""
    if as_json:
        _print_json(asdict(found))
        return
    counts = {name: getattr(found, name) for name in ("keys_met", "unread", "absent", "vanished", "returned")}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("source", *counts, "seconds"):
        table.add_column(name.replace("_", " "), justify="left" if name == "source" else "right")
    table.add_row(found.source, *(f"{count:,}" for count in counts.values()), f"{found.seconds:.1f}")
    _OUT.print(table)
    if found.entry is not None:
        _OUT.print(ledger_table([found.entry]))
    if found.why:
        out(f"never read, or not as they are: {found.why}")
    if found.not_found:
        out(f"not found again by their keys: {found.not_found:,}; what they say is not known")
    if found.problem:
        error(found.problem)


def connections(found: Mapping[str, ConnectionFacts | str], *, as_json: bool) -> None:
    """Of each source how its database is read and how fast, or why it is not."""
    if as_json:
        shown = {
            name: {"problem": facts} if isinstance(facts, str) else {**asdict(facts), "rate": round(facts.rate)}
            for name, facts in found.items()
        }
        _print_json(shown)
        return
    reached = {name: facts for name, facts in found.items() if not isinstance(facts, str)}
    if reached:
        _OUT.print(_connections_table(reached))
    for name, facts in reached.items():
        for line in _columns(facts):
            out(f"{name}: {line}")
    for problem in (facts if isinstance(facts, str) else facts.problem for facts in found.values()):
        if problem:
            error(problem)


def _connections_table(reached: Mapping[str, ConnectionFacts]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("source", "way", "database", "connected in", "rows", "rows/s", "guarded"):
        table.add_column(name, justify="right" if name in {"connected in", "rows", "rows/s"} else "left")
    for name, facts in reached.items():
        rows = "" if facts.rows is None else f"{facts.rows:,}"
        guarded = "read only" if facts.guarded else "by its rights alone"
        rate = f"{facts.rate:,.0f}" if facts.sample >= _ENOUGH else ""
        cells = (name, facts.way, facts.database, f"{facts.connecting:.2f} s", rows, rate, guarded)
        table.add_row(*map(cell, cells))
    return table


def _columns(facts: ConnectionFacts) -> list[str]:
    """What is to be known of single columns, a line each."""
    order = [f"ordered by {facts.order}"] if facts.order else []
    if facts.witnessed is not None:
        order.append(f"its witness counts {facts.witnessed:,} rows")
    done = [f"operation {value}: {what}" for value, what in facts.operations.items()]
    return [*order, *facts.undeclared, *done, *facts.spoilt]


def ledger_with_reasons(entries: Sequence[LedgerEntry]) -> None:
    """The table, and below it why a batch was refused or could not be had; missed days in a row are one line of both."""
    entries = folded(entries)
    _OUT.print(ledger_table(entries))
    for entry in entries:
        if entry.reason:
            out(f"{entry.source}/{entry.day} {entry.status}: {entry.reason}")


def ledger(entries: Sequence[LedgerEntry], *, as_json: bool) -> None:
    """The ledger."""
    if as_json:
        _print_json([entry.as_dict() for entry in entries])
    else:
        ledger_with_reasons(entries)


def problems(names: Sequence[str], found: Sequence[Problem], *, as_json: bool) -> None:
    """Every problem of the declarations."""
    if as_json:
        _print_json([{"path": str(item.path), "line": item.line, "message": item.message} for item in found])
        return
    for item in found:
        error(str(item))
    if not found:
        _OUT.print(f"{len(names)} declaration{'' if len(names) == 1 else 's'}, no problems")


def preview(key: BatchKey, found: Preview, *, as_json: bool) -> None:
    """A few rows in the standard, and their findings."""
    if as_json:
        _print_json(asdict(found))
        return
    for number, row in enumerate(found.rows, 1):
        table = _pairs(f"row {number}", row)
        _OUT.print(table)
    if not found.findings:
        none = "no findings on these rows" if found.rows else f"{key}: no row is of that day; name another with --day"
        out(none)
        return
    _OUT.print(
        _rows(
            "findings",
            [
                {name: item[name] for name in ("rule", "locator", "element", "value", "expected")}
                for item in found.findings
            ],
        )
    )


def trace(found: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Everything behind some licences."""
    if as_json:
        _print_json(found)
        return
    for record in found:
        for item in record["held"]:
            out(sentence(item))
        for licence in record["licence"]:
            _OUT.print(_pairs("licence", {name: value for name, value in licence.items() if value is not None}))
        _OUT.print(
            _rows(
                "versions",
                [
                    {
                        name: row[name]
                        for name in (
                            "source",
                            "batch",
                            "locator",
                            "certificate_status",
                            "first_observed_at",
                            "last_observed_at",
                            "digest",
                        )
                    }
                    for row in record["versions"]
                ],
            )
        )
        _OUT.print(_rows("claims", record["claims"]))
        _OUT.print(
            _rows(
                "findings",
                [
                    {name: row[name] for name in ("day", "source", "rule", "element", "locator", "value")}
                    for row in record["findings"]
                ],
            )
        )
        _OUT.print(ledger_table([LedgerEntry(**row) for row in record["batches"]]))


def unjudged(found: Sequence[Unjudged], *, as_json: bool) -> None:
    """Claims that the archives of their days do not account for."""
    if as_json:
        _print_json(
            [{"batch": str(one.key), "problem": one.problem, "claims": one.claims.to_pylist()} for one in found]
        )
        return
    for one in found:
        if one.problem:
            error(one.problem)
        else:
            _OUT.print(_rows(f"{one.key}: not accounted for by its archive", one.claims.to_pylist()))
    if not found:
        out("every claim is accounted for")


def rules(*, as_json: bool) -> None:
    """Every rule."""
    if as_json:
        _print_json([asdict(rule) for rule in RULES.values()])
        return
    rows = [
        {
            "id": rule.id,
            "dimension": "/".join(DIMENSION_TITLES[rule.dimension]),
            "severity": rule.severity,
            "scope": rule.scope,
            "title": Text(f"{rule.title_zh}\n{rule.title_en}"),
            "advice": Text(f"{rule.advice_zh}\n{rule.advice_en}"),
        }
        for rule in RULES.values()
    ]
    _OUT.print(_rows("rules", rows))


def paths(found: Sequence[str], *, as_json: bool) -> None:
    """Files that were written."""
    if as_json:
        _print_json([safe_line(path) for path in found])
    else:
        for path in found:
            print(safe_line(path))  # noqa: T201 - rich would wrap it


def _pairs(title: str, values: dict[str, Any]) -> Table:
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in values.items():
        if value is not None:
            table.add_row(name, cell(value))
    return table


def _rows(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title=f"{title} ({len(rows)})", title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(cell("" if value is None else value) for value in row.values()))
    return table


def _print_json(value: Any) -> None:
    print(json_text(value))  # noqa: T201 - data for another program

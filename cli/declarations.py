"""The commands for authors of declarations: check and preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import render
from cli.arguments import AnySource, AsJson, SourceName, parse_day
from cli.ledger_table import show_entries
from cli.session import open_exchange
from cli.trials import result_data, show_findings
from pipeline.memory import gc_disabled
from standard.batch import BatchKey
from standard.day import Day
from standard.errors import DeclarationError
from standard.messages import Message, joined, plural

if TYPE_CHECKING:
    from extractors.databases.connection_check import ConnectionFacts
    from extractors.files.file_check import FileFacts
    from pipeline.trial import Trial
    from sources.problem import Problem
    from sources.register import Register

commands = typer.Typer()

_MIN_SAMPLE = 1_000  # rows; the time of fewer is mostly start-up and shows no rate


@commands.command()
def check(
    source: AnySource = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Also try and measure connections, and hold columns and headers against declarations."
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Check declarations, and name every problem at once with its file and line."""
    exchange = open_exchange()
    names, problems = _problems(exchange.register, source)
    if connect and not problems:
        from pipeline.queries import check_connections, check_files

        with render.progress() as on_progress:
            found = check_connections(exchange.open_scratch(), names, on_progress)
            files = check_files(exchange, names, on_progress)
        _show_connections(found, files, as_json=json)
        raise typer.Exit(max(map(_connection_code, [*found.values(), *files.values()]), default=0))
    _show_problems(names, problems, as_json=json)
    raise typer.Exit(2 if problems else 0)


@commands.command()
def preview(
    source: SourceName,
    day: Annotated[
        str | None, typer.Option("--day", metavar="D", help="The day to read; yesterday when absent.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show ten rows of a source in the standard, the findings on all its rows, and how a run would end; nothing is kept."""
    requested = parse_day(day) if day else None
    exchange = open_exchange(source)
    with gc_disabled():
        from pipeline.progress import with_batch_prefix
        from pipeline.runner import start_preloading
        from pipeline.trial import try_batch

    from pipeline.audit import record_access

    key = BatchKey(source, requested or Day.at(exchange.now()).plus(-1))
    record_access(exchange, "preview", str(key))
    start_preloading(exchange)
    with render.progress() as on_progress:
        found = try_batch(exchange, key, with_batch_prefix(on_progress, key))
    _show_preview(found, as_json=json)
    raise typer.Exit(found.exit_code)


def _problems(register: Register, source: str | None) -> tuple[list[str], list[Problem]]:
    """The names of the checked sources, and all problems found."""
    names = [source] if source else list(register)
    misplaced = [] if source else register.misplaced()
    if not names and not misplaced:
        raise DeclarationError(
            "LX-205",
            "{folder}: expected declarations <department>/<licence>.yaml, found none; name another folder in LICEX_SOURCES",
            folder=register.folder,
        )
    if source is not None and source not in register.paths:
        register.source(source)  # raises with the nearest name
    # Problems of the city's tables concern all sources and are listed once.
    return names, list(dict.fromkeys(problem for name in names for problem in register.problems(name))) + misplaced


def _show_problems(names: Sequence[str], found: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        render.data([{"path": str(item.path), "line": item.line, "message": item.message} for item in found])
        return
    for item in found:
        render.error(item.sentence)
    if not found:
        render.out(plural("{count} declaration, no problems", "{count} declarations, no problems", count=len(names)))


def _connection_code(facts: ConnectionFacts | FileFacts | str) -> int:
    """Exit code: 3 for an unreachable source, 1 for one that does not match its declaration."""
    return 3 if isinstance(facts, str) else 1 if facts.problem else 0


def _show_connections(
    found: Mapping[str, ConnectionFacts | str], files: Mapping[str, FileFacts | str], *, as_json: bool
) -> None:
    """Print how each database is read and how fast, and which files a source has, or why they cannot be read."""
    reached = {name: facts for name, facts in found.items() if not isinstance(facts, str)}
    opened = {name: facts for name, facts in files.items() if not isinstance(facts, str)}
    unread = {name: facts for name, facts in {**found, **files}.items() if isinstance(facts, str)}
    if as_json:
        measured = {name: {**asdict(facts), "rate": round(facts.rate)} for name, facts in reached.items()}
        of_files = {name: asdict(facts) for name, facts in opened.items()}
        render.data({**measured, **of_files, **{name: {"problem": why} for name, why in unread.items()}})
        return
    if reached:
        rows = [_connection(name, facts) for name, facts in reached.items()]
        render.table("", rows, right=("connected in", "rows", "rows/s"))
    lines = {name: _columns(facts) for name, facts in reached.items()}
    lines |= {name: _header(facts) for name, facts in opened.items()}
    for name, facts_of_source in lines.items():
        for line in facts_of_source:
            render.out(joined(": ", [name, line]))
    problems = [facts.problem for facts in reached.values()] + [facts.problem for facts in opened.values()]
    for problem in filter(None, [*problems, *unread.values()]):
        render.error(problem)


def _header(facts: FileFacts) -> list[str]:
    """Lines about the files of a source; none if they were refused, which has its own sentence."""
    read = ", ".join(facts.origin[name] for name in ("file", "sheet", "encoding") if name in facts.origin)
    if not facts.columns:
        return []
    return [Message("{read}: {count} columns", read=read, count=len(facts.columns)), *facts.undeclared]


def _connection(name: str, facts: ConnectionFacts) -> dict[str, str]:
    return {
        "source": name,
        "way": facts.way,
        "database": facts.database,
        "connected in": Message("{seconds:.2f} s", seconds=facts.connecting),
        "rows": "" if facts.rows is None else f"{facts.rows:,}",
        "rows/s": f"{facts.rate:,.0f}" if facts.sample >= _MIN_SAMPLE else "",
        "guarded": Message("read only") if facts.guarded else Message("by its rights alone"),
    }


def _columns(facts: ConnectionFacts) -> list[str]:
    """Lines about the columns of a source."""
    order = [Message("ordered by {column}", column=facts.order)] if facts.order else []
    if facts.witnessed is not None:
        order.append(Message("its witness counts {rows:,} rows", rows=facts.witnessed))
    done = [Message("operation {value}: {what}", value=value, what=what) for value, what in facts.operations.items()]
    return [*order, *facts.undeclared, *done, *facts.spoilt]


def _show_preview(found: Trial, *, as_json: bool) -> None:
    """Print the first standardised rows, the findings on all rows, and the result of the trial."""
    if as_json:
        render.data({**result_data(found), "rows": found.rows})
    else:
        for number, row in enumerate(found.rows, 1):
            render.pairs(Message("row {number}", number=number), row)
        if found.entry is not None:
            show_entries([found.entry])
        show_findings(found)
    if found.problem:
        render.error(found.problem)

"""The commands for whoever declares a source: check it, preview what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import render
from cli.arguments import AnySource, AsJson, SourceName, parse_day
from cli.ledger_table import show_entries
from cli.session import open_exchange
from cli.trials import ran_data, show_findings
from pipeline.memory import uncollected
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

_ENOUGH = 1_000  # rows; what fewer take is what beginning takes, and says nothing of a rate


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
        from pipeline.queries import connections, files_there

        with render.progress() as on_progress:
            found = connections(exchange.work(), names, on_progress)
            files = files_there(exchange, names, on_progress)
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
    asked = parse_day(day) if day else None
    exchange = open_exchange(source)
    with uncollected():
        from pipeline.progress import of_batch
        from pipeline.runner import load_ahead
        from pipeline.trial import try_batch

    from pipeline.audit import write_down

    key = BatchKey(source, asked or Day.at(exchange.now()).plus(-1))
    write_down(exchange, "preview", str(key))
    load_ahead(exchange)
    with render.progress() as on_progress:
        found = try_batch(exchange, key, of_batch(on_progress, key))
    _show_preview(found, as_json=json)
    raise typer.Exit(found.exit_code)


def _problems(register: Register, source: str | None) -> tuple[list[str], list[Problem]]:
    """The sources that are checked, and everything that is wrong with them."""
    names = [source] if source else list(register)
    astray = [] if source else register.astray()
    if not names and not astray:
        raise DeclarationError(
            "LX-205",
            "{folder}: expected declarations <department>/<licence>.yaml, found none; name another folder in LICEX_SOURCES",
            folder=register.folder,
        )
    if source is not None and source not in register.paths:
        register.source(source)  # says which name was probably meant
    # The tables of the city belong to all sources, and are said once.
    return names, list(dict.fromkeys(problem for name in names for problem in register.problems(name))) + astray


def _show_problems(names: Sequence[str], found: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        render.data([{"path": str(item.path), "line": item.line, "message": item.message} for item in found])
        return
    for item in found:
        render.error(item.sentence)
    if not found:
        render.out(plural("{count} declaration, no problems", "{count} declarations, no problems", count=len(names)))


def _connection_code(facts: ConnectionFacts | FileFacts | str) -> int:
    """3 for a source that cannot be reached, 1 for one that is there but not as declared."""
    return 3 if isinstance(facts, str) else 1 if facts.problem else 0


def _show_connections(
    found: Mapping[str, ConnectionFacts | str], files: Mapping[str, FileFacts | str], *, as_json: bool
) -> None:
    """How each database is read and how fast, what the files of a source are; or why they are not read."""
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
    for name, known in lines.items():
        for line in known:
            render.out(joined(": ", [name, line]))
    problems = [facts.problem for facts in reached.values()] + [facts.problem for facts in opened.values()]
    for problem in filter(None, [*problems, *unread.values()]):
        render.error(problem)


def _header(facts: FileFacts) -> list[str]:
    """What is to be known of files, a line each; nothing where they were refused, which has a sentence of its own."""
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
        "rows/s": f"{facts.rate:,.0f}" if facts.sample >= _ENOUGH else "",
        "guarded": Message("read only") if facts.guarded else Message("by its rights alone"),
    }


def _columns(facts: ConnectionFacts) -> list[str]:
    """What is to be known of single columns, a line each."""
    order = [Message("ordered by {column}", column=facts.order)] if facts.order else []
    if facts.witnessed is not None:
        order.append(Message("its witness counts {rows:,} rows", rows=facts.witnessed))
    done = [Message("operation {value}: {what}", value=value, what=what) for value, what in facts.operations.items()]
    return [*order, *facts.undeclared, *done, *facts.spoilt]


def _show_preview(found: Trial, *, as_json: bool) -> None:
    """The first rows in the standard, the findings on all rows, and how a run would end."""
    if as_json:
        render.data({**ran_data(found), "rows": found.rows})
    else:
        for number, row in enumerate(found.rows, 1):
            render.pairs(Message("row {number}", number=number), row)
        if found.entry is not None:
            show_entries([found.entry])
        show_findings(found)
    if found.problem:
        render.error(found.problem)

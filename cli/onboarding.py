"""The command `licex suggest`, which proposes the declaration of a new source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import render
from cli.session import open_exchange
from standard.day import Day
from standard.errors import UsageError
from standard.messages import Message

if TYPE_CHECKING:
    from onboarding.suggest import Suggestion

commands = typer.Typer()


@commands.command()
def suggest(
    where: Annotated[str, typer.Argument(metavar="FILE|CONNECTION", help="A file, or the name of a connection.")],
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="Of a connection: TABLE or SCHEMA.TABLE.")
    ] = None,
    name: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Name of the new source: department.licence.")
    ] = "",
    licence_type: Annotated[
        str, typer.Option("--licence-type", metavar="CODE|NAME", help="Licence type, where the data does not tell it.")
    ] = "",
    department_code: Annotated[
        str, typer.Option("--department-code", metavar="CODE", help="The department's credit code.")
    ] = "",
    department_name: Annotated[
        str, typer.Option("--department-name", metavar="NAME", help="The department's name.")
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option("--since", metavar="D", formats=["%Y-%m-%d"], help="First day; today when absent."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write into this folder of declarations.")
    ] = None,
) -> None:
    """Propose the declaration of a new source from its titles and all its values; none of them is kept."""
    from onboarding.origin import SuggestOptions
    from pipeline.onboard import require_name, suggest_file, suggest_table
    from sources.city import City

    require_name(name)
    if out is not None and not name:
        raise UsageError("LX-109", "--out: expected the name of the source, found none; give it with --source")
    exchange = open_exchange()
    now = exchange.now()
    first = since.date() if since else Day.at(now).date
    with render.progress() as on_progress:
        # The folder of declarations may not exist yet.
        options = SuggestOptions(
            City(exchange.settings.sources), first, name, licence_type, department_code, department_name
        )
        if table is None:
            found = suggest_file(exchange, Path(where), options, now, on_progress)
        else:
            found = suggest_table(exchange, where, table, options, now, on_progress)
    _output(found, out)


def _output(found: Suggestion, out: Path | None) -> None:
    """Print or write the declaration, and print the rows that are missing from the city's tables."""
    from onboarding.declaration_text import yaml_text
    from onboarding.scaffold import rows_to_add, write_declaration

    if out is None:
        render.text(yaml_text(found))
        missing = rows_to_add(found)
    else:
        written, missing = write_declaration(found, out)
        render.paths([str(path) for path in written], as_json=False)
    for name, rows in missing.items():
        render.note(Message("add to {name}:\n{rows}", name=name, rows=rows.rstrip()))

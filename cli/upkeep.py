"""Maintenance commands: migrations, masking, unjudged deliveries, and accepted beginnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli import render
from cli.arguments import AsJson, SourceName
from cli.ledger_table import show_ledger
from cli.session import open_exchange, resources
from standard.messages import Message

if TYPE_CHECKING:
    from pipeline.unjudged import Unjudged

commands = typer.Typer()


@commands.command()
def unjudged(source: SourceName, json: AsJson = False) -> None:
    """Name the claims that older versions may have delivered without a verdict: the day's archive does not account for them."""
    exchange = open_exchange(source)
    from pipeline.unjudged import unjudged as find

    with render.progress() as on_progress:
        found = find(exchange, source, on_progress)
    _show_unjudged(found, as_json=json)
    raise typer.Exit(1 if found else 0)


@commands.command()
def migrate(
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is pending, and change nothing.")] = False,
) -> None:
    """Bring the tables of the platform's database up to this program's version."""
    from exchange_db.database import ExchangeDatabase
    from pipeline.settings import Settings

    database = ExchangeDatabase(Settings.from_environment().target)
    resources.callback(database.close)
    render.paths(database.pending() if dry_run else database.migrate(), as_json=json)


@commands.command()
def remask(
    json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name what would change, and change nothing.")] = False,
) -> None:
    """Mask what earlier versions kept of personal values in manifests and findings; stop the loads before."""
    from pipeline.remask import remask as mask_again

    paths, findings = mask_again(open_exchange().open_scratch(), dry_run=dry_run)
    changed = [Message("{count} findings on the platform", count=findings)] if findings else []
    render.paths([*paths, *changed], as_json=json)


@commands.command()
def accept_beginning(
    source: SourceName,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who accepts it; the name is kept in the ledger.")],
    json: AsJson = False,
) -> None:
    """Accept that the rising numbers of a source begin anew: from the day after the last delivered one all rows are read."""
    exchange = open_exchange(source)
    from pipeline.beginnings import accept_beginning as accept

    entry = accept(exchange, source, by, exchange.now())
    if json:
        render.data([entry.as_dict()])
    else:
        show_ledger([entry])


def _show_unjudged(found: Sequence[Unjudged], *, as_json: bool) -> None:
    """Print the claims that the archives of their days do not account for."""
    if as_json:
        render.data(
            [{"batch": str(each.key), "problem": each.problem, "claims": each.claims.to_pylist()} for each in found]
        )
        return
    for batch in found:
        if batch.problem:
            render.error(batch.problem)
        else:
            render.table(
                Message("{batch}: not accounted for by its archive", batch=batch.key), batch.claims.to_pylist()
            )
    if not found:
        render.out("every claim is accounted for")

"""The command `licex purge`: shows expired data, and removes it on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import render
from cli.arguments import AsJson
from cli.session import open_exchange
from standard.messages import Message, joined
from standard.retention import Purgeable

if TYPE_CHECKING:
    from pipeline.retention import Purge


commands = typer.Typer()


@commands.command()
def purge(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this it is only shown.")] = False,
    json: AsJson = False,
) -> None:
    """Show what is older than LICEX_KEEP_… allows, and what stays all the same; with --apply, remove the former."""
    exchange = open_exchange()
    from pipeline.retention import purge as remove_old

    with render.progress() as on_progress:
        found = remove_old(exchange.open_scratch() if apply else exchange, on_progress, apply=apply)
    _show(found, exchange.settings.keep, applied=apply, as_json=json)


def _show(found: Purge, keep: Mapping[Purgeable, str], *, applied: bool, as_json: bool) -> None:
    parts = [{**part._asdict(), "what": str(part.what)} for part in found.parts]
    kept = [{"batch": str(each.key), "why": each.why} for each in found.kept]
    if as_json:
        render.data({"applied": applied, "parts": parts, "kept": kept})
        return
    for what in Purgeable:
        days = Message("{days} days", days=keep[what]) if what in keep else Message("for ever")
        render.out(joined(": ", [what.setting, days]))
    if parts:
        render.table("purged" if applied else "would be purged", [_row(part) for part in parts])
    if kept:
        why = Counter(each.why for each in found.kept)
        render.table(
            "old enough, and stay", [{"why": reason, "batches": f"{count:,}"} for reason, count in why.items()]
        )
    if not parts:
        render.out("there is nothing to purge")
    elif not applied:
        render.out("nothing was removed; licex purge --apply removes it")


def _row(part: dict[str, Any]) -> dict[str, Any]:
    megabytes = f"{part['bytes'] / 1e6:,.1f}" if part["bytes"] else ""
    return {
        "source": part["source"] or Message("(the city)"),
        "what": part["what"],
        "kept days": part["kept_days"],
        "from": part["first_day"],
        "to": part["last_day"],
        "items": f"{part['items']:,}",
        "MB": megabytes,
    }

"""The command that removes what is old: it shows what would go, and removes only what it is told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import render as show
from standard.retention import Purgeable

if TYPE_CHECKING:
    from pipeline.retention import Purge


def register(app: typer.Typer) -> None:
    """Add the command to the others."""
    app.command()(purge)


def purge(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this it is only shown.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what is older than the settings LICEX_KEEP_… let it become, and what stays all the same; with --apply, remove it."""
    from pipeline.exchange import Exchange
    from pipeline.retention import purge as remove_old
    from pipeline.settings import Settings

    exchange = Exchange(Settings.from_environment())
    try:
        with show.progress() as told:
            found = remove_old(exchange.work() if apply else exchange, lambda: datetime.now(UTC), told, apply=apply)
    finally:
        exchange.close()
    _show(found, exchange.settings.keep, applied=apply, as_json=json)


def _show(found: Purge, keep: Mapping[Purgeable, str], *, applied: bool, as_json: bool) -> None:
    parts = [{**part._asdict(), "what": str(part.what)} for part in found.parts]
    kept = [{"batch": str(each.key), "why": each.why} for each in found.kept]
    if as_json:
        show.data({"applied": applied, "parts": parts, "kept": kept})
        return
    for what in Purgeable:
        show.out(f"{what.setting}: {f'{keep[what]} days' if what in keep else 'for ever'}")
    if parts:
        show.table("purged" if applied else "would be purged", [_row(part) for part in parts])
    if kept:
        why = Counter(each.why for each in found.kept)
        show.table("old enough, and stay", [{"why": reason, "batches": f"{count:,}"} for reason, count in why.items()])
    if not parts:
        show.out("there is nothing to purge")
    elif not applied:
        show.out("nothing was removed; licex purge --apply removes it")


def _row(part: dict[str, Any]) -> dict[str, Any]:
    megabytes = f"{part['bytes'] / 1e6:,.1f}" if part["bytes"] else ""
    return {
        "source": part["source"] or "(the city)",
        "what": part["what"],
        "kept days": part["kept_days"],
        "from": part["first_day"],
        "to": part["last_day"],
        "items": f"{part['items']:,}",
        "MB": megabytes,
    }

"""The commands that need no data: the list of rules, and the generated documentation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli import render
from cli.arguments import AsJson

commands = typer.Typer()


@commands.command()
def rules(json: AsJson = False) -> None:
    """List every rule: its id, dimension, severity, and what the department should do."""
    from standard.rule import DIMENSION_TITLES
    from standard.rules import RULES

    if json:
        render.data([asdict(rule) for rule in RULES.values()])
        return
    rows = [
        {
            "id": rule.id,
            "dimension": "/".join(DIMENSION_TITLES[rule.dimension]),
            "severity": str(rule.severity),
            "scope": str(rule.scope),
            "title": (rule.title_zh, rule.title_en),
            "advice": (rule.advice_zh, rule.advice_en),
        }
        for rule in RULES.values()
    ]
    render.table("rules", rows)


@commands.command(hidden=True)
def docs(folder: Annotated[str, typer.Argument(help="Where to write the generated pages.")]) -> None:
    """Write the generated pages of the documentation."""
    from cli.documents import write

    render.paths(write(folder), as_json=False)

"""Command-line arguments that several commands share, and the parsing of days."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from cli.completion import declared_names
from standard.day import Day
from standard.errors import UsageError

SourceName = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A declared source, such as market_regulation.food_operation.",
        autocompletion=declared_names,
    ),
]
AnySource = Annotated[
    str | None,
    typer.Argument(metavar="[SOURCE]", help="One source; all of them when absent.", autocompletion=declared_names),
]
OnlySource = Annotated[
    str | None, typer.Option("--source", metavar="SOURCE", help="One source only.", autocompletion=declared_names)
]
OneDay = Annotated[str, typer.Option("--day", metavar="D", help="The day the batch stands for, such as 2026-03-01.")]
First = Annotated[str, typer.Option("--from", metavar="D", help="First day, included.")]
Last = Annotated[str, typer.Option("--to", metavar="D", help="Last day, included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and judge, but deliver nothing.")]

_LONGEST_RANGE = timedelta(days=3660)


def parse_day(text: str) -> Day:
    """Parse a day.

    Raises:
        UsageError: for anything else.
    """
    try:
        return Day.of(text)
    except ValueError:
        raise UsageError(
            "LX-101", "{text}: expected a day such as 2026-03-01; correct the command", text=text
        ) from None


def parse_days(first: str, last: str) -> list[Day]:
    """Parse a range of days, both ends included.

    Raises:
        UsageError: for an invalid day, a range that ends before it begins, or one of more than ten years.
    """
    start, end = parse_day(first), parse_day(last)
    if end < start:
        raise UsageError(
            "LX-101",
            "--from {start} --to {end}: expected the first day not to be after the last; swap them",
            start=start,
            end=end,
        )
    if end.date - start.date > _LONGEST_RANGE:
        raise UsageError(
            "LX-101", "--from {start} --to {end}: expected at most ten years; correct the days", start=start, end=end
        )
    return list(start.through(end))

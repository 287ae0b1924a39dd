"""`make run`: three nights of the demo city through Airflow, in this process, and their results."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dags.in_process import environment, init_metadata, redirect_output, run_dag
from demo.city import DAYS, advance_to, connections

if TYPE_CHECKING:
    from standard.ledger_entry import LedgerEntry


def settings(folder: Path) -> dict[str, str]:
    """The environment of the demo; only paths and URLs differ from production."""
    return {
        **environment(folder / "airflow"),
        **connections(folder / "city"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CITY": "枣庄市电子证照交换（演示）",
    }


def main(folder: Path) -> int:
    """Run the nights; returns 0 although a source is refused, since the demo plants one.

    Args:
        folder: of the city, the archive, the platform and Airflow's own files.
    """
    os.environ.update(settings(folder))
    began = time.monotonic()
    with redirect_output(folder / "airflow.log") as screen, os.fdopen(os.dup(screen), "w") as out:
        console = Console(file=out, force_terminal=out.isatty(), highlight=False)
        _nights(folder, console)
        entries, page = _ledger()  # while Airflow's logging is redirected
    _show(folder, entries, page, time.monotonic() - began)
    return 0


def _nights(folder: Path, console: Console) -> None:
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        sources = list(Exchange(Settings.from_environment()).register)
        task = progress.add_task("Airflow's metadata database", total=len(DAYS) * (len(sources) + 1))
        init_metadata()
        for day in DAYS:
            progress.update(task, description=f"{day}: the departments' day")
            advance_to(folder / "city", day)
            for source in (*sources, "licence_exchange_deadline"):
                progress.update(task, description=f"{day}: {source}")
                state = run_dag(source, day)
                progress.advance(task)
                if not console.is_terminal:
                    console.print(f"{day} {source}: {state}")


def _ledger() -> tuple[list[LedgerEntry], str]:
    """The ledger, and the path of the city's page of the last day."""
    from pipeline.exchange import Exchange
    from pipeline.queries import ledger
    from pipeline.settings import Settings

    exchange = Exchange(Settings.from_environment())
    entries = ledger(exchange, source=None, day=None, all_runs=False)
    return entries, exchange.workspace.report_path(f"city-{DAYS[-1]}.html")


def _show(folder: Path, entries: Sequence[LedgerEntry], page: str, seconds: float) -> None:
    from cli.ledger_table import show_ledger
    from cli.render import out

    show_ledger(entries)
    changed = sum(entry.inserted + entry.updated for entry in entries)
    out(f"{changed:,} inserted or updated" if changed else "nothing inserted or updated")
    out(f"{len(DAYS)} nights in {seconds:.0f} s; Airflow's own log: {folder}/airflow.log")
    out(f"open {page}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".run").resolve()))

"""How a batch is read, standardised and judged in one process: each group passes on while the next is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from functools import partial

import pyarrow as pa

from pipeline.archive import Archiving, demand_new, reading, written_down
from pipeline.exchange import Exchange
from pipeline.plan import archived, planned
from pipeline.prefetch import ahead
from pipeline.stages import judge, judged, standardise, standardised
from standard.batch import BatchKey
from standard.day import instant_text
from workspace.manifests import gather, part_numbers

Told = Callable[[str], None]


def read_and_judge(exchange: Exchange, key: BatchKey, now: datetime, told: Told, *, trial: bool = False) -> None:
    """Do what `extract`, `standardise` and `judge` do, at the same time; the archive is the same to the byte.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: instant of reading.
        told: is told how many rows are read.
        trial: whether the ledger is to know nothing of it.

    Raises:
        ExchangeError: as those steps do.
    """
    if archived(exchange, key, now):
        rejudge(exchange, key)
        return
    with nullcontext() if trial else written_down(exchange, key, now):
        plan = planned(exchange, key, now)
        numbers: list[int | None] = [part.number for part in plan.parts] or [None]
        for part in numbers:
            name = "read" if part is None else f"read part {part + 1} of {len(numbers)}:"
            with reading(exchange, key, plan, now, part) as archiving:
                if not trial:
                    demand_new(exchange, key, archiving.content, now)
                _flow(exchange, key, archiving, part, partial(_tell, told, name))


def rejudge(exchange: Exchange, key: BatchKey) -> None:
    """Standardise and judge what is archived, part by part."""
    for part in part_numbers(gather(exchange.workspace, key)):
        standardise(exchange, key, part)
        judge(exchange, key, part)


def _flow(
    exchange: Exchange, key: BatchKey, archiving: Archiving, part: int | None, told: Callable[[int], None]
) -> None:
    raw = ahead(_counting(archiving.groups(), told))
    taken_at = instant_text(archiving.taken_at)
    licences = ahead(standardised(exchange, key, archiving.columns, taken_at, raw, part))
    judged(exchange, key, taken_at, licences, part)


def _tell(told: Told, name: str, rows: int) -> None:
    told(f"{name} {rows:,}")


def _counting(groups: Iterator[pa.Table], told: Callable[[int], None]) -> Iterator[pa.Table]:
    rows = 0
    for group in groups:
        rows += group.num_rows
        told(rows)
        yield group
        del group
        pa.default_memory_pool().release_unused()  # Arrow keeps what a group took for the next, of another size

"""Reports the progress of long work to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pyarrow as pa

from standard.batch import BatchKey
from standard.messages import joined

OnProgress = Callable[[str], None]


def of_batch(on_progress: OnProgress, key: BatchKey) -> OnProgress:
    """Return a callback that puts the key of a batch before each of its steps."""
    return partial(_report, on_progress, str(key))


def count_rows(groups: Iterable[pa.Table], on_progress: OnProgress, step: str) -> Iterator[pa.Table]:
    """Yield groups of rows unchanged, and report after each how many rows there were so far."""
    rows = 0
    for group in groups:
        rows += group.num_rows
        on_progress(joined(" ", [step, f"{rows:,}"]))
        yield group
        del group
        pa.default_memory_pool().release_unused()  # Arrow keeps a freed group for the next, which has another size


def _report(on_progress: OnProgress, prefix: str, step: str) -> None:
    on_progress(joined(" ", [prefix, step]))

"""Progress callbacks of long-running work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pyarrow as pa

from standard.batch import BatchKey
from standard.messages import joined

OnProgress = Callable[[str], None]


def with_batch_prefix(on_progress: OnProgress, key: BatchKey) -> OnProgress:
    """Return a callback that prefixes each step with the key of its batch."""
    return partial(_report, on_progress, str(key))


def count_rows(groups: Iterable[pa.Table], on_progress: OnProgress, step: str) -> Iterator[pa.Table]:
    """Yield groups of rows unchanged, and report the total number of rows after each."""
    rows = 0
    for group in groups:
        rows += group.num_rows
        on_progress(joined(" ", [step, f"{rows:,}"]))
        yield group
        del group
        pa.default_memory_pool().release_unused()  # Arrow keeps freed memory for the next group, whose size differs


def _report(on_progress: OnProgress, prefix: str, step: str) -> None:
    on_progress(joined(" ", [prefix, step]))

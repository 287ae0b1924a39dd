"""Overlaps two steps of a batch: a thread produces the next item while the caller processes the current one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from typing import TypeVar

_T = TypeVar("_T")
_POLL_SECONDS = 0.1  # how often a waiting thread checks whether the caller has stopped


def prefetch(items: Iterable[_T], depth: int = 1) -> Iterator[_T]:
    """Yield the same items in the same order, produced in a thread.

    Columns are computed without Python's lock, so both steps run in parallel. An error in the thread is raised here in place of its
    item. A caller that stops early stops the thread before its next item.

    Args:
        items: used only by the thread from now on.
        depth: number of finished items that may wait; memory also holds the one being produced and the one being processed.
    """
    queue: Queue[tuple[str, _T | BaseException | None]] = Queue(depth)
    stopped = threading.Event()

    def produce() -> None:
        try:
            for item in items:
                if not _put(queue, ("item", item), stopped):
                    return
            _put(queue, ("end", None), stopped)
        except BaseException as error:  # re-raised in the caller's thread
            _put(queue, ("error", error), stopped)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    producer = threading.Thread(target=produce, daemon=True)
    producer.start()
    try:
        while (entry := queue.get())[0] == "item":
            yield entry[1]  # type: ignore[misc]  # the tag says that it is an item
        if entry[0] == "error":
            assert isinstance(entry[1], BaseException)
            raise entry[1]
    finally:
        stopped.set()
        producer.join()


def _put(
    queue: Queue[tuple[str, _T | BaseException | None]],
    entry: tuple[str, _T | BaseException | None],
    stopped: threading.Event,
) -> bool:
    """Put an entry into the queue; returns False if the caller has stopped."""
    while not stopped.is_set():
        try:
            queue.put(entry, timeout=_POLL_SECONDS)
        except Full:
            continue
        return True
    return False

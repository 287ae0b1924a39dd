"""Overlaps two steps of a batch: a thread makes the next item of the first while the second works on the last."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from typing import TypeVar

_T = TypeVar("_T")
_LOOK = 0.1  # seconds after which a thread that waits looks whether anybody still wants what it has


def prefetch(items: Iterable[_T], depth: int = 1) -> Iterator[_T]:
    """Yield the same items in the same order, made in a thread of their own.

    Columns are computed outside Python's lock, so both steps run at the same time. An error in the thread is raised here, at the
    place of its item. A caller that stops early stops the thread before its next item.

    Args:
        items: only the thread touches them from now on.
        depth: the number of finished items that may wait; memory holds one more, and the one the caller works on.
    """
    made: Queue[tuple[str, _T | BaseException | None]] = Queue(depth)
    unwanted = threading.Event()

    def make() -> None:
        try:
            for item in items:
                if not _put(made, ("item", item), unwanted):
                    return
            _put(made, ("end", None), unwanted)
        except BaseException as error:  # everything is raised again where it is waited for
            _put(made, ("error", error), unwanted)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    maker = threading.Thread(target=make, daemon=True)
    maker.start()
    try:
        while (got := made.get())[0] == "item":
            yield got[1]  # type: ignore[misc]  # an item, by its mark
        if got[0] == "error":
            assert isinstance(got[1], BaseException)
            raise got[1]
    finally:
        unwanted.set()
        maker.join()


def _put(
    queue: Queue[tuple[str, _T | BaseException | None]],
    entry: tuple[str, _T | BaseException | None],
    unwanted: threading.Event,
) -> bool:
    """Hand over an entry; False when nobody wants it any more."""
    while not unwanted.is_set():
        try:
            queue.put(entry, timeout=_LOOK)
        except Full:
            continue
        return True
    return False

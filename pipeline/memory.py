"""Memory settings of this process: shared allocators, and no garbage collection during imports."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_POOL = "ARROW_DEFAULT_MEMORY_POOL"
_ARENA_MAX, _ARENAS = -8, 2  # glibc's M_ARENA_MAX, and how many arenas all threads share


def share_freed_memory() -> None:
    """Make Arrow use the C library's allocator, and limit the number of arenas that threads allocate from.

    Memory that Arrow's own allocator frees is not available to other libraries, and glibc creates an arena for almost every thread:
    a run with 50,000 findings held 60 MB of unused memory. Call it before pyarrow is imported, since pyarrow reads the variable
    then. An allocator named by the environment takes precedence.
    """
    os.environ.setdefault(_POOL, "system")
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if set_option is not None:
        set_option(_ARENA_MAX, _ARENAS)


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Disable garbage collection during imports.

    Imported objects stay alive; scanning them repeatedly took a fifth of the import time of Great Expectations.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""How little memory a batch holds: what one step no longer needs is there for the next."""

from __future__ import annotations

import pyarrow as pa


def hold_little() -> None:
    """Have Arrow take memory from an allocator that gives back what is free; the usual one keeps it for itself.

    A process that has its own wish (`ARROW_DEFAULT_MEMORY_POOL`) keeps it, and so does one whose Arrow has no other.
    """
    if pa.default_memory_pool().backend_name == "mimalloc" and "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def give_back() -> None:
    """Give the system back what is free."""
    pa.default_memory_pool().release_unused()

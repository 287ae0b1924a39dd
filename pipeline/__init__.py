"""The steps of a batch, from its source to its report, and what holds them together."""

from pipeline.memory import share_freed_memory

share_freed_memory()

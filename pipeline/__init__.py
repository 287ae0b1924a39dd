"""Runs a batch from its source to its report."""

from pipeline.memory import share_freed_memory

share_freed_memory()

"""The steps of a batch, what they keep on disk, and the command line."""

from pipeline.memory import share_freed_memory

share_freed_memory()

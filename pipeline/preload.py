"""Knows what every batch needs that takes long to load or to make, so that a process which forks for each task has it once."""

from __future__ import annotations

from importlib import import_module

from pipeline.memory import uncollected

_NEEDED = (
    "extractors", "extractors.databases.readers.adbc", "extractors.databases.readers.sqlalchemy", "extractors.databases.extract", "extractors.files.extract",
    "workspace.column_profile", "transforms.conform", "transforms.shape", "expectations.assess", "pipeline.runner", "pipeline.reporting", "reports.workbook",
    "pyarrow.dataset", "fsspec.implementations.local",  # which load when a file is first read
)  # fmt: skip
_LISTENED = "sqlite://"  # a database that nobody opens


def preload() -> None:
    """Load all of it, and open nothing, so that the process may fork. A fork needs none of the threads that libraries keep."""
    with uncollected():
        for name in _NEEDED:
            import_module(name)
    import_module("expectations.runner").ready()
    import_module("reports.frame").ready()
    # SQLAlchemy prepares its events when the first is listened to, which takes a fifth of a second.
    import_module("exchange_db.dialects").make_engine(_LISTENED)

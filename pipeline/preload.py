"""Preloads what every batch needs and is slow to load, so that a process that forks for each task loads it once."""

from __future__ import annotations

from importlib import import_module

from pipeline.memory import gc_disabled

_MODULES = (
    "extractors", "extractors.databases.readers.adbc", "extractors.databases.readers.sqlalchemy", "extractors.databases.extract", "extractors.files.extract",
    "workspace.column_profile", "transforms.conform", "transforms.required_columns", "expectations.assess", "pipeline.runner", "pipeline.reporting", "reports.workbook",
    "pyarrow.dataset", "fsspec.implementations.local",  # loaded when a file is first read
)  # fmt: skip
_UNOPENED_URL = "sqlite://"  # a database that is never opened


def preload() -> None:
    """Load the modules without opening anything, so that the process can fork; forks do not need the libraries' threads."""
    with gc_disabled():
        for name in _MODULES:
            import_module(name)
    import_module("expectations.runner").warm_up()
    import_module("reports.frame").preload_templates()
    # Registering the first event listener initialises SQLAlchemy's events, which takes a fifth of a second.
    import_module("exchange_db.dialects").make_engine(_UNOPENED_URL)

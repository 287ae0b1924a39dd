"""SQLite: a file with one writer at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.engine import URL
from typing_extensions import override

from exchange_db.dialects.dialect import READING, Dialect


class Sqlite(Dialect):
    """SQLite."""

    one_writer = True
    deletes_by_join = False
    analyzes_itself = False

    @override
    def engine(self, url: URL) -> Engine:
        engine = super().engine(url)
        if url.database:
            event.listen(engine, "do_connect", partial(_create_private, url))
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "begin", _begin_transaction)
        return engine

    @override
    def would_create(self, url: URL) -> bool:
        return bool(url.database) and not _path(url).exists()

    @override
    def is_volatile(self, url: URL) -> bool:
        return url.database in {None, "", ":memory:"} or "memory" in str(url.query.get("mode"))

    def _set_up(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin transactions late, and only for some statements
        connection.execute(f"PRAGMA busy_timeout = {self.wait_seconds * 1000}")
        # Limits the index entries that ANALYZE reads, so that it does not take longer each night; plans need not be exact.
        connection.execute("PRAGMA analysis_limit = 1000")

    @override
    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")


def _path(url: URL) -> Path:
    return Path(str(url.database).removeprefix("file:"))


def _create_private(url: URL, *_: object) -> None:
    """Create a missing database file for its user only, whatever the umask; its journals inherit the permissions."""
    path = _path(url)
    if path.exists() or not path.parent.is_dir() or url.query.get("mode") in {"ro", "rw"}:
        return
    with suppress(OSError):  # SQLite will report the error
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)


def _begin_transaction(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING)
    # A writer acquires the lock at once: two readers that both went on to write would deadlock.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

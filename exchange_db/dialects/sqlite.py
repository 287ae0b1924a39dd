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
    counts_by_itself = False

    @override
    def engine(self, url: URL) -> Engine:
        engine = super().engine(url)
        if url.database:
            event.listen(engine, "do_connect", partial(_made_private, url))
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "begin", _begins)
        return engine

    @override
    def is_missing(self, url: URL) -> bool:
        return bool(url.database) and not _path(url).exists()

    @override
    def forgets(self, url: URL) -> bool:
        return url.database in {None, "", ":memory:"} or "memory" in str(url.query.get("mode"))

    def _connected(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin late, and only for some statements
        connection.execute(f"PRAGMA busy_timeout = {self.wait_seconds * 1000}")
        # Counting an index looks at so many of its entries: plans need not be exact, and a count must not take longer each night.
        connection.execute("PRAGMA analysis_limit = 1000")

    @override
    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")


def _path(url: URL) -> Path:
    return Path(str(url.database).removeprefix("file:"))


def _made_private(url: URL, *_: object) -> None:
    """Make a database that is not there yet for its user alone, whatever the umask; its journals take over its rights."""
    path = _path(url)
    if path.exists() or not path.parent.is_dir() or url.query.get("mode") in {"ro", "rw"}:
        return
    with suppress(OSError):  # what cannot be made SQLite will say
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)


def _begins(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING)
    # A writer takes the lock at once: two readers that both go on to write would deadlock.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

"""SQL Server, by ODBC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from typing_extensions import override

from exchange_db.dialects.dialect import Dialect


class SqlServer(Dialect):
    """SQL Server."""

    staged_name = "#staged_{}"
    staged_prefixes = ()

    @override
    def engine(self, url: URL) -> Engine:
        engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", fast_executemany=True)
        event.listen(engine, "connect", self._set_up)
        return engine

    def _set_up(self, connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET LOCK_TIMEOUT {self.wait_seconds * 1000}")
        cursor.close()

"""PostgreSQL and compatible servers: openGauss, KingbaseES."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL
from typing_extensions import override

from exchange_db import copy_format
from exchange_db.dialects.dialect import Dialect

_MIN_CHECK_VERSION = 140_000  # first version whose server can notice that a load was killed
# Compiling a statement with many expressions takes seconds, and would save a fraction of one.
_DISABLE_JIT = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'"
_BLOCK, _BLOCK_BYTES = 16_000, 64 * 2**20  # maximum rows, and approximate maximum bytes, that COPY gets at once

# Classes of errors that are not caused by the data: connection, transaction, permissions, syntax, memory and disk, locks, an
# operator, the system, the server itself. All others are caused by the data; a trigger may raise any code.
_NOT_DATA_ERRORS = frozenset(
    ("08", "0A", "25", "26", "28", "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "HV", "XX")
)  # fmt: skip
_POLICY_FUNCTION = "ExecWithCheckOptions"  # raises errors of row-level security, with a code for permissions


class PostgreSql(Dialect):
    """PostgreSQL."""

    check_seconds: ClassVar[int] = 10  # interval at which the server checks whether the client is still connected
    changes_tables_in_transactions = True
    streams_columns = True
    staged_keys = False  # it uses hash joins on whole tables

    @override
    def engine(self, url: URL) -> Engine:
        # The memory is for the joins and staging tables of one load; a server's defaults are meant for many small queries. Every
        # cursor is read to its end, so no plan should be optimised for the first rows.
        options = (
            f"-c lock_timeout={self.wait_seconds}s -c work_mem=64MB -c temp_buffers=64MB -c cursor_tuple_fraction=1"
        )
        # COPY sends UTF-8, whatever client encoding the database, the role or the environment sets.
        connect_args = {"options": f"{_query_option(url, 'options')} {options}".strip(), "client_encoding": "utf8"}
        engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", connect_args=connect_args)
        event.listen(engine, "connect", self._set_up)
        dialect: Any = engine.dialect
        dialect._get_server_version_info = partial(_server_version, dialect._get_server_version_info)
        return engine

    def _set_up(self, connection: Any, _record: object) -> None:
        """Disable compilation, and make the server check whether the client is still connected.

        Otherwise a killed load would hold its locks until its statement ends.
        """
        from psycopg import Error

        connection.execute(_DISABLE_JIT)
        connection.commit()
        if connection.info.server_version < _MIN_CHECK_VERSION:
            return
        try:
            connection.execute(f"SET client_connection_check_interval = '{self.check_seconds}s'")
            connection.commit()
        except Error:  # not supported on every operating system
            connection.rollback()

    @override
    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        connection.exec_driver_sql(f"ANALYZE {table.name} ({', '.join(names)})")

    @override
    def check_constraints(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    @override
    def insert(self, connection: Connection, table: Table, batch: pa.Table) -> None:
        """Insert by COPY through the transaction's own connection; the server reads a block while the next is encoded."""
        if not batch.num_rows:
            return
        names = ", ".join(batch.schema.names)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table.name} LIMIT 0")  # noqa: S608 - our own names
            form = copy_format.choose_format([column.type_code for column in cursor.description], batch.schema)
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT {form})") as copy:
                size = min(_BLOCK, _BLOCK_BYTES * batch.num_rows // (batch.nbytes + 1) + 1)
                for piece in copy_format.encode(batch.to_batches(max_chunksize=size), form):
                    copy.write(piece)

    @override
    def _is_data_error(self, error: Any) -> bool:
        state = getattr(error, "sqlstate", None)
        if state is None:
            from psycopg import DataError

            return isinstance(error, DataError)
        return state[:2] not in _NOT_DATA_ERRORS or error.diag.source_function == _POLICY_FUNCTION


def _query_option(url: URL, name: str) -> str:
    value = url.query.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def _server_version(read_version: Callable[[Connection], tuple[int, ...]], connection: Connection) -> tuple[int, ...]:
    """The server's version; SQLAlchemy cannot parse the version texts of openGauss and KingbaseES."""
    try:
        return read_version(connection)
    except AssertionError:
        return (9, 2)  # the base of openGauss; we need no feature of a later version

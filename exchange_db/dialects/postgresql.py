"""PostgreSQL, and the servers that answer as it does: openGauss, KingbaseES."""

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

_LOOKS_AFTER = 140_000  # the version from which on a server can notice that a load was killed
# To compile a statement takes seconds where it asks for many things of each row, and would save a fraction of one.
_NOT_COMPILED = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'"
_BLOCK, _BLOCK_BYTES = 16_000, 64 * 2**20  # handed over to COPY at once: rows, or fewer of so many bytes

# Classes of errors that have nothing to do with the data: connection, transaction, rights, syntax, memory and disk, locks,
# an operator, the system, the server itself. Every other is an error of data; a trigger may raise any code.
_NOT_OF_DATA = frozenset(
    ("08", "0A", "25", "26", "28", "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "HV", "XX")
)  # fmt: skip
_OF_A_POLICY = "ExecWithCheckOptions"  # where the server refuses a row by row level security, with a code of rights


class PostgreSql(Dialect):
    """PostgreSQL."""

    look_seconds: ClassVar[int] = 10  # after which a server looks whether a load was killed
    changes_tables_in_transactions = True
    streams_columns = True
    staged_keys = False  # it joins whole tables by hashing

    @override
    def engine(self, url: URL) -> Engine:
        # The memory is for the joins and the staging of one load; a server's own default is for many small queries. Every
        # cursor is read to its end, so none is to be planned for its first rows.
        options = (
            f"-c lock_timeout={self.wait_seconds}s -c work_mem=64MB -c temp_buffers=64MB -c cursor_tuple_fraction=1"
        )
        # What we COPY is UTF-8, whatever a database, a role or the environment has been told that clients speak.
        said = {"options": f"{_of_url(url, 'options')} {options}".strip(), "client_encoding": "utf8"}
        engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", connect_args=said)
        event.listen(engine, "connect", self._connected)
        dialect: Any = engine.dialect
        dialect._get_server_version_info = partial(_version, dialect._get_server_version_info)
        return engine

    def _connected(self, connection: Any, _record: object) -> None:
        """Have statements run as they are, and let the server look whether we are still there.

        A load that was killed would else hold its locks until a statement ends.
        """
        from psycopg import Error

        connection.execute(_NOT_COMPILED)
        connection.commit()
        if connection.info.server_version < _LOOKS_AFTER:
            return
        try:
            connection.execute(f"SET client_connection_check_interval = '{self.look_seconds}s'")
            connection.commit()
        except Error:  # not every system can tell
            connection.rollback()

    @override
    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        connection.exec_driver_sql(f"ANALYZE {table.name} ({', '.join(names)})")

    @override
    def check_constraints(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    @override
    def insert(self, connection: Connection, table: Table, batch: pa.Table) -> None:
        """By COPY through the transaction's own connection, in blocks that the server reads while the next is written."""
        if not batch.num_rows:
            return
        names = ", ".join(batch.schema.names)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table.name} LIMIT 0")  # noqa: S608 - our own names
            form = copy_format.spoken([column.type_code for column in cursor.description], batch.schema)
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT {form})") as copy:
                size = min(_BLOCK, _BLOCK_BYTES * batch.num_rows // (batch.nbytes + 1) + 1)
                for piece in copy_format.written(batch.to_batches(max_chunksize=size), form):
                    copy.write(piece)

    @override
    def _is_of_data(self, error: Any) -> bool:
        state = getattr(error, "sqlstate", None)
        if state is None:
            from psycopg import DataError

            return isinstance(error, DataError)
        return state[:2] not in _NOT_OF_DATA or error.diag.source_function == _OF_A_POLICY


def _of_url(url: URL, name: str) -> str:
    value = url.query.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def _version(ask: Callable[[Connection], tuple[int, ...]], connection: Connection) -> tuple[int, ...]:
    """SQLAlchemy takes no version for an answer that does not name PostgreSQL, as openGauss and KingbaseES give."""
    try:
        return ask(connection)
    except AssertionError:
        return (9, 2)  # what openGauss is made from; nothing of ours needs more

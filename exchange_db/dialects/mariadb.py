"""MariaDB and compatible servers: MySQL, OceanBase."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, Table, create_engine
from sqlalchemy.dialects.mysql.base import MySQLCompiler
from sqlalchemy.engine import URL
from sqlalchemy.sql.selectable import FromClause, Subquery
from typing_extensions import override

from exchange_db.dialects.dialect import Dialect
from exchange_db.driver_errors import mask_message
from standard.errors import PlatformRefused
from standard.messages import Message

_ESCAPED = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_WITHOUT_TRANSACTIONS = {"MYISAM", "ARIA", "MEMORY"}

# Numbers of errors that are not caused by the data: permissions, connections, disk and memory, locks, read-only mode,
# shutdown, an operator.
_NOT_DATA_ERRORS = frozenset(
    {1021, 1023, 1026, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1046, 1047, 1049, 1053, 1054, 1064, 1077}
    | {1078, 1079, 1114, 1129, 1130, 1142, 1143, 1146, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180}
    | {1184, 1203, 1205, 1206, 1213, 1223, 1226, 1227, 1290, 1317, 1370, 1613, 1614, 1637, 1792, 1836, 1907, 1927, 1969}
    | {3024, 3572, 4031}
)  # fmt: skip
_CLIENT_ERRORS = range(2000, 3000)


class MariaDb(Dialect):
    """MariaDB."""

    drop_staged = "DROP TEMPORARY TABLE IF EXISTS {}"  # without TEMPORARY, MySQL would commit the transaction

    @override
    def engine(self, url: URL) -> Engine:
        # Repeatable reads would not see what the previous load merged, and would lock gaps between rows.
        # The server's own mode may read backslashes as text, store empty texts as null, or truncate long values.
        init_command = f"SET innodb_lock_wait_timeout = {self.wait_seconds}, sql_mode = 'STRICT_TRANS_TABLES'"
        engine = create_engine(
            url.update_query_dict({"charset": "utf8mb4"}),
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={"local_infile": True, "init_command": init_command},
        )
        engine.dialect.statement_compiler = _StagedFirstCompiler
        return engine

    @override
    def make_transactional(self, connection: Connection) -> None:
        default = str(connection.exec_driver_sql("SELECT @@default_storage_engine").scalar())
        if default.upper() in _WITHOUT_TRANSACTIONS:
            connection.exec_driver_sql("SET default_storage_engine = InnoDB")

    @override
    def _insert(self, connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
        """Insert by LOAD DATA of a local file, or by `executemany` where the server forbids that."""
        if not connection.exec_driver_sql("SELECT @@local_infile").scalar():
            super()._insert(connection, table, chunk)
            return
        names = ", ".join(f"`{name}`" for name in chunk.schema.names)
        with tempfile.NamedTemporaryFile(suffix=".tsv") as file:
            file.write(_lines(chunk))
            file.flush()
            path = Path(file.name).as_posix().replace("'", "''")
            loaded = connection.exec_driver_sql(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table.name} CHARACTER SET utf8mb4 ({names})"
            )
            # For a local file the server only warns where it would otherwise raise an error: a truncated value, a skipped row.
            warned = connection.exec_driver_sql("SELECT @@warning_count").scalar()
        if warned or loaded.rowcount != chunk.num_rows:
            first = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first()
            too_few = Message("{loaded} rows of {rows}", loaded=loaded.rowcount, rows=chunk.num_rows)
            raise PlatformRefused(
                "{table}: expected all of {rows} rows to go in as they are, found {loaded} and {warned} warnings ({reason}); nothing was loaded",
                reason=mask_message(first[2]) if first else too_few,
                table=table.name,
                rows=chunk.num_rows,
                loaded=loaded.rowcount,
                warned=warned,
            )

    @override
    def _is_data_error(self, error: Any) -> bool:
        number = error.args[0] if error.args else None
        return (
            isinstance(number, int) and number > 0 and number not in _NOT_DATA_ERRORS and number not in _CLIENT_ERRORS
        )


class _StagedFirstCompiler(MySQLCompiler):
    """Compiles updates and deletions so that they read the staging tables first and look up the other rows from there.

    The server locks every row it reads, and prefers to scan a whole table that it takes for small. Loads would then wait for
    rows of others that they do not change.
    """

    def update_tables_clause(
        self, update_stmt: Any, from_table: FromClause, extra_froms: list[FromClause], **kw: Any
    ) -> str:
        """The tables of an update, staging tables first."""
        return self._joined(from_table, extra_froms, kw)

    def delete_extra_from_clause(
        self, delete_stmt: Any, from_table: FromClause, extra_froms: list[FromClause], from_hints: Any, **kw: Any
    ) -> str:
        """The tables of a deletion, staging tables first."""
        return f"USING {self._joined(from_table, extra_froms, kw)}"

    def _joined(self, target: FromClause, others: list[FromClause], kw: dict[str, Any]) -> str:
        staged = [table for table in others if _is_staged(table)]
        tables = [*staged, target, *(table for table in others if table not in staged)]
        return " STRAIGHT_JOIN ".join(table._compiler_dispatch(self, **{**kw, "asfrom": True}) for table in tables)


def _is_staged(table: FromClause) -> bool:
    return isinstance(table, Subquery) or bool(getattr(table, "_prefixes", ()))


def _lines(chunk: pa.RecordBatch) -> memoryview:
    r"""The rows in the format of LOAD DATA: tabs between values, `\N` for null, special characters escaped by a backslash."""
    *columns, last = (_encode(chunk.column(i)) for i in range(chunk.num_columns))
    ended = pc.binary_join_element_wise(last, "\n", "")
    lines = pc.binary_join_element_wise(*columns, ended, "\t") if columns else ended
    _, offsets, data = lines.buffers()
    edges = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[edges[0] : edges[-1]]


def _encode(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not pa.types.is_string(values.type):
        return values.cast(pa.string()).fill_null("\\N")
    data = values.buffers()[2]
    characters = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    if ((characters < 32) | (characters == ord("\\"))).any():  # rarely true; the test is cheaper than replacing
        for plain, escaped in _ESCAPED:
            values = pc.replace_substring(values, plain, escaped)
    return values.fill_null("\\N")

"""MariaDB, and the servers that answer as it does: MySQL, OceanBase."""

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
from exchange_db.driver_errors import masked_words
from standard.errors import PlatformRefused
from standard.messages import Message

_ESCAPED = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_WITHOUT_TRANSACTIONS = {"MYISAM", "ARIA", "MEMORY"}

# Numbers of errors that have nothing to do with the data: rights, connections, disk and memory, locks, read only, shutdown,
# an operator.
_NOT_OF_ROWS = frozenset(
    {1021, 1023, 1026, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1046, 1047, 1049, 1053, 1054, 1064, 1077}
    | {1078, 1079, 1114, 1129, 1130, 1142, 1143, 1146, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180}
    | {1184, 1203, 1205, 1206, 1213, 1223, 1226, 1227, 1290, 1317, 1370, 1613, 1614, 1637, 1792, 1836, 1907, 1927, 1969}
    | {3024, 3572, 4031}
)  # fmt: skip
_OF_THE_CLIENT = range(2000, 3000)


class MariaDb(Dialect):
    """MariaDB."""

    drop_staged = "DROP TEMPORARY TABLE IF EXISTS {}"  # without the word, MySQL would commit what was done so far

    @override
    def engine(self, url: URL) -> Engine:
        # Repeatable reads would not see what the load before has merged, and lock gaps between rows besides.
        # A server's own mode may take backslashes for text, empty texts for null, or cut what is too long.
        said = f"SET innodb_lock_wait_timeout = {self.wait_seconds}, sql_mode = 'STRICT_TRANS_TABLES'"
        engine = create_engine(
            url.update_query_dict({"charset": "utf8mb4"}),
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={"local_infile": True, "init_command": said},
        )
        engine.dialect.statement_compiler = _FromStaged
        return engine

    @override
    def make_transactional(self, connection: Connection) -> None:
        default = str(connection.exec_driver_sql("SELECT @@default_storage_engine").scalar())
        if default.upper() in _WITHOUT_TRANSACTIONS:
            connection.exec_driver_sql("SET default_storage_engine = InnoDB")

    @override
    def _insert(self, connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
        """By LOAD DATA of a local file; where the server forbids that, inserts of many rows."""
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
            # Of a local file the server only warns where it would else refuse: a value cut short, a row left out.
            warned = connection.exec_driver_sql("SELECT @@warning_count").scalar()
        if warned or loaded.rowcount != chunk.num_rows:
            first = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first()
            few = Message("{loaded} rows of {rows}", loaded=loaded.rowcount, rows=chunk.num_rows)
            raise PlatformRefused(
                "{table}: expected all of {rows} rows to go in as they are, found {loaded} and {warned} warnings ({reason}); nothing was loaded",
                reason=masked_words(first[2]) if first else few,
                table=table.name,
                rows=chunk.num_rows,
                loaded=loaded.rowcount,
                warned=warned,
            )

    @override
    def _is_of_data(self, error: Any) -> bool:
        number = error.args[0] if error.args else None
        return isinstance(number, int) and number > 0 and number not in _NOT_OF_ROWS and number not in _OF_THE_CLIENT


class _FromStaged(MySQLCompiler):
    """Updates and deletions that look rows up from what is staged, in that order.

    The server locks every row it looks at, and it would rather look through a whole table of which it believes that it is
    small. So a load waited for rows of others that it would not have changed.
    """

    def update_tables_clause(
        self, update_stmt: Any, from_table: FromClause, extra_froms: list[FromClause], **kw: Any
    ) -> str:
        """The tables of an update, those of this transaction alone first."""
        return self._joined(from_table, extra_froms, kw)

    def delete_extra_from_clause(
        self, delete_stmt: Any, from_table: FromClause, extra_froms: list[FromClause], from_hints: Any, **kw: Any
    ) -> str:
        """The same of a deletion."""
        return f"USING {self._joined(from_table, extra_froms, kw)}"

    def _joined(self, target: FromClause, others: list[FromClause], kw: dict[str, Any]) -> str:
        own = [table for table in others if _is_own(table)]
        tables = [*own, target, *(table for table in others if table not in own)]
        return " STRAIGHT_JOIN ".join(table._compiler_dispatch(self, **{**kw, "asfrom": True}) for table in tables)


def _is_own(table: FromClause) -> bool:
    return isinstance(table, Subquery) or bool(getattr(table, "_prefixes", ()))


def _lines(chunk: pa.RecordBatch) -> memoryview:
    r"""The rows as LOAD DATA reads them: tabs between values, `\N` for null, a backslash before what would mislead."""
    *columns, last = (_written(chunk.column(i)) for i in range(chunk.num_columns))
    ended = pc.binary_join_element_wise(last, "\n", "")
    lines = pc.binary_join_element_wise(*columns, ended, "\t") if columns else ended
    _, offsets, data = lines.buffers()
    edges = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[edges[0] : edges[-1]]


def _written(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not pa.types.is_string(values.type):
        return values.cast(pa.string()).fill_null("\\N")
    data = values.buffers()[2]
    signs = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    if ((signs < 32) | (signs == ord("\\"))).any():  # hardly ever; looking costs less than replacing
        for plain, escaped in _ESCAPED:
            values = pc.replace_substring(values, plain, escaped)
    return values.fill_null("\\N")

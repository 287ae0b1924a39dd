"""How an engine for each kind of database is made: isolation, waiting, and what the driver must be told."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.mysql.base import MySQLCompiler
from sqlalchemy.engine import URL, make_url
from sqlalchemy.sql.selectable import FromClause, Subquery

WAIT_SECONDS = 600  # for another load's merge; longer than any night's largest
LOOK_SECONDS = 10  # after which a server may notice that a load was killed
_LOOKS_AFTER = 140_000  # the version of PostgreSQL from which on it can
# To compile a statement takes seconds where it asks for many things of each row, and would save a fraction of one.
_NOT_COMPILED = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'"

READING = "licex_reading"
SPOKEN = ("sqlite", "postgresql", "mysql", "mariadb", "mssql")


def make_engine(text: str) -> Engine:
    """An engine for the platform's database.

    Raises:
        ArgumentError: for what is no URL.
        ModuleNotFoundError: where the driver is not installed.
    """
    url = make_url(text)
    # One dialect, one name: SQLAlchemy has a second one that does the same.
    url = url.set(drivername=url.drivername.replace("mariadb", "mysql", 1))
    make: Callable[[URL], Engine] = {
        "sqlite": _sqlite,
        "postgresql": _postgresql,
        "mysql": _mysql,
        "mssql": _mssql,
    }.get(url.get_backend_name(), _any)
    return make(url)


def _any(url: URL) -> Engine:
    return create_engine(url, hide_parameters=True)


def _sqlite(url: URL) -> Engine:
    engine = _any(url)
    if url.database:
        event.listen(engine, "do_connect", partial(_made_private, url))
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begins)
    return engine


def _made_private(url: URL, *_: object) -> None:
    """Make a database that is not there yet for its user alone, whatever the umask; its journals take over its rights."""
    path = Path(str(url.database).removeprefix("file:"))
    if path.exists() or not path.parent.is_dir() or url.query.get("mode") in {"ro", "rw"}:
        return
    with suppress(OSError):  # what cannot be made SQLite will say
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)


def _sqlite_connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin late, and only for some statements
    connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    # So many entries of an index are looked at to count it: plans need not be exact, and a count must not take longer each night.
    connection.execute("PRAGMA analysis_limit = 1000")


def _sqlite_begins(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING)
    # A writer takes the lock at once: two readers that both go on to write would deadlock.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    # The memory is for the joins and the staging of one load; a server's own default is for many small queries. Every
    # cursor is read to its end, so none is to be planned for its first rows.
    options = f"-c lock_timeout={WAIT_SECONDS}s -c work_mem=64MB -c temp_buffers=64MB -c cursor_tuple_fraction=1"
    # What we COPY is UTF-8, whatever a database, a role or the environment has been told that clients speak.
    said = {"options": f"{_of_url(url, 'options')} {options}".strip(), "client_encoding": "utf8"}
    engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", connect_args=said)
    event.listen(engine, "connect", _postgresql_connected)
    dialect: Any = engine.dialect
    dialect._get_server_version_info = partial(_postgresql_version, dialect._get_server_version_info)
    return engine


def _postgresql_connected(connection: Any, _record: object) -> None:
    """Have statements run as they are, and let the server look whether we are still there.

    A load that was killed would else hold its locks until a statement ends.
    """
    connection.execute(_NOT_COMPILED)
    connection.commit()
    if connection.info.server_version < _LOOKS_AFTER:
        return
    try:
        connection.execute(f"SET client_connection_check_interval = '{LOOK_SECONDS}s'")
        connection.commit()
    except psycopg.Error:  # not every system can tell
        connection.rollback()


def _of_url(url: URL, name: str) -> str:
    value = url.query.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def _postgresql_version(ask: Callable[[Connection], tuple[int, ...]], connection: Connection) -> tuple[int, ...]:
    """SQLAlchemy takes no version for an answer that does not name PostgreSQL, as openGauss and KingbaseES give."""
    try:
        return ask(connection)
    except AssertionError:
        return (9, 2)  # what openGauss is made from; nothing of ours needs more


def _mysql(url: URL) -> Engine:
    # Repeatable reads would not see what the load before has merged, and lock gaps between rows besides.
    # A server's own mode may take backslashes for text, empty texts for null, or cut what is too long.
    said = f"SET innodb_lock_wait_timeout = {WAIT_SECONDS}, sql_mode = 'STRICT_TRANS_TABLES'"
    engine = create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args={"local_infile": True, "init_command": said},
    )
    engine.dialect.statement_compiler = _FromStaged
    return engine


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


def _mssql(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", fast_executemany=True)
    event.listen(engine, "connect", _mssql_connected)
    return engine


def _mssql_connected(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET LOCK_TIMEOUT {WAIT_SECONDS * 1000}")
    cursor.close()

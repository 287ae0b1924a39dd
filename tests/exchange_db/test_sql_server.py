"""The statements for SQL Server. No such server is available, so deliveries run on SQLite, and each statement is compiled for both.

After an intended change `LICEX_WRITE_GOLDEN=1` rewrites the golden text; review the difference.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from exchange_db import deliver
from exchange_db.database import _lock_row
from exchange_db.dialects import dialect_named, make_engine
from exchange_db.staging import Staging
from exchange_db.tables import METADATA
from exchange_db.views import _definitions

GOLDEN = Path(__file__).parent / "sql_server.sql"
DIALECT = mssql.dialect()


def ddl():
    for table in METADATA.sorted_tables:
        yield CreateTable(table)
        yield from (CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name)))


@pytest.fixture
def statements(platform, make, monkeypatch):
    """Every statement of those nights, and of the tables and views, compiled for SQL Server."""
    texts = {}

    def compile_statement(statement):
        options = (
            {"literal_binds": True} if isinstance(statement, ExecutableDDLElement) else {"render_postcompile": True}
        )
        lines = str(statement.compile(dialect=DIALECT, compile_kwargs=options)).strip().splitlines()
        texts["\n".join(line.rstrip() for line in lines)] = None

    def on_execute(_connection, statement, *_):
        if not isinstance(statement, str):
            compile_statement(statement)

    for statement in ddl():
        compile_statement(statement)
    for table, statement in _definitions():
        body = statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        texts[f"-- view {table.name}\n{body}"] = None
    compile_statement(_lock_row("findings"))
    monkeypatch.setattr(deliver, "staging", lambda _: Staging(dialect_named("mssql")))
    event.listen(platform._engine, "before_execute", on_execute)
    make.nights(platform)
    event.remove(platform._engine, "before_execute", on_execute)
    return ";\n\n".join(texts) + ";\n"


def test_the_statements_for_sql_server_are_those_that_were_reviewed(statements):
    if os.environ.get("LICEX_WRITE_GOLDEN"):
        GOLDEN.write_text(statements, encoding="utf-8")
    assert statements == GOLDEN.read_text(encoding="utf-8")


def test_no_statement_has_syntax_that_sql_server_lacks(statements):
    for unknown in (" IS 1", " IS 0", "LIMIT", " true", " false", "FOR UPDATE", "ON CONFLICT", "TEMPORARY"):
        assert unknown not in statements.replace("\n", " "), unknown


def test_rows_go_to_sql_server_many_at_a_time():
    engine = make_engine("mssql+pyodbc://u:p@h/d?driver=x")
    assert engine.dialect.fast_executemany
    assert engine.dialect.name == "mssql"

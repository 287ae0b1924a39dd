"""What SQL Server is asked. No such server can be had, so deliveries run on SQLite, and each statement is compiled for both.

After a change that is meant, `LICEX_WRITE_GOLDEN=1` writes the golden text anew; read what has changed in it.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from exchange_db import deliver
from exchange_db.database import _held
from exchange_db.dialects import dialect_named, make_engine
from exchange_db.staging import Staging
from exchange_db.tables import METADATA
from exchange_db.views import _definitions

GOLDEN = Path(__file__).parent / "sql_server.sql"
DIALECT = mssql.dialect()


def made():
    for table in METADATA.sorted_tables:
        yield CreateTable(table)
        yield from (CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name)))


@pytest.fixture
def asked(platform, make, monkeypatch):
    """Every statement of those nights, and of the tables and views, as SQL Server would be asked it."""
    found = {}

    def compiled(statement):
        options = (
            {"literal_binds": True} if isinstance(statement, ExecutableDDLElement) else {"render_postcompile": True}
        )
        lines = str(statement.compile(dialect=DIALECT, compile_kwargs=options)).strip().splitlines()
        found["\n".join(line.rstrip() for line in lines)] = None

    def executed(_connection, statement, *_):
        if not isinstance(statement, str):
            compiled(statement)

    for statement in made():
        compiled(statement)
    for table, statement in _definitions():
        body = statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        found[f"-- view {table.name}\n{body}"] = None
    compiled(_held("findings"))
    monkeypatch.setattr(deliver, "staging", lambda _: Staging(dialect_named("mssql")))
    event.listen(platform._engine, "before_execute", executed)
    make.nights(platform)
    event.remove(platform._engine, "before_execute", executed)
    return ";\n\n".join(found) + ";\n"


def test_sql_server_is_asked_what_was_read_and_found_right(asked):
    if os.environ.get("LICEX_WRITE_GOLDEN"):
        GOLDEN.write_text(asked, encoding="utf-8")
    assert asked == GOLDEN.read_text(encoding="utf-8")


def test_nothing_that_sql_server_does_not_know_is_asked(asked):
    for unknown in (" IS 1", " IS 0", "LIMIT", " true", " false", "FOR UPDATE", "ON CONFLICT", "TEMPORARY"):
        assert unknown not in asked.replace("\n", " "), unknown


def test_rows_go_to_sql_server_many_at_a_time():
    engine = make_engine("mssql+pyodbc://u:p@h/d?driver=x")
    assert engine.dialect.fast_executemany
    assert engine.dialect.name == "mssql"

"""Platforms that no test can start: how SQL Server's tables come to be, and that OceanBase is asked what MariaDB is.

After a change that is meant, `LICEX_WRITE_GOLDEN=1` writes the golden text anew; read what has changed in it.
"""

import os
import re
from io import StringIO
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.dialects.mysql.base import MySQLDialect

from exchange_db import migration
from exchange_db.database import ExchangeDatabase

GOLDEN = Path(__file__).parent / "sql_server_migrations.sql"


def migrations(dialect):
    """Every migration as SQL, without a server."""
    said = StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": said})
    with Operations.context(context):
        for script in reversed(list(ScriptDirectory(str(migration._FOLDER)).walk_revisions())):
            said.write(f"-- {script.revision} {script.doc}\n")
            script.module.upgrade()
    return re.sub(r"[ \t]+$", "", said.getvalue(), flags=re.MULTILINE).strip() + "\n"


def test_the_migrations_of_sql_server_are_what_was_read_and_found_right():
    said = migrations("mssql")
    if os.environ.get("LICEX_WRITE_GOLDEN"):
        GOLDEN.write_text(said, encoding="utf-8")
    assert said == GOLDEN.read_text(encoding="utf-8")


def test_no_key_of_sql_server_is_longer_than_it_takes():
    """900 bytes for the primary key, which orders the table, and 1,700 for an index; two bytes a character."""
    for table in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", migrations("mssql"), re.DOTALL):
        lengths = {name.strip("[]"): int(size) for name, size in re.findall(r"(\S+) NVARCHAR\((\d+)\)", table[1])}
        (key,) = re.findall(r"PRIMARY KEY \((.*)\)", table[1])
        assert sum(2 * lengths.get(name.strip("[] "), 4) for name in key.split(",")) <= 900, table[0]


def nights(url, make):
    """Make the tables and deliver those nights; every statement that the server is asked."""
    platform, asked = ExchangeDatabase(url), []
    event.listen(platform._engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    platform.prepare()
    make.nights(platform)
    platform.close()
    # RETURNING is Alembic's, which puts it where the version allows it.
    return [re.sub(r"INFILE '[^']*'|\btest_\d+\b| RETURNING .*", "", statement) for statement in asked]


def test_oceanbase_is_asked_what_mariadb_is(new_database, make, monkeypatch):
    # MariaDB of this version has no variable of the name by which SQLAlchemy asks the others.
    monkeypatch.setattr(MySQLDialect, "get_isolation_level", lambda *_: "REPEATABLE READ")
    of_mariadb = nights(new_database("mariadb"), make)
    told = MySQLDialect._parse_server_version
    monkeypatch.setattr(
        MySQLDialect, "_parse_server_version", lambda dialect, _: told(dialect, "5.7.25-OceanBase-v4.2.1.0")
    )
    of_other = nights(new_database("mariadb"), make)
    assert len(of_mariadb) > 300
    assert of_other == of_mariadb

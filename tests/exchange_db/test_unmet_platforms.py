"""Platforms that no test can start: the migrations of SQL Server, and the statements for OceanBase, which are MariaDB's.

After an intended change `LICEX_WRITE_GOLDEN=1` rewrites the golden text; review the difference.
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
    output = StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": output})
    with Operations.context(context):
        for script in reversed(list(ScriptDirectory(str(migration._FOLDER)).walk_revisions())):
            output.write(f"-- {script.revision} {script.doc}\n")
            script.module.upgrade()
    return re.sub(r"[ \t]+$", "", output.getvalue(), flags=re.MULTILINE).strip() + "\n"


def test_the_migrations_of_sql_server_are_what_was_read_and_found_right():
    output = migrations("mssql")
    if os.environ.get("LICEX_WRITE_GOLDEN"):
        GOLDEN.write_text(output, encoding="utf-8")
    assert output == GOLDEN.read_text(encoding="utf-8")


def test_no_key_of_sql_server_is_longer_than_it_takes():
    """At most 900 bytes for a primary key, which clusters the table, and 1,700 for an index; two bytes a character."""
    for table in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", migrations("mssql"), re.DOTALL):
        lengths = {name.strip("[]"): int(size) for name, size in re.findall(r"(\S+) NVARCHAR\((\d+)\)", table[1])}
        (key,) = re.findall(r"PRIMARY KEY \((.*)\)", table[1])
        assert sum(2 * lengths.get(name.strip("[] "), 4) for name in key.split(",")) <= 900, table[0]


def nights(url, make):
    """Create the tables and deliver those nights; returns every statement for the server."""
    platform, statements = ExchangeDatabase(url), []
    event.listen(platform._engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    platform.prepare()
    make.nights(platform)
    platform.close()
    # Alembic adds RETURNING if the version supports it.
    return [re.sub(r"INFILE '[^']*'|\btest_\d+\b| RETURNING .*", "", statement) for statement in statements]


def test_the_statements_for_oceanbase_are_those_for_mariadb(new_database, make, monkeypatch):
    # This version of MariaDB lacks the variable that SQLAlchemy reads from other versions.
    monkeypatch.setattr(MySQLDialect, "get_isolation_level", lambda *_: "REPEATABLE READ")
    of_mariadb = nights(new_database("mariadb"), make)
    parse_version = MySQLDialect._parse_server_version
    monkeypatch.setattr(
        MySQLDialect, "_parse_server_version", lambda dialect, _: parse_version(dialect, "5.7.25-OceanBase-v4.2.1.0")
    )
    of_other = nights(new_database("mariadb"), make)
    assert len(of_mariadb) > 300
    assert of_other == of_mariadb

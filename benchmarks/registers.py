"""Loads generated registers into servers, and writes the declarations of benchmarks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import adbc_driver_postgresql.dbapi
import psycopg
import pyarrow as pa
import pymysql
from invented_register import CATALOGUE, DECLARATION, SCHEMA, licences

from demo.servers import Server

SOURCE = "benchmark.licences"


def make_database(server: Server, name: str) -> None:
    """Recreate a database; the checkpoint flushes earlier writes."""
    with psycopg.connect(postgresql_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute("CHECKPOINT")


def plain_url(server: Server, database: str) -> str:
    """The URL of a user whose password needs no quoting, for programs that do not quote it."""
    with psycopg.connect(postgresql_url(server, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'peer'").fetchone():
            connection.execute("CREATE ROLE peer SUPERUSER LOGIN PASSWORD 'peer'")
    return f"postgresql://peer:peer@127.0.0.1:{server.port}/{database}"


def postgresql_url(server: Server, database: str) -> str:
    """The URL for libpq."""
    return server.url("postgresql", database)


def fill_postgresql(server: Server, database: str, count: int, columns: Sequence[str] = SCHEMA.names) -> None:
    """Load the table `XKZ` with a key and an index on its update times, analysed as in operation."""
    make_database(server, database)
    url = postgresql_url(server, database)
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    rows = pa.RecordBatchReader.from_batches(schema, (batch.select(columns) for batch in licences(count)))
    with adbc_driver_postgresql.dbapi.connect(url) as adbc, adbc.cursor() as cursor:
        cursor.adbc_ingest("XKZ", rows, mode="create")
        adbc.commit()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('ALTER TABLE "XKZ" ADD PRIMARY KEY ("ID")')
        connection.execute('CREATE INDEX ON "XKZ" ("GXSJ")')
        connection.execute('VACUUM ANALYZE "XKZ"')


def fill_mariadb(server: Server, database: str, count: int, columns: Sequence[str], folder: Path) -> None:
    """Load the table `XKZ` in utf8mb4, with a key."""
    types = {pa.int64(): "BIGINT", pa.timestamp("us"): "DATETIME", pa.date32(): "DATE", pa.string(): "VARCHAR(200)"}
    defined = ", ".join(f"`{name}` {types[SCHEMA.field(name).type]}" for name in columns)
    path = folder / "register.csv"
    _write_csv(path, columns, licences(count))
    login = {"host": "127.0.0.1", "port": server.port, "user": server.user, "password": server.password}
    with (
        closing(pymysql.connect(**login, charset="utf8mb4", local_infile=True, autocommit=True)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"CREATE OR REPLACE DATABASE {database} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE TABLE {database}.XKZ ({defined}, PRIMARY KEY (ID))")
        cursor.execute(
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {database}.XKZ CHARACTER SET utf8mb4 "
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\n'"
        )
        cursor.execute(f"ANALYZE TABLE {database}.XKZ")
    path.unlink()


def _write_csv(path: Path, columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for batch in batches:
            writer.writerows(zip(*(batch[name].to_pylist() for name in columns), strict=True))


def declare(folder: Path, declaration: str = DECLARATION) -> Path:
    """Write the declaration of `SOURCE` and the city's catalogue; returns the folder of sources."""
    department, _, licence = SOURCE.partition(".")
    (folder / "sources" / department).mkdir(parents=True, exist_ok=True)
    (folder / "sources" / "licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
    (folder / "sources" / department / f"{licence}.yaml").write_text(declaration, encoding="utf-8")
    return folder / "sources"


def odbc_string(server: Server, database: str) -> str:
    """The connection string of MariaDB's ODBC driver; braces in it are doubled."""
    password = server.password.replace("}", "}}")
    options = (
        f"SERVER=127.0.0.1;PORT={server.port};DATABASE={database};UID={server.user};PWD={{{password}}};CHARSET=utf8mb4"
    )
    return f"DRIVER={{MariaDB Unicode}};{options}"

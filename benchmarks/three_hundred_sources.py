"""Measures a night of many small sources under a real Airflow scheduler with the LocalExecutor.

    python benchmarks/three_hundred_sources.py [--sources 300] [--metadata sqlite|postgresql] [--set KEY=VALUE ...]

Every source is a table of 200 rows in one PostgreSQL server; all were due an hour ago, so Airflow runs them as soon as it finds
them. The night lasts from the first queued run to the end of the last one. Before it, the DAGs are parsed in a separate process, as
Airflow does. `--set` overrides an Airflow setting, such as `--set AIRFLOW__CORE__PARALLELISM=8`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import sqlalchemy
from invented_register import CATALOGUE, DECLARATION, SCHEMA, licences, wrong_rows
from registers import make_database, postgresql_url
from side_by_side import POSTGRESQL, Target, machine, temporary_folder

from demo import servers
from demo.standalone import standalone, standalone_environment
from exchange_db.database import ExchangeDatabase

ROWS = 200
SHANGHAI = ZoneInfo("Asia/Shanghai")
SETTINGS = {
    # On two cores more parallel tasks only wait for each other, and each needs memory.
    "AIRFLOW__CORE__PARALLELISM": "4",
    # Parsing three hundred declarations every half minute would take a core from the tasks.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    # All runs are due, and created, at once.
    "AIRFLOW__SCHEDULER__MAX_DAGRUNS_TO_CREATE_PER_LOOP": "300",
    "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "100",
    "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "32",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}
PARSE = """
import json, sys, time
began = time.perf_counter()
from airflow.dag_processing.dagbag import DagBag
imported = time.perf_counter()
bag = DagBag(sys.argv[1])
heavy = [name for name in ("pandas", "great_expectations") if name in sys.modules]
print()
print(json.dumps({"airflow": imported - began, "parse": time.perf_counter() - imported, "dags": len(bag.dags), "heavy": heavy, "errors": len(bag.import_errors)}))
"""


def fill_databases(server: servers.Server, folder: Path, count: int, due: datetime) -> Path:
    """Create a table and a declaration for every source; returns the folder of declarations."""
    import adbc_driver_postgresql.dbapi

    make_database(server, "register")
    make_database(server, "platform")
    ExchangeDatabase(server.url("postgresql+psycopg", "platform")).prepare()
    yesterday = (due - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    register = pa.Table.from_batches(licences(count * ROWS, yesterday), SCHEMA)
    sources = folder / "sources"
    (sources / "benchmark").mkdir(parents=True)
    (sources / "licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
    text = DECLARATION.replace('"30 1 * * *"', f'"{due.minute} {due.hour} * * *"')
    with adbc_driver_postgresql.dbapi.connect(postgresql_url(server, "register")) as adbc, adbc.cursor() as cursor:
        for number in range(count):
            cursor.adbc_ingest(f"XKZ_{number:03}", register.slice(number * ROWS, ROWS), mode="create")
            declared = text.replace("table: XKZ", f"table: XKZ_{number:03}")
            (sources / "benchmark" / f"source_{number:03}.yaml").write_text(declared, encoding="utf-8")
        adbc.commit()
    return sources


def parse(environ: Mapping[str, str]) -> dict[str, object]:
    """Parse the DAGs in a separate process; returns its timings, and the heavy modules that were loaded."""
    command = [sys.executable, "-W", "ignore", "-c", PARSE, environ["AIRFLOW__CORE__DAGS_FOLDER"]]
    ended = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"parsing ended with {ended.returncode}: {ended.stderr[-2000:]}")
    found: dict[str, object] = json.loads(ended.stdout.strip().rsplit("\n", 1)[-1])
    return found


def night(environ: Mapping[str, str], count: int, patience: float) -> tuple[float, dict[str, float]]:
    """Run the night; returns its seconds, and the mean seconds of each kind of task."""
    end = time.monotonic() + patience
    log = Path(environ["AIRFLOW_HOME"]) / "standalone.log"
    with standalone(environ) as airflow, log.open("w") as written:
        reader = subprocess.Popen(
            ["cat"], stdin=airflow.stdout, stdout=written
        )  # otherwise its pipe fills up and blocks it
        metadata = sqlalchemy.create_engine(environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        ended = _ended(metadata)
        while len(ended) < count and time.monotonic() < end:
            time.sleep(1)
            ended = _ended(metadata)
            print(f"  {len(ended)}/{count} runs ended, {_tasks(metadata)}   ", file=sys.stderr, flush=True)
        times = _times(metadata)
        metadata.dispose()
        reader.terminate()
    if set(ended.values()) != {"success"} or len(ended) != count:
        raise SystemExit(
            f"the night did not end well: {len(ended)} of {count} runs, states {set(ended.values())}; {log.read_text()[-3000:]}"
        )
    return times


def _ended(metadata: sqlalchemy.Engine) -> dict[str, str]:
    query = sqlalchemy.text(
        "SELECT dag_id, state FROM dag_run WHERE dag_id LIKE 'benchmark.%' AND state IN ('success', 'failed')"
    )
    with metadata.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _tasks(metadata: sqlalchemy.Engine) -> str:
    with metadata.connect() as connection:
        states = connection.exec_driver_sql("SELECT state, count(*) FROM task_instance GROUP BY state").fetchall()
    return ", ".join(f"{number} {state}" for state, number in states)


def _times(metadata: sqlalchemy.Engine) -> tuple[float, dict[str, float]]:
    runs = sqlalchemy.text("SELECT min(queued_at), max(end_date) FROM dag_run WHERE dag_id LIKE 'benchmark.%'")
    tasks = sqlalchemy.text(
        "SELECT task_id, avg(duration) FROM task_instance WHERE dag_id LIKE 'benchmark.%' GROUP BY task_id"
    )
    with metadata.connect() as connection:
        first, last = (_instant(value) for value in connection.execute(runs).one())
        means = {row[0]: float(row[1]) for row in connection.execute(tasks)}
    return (last - first).total_seconds(), means


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def require_delivered(server: servers.Server, count: int) -> None:
    """Require all rows on the platform and in the ledger."""
    with psycopg.connect(postgresql_url(server, "platform")) as connection:
        ledger = connection.execute(
            "SELECT count(*), sum(inserted), sum(held) FROM exchange_batch WHERE status = 'delivered'"
        ).fetchone()
        licences_there = connection.execute("SELECT count(*) FROM licence").fetchone()
    held = wrong_rows(count * ROWS)
    if ledger != (count, count * ROWS - held, held) or licences_there != (count * ROWS - held,):
        raise SystemExit(f"a night that is not right is no figure: ledger {ledger}, licences {licences_there}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--metadata", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--parse-only", action="store_true")
    options = parser.parse_args()
    due = datetime.now(SHANGHAI).replace(second=0, microsecond=0) - timedelta(hours=1)
    with (
        temporary_folder() as folder,
        servers.postgresql(folder / "postgresql", (*POSTGRESQL, "max_connections=200")) as server,
    ):
        sources = fill_databases(server, folder, options.sources, due)
        environ = _environment(
            server, folder, sources, options.metadata, dict(one.split("=", 1) for one in options.set)
        )
        parsed = parse(environ)
        print(f"parsed: {parsed}", file=sys.stderr)
        if parsed["dags"] != options.sources + 2 or parsed["errors"]:
            raise SystemExit(f"parsing is not as promised: {parsed}")
        seconds, means = (
            (0.0, {}) if options.parse_only else night(environ, options.sources, 10.0 * options.sources + 300)
        )
        if not options.parse_only:
            require_delivered(server, options.sources)
    _show(options.sources, options.metadata, parsed, seconds, means)


def _environment(
    server: servers.Server, folder: Path, sources: Path, metadata: str, changed: Mapping[str, str]
) -> dict[str, str]:
    url = f"sqlite:///{folder}/airflow/airflow.db"
    if metadata == "postgresql":
        make_database(server, "airflow")
        url = server.url("postgresql+psycopg2", "airflow")
    return {
        **os.environ,
        **standalone_environment(folder, servers.free_port()),
        **SETTINGS,
        **changed,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "LICEX_SOURCES": str(sources),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": server.url("postgresql+psycopg", "platform"),
        "LICEX_CONN_REGISTER": server.url("postgresql+psycopg", "register"),
    }


def _show(count: int, metadata: str, parsed: dict[str, object], seconds: float, means: Mapping[str, float]) -> None:
    print(
        f"\n### {count} sources of {ROWS} rows, LocalExecutor, metadata in {metadata}\n\n{datetime.now(UTC):%Y-%m-%d}, {machine()}\n"
    )
    print("| what | seconds |\n| --- | ---: |")
    print(
        f"| parsing {parsed['dags']} DAGs | {parsed['parse']:.2f} |\n| importing Airflow before that | {parsed['airflow']:.2f} |"
    )
    print(f"| the night | {seconds:.0f} |")
    for task, mean in means.items():
        print(f"| a task `{task}`, mean | {mean:.2f} |")
    print("\n| figure | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    if seconds:
        print(Target("seconds a source", seconds / count, 3.0).line)
    print(Target("seconds to parse", float(str(parsed["parse"])), 10.0).line)
    heavy = parsed["heavy"]
    print(
        f"| heavy modules imported by parsing | {' '.join(heavy) if isinstance(heavy, list) and heavy else 'none'} | none | {'no' if heavy else 'yes'} |"
    )


if __name__ == "__main__":
    main()

"""A real Airflow on loopback, its metadata in PostgreSQL, and what tests ask of it: start a part, begin a run, wait for a state."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import psutil
import psycopg
import pytest

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(sys.executable).parent / "airflow"
PATIENCE = 90  # seconds; longer than any single wait takes on two busy cores
# Only runs that a test asks for: the schedule's day comes once in four years.
NEVER = "0 0 29 2 *"
PROBE = """
import sys
from airflow.sdk import DAG, task

@task
def loaded():
    return sorted({"extractors", "transforms.conform", "expectations.assess", "great_expectations"} & set(sys.modules))

with DAG("probe", schedule=None):
    loaded()
"""


@dataclass
class Airflow:
    """A deployment: one environment, a metadata database, and the processes that were started."""

    folder: Path
    environ: dict
    metadata: psycopg.Connection
    processes: dict = field(default_factory=dict)
    may_fail: bool = False  # whether runs that fail are part of the test

    def start(self, name, *command, **environ):
        """Start `airflow <command>`; its output goes to `<name>.log`."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = psutil.Popen(
                [AIRFLOW, *command],
                env={**self.environ, **environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, name, how):
        """Send a signal to a process and to all it has started, as a power cut or a shutdown does."""
        process = self.processes[name]
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(how)

    def stop(self):
        """End everything at once; nothing of it is needed any more."""
        started = [process for process in self.processes.values() if process.is_running()]
        everything = [*started, *(child for process in started for child in process.children(recursive=True))]
        for process in everything:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everything, timeout=15)

    def rows(self, query, *values):
        """What the metadata database says, as tuples."""
        return self.metadata.execute(query, values).fetchall()

    def wait(self, what, condition):
        """Wait until `condition()` gives something true, and give that; asked again at every change of a task."""
        end = monotonic() + PATIENCE
        while not (found := condition()):
            failed = not self.may_fail and self.rows("SELECT 1 FROM dag_run WHERE state = 'failed'")
            in_vain = monotonic() > end or failed
            assert not in_vain, f"expected {what}\n{self.state()}"
            for _ in self.metadata.notifies(timeout=0.2, stop_after=1):
                pass
        return found

    def state(self):
        """For people, when a test fails."""
        tasks = self.rows(
            "SELECT dag_id, task_id, map_index, try_number, state, unixname FROM task_instance ORDER BY 1, 2, 3"
        )
        logs = [f"--- {name}\n{(self.folder / f'{name}.log').read_text()[-2000:]}" for name in self.processes]
        return "\n".join([*map(str, tasks), *logs])

    def trigger(self, dag, key, **conf):
        """Begin the run of one day, through the REST interface; gives its name."""
        self.wait(f"{dag} to be parsed", lambda: self.rows("SELECT 1 FROM dag WHERE dag_id = %s", dag))
        return self._ask(f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "partition_key": key, "conf": conf})[
            "dag_run_id"
        ]

    def clear(self, dag, run, *tasks):
        """Clear some tasks of a run and no others, as a person does on the web page."""
        body = {"dag_run_id": run, "task_ids": list(tasks), "dry_run": False, "only_failed": False}
        body |= dict.fromkeys(("include_upstream", "include_downstream", "include_future", "include_past"), False)
        self._ask(f"/api/v2/dags/{dag}/clearTaskInstances", body)

    def log(self, dag, run, task):
        """What the log of the last try of a task says."""
        pattern = f"dag_id={dag}/run_id={run}/task_id={task}/attempt=*.log"
        logs = (self.folder / "airflow/logs").glob(pattern)
        return max(logs, key=lambda path: int(path.stem.rpartition("=")[2])).read_text()

    def succeed(self, *dags):
        """Wait until the only run of each of some DAGs has succeeded."""
        query = "SELECT dag_id FROM dag_run WHERE state = 'success'"
        self.wait(f"{dags} to succeed", lambda: {(dag,) for dag in dags} <= set(self.rows(query)))

    def loaded_at_start(self):
        """Which of the heavy modules a task finds loaded when it starts."""
        self.trigger("probe", None)
        self.succeed("probe")
        return self.rows("SELECT value FROM xcom WHERE dag_id = 'probe'")[0][0]

    def heavy(self):
        """Names of the processes that have loaded pandas themselves."""
        alive = {name: one for name, one in self.processes.items() if one.status() != psutil.STATUS_ZOMBIE}
        return {name for name, one in alive.items() if any("/pandas/" in found.path for found in one.memory_maps())}

    def _ask(self, path, body):
        request = urllib.request.Request(
            self.environ["AIRFLOW__API__BASE_URL"] + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._token()}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def _token(self):
        address = self.environ["AIRFLOW__API__BASE_URL"] + "/auth/token"

        def answer():
            try:
                with urllib.request.urlopen(address, timeout=30) as found:
                    return json.load(found)["access_token"]
            except urllib.error.URLError:
                return None

        return self.wait("the web server to answer", answer)


@contextmanager
def airflow(folder, server, executor, environ):
    """An Airflow with a metadata database of its own in a PostgreSQL server; all of it is stopped in the end."""
    name = f"airflow_{secrets.token_hex(4)}"
    with psycopg.connect(server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    (folder / "dags").mkdir()
    (folder / "dags/nightly.py").write_text(
        "from dags.factory import source_dags  # for Airflow\n\nglobals().update(source_dags())\n"
    )
    (folder / "dags/probe.py").write_text(PROBE)
    port = free_port()
    variables = {
        **os.environ,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__EXECUTOR": executor,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": server.url("postgresql+psycopg", name),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": server.url("postgresql+psycopg_async", name),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "deploy"), os.environ.get("PYTHONPATH", "")])),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        **environ,
    }
    subprocess.run([AIRFLOW, "db", "migrate"], env=variables, check=True, capture_output=True)
    with ExitStack() as ending, psycopg.connect(server.url("postgresql", name), autocommit=True) as metadata:
        _tell_of_changes(metadata)
        running = Airflow(folder, variables, metadata)
        ending.callback(running.stop)
        running.start("api-server", "api-server")
        running.start("dag-processor", "dag-processor")
        running.start("scheduler", "scheduler", "--skip-serve-logs")
        yield running


@pytest.fixture(scope="session")
def run_airflow():
    """Start a deployment: `with run_airflow(folder, server, executor, environ) as airflow`."""
    return airflow


@pytest.fixture(scope="session")
def never():
    """A schedule that is not due while a test runs."""
    return NEVER


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _tell_of_changes(metadata):
    """Let the database say when a task changes, so that nobody has to ask all the time."""
    metadata.execute("LISTEN task")
    metadata.execute(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY task; RETURN NULL; END $$"
    )
    for table in ("task_instance", "dag_run", "dag"):
        metadata.execute(
            f"CREATE TRIGGER tell AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION tell()"
        )

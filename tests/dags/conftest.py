"""A real Airflow on loopback with its metadata in PostgreSQL: tests start its processes, trigger runs and wait for states."""

import json
import os
import secrets
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

from demo.servers import free_port

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(sys.executable).parent / "airflow"
TIMEOUT = 90  # seconds; longer than any single wait takes on two busy cores
# The day of this schedule comes once in four years, so that there are no runs but those of the tests.
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
    """A deployment of Airflow.

    Attributes:
        processes: by the name under which they were started.
        may_fail: whether the test expects runs that fail.
    """

    folder: Path
    environ: dict
    metadata: psycopg.Connection
    processes: dict = field(default_factory=dict)
    may_fail: bool = False

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

    def send_signal(self, name, number):
        """Send a signal to a process and all of its children, as a power cut or a shutdown does."""
        process = self.processes[name]
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def stop(self):
        """Kill all processes."""
        started = [process for process in self.processes.values() if process.is_running()]
        everything = [*started, *(child for process in started for child in process.children(recursive=True))]
        for process in everything:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everything, timeout=15)

    def rows(self, query, *values):
        """The rows of a query on the metadata database."""
        return self.metadata.execute(query, values).fetchall()

    def wait(self, what, condition):
        """Wait until `condition()` returns something true; returns that. It is called again after every change of a task."""
        end = monotonic() + TIMEOUT
        while not (found := condition()):
            failed = not self.may_fail and self.rows("SELECT 1 FROM dag_run WHERE state = 'failed'")
            hopeless = failed or monotonic() > end
            assert not hopeless, f"expected {what}\n{self.state()}"
            for _ in self.metadata.notifies(timeout=0.2, stop_after=1):
                pass
        return found

    def state(self):
        """The states of all tasks and the ends of all logs, for the message of a failed test."""
        tasks = self.rows(
            "SELECT dag_id, task_id, map_index, try_number, state, unixname FROM task_instance ORDER BY 1, 2, 3"
        )
        logs = [f"--- {name}\n{(self.folder / f'{name}.log').read_text()[-2000:]}" for name in self.processes]
        return "\n".join([*map(str, tasks), *logs])

    def trigger(self, dag, key, **conf):
        """Trigger the run of a day through the REST interface; returns its id."""
        self.wait(f"{dag} to be parsed", lambda: self.rows("SELECT 1 FROM dag WHERE dag_id = %s", dag))
        body = {"logical_date": None, "partition_key": key, "conf": conf}
        return self._post(f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"]

    def clear(self, dag, run, *tasks):
        """Clear some tasks of a run and no others, as an operator does in the web interface."""
        body = {"dag_run_id": run, "task_ids": list(tasks), "dry_run": False, "only_failed": False}
        body |= dict.fromkeys(("include_upstream", "include_downstream", "include_future", "include_past"), False)
        self._post(f"/api/v2/dags/{dag}/clearTaskInstances", body)

    def log(self, dag, run, task):
        """The log of the last attempt of a task."""
        pattern = f"dag_id={dag}/run_id={run}/task_id={task}/attempt=*.log"
        logs = (self.folder / "airflow/logs").glob(pattern)
        return max(logs, key=lambda path: int(path.stem.rpartition("=")[2])).read_text()

    def succeed(self, *dags):
        """Wait until the only run of each of some DAGs has succeeded."""
        query = "SELECT dag_id FROM dag_run WHERE state = 'success'"
        self.wait(f"{dags} to succeed", lambda: {(dag,) for dag in dags} <= set(self.rows(query)))

    def loaded_at_start(self):
        """The heavy modules that are already loaded when a task starts."""
        self.trigger("probe", None)
        self.succeed("probe")
        return self.rows("SELECT value FROM xcom WHERE dag_id = 'probe'")[0][0]

    def processes_with_pandas(self):
        """The names of the processes that have loaded pandas themselves."""
        alive = {name: process for name, process in self.processes.items() if process.status() != psutil.STATUS_ZOMBIE}
        return {
            name for name, process in alive.items() if any("/pandas/" in file.path for file in process.memory_maps())
        }

    def _post(self, path, body):
        request = urllib.request.Request(
            self.environ["AIRFLOW__API__BASE_URL"] + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._token()}"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def _token(self):
        address = self.environ["AIRFLOW__API__BASE_URL"] + "/auth/token"

        def request_token():
            try:
                with urllib.request.urlopen(address, timeout=30) as response:
                    return json.load(response)["access_token"]
            except urllib.error.URLError:
                return None

        return self.wait("the web server to answer", request_token)


@contextmanager
def airflow(folder, server, executor, environ):
    """Start Airflow with a new metadata database in a PostgreSQL server; stops it in the end."""
    name = f"airflow_{secrets.token_hex(4)}"
    with psycopg.connect(server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    (folder / "dags").mkdir()
    (folder / "dags/nightly.py").write_text(
        "from dags.factory import source_dags  # for Airflow\n\nglobals().update(source_dags())\n"
    )
    (folder / "dags/probe.py").write_text(PROBE)
    variables = {**_variables(folder, server, name), "AIRFLOW__CORE__EXECUTOR": executor, **environ}
    subprocess.run([AIRFLOW, "db", "migrate"], env=variables, check=True, capture_output=True)
    with ExitStack() as stack, psycopg.connect(server.url("postgresql", name), autocommit=True) as metadata:
        _notify_changes(metadata)
        deployment = Airflow(folder, variables, metadata)
        stack.callback(deployment.stop)
        deployment.start("api-server", "api-server")
        deployment.start("dag-processor", "dag-processor")
        deployment.start("scheduler", "scheduler", "--skip-serve-logs")
        yield deployment


def _variables(folder, server, database):
    """The environment of a deployment."""
    port = free_port()
    return {
        **os.environ,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": server.url("postgresql+psycopg", database),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": server.url("postgresql+psycopg_async", database),
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
    }


@pytest.fixture(scope="session")
def run_airflow():
    """Start a deployment: `with run_airflow(folder, server, executor, environ) as airflow`."""
    return airflow


@pytest.fixture(scope="session")
def never():
    """A schedule that is not due while a test runs."""
    return NEVER


def _notify_changes(metadata):
    """Let the database notify of changed tasks, so that tests need not poll."""
    metadata.execute("LISTEN task")
    metadata.execute(
        "CREATE FUNCTION notify_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY task; RETURN NULL; END $$"
    )
    for table in ("task_instance", "dag_run", "dag"):
        metadata.execute(
            f"CREATE TRIGGER notify_task AFTER INSERT OR UPDATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION notify_task()"
        )

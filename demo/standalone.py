"""`make airflow`: the demo city with a real scheduler and web server on loopback, until it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dags.in_process import environment

_READY = "Airflow is ready"
_USER, _PASSWORD = "admin", "admin"  # loopback only; production has an auth manager of its own


def standalone_environment(folder: Path, port: int) -> dict[str, str]:
    """The environment variables of an Airflow that listens on loopback only, with one fixed login."""
    passwords = folder / "airflow" / "passwords.json"
    passwords.parent.mkdir(parents=True, exist_ok=True)
    passwords.write_text(json.dumps({_USER: _PASSWORD}), encoding="utf-8")
    preload = Path(__file__).parents[1] / "deploy"
    return {
        **environment(folder / "airflow"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
        # Airflow starts its components by name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(preload), os.environ.get("PYTHONPATH", "")])),
    }


@contextmanager
def standalone(environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start `airflow standalone`, wait until it is ready, and stop all of its processes at the end.

    Args:
        environ: the complete environment of the process.

    Raises:
        RuntimeError: when it ends before it is ready.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command
        [str(Path(sys.executable).parent / "airflow"), "standalone"],
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        if not any(_READY in line for line in process.stdout or ()):
            raise RuntimeError(f"airflow standalone ended with {process.wait()} before it was ready")
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """Terminate the process and everything it started, and kill them if they do not end."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            return
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            continue


def main(folder: Path, port: int) -> int:
    """Serve until interrupted."""
    from demo.city import DAYS, advance_to
    from demo.night import settings

    for signal_number in (signal.SIGTERM, signal.SIGHUP):  # must not leave a scheduler behind
        signal.signal(signal_number, signal.default_int_handler)
    for day in DAYS:
        advance_to(folder / "city", day)
    environ = {**os.environ, **settings(folder), **standalone_environment(folder, port)}
    with (folder / "airflow.log").open("a") as log, standalone(environ) as process:
        print(  # noqa: T201 - the output of the command
            f"http://127.0.0.1:{port}  login {_USER}, password {_PASSWORD}; Ctrl-C stops it; log: {folder}/airflow.log",
            flush=True,
        )
        try:
            for line in process.stdout or ():
                log.write(line)
        except KeyboardInterrupt:
            print("stopping")  # noqa: T201 - the output of the command
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(".run").resolve(), int(os.environ.get("PORT", "8080"))))

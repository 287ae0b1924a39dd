"""Real servers on loopback, each with its own data folder and port, for tests, benchmarks and trials."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_PASSWORD = "Zz#1 %/@:pa'ss"  # noqa: S105 - of short-lived servers; its characters are hard for URLs and drivers
_START_TIMEOUT = 60.0  # seconds


class NotInstalled(Exception):
    """A program is not installed; the message names it and its Debian package."""


@dataclass
class Server:
    """A running server.

    Attributes:
        kind: `postgresql`, `mariadb` or `redis`.
        folder: its data, log and socket.
        port: on 127.0.0.1.
        user: the superuser.
        password: of the user; it contains characters that URLs must quote.
    """

    kind: str
    folder: Path
    port: int
    user: str
    password: str
    _command: Sequence[str]
    _ready: Sequence[str]
    _account: str | None
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, or restart it after `kill`, and wait until it answers."""
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                user=self._account,
                env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"},
                start_new_session=True,
            )
        end = time.monotonic() + _START_TIMEOUT
        while subprocess.run(self._ready, capture_output=True, check=False).returncode:  # noqa: S603 - our own command
            if not self.running or time.monotonic() > end:
                log = (self.folder / "log").read_text(errors="replace")[-1000:]
                raise RuntimeError(f"{self.kind}: expected it to answer on port {self.port}, found: {log}")
            time.sleep(0.02)  # readiness can only be polled

    def kill(self) -> None:
        """Kill the server and its children at once, as in a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Shut the server down in order."""
        self._end(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)

    def url(self, driver: str, database: str) -> str:
        """A SQLAlchemy URL of one of its databases, such as `url("postgresql+psycopg", "land")`."""
        return f"{driver}://{self.user}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    @property
    def running(self) -> bool:
        """Whether its process is running."""
        return self._process is not None and self._process.poll() is None

    def _end(self, signal_number: signal.Signals) -> None:
        if self._process is None:
            return
        # A postgres child outlives its killed parent for a moment, so the whole group is killed.
        send = os.killpg if signal_number is signal.SIGKILL else os.kill
        if self.running:
            send(self._process.pid, signal_number)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


@contextmanager
def postgresql(folder: Path, settings: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL server with the superuser `exchange`, encoding UTF-8; stopped at the end.

    Args:
        folder: of its data; created if missing.
        settings: such as `fsync=on`, overriding the fast ones for tests.

    Raises:
        NotInstalled: without Debian's `postgresql`.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not programs:
        raise NotInstalled("PostgreSQL's server (Debian: postgresql)")
    account = _account("postgres")
    folder.mkdir(parents=True, exist_ok=True)
    _chown(folder, account)
    (folder / "password").write_text(_PASSWORD)
    _chown(folder / "password", account)
    data, port = folder / "data", free_port()
    if not data.exists():
        options = ["-U", "exchange", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--no-sync"]
        _run([str(programs[-1] / "initdb"), "-D", str(data), *options, f"--pwfile={folder / 'password'}"], account)
    fast = ["fsync=off", "full_page_writes=off", "max_connections=60"]
    listen = [
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        f"port={port}",
        "timezone=Asia/Shanghai",
    ]
    options = [part for setting in (*fast, *listen, *settings) for part in ("-c", setting)]
    command = [str(programs[-1] / "postgres"), "-D", str(data), *options]
    ready = [str(programs[-1] / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    with _running(Server("postgresql", folder, port, "exchange", _PASSWORD, command, ready, account)) as server:
        yield server


@contextmanager
def mariadb(folder: Path, settings: Sequence[str] = ()) -> Iterator[Server]:
    """A MariaDB server with the superuser `exchange`, encoding utf8mb4; stopped at the end.

    Args:
        folder: of its data; created if missing.
        settings: options such as `--innodb-flush-log-at-trx-commit=1`, overriding the fast ones for tests.

    Raises:
        NotInstalled: without Debian's `mariadb-server`.
    """
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if program is None or installer is None:
        raise NotInstalled("MariaDB's server (Debian: mariadb-server)")
    account = _account("mysql")
    folder.mkdir(parents=True, exist_ok=True)
    _chown(folder, account)
    data, port = folder / "data", free_port()
    if not data.exists():
        install = [installer, "--no-defaults", f"--datadir={data}"]
        _run([*install, "--auth-root-authentication-method=normal", "--skip-test-db"], account)
    init_file = _mariadb_init_file(folder, account)
    fast = ["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-doublewrite=0", "--skip-log-bin"]
    options = [f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
    options += [f"--pid-file={folder / 'pid'}", f"--init-file={init_file}", "--character-set-server=utf8mb4"]
    options += ["--default-time-zone=+08:00", "--innodb-buffer-pool-size=256M", "--max-allowed-packet=64M"]
    command = [program, "--no-defaults", *options, *fast, *settings]
    # The user can log in only after the statements of the init file.
    login = folder / "login.cnf"
    login.write_text(f'[client]\nuser=exchange\npassword="{_PASSWORD}"\nhost=127.0.0.1\nport={port}\n')
    ready = ["mariadb", f"--defaults-file={login}", "-e", "SELECT 1"]
    with _running(Server("mariadb", folder, port, "exchange", _PASSWORD, command, ready, account)) as server:
        yield server


def _mariadb_init_file(folder: Path, account: str | None) -> Path:
    path = folder / "first.sql"
    quoted = _PASSWORD.replace("'", "''")
    # One statement a line; the anonymous user of a new server would take precedence over ours.
    path.write_text(
        "DROP USER IF EXISTS ''@localhost;\n"
        f"CREATE OR REPLACE USER exchange@'%' IDENTIFIED BY '{quoted}';\n"
        "GRANT ALL ON *.* TO exchange@'%' WITH GRANT OPTION;\n"
    )
    _chown(path, account)
    return path


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A Redis server without persistence; stopped at the end.

    Raises:
        NotInstalled: without Debian's `redis-server`.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("Redis (Debian: redis-server)")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    ready = ["redis-cli", "-p", str(port), "ping"]
    with _running(Server("redis", folder, port, "", "", command, ready, None)) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _account(name: str) -> str | None:
    """The account of a server: its own if we are root, as which servers refuse to run; otherwise ours."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return "nobody"


def _chown(path: Path, account: str | None) -> None:
    if account is not None:
        shutil.chown(path, account)


def _run(command: Sequence[str], account: str | None) -> None:
    ended = subprocess.run(command, capture_output=True, user=account, cwd="/", check=False)  # noqa: S603 - our own command
    if ended.returncode:
        raise RuntimeError(
            f"{command[0]}: expected to make a server, found: {ended.stderr.decode(errors='replace')[-500:]}"
        )


def free_port() -> int:
    """A port on loopback that is free at the moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])

"""Real servers on loopback, each with a data folder and a port of its own, for tests, benchmarks and trials."""

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

_PASSWORD = "Zz#1 %/@:pa'ss"  # noqa: S105 - of servers that live for a minute; it holds what URLs and drivers trip over
_WAIT = 60.0  # seconds until a server must answer


class NotInstalled(Exception):
    """A program that is not on this machine; the message names it and the Debian package that has it."""


@dataclass
class Server:
    """A server that runs.

    Attributes:
        kind: `postgresql`, `mariadb` or `redis`.
        folder: its data, log and socket.
        port: on 127.0.0.1.
        user: who may do everything.
        password: of the user; it holds characters that URLs must quote.
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
        """Start it, or start it again after `kill`, and wait until it answers."""
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
        end = time.monotonic() + _WAIT
        while subprocess.run(self._ready, capture_output=True, check=False).returncode:  # noqa: S603 - our own command
            if not self.running or time.monotonic() > end:
                log = (self.folder / "log").read_text(errors="replace")[-1000:]
                raise RuntimeError(f"{self.kind}: expected it to answer on port {self.port}, found: {log}")
            time.sleep(0.02)  # a server tells nobody when it is ready; asking is the only way to know

    def kill(self) -> None:
        """End it and its children at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)

    def url(self, driver: str, database: str) -> str:
        """A SQLAlchemy URL of one of its databases, such as `url("postgresql+psycopg", "land")`."""
        return f"{driver}://{self.user}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        # A postgres child outlives its parent's SIGKILL for a moment; the whole group goes.
        target = os.killpg if how is signal.SIGKILL else os.kill
        if self.running:
            target(self._process.pid, how)
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
        folder: where its data goes; made if it is not there.
        settings: lines such as `fsync=on` over the quick ones for tests.

    Raises:
        NotInstalled: where Debian's `postgresql` is not.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not programs:
        raise NotInstalled("PostgreSQL's server (Debian: postgresql)")
    account = _account("postgres")
    folder.mkdir(parents=True, exist_ok=True)
    _give(folder, account)
    (folder / "password").write_text(_PASSWORD)
    _give(folder / "password", account)
    data, port = folder / "data", _free_port()
    if not data.exists():
        options = ["-U", "exchange", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--no-sync"]
        _run([str(programs[-1] / "initdb"), "-D", str(data), *options, f"--pwfile={folder / 'password'}"], account)
    quick = ["fsync=off", "full_page_writes=off", "max_connections=60"]
    place = [
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        f"port={port}",
        "timezone=Asia/Shanghai",
    ]
    options = [part for setting in (*quick, *place, *settings) for part in ("-c", setting)]
    command = [str(programs[-1] / "postgres"), "-D", str(data), *options]
    ready = [str(programs[-1] / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    with _running(Server("postgresql", folder, port, "exchange", _PASSWORD, command, ready, account)) as server:
        yield server


@contextmanager
def mariadb(folder: Path, settings: Sequence[str] = ()) -> Iterator[Server]:
    """A MariaDB server with the user `exchange`, who may do everything, encoding utf8mb4; stopped at the end.

    Args:
        folder: where its data goes; made if it is not there.
        settings: options such as `--innodb-flush-log-at-trx-commit=1` over the quick ones for tests.

    Raises:
        NotInstalled: where Debian's `mariadb-server` is not.
    """
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if program is None or installer is None:
        raise NotInstalled("MariaDB's server (Debian: mariadb-server)")
    account = _account("mysql")
    folder.mkdir(parents=True, exist_ok=True)
    _give(folder, account)
    data, port = folder / "data", _free_port()
    if not data.exists():
        _run(
            [
                installer,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            account,
        )
    first = folder / "first.sql"
    quoted = _PASSWORD.replace("'", "''")
    # One statement a line; the anonymous user that a new server has would come before ours.
    first.write_text(
        "DROP USER IF EXISTS ''@localhost;\n"
        f"CREATE OR REPLACE USER exchange@'%' IDENTIFIED BY '{quoted}';\n"
        "GRANT ALL ON *.* TO exchange@'%' WITH GRANT OPTION;\n"
    )
    _give(first, account)
    quick = ["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-doublewrite=0", "--skip-log-bin"]
    place = [f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
    place += [f"--pid-file={folder / 'pid'}", f"--init-file={first}", "--character-set-server=utf8mb4"]
    place += ["--default-time-zone=+08:00", "--innodb-buffer-pool-size=256M", "--max-allowed-packet=64M"]
    command = [program, "--no-defaults", *place, *quick, *settings]
    # Only after its first statements are done does it let the user in.
    login = folder / "login.cnf"
    login.write_text(f'[client]\nuser=exchange\npassword="{_PASSWORD}"\nhost=127.0.0.1\nport={port}\n')
    ready = ["mariadb", f"--defaults-file={login}", "-e", "SELECT 1"]
    with _running(Server("mariadb", folder, port, "exchange", _PASSWORD, command, ready, account)) as server:
        yield server


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A Redis server that keeps nothing; stopped at the end.

    Raises:
        NotInstalled: where Debian's `redis-server` is not.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("Redis (Debian: redis-server)")
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
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
    """The account a server runs as: its own where we are root, which servers refuse to be; else whoever we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return "nobody"


def _give(path: Path, account: str | None) -> None:
    if account is not None:
        shutil.chown(path, account)


def _run(command: Sequence[str], account: str | None) -> None:
    done = subprocess.run(command, capture_output=True, user=account, cwd="/", check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise RuntimeError(
            f"{command[0]}: expected to make a server, found: {done.stderr.decode(errors='replace')[-500:]}"
        )


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])

"""A department in SQLite, and programs that run the DAGs of its sources in one process."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from dags.in_process import environment

DECLARATION = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
COLUMNS = ("ID", "GXSJ", "XKZBH", "MC", "DM", "FZRQ")
HOLDER = ("枣庄某某运输有限公司", "91370402MA0000007Y")


def declare(folder, name, text=DECLARATION):
    """Declare a source below `folder/sources`."""
    department, _, licence = name.partition(".")
    (folder / "sources" / department).mkdir(parents=True, exist_ok=True)
    (folder / f"sources/{department}/{licence}.yaml").write_text(text, encoding="utf-8")


def row(number, day, holder=HOLDER[0]):
    """A row that changed on a day; `number` is the end of its number and its key."""
    return (number, f"{day} 10:00:00", f"37040200{number:04}", holder, HOLDER[1], "2026-01-01")


def write_table(folder, rows, columns=COLUMNS):
    """Replace the table of the department, in `folder/transport.db`."""
    quoted = ", ".join(f'"{name}"' for name in columns)
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("DROP TABLE IF EXISTS XKZ")
        database.execute(f"CREATE TABLE XKZ ({quoted})")
        database.executemany(f"INSERT INTO XKZ VALUES ({', '.join('?' * len(columns))})", rows)
    database.close()


def run_program(folder, program, *arguments, **environ):
    """Run a Python program that uses Airflow; returns the JSON in the last line that it prints, and its whole output."""
    variables = {
        **os.environ,
        **environment(folder / "airflow"),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
        **environ,
    }
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    result = subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr[-5000:]
    return json.loads(result.stdout.splitlines()[-1]), result.stdout + result.stderr

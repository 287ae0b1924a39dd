"""A command imports only what it needs: imports are most of the time of a short command."""

import json
import os
import subprocess
import sys

import pytest

# Each takes from a tenth of a second to some seconds to import.
HEAVY = {
    *("pandas", "great_expectations", "scipy", "duckdb", "openpyxl", "python_calamine", "jinja2", "vl_convert"),
    *("alembic", "psycopg", "pymysql", "pyodbc", "adbc_driver_manager", "fsspec", "requests"),
}
DATA = {"sqlalchemy", "pyarrow", "numpy", "yaml"}  # not pydantic, which typer imports for annotations
NUMBER = "370402000001"
NEVER = {
    ("--help",): HEAVY | DATA,
    ("run", "--help"): HEAVY | DATA,
    ("--version",): HEAVY | DATA | {"rich"},
    ("rules", "--json"): HEAVY | DATA | {"rich"},
    ("check",): HEAVY | {"sqlalchemy"},
    ("ledger",): HEAVY,
    ("sources",): HEAVY,
    ("open",): HEAVY,
    ("trace", NUMBER): HEAVY - {"pandas"},  # pyarrow imports it for the first value that it converts
    ("migrate", "--dry-run"): HEAVY,
    ("preview", "transport.road", "--day", "2026-03-01"): {
        "alembic",
        "openpyxl",
        "vl_convert",
        "scipy.stats",
        "altair",
    },
    ("run", "transport.road", "--day", "2026-03-01"): {"alembic", "vl_convert", "scipy.stats", "altair", "airflow"},
}
PROGRAM = """
import json, sys
from cli.main import main
try:
    main()
except SystemExit as exit:
    code = exit.code
loaded = [name for name, module in sys.modules.items() if type(module).__name__ != "_Deferred"]
print(json.dumps({"code": code, "loaded": loaded}), file=sys.stderr)
"""


def run_command(*words, **environ):
    """Run a command in a process of its own; returns its output and a dictionary with `code` and `loaded`."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


def test_no_command_imports_what_it_does_not_need(licex, city):
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    for words, never in NEVER.items():
        _, result = run_command(*words)
        assert result["code"] == 0, words
        assert never.isdisjoint(result["loaded"]), (words, sorted(never & set(result["loaded"])))


@pytest.mark.parametrize(
    "words", [("licex", "run", "tr"), ("licex", "ledger", "--source", "tr"), ("licex", "sources", "")]
)
def test_names_of_sources_are_completed_without_reading_a_declaration(city, words):
    (city / "sources/transport/broken.yaml").write_text("{", encoding="utf-8")
    (city / "sources/housing").mkdir()
    (city / "sources/housing/other.yaml").write_text("", encoding="utf-8")
    wanted = {"_LICEX_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    program = PROGRAM.replace("import json, sys", "import json, sys; sys.argv[0] = 'licex'")
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **wanted}, capture_output=True, text=True, check=True
    )
    names = ["transport.broken", "transport.road"]
    assert done.stdout.split() == (names if words[-1] else ["housing.other", *names])
    loaded = json.loads(done.stderr.splitlines()[-1])["loaded"]
    assert (HEAVY | DATA).isdisjoint(loaded)


def test_the_version_is_that_of_the_package():
    assert run_command("--version")[0].split() == ["licex", "0.1.0"]

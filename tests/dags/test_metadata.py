"""The metadata database in PostgreSQL can be created as documented, with only the packages that the documents name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(sys.executable).parent / "airflow"
NAMES = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC")


def documented_drivers(document):
    """The driver part of each URL in a document, by variable."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return {name: re.search(rf"{name}`? ?[|=].*?(postgresql\+[a-z_]+)", text)[1] for name in NAMES}


@pytest.mark.parametrize("document", ["README.md", "docs/how-to/deploy.md", "deploy/celery.env"])
def test_the_metadata_database_is_created_with_the_documented_drivers(document, postgresql_server, tmp_path):
    # The test environment has asyncpg through the workers' extra; requirements.lock does not.
    (tmp_path / "asyncpg.py").write_text("raise ImportError('asyncpg is not installed')\n", encoding="utf-8")
    name = f"metadata_{Path(document).stem.lower()}"
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    environ = {
        **os.environ,
        **{variable: postgresql_server.url(driver, name) for variable, driver in documented_drivers(document).items()},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(tmp_path),
    }
    result = subprocess.run([AIRFLOW, "db", "migrate"], env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    with psycopg.connect(postgresql_server.url("postgresql", name)) as connection:
        assert connection.execute("SELECT count(*) FROM dag_run").fetchone() == (0,)

"""Copies and merges one PostgreSQL table with dlt, in the environment of `requirements-dlt.txt`; prints JSON.

    python benchmarks/dlt_copy.py BACKEND FORMAT STRATEGY

SOURCE_URL and TARGET_URL come from the environment, since they contain a password. Nothing of the exchange is imported.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

_STARTED = time.perf_counter()
KEY = "XKZBH"
FILE_ROWS = 250_000  # enough files for several workers
CHUNK = 170_000  # not a divisor of FILE_ROWS: connectorx ends with an empty batch, which must not become a file


def settings(pipelines: str) -> None:
    """Settings recommended on dlt's performance page: large files and chunks, workers, nothing unnecessary."""
    os.environ.update(
        {
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "DLT_DATA_DIR": pipelines,
            "NORMALIZE__WORKERS": "2",
            "LOAD__WORKERS": "4",
            "DATA_WRITER__FILE_MAX_ITEMS": str(FILE_ROWS),
            "DATA_WRITER__BUFFER_MAX_ITEMS": str(FILE_ROWS),
        }
    )


def main(backend: str, file_format: str, strategy: str) -> None:
    """Run the pipeline once into an empty target."""
    settings(os.environ["PIPELINES"])
    import dlt
    from dlt.sources.sql_database import sql_table

    source, target = os.environ["SOURCE_URL"], os.environ["TARGET_URL"]
    if backend == "adbc":
        table = dlt.resource(_adbc(source), name="XKZ")
    else:
        kwargs = {"return_type": "arrow_stream", "batch_size": CHUNK} if backend == "connectorx" else {}
        # SQLAlchemy 2.1 would use psycopg, but dlt installs psycopg2.
        url = source.replace("postgresql:", "postgresql+psycopg2:")
        table = sql_table(url, table="XKZ", backend=backend, chunk_size=CHUNK, backend_kwargs=kwargs)
    # The key is unique, so no deduplication is needed.
    disposition: Any = {"disposition": "merge", "strategy": strategy, "deduplicated": True}
    table.apply_hints(write_disposition=disposition, primary_key=KEY)
    imported = time.perf_counter()
    pipeline = dlt.pipeline("benchmark", destination=dlt.destinations.postgres(target), dataset_name="city")
    pipeline.run(table, loader_file_format=file_format).raise_on_failed_jobs()
    ended = time.perf_counter()
    with pipeline.sql_client() as client, client.execute_query("SELECT count(*) FROM city.xkz") as cursor:
        rows = cursor.fetchone()[0]
    steps = {
        step.step: step.finished_at.timestamp() - step.started_at.timestamp() for step in pipeline.last_trace.steps
    }
    print(json.dumps({"imports": imported - _STARTED, "copy": ended - imported, "rows": rows, "steps": steps}))


def _adbc(url: str) -> Iterator[Any]:
    import adbc_driver_postgresql.dbapi
    import pyarrow

    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute('SELECT * FROM "XKZ"')
        for batch in cursor.fetch_record_batch():
            yield pyarrow.Table.from_batches([batch])


if __name__ == "__main__":
    main(*sys.argv[1:])

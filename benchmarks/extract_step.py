"""Measures the extract step alone, from the source to the archive with its manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from registers import SOURCE, declare
from side_by_side import require_counts, seconds

from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import Day


def extract_timer(folder: Path, declaration: str, location: str, rows: int) -> Callable[[], float]:
    """Prepare the extract step of a snapshot source; the returned function runs it into a new archive and returns its seconds.

    Args:
        folder: for declaration and archive.
        declaration: its YAML, with the connection `register`.
        location: URL or folder of the connection.
        rows: number of rows that must be in the archive.
    """
    import workspace.column_profile  # noqa: F401 - pandas is imported before the measurement, too
    from pipeline.exchange import Exchange
    from pipeline.steps.extract import extract

    sources = declare(folder, declaration)
    now = datetime.now(UTC)
    key = BatchKey(SOURCE, Day.at(now))
    settings = Settings(
        sources=sources,
        workspace=str(folder / "workspace"),
        target=f"sqlite:///{folder}/platform.db",
        city="",
        deadline="0 8 * * *",
        connections={"LICEX_CONN_REGISTER": location},
    )

    Exchange(settings).database.prepare()  # the tables exist before the night

    def run() -> float:
        shutil.rmtree(folder / "workspace", ignore_errors=True)
        duration = seconds(lambda: extract(Exchange(settings), key, now))
        batch = folder / "workspace" / SOURCE / str(key.day)
        require_rows(batch / "raw.parquet", rows)
        require_counts(json.loads((batch / "manifest.json").read_text(encoding="utf-8")), rows=rows)
        return duration

    return run


def require_rows(path: Path, rows: int) -> None:
    """Require the number of rows in a Parquet file, and remove it."""
    require_counts({"rows": pq.ParquetFile(path).metadata.num_rows}, rows=rows)
    path.unlink()


def snapshot_declaration(extract: str, columns: tuple[str, ...]) -> str:
    """A declaration that maps only what is required, since only the reading is measured."""
    mapped = {
        "certificate_number": "XKZBH",
        "certificate_holder_name": "MC",
        "certificate_holder_code": "DM",
        "certificate_holder_type_code": "LX",
        "certificate_issued_date": "FZRQ",
        "certificate_expiring_date": "YXQZ",
    }
    lines = "".join(f"  {element}: {column}\n" for element, column in mapped.items())
    ignored = ", ".join(name for name in columns if name not in {*mapped.values(), "ID", "ZT"})
    head = """
title: 某市市场监督管理局 · 食品经营许可证
department: {code: 11370400MB0000115W, name: 某市市场监督管理局, contact: data@example.invalid}
certificate_type_code: 11370400MB0000000N101
schedule: "30 1 * * *"
since: 2026-01-01
"""
    status = "  certificate_status: {from: ZT, lookup: status_plain}\n"
    return f"{head}extract: {extract}\ncolumns:\n{lines}{status}ignore: [{ignored}]\n"

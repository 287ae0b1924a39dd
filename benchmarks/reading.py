"""Knows how the extract step alone is measured: from the source to archived Parquet with its manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from registers import SOURCE, declare
from side_by_side import expect, seconds

from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import Day


def extracting(place: Path, declaration: str, location: str, rows: int) -> Callable[[], float]:
    """The extract step of one snapshot source, as `licex run` does it, into an archive that is new every time.

    Args:
        place: folder for declaration and archive.
        declaration: its YAML, with the connection `register`.
        location: what the connection stands for.
        rows: that must be in the archive.
    """
    import workspace.column_profile  # noqa: F401 - pandas is imported before it is measured, so this is too
    from pipeline.exchange import Exchange
    from pipeline.steps.extract import extract

    sources = declare(place, declaration)
    now = datetime.now(UTC)
    key = BatchKey(SOURCE, Day.at(now))
    settings = Settings(
        sources=sources,
        workspace=str(place / "workspace"),
        target=f"sqlite:///{place}/platform.db",
        city="",
        deadline="0 8 * * *",
        connections={"LICEX_CONN_REGISTER": location},
    )

    Exchange(settings).database.prepare()  # its tables are there long before the night

    def run() -> float:
        shutil.rmtree(place / "workspace", ignore_errors=True)
        taken = seconds(lambda: extract(Exchange(settings), key, now))
        batch = place / "workspace" / SOURCE / str(key.day)
        archived(batch / "raw.parquet", rows)
        expect(json.loads((batch / "manifest.json").read_text(encoding="utf-8")), rows=rows)
        return taken

    return run


def archived(path: Path, rows: int) -> None:
    """Demand that a Parquet file holds that many rows, and take it away."""
    expect({"rows": pq.ParquetFile(path).metadata.num_rows}, rows=rows)
    path.unlink()


def snapshot(extract: str, columns: tuple[str, ...]) -> str:
    """A declaration that maps what it must and ignores the rest: only the reading is measured."""
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

"""Three nights of changes, retention settings, and a purge long after them."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from pipeline import retention
from pipeline.exchange import Exchange
from pipeline.settings import Settings

SOURCE = "transport.road"
KEEP = {"RAW": "40", "LICENCES": "31", "FINDINGS": "40", "REPORTS": "35"}
# Long after all readings, which happen now.
LATER = datetime(2199, 1, 1, tzinfo=UTC)
GOOD, WRONG = {"XKZBH": "370402000001"}, {"ID": "2", "XKZBH": "370402000002", "ZT": "有效"}
RIGHT = {**WRONG, "ZT": "10"}
NIGHTS = {
    "2026-03-01": [GOOD, WRONG],
    "2026-03-02": [{**GOOD, "ZT": "03", "GXSJ": "2026-03-02 10:00:00"}, {**RIGHT, "GXSJ": "2026-03-02 10:00:00"}],
    "2026-03-03": [{"ID": "3", "XKZBH": "370402000003", "GXSJ": "2026-03-03 10:00:00"}],
}


@pytest.fixture
def keep(monkeypatch):
    """Configure retention periods; without arguments all of them."""

    def configure(**days):
        for what, text in (days or KEEP).items():
            monkeypatch.setenv(f"LICEX_KEEP_{what}", text)

    return configure


@pytest.fixture
def nights(city, refill, licex):
    """Run three nights of changes: a row that is wrong on the first is correct on the second; returns the workspace."""

    def run():
        for day, rows in NIGHTS.items():
            refill(*rows)
            licex("run", SOURCE, "--day", day)
        return city / "workspace"

    return run


@pytest.fixture
def purge(city):
    """Purge expired data as of an instant, by default long after the nights."""

    def run(*, apply=True, at=LATER):
        with closing(Exchange(Settings.from_environment(), lambda: at)) as exchange:
            return retention.purge(exchange.open_scratch(), lambda source: None, apply=apply)

    return run


@pytest.fixture
def names():
    """The names of all files below a folder."""
    return lambda folder: sorted({path.name for path in folder.rglob("*") if path.is_file()})

"""The day for which a sweep stands: it has not arrived by the sweep, and its pages can be drawn again."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from cli import batches as cli
from cli.main import main
from pipeline import inquiry
from pipeline.exchange import Exchange
from pipeline.missed import ledger_lacks
from pipeline.settings import Settings
from standard.day import SHANGHAI, Day
from tests.pipeline.sweeps.department import FIRST, SECOND, THIRD


def lacking(until):
    """The days that the ledger lacks before another."""
    now = datetime.fromisoformat(until).replace(tzinfo=SHANGHAI) + timedelta(hours=4)
    with closing(Exchange(Settings.from_environment())) as exchange:
        return [str(missed.key.day) for missed in ledger_lacks(exchange, now, Day.of(until))]


@pytest.fixture
def swept_without_a_night(department):
    """The first night ran; the second did not, and the sweep after it brought a row without a time."""
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    assert department.sweep(SECOND).entry.status == "delivered"
    return department


def test_a_day_has_not_arrived_by_what_a_sweep_brought(swept_without_a_night):
    assert lacking(THIRD) == [SECOND]


def test_a_day_that_was_asked_for_in_vain_has_not_arrived_by_the_sweep_after_it(department, tmp_path):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    table = tmp_path / "dep.db"
    table.rename(tmp_path / "away.db")
    assert department.run(SECOND).status == "failed"
    (tmp_path / "away.db").rename(table)
    assert department.sweep(SECOND).entry.status == "delivered"
    assert lacking(THIRD) == [SECOND]


def test_the_nights_before_a_sweep_that_did_not_run_are_missed(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    department.sweep(THIRD)
    assert lacking(THIRD) == [SECOND]


@pytest.mark.parametrize("unread", [True, False])
def test_the_pages_of_a_sweep_can_be_drawn_again(department, monkeypatch, tmp_path, unread):
    department.declare()
    department.row("N001")
    department.row("N002")
    department.run(FIRST)
    department.delete(2)
    if unread:
        department.row("N003", None)
    department.sweep(SECOND)
    pages = [tmp_path / f"workspace/reports/{name}" for name in (f"dep.ride/{SECOND}.html", f"city-{SECOND}.html")]
    before = [page.read_text(encoding="utf-8") for page in pages]
    assert "N002" in before[0]
    for page in pages:
        page.write_text("another", encoding="utf-8")
    now = datetime.fromisoformat(THIRD).replace(tzinfo=SHANGHAI) + timedelta(hours=4)
    for module in (cli, inquiry):
        monkeypatch.setattr(module, "now", lambda: now)
    monkeypatch.setattr("sys.argv", ["licex", "report", "--day", SECOND])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, [page.read_text(encoding="utf-8") for page in pages]) == (0, before)

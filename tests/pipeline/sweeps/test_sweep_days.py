"""The day of a sweep: a sweep does not make it arrive, and its pages can be rewritten."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from pipeline.exchange import Exchange
from pipeline.missed import find_missed_days
from pipeline.settings import Settings
from standard.day import SHANGHAI, Day
from tests.pipeline.department import FIRST, SECOND, THIRD


def missed_before(until):
    """The missed days before a day."""
    now = datetime.fromisoformat(until).replace(tzinfo=SHANGHAI) + timedelta(hours=4)
    with closing(Exchange(Settings.from_environment())) as exchange:
        return [str(missed.key.day) for missed in find_missed_days(exchange, now, Day.of(until))]


@pytest.fixture
def swept_without_a_night(department):
    """The first night ran, the second did not; the sweep after it delivered a row without a time."""
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    assert department.sweep(SECOND).entry.status == "delivered"
    return department


def test_a_day_has_not_arrived_through_rows_of_a_sweep(swept_without_a_night):
    assert missed_before(THIRD) == [SECOND]


def test_a_failed_day_has_not_arrived_through_the_sweep_after_it(department, tmp_path):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    table = tmp_path / "dep.db"
    table.rename(tmp_path / "away.db")
    assert department.run(SECOND).status == "failed"
    (tmp_path / "away.db").rename(table)
    assert department.sweep(SECOND).entry.status == "delivered"
    assert missed_before(THIRD) == [SECOND]


def test_the_nights_before_a_sweep_that_did_not_run_are_missed(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    department.sweep(THIRD)
    assert missed_before(THIRD) == [SECOND]


@pytest.mark.parametrize("unread", [True, False])
def test_the_pages_of_a_sweep_can_be_rewritten(department, licex, clock, tmp_path, unread):
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
    clock(datetime.fromisoformat(THIRD).replace(tzinfo=SHANGHAI) + timedelta(hours=4))
    code, _, errors = licex("report", "--day", SECOND)
    assert (code, [page.read_text(encoding="utf-8") for page in pages]) == (0, before), errors

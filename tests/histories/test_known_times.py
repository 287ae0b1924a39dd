"""Histories that once ended wrong, about update times; each as short as possible."""

from datetime import timedelta

import pytest

from tests.histories.department import CANCELLED
from tests.histories.knowledge import BOTH, LOG_BOTH, LOG_NUMBER, LOG_TIME, NUMBER, TIME, ExtractMode


@pytest.mark.parametrize("form", ["days", "seconds"])
def test_days_under_a_clock_that_is_ahead(play, form):
    player = play(TIME, skew=timedelta(minutes=3))
    department = player.sources[0].department
    department.form = form
    for number in ("N001", "N002", "N003"):
        department.add(number, player.now)
        player.night()
        player.tick(hours=8)
    player.finish()


@pytest.mark.parametrize(
    "forms", [("compact", "seconds"), ("seconds", "slashes"), ("zoned", "seconds"), ("days", "zoned")]
)
def test_a_program_that_changes_how_it_writes_times(play, forms):
    player = play(TIME)
    department = player.sources[0].department
    for number, form in zip(("N001", "N002"), forms, strict=True):
        department.form = form
        player.tick(hours=8)
        department.add(number, player.now)
        player.night()
    player.finish()


@pytest.mark.parametrize("mode", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("stamp", ["null", "future", "same", "late", "unnumbered", "silent"])
def test_a_change_without_a_usable_time_or_number(play, mode, stamp):
    player = play(mode)
    department = player.sources[0].department
    department.add("N001", player.now)
    department.change(1, player.now, stamp)
    player.night()
    department.change(1, player.now, stamp, status=CANCELLED)
    player.night()
    player.tick()
    department.change(1, player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("mode", [BOTH, LOG_BOTH, LOG_TIME])
@pytest.mark.parametrize("stamp", ["null", "future"])
def test_a_change_after_one_without_a_usable_time(play, mode, stamp):
    player = play(mode)
    department = player.sources[0].department
    department.add("N001", player.now, stamp)
    player.tick()
    department.change(1, player.now)
    player.night()
    player.tick(days=4)
    department.change(1, player.now, status=CANCELLED)
    player.night()
    player.finish()


def test_a_late_change_within_the_look_back_and_replays(play):
    player = play(ExtractMode("time", look_back=timedelta(hours=4)))
    department = player.sources[0].department
    player.tick(hours=14)
    department.add("N001", player.now)
    player.night()
    department.change(1, player.now, "silent")
    player.night()
    for back in (0, 1, 0, 0):
        player.replay(player.sources[0], player.first + timedelta(days=back))
    player.finish()


@pytest.mark.parametrize("mode", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("stamp", ["tonight", "null"])
def test_an_update_time_after_the_read(play, mode, stamp):
    player = play(mode)
    source = player.sources[0]
    source.department.add("N001", player.now, stamp)
    player.run(source, player.today)
    player.tick()
    source.department.change(1, player.now)
    player.run(source, player.today)
    player.night()
    player.finish()


def test_a_future_day_is_credible_once_it_has_begun(play):
    player = play(LOG_TIME, skew=timedelta(minutes=3))
    department = player.sources[0].department
    department.form = "days"
    department.add("N001", player.now)
    player.night()
    player.tick()
    department.add("N000", player.now, "future")
    player.night()
    player.tick()
    department.delete(2, player.now)
    for _ in range(3):
        player.night()
    player.finish()

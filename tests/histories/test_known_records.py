"""Histories that once ended wrong, about ends, keys and refused batches; each as short as possible."""

from datetime import timedelta

import pytest

from standard.batch import Status
from tests.histories.department import CANCELLED
from tests.histories.knowledge import ALL, LOG_NUMBER, LOG_TIME, NUMBER, TIME, ExtractMode


@pytest.mark.parametrize("mode", [LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize(("bare", "end"), [(True, "D"), (False, "DEL"), (True, "DEL"), (False, "D")])
def test_ends_in_every_form(play, mode, bare, end):
    player = play(mode)
    department = player.sources[0].department
    department.bare_ends, department.end = bare, end
    for number in ("N001", "N002"):
        department.add(number, player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    player.replay(player.sources[0], player.first)
    player.tick()
    department.add("N001", player.now, key=1)
    player.night()
    player.finish()


@pytest.mark.parametrize("mode", [ALL, TIME, NUMBER, LOG_NUMBER])
def test_a_register_that_is_turned_over_is_refused(play, mode):
    refused_turn_over(play, mode, rows=15).finish()


def refused_turn_over(play, mode, rows):
    """Turn over a register that was read, so that the next night is refused; returns the player."""
    player = play(mode, lost=0.2)
    department = player.sources[0].department
    for number in range(rows):
        department.add(f"N{number:03}", player.now)
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    return player


@pytest.mark.parametrize("mode", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
def test_a_number_that_is_corrected(play, mode):
    player = play(mode)
    department = player.sources[0].department
    department.add("37O402000001", player.now)
    player.night()
    player.tick()
    department.change(1, player.now, number="370402000001")
    player.night()
    player.replay(player.sources[0], player.first)
    player.finish()


@pytest.mark.parametrize("vanished", ["cancel", "hold"])
def test_two_sources_of_which_one_no_longer_has_the_record(play, vanished):
    player = play(TIME, vanished=vanished)
    one, two = (source.department for source in player.sources)
    for department in (one, two):
        department.add("N001", player.now)
        player.tick()
    player.night()
    player.tick()
    one.change(1, player.now, number="N002")
    two.change(1, player.now, status=CANCELLED)
    player.night()
    player.tick()
    one.delete(1, player.now)
    two.change(1, player.now)
    player.night()
    player.finish()


def test_a_row_of_a_refused_night_that_is_deleted_before_the_next(play):
    player = refused_turn_over(play, NUMBER, rows=11)
    player.sources[0].department.delete(6, player.now)
    player.night()
    player.finish()


def test_a_number_that_returns_under_another_key_ordered_before_the_last_row_of_the_log(play):
    player = play(TIME)
    source, department = player.sources[0], player.sources[0].department
    department.add("N001", player.now)
    department.add("N002", player.now)
    player.night()
    player.tick()
    department.change(1, player.now, number="N003")
    player.declare(source, ExtractMode("log by time", timedelta(hours=4), reused=True))
    department.add("N001", player.now, "late")
    player.run(source, player.today - timedelta(days=2))
    player.finish()


def test_a_refused_snapshot_is_not_settled_by_a_batch_by_numbers(play):
    player = play(ALL, lost=0.2)
    source, department = player.sources[0], player.sources[0].department
    department.add("N001", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    player.tick()
    department.add("N002", player.now, key=2)
    player.declare(source, ExtractMode("number"))
    player.night()
    player.finish()


def test_a_refused_night_by_numbers_is_not_settled_by_a_day_before_it(play):
    player = play(NUMBER, lost=0.2)
    source, department = player.sources[0], player.sources[0].department
    player.tick(days=1)
    for number in range(11):
        department.add(f"N{number:03}", player.now)
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    player.run(source, player.first)
    assert player.last.status == Status.DELIVERED
    player.finish()


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("reused", [False, True])
def test_a_record_that_returns_under_another_key_ordered_before_its_logged_end(play, reused, bare):
    player = play(ExtractMode("log by time", reused=reused))
    source, department = player.sources[0], player.sources[0].department
    department.bare_ends = bare
    for number in ("N000", "N001"):
        department.add(number, player.now)
    player.night()
    player.tick()
    department.delete(2, player.now)
    player.night()
    player.tick()
    department.add("N001", player.now, "late", key=7)
    player.run(source, player.first)
    player.finish()


def test_a_key_that_a_log_renamed_stays_renamed_when_a_day_from_before_is_judged_again(play):
    player = play(ALL)
    source = player.sources[0]
    source.department.add("N001", player.now)
    player.night()
    for _ in range(2):  # the log shows all names of the key in one reading
        player.tick()
        source.department.change(1, player.now, number=f"N00{2 + len(source.department.gone)}")
    player.declare(source, LOG_NUMBER)
    player.night()
    player.declare(source, ALL)
    player.run(source, player.first)  # from its archive, which is of before
    player.finish()

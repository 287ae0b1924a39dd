"""Histories that once ended wrong, each as short as it can be; those of `History` look for more of their kinds."""

from datetime import timedelta

import pytest

from standard.batch import Status
from tests.histories.department import CANCELLED
from tests.histories.knowledge import Way

ALL, TIME, NUMBER = Way("all"), Way("time"), Way("number")
LOG_TIME, LOG_NUMBER = Way("log by time"), Way("log by number")
BOTH, LOG_BOTH = Way("time beside number"), Way("log by time beside number")
BACK = Way("time", timedelta(hours=4))


@pytest.mark.parametrize("form", ["days", "seconds"])
def test_days_under_a_clock_that_is_ahead(play, form):
    player = play(TIME, skew=timedelta(minutes=3))
    department = player.sources[0].department
    department.form = form
    for number in ("N001", "N002", "N003"):
        department.born(number, player.now)
        player.night()
        player.tick(hours=8)
    player.finish()


@pytest.mark.parametrize(
    "forms", [("compact", "seconds"), ("seconds", "slashes"), ("zoned", "seconds"), ("days", "zoned")]
)
def test_a_program_that_writes_its_times_otherwise(play, forms):
    player = play(TIME)
    department = player.sources[0].department
    for number, form in zip(("N001", "N002"), forms, strict=True):
        department.form = form
        player.tick(hours=8)
        department.born(number, player.now)
        player.night()
    player.finish()


@pytest.mark.parametrize("way", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("how", ["null", "future", "same", "late", "unnumbered", "silent"])
def test_a_change_whose_time_or_number_says_nothing(play, way, how):
    player = play(way)
    department = player.sources[0].department
    department.born("N001", player.now)
    department.change(1, player.now, how)
    player.night()
    department.change(1, player.now, how, status=CANCELLED)
    player.night()
    player.tick()
    department.change(1, player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("way", [BOTH, LOG_BOTH, LOG_TIME])
@pytest.mark.parametrize("how", ["null", "future"])
def test_a_change_that_follows_one_whose_time_says_nothing(play, way, how):
    player = play(way)
    department = player.sources[0].department
    department.born("N001", player.now, how)
    player.tick()
    department.change(1, player.now)
    player.night()
    player.tick(days=4)
    department.change(1, player.now, status=CANCELLED)
    player.night()
    player.finish()


def test_a_sequence_that_is_restarted(play):
    player = play(LOG_NUMBER)
    department = player.sources[0].department
    for number in ("N001", "N002", "N003"):
        department.born(number, player.now)
    player.night()
    department.restart()
    department.change(1, player.now)
    player.night()
    player.run(player.sources[0], player.first)
    player.finish()


@pytest.mark.parametrize("way", [NUMBER, BOTH])
def test_a_table_that_was_emptied_and_whose_numbers_begin_anew(play, way):
    player = play(way)
    department = player.sources[0].department
    for number in ("N001", "N002", "N003"):
        department.born(number, player.now)
    player.night()
    player.tick()
    for key in (1, 2, 3):
        department.delete(key, player.now)
    department.restart()
    department.born("N004", player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("way", [NUMBER, BOTH, LOG_NUMBER])
def test_numbers_whose_new_beginning_is_accepted(play, way):
    player = play(way)
    source = player.sources[0]
    department = source.department
    for number in ("N001", "N002", "N003"):
        department.born(number, player.now)
    player.night()
    player.tick()
    for key in (1, 2):
        department.delete(key, player.now)
    if way.of_log:  # which the department has emptied
        department.forget()
    department.restart()
    department.change(3, player.now)
    player.night()
    assert player.last is Status.REFUSED
    player.accept_beginning(source)
    player.tick()
    department.born("N004", player.now)
    player.night()
    assert player.last.status == "delivered"
    player.replay(source, player.first)
    player.finish()


@pytest.mark.parametrize("way", [LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize(("bare", "end"), [(True, "D"), (False, "DEL"), (True, "DEL"), (False, "D")])
def test_ends_in_every_form(play, way, bare, end):
    player = play(way)
    department = player.sources[0].department
    department.bare_ends, department.end = bare, end
    for number in ("N001", "N002"):
        department.born(number, player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    player.replay(player.sources[0], player.first)
    player.tick()
    department.born("N001", player.now, key=1)
    player.night()
    player.finish()


@pytest.mark.parametrize("way", [ALL, TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("other", [ALL, TIME, NUMBER, LOG_TIME, LOG_NUMBER])
def test_a_declaration_that_changes_and_every_day_run_and_replayed_again(play, way, other):
    player = play(way)
    source = player.sources[0]
    department = source.department
    for number in ("N001", "N002", "N003", "N004"):
        department.born(number, player.now)
        player.tick()
    player.night()
    player.tick()
    department.change(1, player.now)
    player.tick()
    department.delete(2, player.now)
    player.night()
    player.declare(source, other)
    player.tick()
    department.change(3, player.now, number="N005")
    player.night()
    for _ in range(2):
        for day in (player.first, player.first + timedelta(days=1)):
            player.replay(source, day)
            player.run(source, day)
    player.tick()
    department.born("N002", player.now, key=2)
    department.born("N003", player.now, key=4 if 4 not in department.rows else None)
    player.night()
    player.finish()


@pytest.mark.parametrize(("log", "register"), [(LOG_TIME, TIME), (LOG_NUMBER, NUMBER)])
def test_an_archive_of_a_log_that_is_replayed_after_the_register_was_declared(play, log, register):
    player = play(log)
    source = player.sources[0]
    source.department.born("N001", player.now)
    player.night()
    player.tick()
    source.department.delete(1, player.now)
    day = player.today
    player.night()
    player.declare(source, register)
    player.replay(source, day)


def test_an_archive_read_by_number_that_is_replayed_after_times_were_declared(play):
    player = play(NUMBER)
    source = player.sources[0]
    source.department.born("N001", player.now)
    player.night()
    player.tick()
    source.department.change(1, player.now)
    player.night()
    player.declare(source, TIME)
    player.night()
    player.replay(source, player.first)


@pytest.mark.parametrize("way", [ALL, NUMBER, LOG_NUMBER])
def test_a_day_that_is_run_again_after_the_source_became_a_log_by_time(play, way):
    player = play(way)
    source = player.sources[0]
    source.department.born("N001", player.now)
    player.night()
    player.tick()
    source.department.change(1, player.now)
    player.night()
    player.declare(source, LOG_TIME)
    player.run(source, player.first)


def test_a_late_change_within_the_look_back_and_replays(play):
    player = play(BACK)
    department = player.sources[0].department
    player.tick(hours=14)
    department.born("N001", player.now)
    player.night()
    department.change(1, player.now, "silent")
    player.night()
    for back in (0, 1, 0, 0):
        player.replay(player.sources[0], player.first + timedelta(days=back))
    player.finish()


@pytest.mark.parametrize("way", [ALL, TIME, NUMBER, LOG_NUMBER])
def test_a_register_that_is_turned_over_is_refused(play, way):
    refused_turn_over(play, way, rows=15).finish()


def refused_turn_over(play, way, rows):
    """A register that was read, and turned over, which the night after refused."""
    player = play(way, lost=0.2)
    department = player.sources[0].department
    for number in range(rows):
        department.born(f"N{number:03}", player.now)
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    return player


@pytest.mark.parametrize("way", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("how", ["tonight", "null"])
def test_a_time_that_lies_ahead_of_the_reading(play, way, how):
    player = play(way)
    source = player.sources[0]
    source.department.born("N001", player.now, how)
    player.run(source, player.today)
    player.tick()
    source.department.change(1, player.now)
    player.run(source, player.today)
    player.night()
    player.finish()


@pytest.mark.parametrize("way", [TIME, NUMBER, LOG_TIME, LOG_NUMBER])
def test_a_number_that_is_corrected(play, way):
    player = play(way)
    department = player.sources[0].department
    department.born("37O402000001", player.now)
    player.night()
    player.tick()
    department.change(1, player.now, number="370402000001")
    player.night()
    player.replay(player.sources[0], player.first)
    player.finish()


@pytest.mark.parametrize("vanished", ["cancel", "hold"])
def test_two_sources_of_which_one_leaves_the_record(play, vanished):
    player = play(TIME, vanished=vanished)
    one, two = (source.department for source in player.sources)
    for department in (one, two):
        department.born("N001", player.now)
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


def test_a_deletion_that_only_the_log_has_said_stands_when_its_day_is_read_otherwise(play):
    player = play(LOG_TIME, vanished="hold")
    department = player.sources[0].department
    department.born("N001", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    player.declare(player.sources[0], NUMBER)
    player.night()
    for day in range(3):
        player.run(player.sources[0], player.first + timedelta(days=day))
    player.finish()


def test_a_row_of_a_refused_night_that_is_deleted_before_the_next(play):
    player = refused_turn_over(play, NUMBER, rows=11)
    player.sources[0].department.delete(6, player.now)
    player.night()
    player.finish()


def test_a_log_that_was_read_empty_and_whose_numbers_end_where_they_did(play):
    player = play(LOG_NUMBER)
    source = player.sources[0]
    for number in ("N001", "N002", "N003"):
        source.department.born(number, player.now)
    player.night()
    source.department.forget()
    source.department.restart()
    player.run(source, player.first)
    player.night()
    for number in ("N004", "N005", "N006"):
        source.department.born(number, player.now)
    player.night()
    assert player.last is Status.REFUSED
    player.accept_beginning(source)
    player.tick()
    source.department.change(4, player.now)
    player.night()
    player.finish()


def test_a_number_that_comes_back_under_another_key_before_what_the_log_said_last(play):
    player = play(TIME)
    source, department = player.sources[0], player.sources[0].department
    department.born("N001", player.now)
    department.born("N002", player.now)
    player.night()
    player.tick()
    department.change(1, player.now, number="N003")
    player.declare(source, Way("log by time", timedelta(hours=4), reused=True))
    department.born("N001", player.now, "late")
    player.run(source, player.today - timedelta(days=2))
    player.finish()


def test_a_refused_snapshot_is_not_settled_by_a_batch_by_numbers(play):
    player = play(ALL, lost=0.2)
    source, department = player.sources[0], player.sources[0].department
    department.born("N001", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    player.tick()
    department.born("N002", player.now, key=2)
    player.declare(source, Way("number"))
    player.night()
    player.finish()


def test_a_refused_night_by_numbers_is_not_settled_by_a_day_before_it(play):
    player = play(NUMBER, lost=0.2)
    source, department = player.sources[0], player.sources[0].department
    player.tick(days=1)
    for number in range(11):
        department.born(f"N{number:03}", player.now)
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    assert player.last.status == Status.REFUSED
    player.run(source, player.first)
    assert player.last.status == Status.DELIVERED
    player.finish()


def test_a_day_that_lies_ahead_is_credible_once_it_has_begun(play):
    player = play(LOG_TIME, skew=timedelta(minutes=3))
    department = player.sources[0].department
    department.form = "days"
    department.born("N001", player.now)
    player.night()
    player.tick()
    department.born("N000", player.now, "future")
    player.night()
    player.tick()
    department.delete(2, player.now)
    for _ in range(3):
        player.night()
    player.finish()


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("log", ["log by number", "log by time"])
def test_changes_that_were_read_before_are_not_read_again_by_another_declaration(play, log, reused):
    log = Way(log, reused=reused)
    player = play(log)
    source, department = player.sources[0], player.sources[0].department
    department.born("N001", player.now)
    department.born("N002", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    department.born("N001", player.now, key=3)
    player.night()
    for way in (NUMBER if log.by_time else TIME, log):
        player.declare(source, way)
        player.tick(hours=1)
        department.change(2, player.now)
        player.night()
    for day in range(4):
        player.run(source, player.first + timedelta(days=day))
    player.finish()


def test_a_deletion_that_only_the_log_has_said_stands_when_its_day_is_read_from_the_register(play):
    player = play(LOG_NUMBER, vanished="hold")
    source, department = player.sources[0], player.sources[0].department
    department.born("N000", player.now)
    department.born("N001", player.now)
    player.tick()
    department.delete(1, player.now)
    day = player.today
    player.night()
    player.declare(source, NUMBER)
    player.tick()
    department.change(2, player.now)
    player.night()
    player.run(source, day)
    player.finish()


def test_an_old_number_in_a_log_whose_keys_are_used_again(play):
    player = play(LOG_TIME)
    source, department = player.sources[0], player.sources[0].department
    department.born("N000", player.now, "null")
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    player.declare(source, Way("log by number", reused=True))
    player.tick()
    department.born("N001", player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("way", ["number", "time"])
def test_a_row_of_a_register_that_says_something_else_by_an_order_of_before(play, way, reused):
    player = play(Way(way, reused=reused))
    source, department = player.sources[0], player.sources[0].department
    department.born("N000", player.now)
    player.tick(hours=2)
    for number in ("N001", "N002"):
        department.born(number, player.now)
    player.night()
    department.restart()
    department.change(2, player.first + timedelta(hours=10))
    player.run(source, player.first)
    assert {row[1] for row in player.findings() if row[2] == "N001"} == {"order_backwards"}
    player.finish()


def test_a_record_that_had_moved_and_is_named_by_a_number_of_before(play):
    player = play(NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for number in ("N000", "N001", "N003"):
        department.born(number, player.now)
    player.night()
    player.tick()
    department.change(2, player.now, number="N002")
    player.night()
    player.sweep(source)
    player.tick()
    department.restart()
    department.born("N001", player.now, key=4)
    player.run(source, player.first)
    player.finish()


@pytest.mark.parametrize("key", [2, 7])
def test_a_record_that_a_log_has_ended_and_the_register_names_by_a_number_of_before(play, key):
    player = play(LOG_NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for number in ("N000", "N001", "N003"):
        department.born(number, player.now)
    player.night()
    player.tick()
    department.delete(2, player.now)
    player.night()
    player.declare(source, NUMBER)
    player.tick()
    department.born("N005", player.now)
    player.night()
    player.tick()
    department.restart()
    department.born("N001", player.now, key=key)
    player.run(source, player.first)
    player.finish()


@pytest.mark.parametrize("number", ["N001", "N003"])
def test_a_row_of_a_register_that_names_another_record_by_a_number_of_before(play, number):
    player = play(NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for born in ("N000", "N001", "N002"):
        department.born(born, player.now)
    player.night()
    department.change(2, player.now, number="N009")
    player.night()
    department.restart()
    department.change(3, player.now, number=number)
    player.run(source, player.first)
    assert ("dep.ride", "order_backwards", "N002", "3") in player.findings()
    player.finish()


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("reused", [False, True])
def test_a_record_that_is_brought_back_under_another_key_before_the_log_said_its_end(play, reused, bare):
    player = play(Way("log by time", reused=reused))
    source, department = player.sources[0], player.sources[0].department
    department.bare_ends = bare
    for number in ("N000", "N001"):
        department.born(number, player.now)
    player.night()
    player.tick()
    department.delete(2, player.now)
    player.night()
    player.tick()
    department.born("N001", player.now, "late", key=7)
    player.run(source, player.first)
    player.finish()

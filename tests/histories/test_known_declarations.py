"""Histories that once ended wrong, about changed declarations and days run again; each as short as possible."""

from datetime import timedelta

import pytest

from tests.histories.knowledge import ALL, LOG_NUMBER, LOG_TIME, NUMBER, TIME, ExtractMode


@pytest.mark.parametrize("mode", [ALL, TIME, NUMBER, LOG_TIME, LOG_NUMBER])
@pytest.mark.parametrize("other", [ALL, TIME, NUMBER, LOG_TIME, LOG_NUMBER])
def test_days_that_are_run_and_replayed_again_under_a_changed_declaration(play, mode, other):
    player = play(mode)
    source = player.sources[0]
    department = source.department
    for number in ("N001", "N002", "N003", "N004"):
        department.add(number, player.now)
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
    department.add("N002", player.now, key=2)
    department.add("N003", player.now, key=4 if 4 not in department.rows else None)
    player.night()
    player.finish()


@pytest.mark.parametrize(("log", "register"), [(LOG_TIME, TIME), (LOG_NUMBER, NUMBER)])
def test_an_archive_of_a_log_that_is_replayed_after_the_register_was_declared(play, log, register):
    player = play(log)
    source = player.sources[0]
    source.department.add("N001", player.now)
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
    source.department.add("N001", player.now)
    player.night()
    player.tick()
    source.department.change(1, player.now)
    player.night()
    player.declare(source, TIME)
    player.night()
    player.replay(source, player.first)


@pytest.mark.parametrize("mode", [ALL, NUMBER, LOG_NUMBER])
def test_a_day_that_is_run_again_after_the_source_became_a_log_by_time(play, mode):
    player = play(mode)
    source = player.sources[0]
    source.department.add("N001", player.now)
    player.night()
    player.tick()
    source.department.change(1, player.now)
    player.night()
    player.declare(source, LOG_TIME)
    player.run(source, player.first)


def test_a_deletion_known_only_from_the_log_stands_when_its_day_is_read_by_number(play):
    player = play(LOG_TIME, vanished="hold")
    department = player.sources[0].department
    department.add("N001", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    player.night()
    player.declare(player.sources[0], NUMBER)
    player.night()
    for day in range(3):
        player.run(player.sources[0], player.first + timedelta(days=day))
    player.finish()


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("log", ["log by number", "log by time"])
def test_changes_that_were_read_are_not_read_again_under_another_declaration(play, log, reused):
    log = ExtractMode(log, reused=reused)
    player = play(log)
    source, department = player.sources[0], player.sources[0].department
    department.add("N001", player.now)
    department.add("N002", player.now)
    player.night()
    player.tick()
    department.delete(1, player.now)
    department.add("N001", player.now, key=3)
    player.night()
    for mode in (NUMBER if log.by_time else TIME, log):
        player.declare(source, mode)
        player.tick(hours=1)
        department.change(2, player.now)
        player.night()
    for day in range(4):
        player.run(source, player.first + timedelta(days=day))
    player.finish()


def test_a_deletion_known_only_from_the_log_stands_when_its_day_is_read_from_the_register(play):
    player = play(LOG_NUMBER, vanished="hold")
    source, department = player.sources[0], player.sources[0].department
    department.add("N000", player.now)
    department.add("N001", player.now)
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
    department.add("N000", player.now, "null")
    player.night()
    player.tick()
    department.turn_over(player.now)
    player.night()
    player.declare(source, ExtractMode("log by number", reused=True))
    player.tick()
    department.add("N001", player.now)
    player.night()
    player.finish()

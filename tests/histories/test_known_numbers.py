"""Histories that once ended wrong, about rising numbers; each as short as possible."""

from datetime import timedelta

import pytest

from standard.batch import Status
from tests.histories.knowledge import BOTH, LOG_NUMBER, NUMBER, ExtractMode


def test_a_sequence_that_is_restarted(play):
    player = play(LOG_NUMBER)
    department = player.sources[0].department
    for number in ("N001", "N002", "N003"):
        department.add(number, player.now)
    player.night()
    department.restart()
    department.change(1, player.now)
    player.night()
    player.run(player.sources[0], player.first)
    player.finish()


@pytest.mark.parametrize("mode", [NUMBER, BOTH])
def test_a_table_that_was_emptied_and_whose_numbers_begin_anew(play, mode):
    player = play(mode)
    department = player.sources[0].department
    for number in ("N001", "N002", "N003"):
        department.add(number, player.now)
    player.night()
    player.tick()
    for key in (1, 2, 3):
        department.delete(key, player.now)
    department.restart()
    department.add("N004", player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("mode", [NUMBER, BOTH, LOG_NUMBER])
def test_numbers_whose_new_beginning_is_accepted(play, mode):
    player = play(mode)
    source = player.sources[0]
    department = source.department
    for number in ("N001", "N002", "N003"):
        department.add(number, player.now)
    player.night()
    player.tick()
    for key in (1, 2):
        department.delete(key, player.now)
    if mode.of_log:  # which the department has emptied
        department.forget()
    department.restart()
    department.change(3, player.now)
    player.night()
    assert player.last is Status.REFUSED
    player.accept_beginning(source)
    player.tick()
    department.add("N004", player.now)
    player.night()
    assert player.last.status == "delivered"
    player.replay(source, player.first)
    player.finish()


def test_a_log_that_was_read_empty_and_whose_numbers_end_where_they_had_ended(play):
    player = play(LOG_NUMBER)
    source = player.sources[0]
    for number in ("N001", "N002", "N003"):
        source.department.add(number, player.now)
    player.night()
    source.department.forget()
    source.department.restart()
    player.run(source, player.first)
    player.night()
    for number in ("N004", "N005", "N006"):
        source.department.add(number, player.now)
    player.night()
    assert player.last is Status.REFUSED
    player.accept_beginning(source)
    player.tick()
    source.department.change(4, player.now)
    player.night()
    player.finish()


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("mode", ["number", "time"])
def test_a_row_of_a_register_that_changed_but_is_ordered_before_its_last_read(play, mode, reused):
    player = play(ExtractMode(mode, reused=reused))
    source, department = player.sources[0], player.sources[0].department
    department.add("N000", player.now)
    player.tick(hours=2)
    for number in ("N001", "N002"):
        department.add(number, player.now)
    player.night()
    department.restart()
    department.change(2, player.first + timedelta(hours=10))
    player.run(source, player.first)
    assert {row[1] for row in player.findings() if row[2] == "N001"} == {"order_backwards"}
    player.finish()


def test_a_record_that_had_moved_and_is_named_again_by_an_earlier_number(play):
    player = play(NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for number in ("N000", "N001", "N003"):
        department.add(number, player.now)
    player.night()
    player.tick()
    department.change(2, player.now, number="N002")
    player.night()
    player.sweep(source)
    player.tick()
    department.restart()
    department.add("N001", player.now, key=4)
    player.run(source, player.first)
    player.finish()


@pytest.mark.parametrize("key", [2, 7])
def test_a_record_that_a_log_has_ended_and_the_register_names_by_an_earlier_number(play, key):
    player = play(LOG_NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for number in ("N000", "N001", "N003"):
        department.add(number, player.now)
    player.night()
    player.tick()
    department.delete(2, player.now)
    player.night()
    player.declare(source, NUMBER)
    player.tick()
    department.add("N005", player.now)
    player.night()
    player.tick()
    department.restart()
    department.add("N001", player.now, key=key)
    player.run(source, player.first)
    player.finish()


@pytest.mark.parametrize("number", ["N001", "N003"])
def test_a_row_of_a_register_that_names_another_record_by_an_earlier_number(play, number):
    player = play(NUMBER)
    source, department = player.sources[0], player.sources[0].department
    for other in ("N000", "N001", "N002"):
        department.add(other, player.now)
    player.night()
    department.change(2, player.now, number="N009")
    player.night()
    department.restart()
    department.change(3, player.now, number=number)
    player.run(source, player.first)
    assert ("dep.ride", "order_backwards", "N002", "3") in player.findings()
    player.finish()

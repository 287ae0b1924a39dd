"""Prefetched items are the same in the same order, whatever happens on either side."""

import threading

import pytest

from pipeline.prefetch import prefetch


def test_the_same_items_come_in_the_same_order():
    assert list(prefetch(iter(range(100)))) == list(range(100))


def test_the_next_item_is_produced_while_the_caller_has_one():
    second_is_produced = threading.Event()

    def items():
        yield 1
        second_is_produced.set()
        yield 2

    for item in prefetch(items()):
        assert item == 2 or second_is_produced.wait(10)


def test_no_more_items_are_produced_than_may_wait():
    produced = []

    def items():
        for number in range(100):
            produced.append(number)
            yield number

    for number in prefetch(items()):
        assert len(produced) <= number + 4


def test_an_error_is_raised_in_place_of_its_item():
    def items():
        yield 1
        raise ValueError("the second")

    received = []
    with pytest.raises(ValueError, match="the second"):
        received.extend(prefetch(items()))
    assert received == [1]


def test_a_caller_that_stops_early_stops_and_closes_the_producer():
    closed = threading.Event()

    def items():
        try:
            yield from range(1000)
        finally:
            closed.set()

    produced = prefetch(items())
    assert next(produced) == 0
    produced.close()
    assert closed.is_set()

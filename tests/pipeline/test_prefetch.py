"""Items made ahead are the same items in the same order, whatever happens to either side."""

import threading

import pytest

from pipeline.prefetch import prefetch


def test_the_same_items_come_in_the_same_order():
    assert list(prefetch(iter(range(100)))) == list(range(100))


def test_the_next_item_is_made_while_the_caller_has_one():
    second_is_made = threading.Event()

    def items():
        yield 1
        second_is_made.set()
        yield 2

    for item in prefetch(items()):
        assert item == 2 or second_is_made.wait(10)


def test_no_more_items_are_made_than_may_wait():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    for number in prefetch(items()):
        assert len(made) <= number + 4


def test_what_making_raises_is_raised_in_its_place():
    def items():
        yield 1
        raise ValueError("the second")

    got = []
    with pytest.raises(ValueError, match="the second"):
        got.extend(prefetch(items()))
    assert got == [1]


def test_a_caller_that_stops_stops_the_making_and_closes_it():
    closed = threading.Event()

    def items():
        try:
            yield from range(1000)
        finally:
            closed.set()

    made = prefetch(items())
    assert next(made) == 0
    made.close()
    assert closed.is_set()

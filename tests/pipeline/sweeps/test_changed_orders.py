"""A sweep rereads rows whose order has changed: later, set back, removed, or of another kind."""

import pytest

from tests.pipeline.department import FIRST, SECOND, THIRD, fill


def test_a_record_whose_row_has_another_key_and_is_held_has_not_vanished(department):
    department.declare()
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.delete(1)
    department.row("N001", SECOND, ID=7, YHMC="")
    assert department.run(SECOND).held == 1
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.absent, swept.vanished) == (0, 0, 0)
    department.delete(7)
    assert department.sweep(THIRD).vanished == 1
    assert department.licences()["N001"] == ("甲某", "CANCELLED")


@pytest.mark.parametrize(
    ("extract", "late", "future"),
    [("updated_at: GXSJ", {"GXSJ": f"{FIRST} 23:00:00"}, 1), ("rising: LSH", {"LSH": 3}, 0)],
)
def test_a_change_that_was_committed_late_is_read_at_its_known_key(department, extract, late, future):
    department.declare(extract)
    department.row("N001")
    department.row("N005")
    department.run(FIRST)
    department.change(1, YHMC="乙某", **late)  # within the day that was read
    department.run(SECOND)
    assert department.licences()["N001"] == ("甲某", "VALID")
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.entry.updated) == (1, 1)
    assert department.licences()["N001"] == ("乙某", "VALID")
    assert department.sweep(THIRD).unread == 0
    department.change(5, YHMC="丙某", GXSJ="2026-03-09 10:00:00", LSH=9)  # of a future day
    # A time in the future is not a credible order.
    assert department.sweep(THIRD, 4).unread == future
    assert department.sweep("2026-03-04").unread == 0


@pytest.mark.parametrize(
    ("extract", "later", "back"),
    [
        ("updated_at: GXSJ", {"GXSJ": f"{SECOND} 10:00:00"}, {"GXSJ": f"{FIRST} 10:00:00"}),
        ("updated_at: GXSJ", {"GXSJ": f"{SECOND} 10:00:00"}, {"GXSJ": f"{FIRST} 09:00:00"}),
        ("rising: LSH", {"LSH": 50}, {"LSH": 1}),
    ],
)
def test_a_time_or_number_that_is_set_back_is_read_again_and_reported(department, extract, later, back):
    department.declare(extract)
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, YHMC="新某", ZT="注销", **later)
    department.row("N060", SECOND)
    department.run(SECOND)
    department.change(1, YHMC="甲某", ZT="有效", **back)
    department.run(THIRD)
    assert department.sweep(THIRD).unread == 1
    assert department.open("N001") == [("order_backwards", "N001")]
    assert department.sweep("2026-03-04").unread == 0
    assert department.open("N001") == [("order_backwards", "N001")]


def test_a_row_whose_time_is_removed_is_read_again_and_counts_as_read_now(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, YHMC="新某", GXSJ=None)
    assert department.sweep(FIRST).why == "1: 1 no time"
    assert department.licences()["N001"] == ("新某", "VALID")
    assert department.sweep(SECOND).unread == 0


def test_orders_of_another_kind_are_not_compared(department):
    department.declare("rising: LSH")
    fill(department)
    department.run(FIRST)
    department.declare("updated_at: GXSJ")
    department.run(SECOND)
    assert department.sweep(SECOND).unread == 0


def test_a_change_of_a_missed_night_after_a_reading_with_another_order_is_read(anywhere):
    anywhere.declare()
    for number in ("N001", "N002", "N003"):
        anywhere.row(number)
    anywhere.run(FIRST)
    anywhere.declare("", sweep="")
    anywhere.run(SECOND)
    anywhere.change(1, YHMC="新某", GXSJ=f"{THIRD} 11:00:00")  # of a day that is not run
    anywhere.declare()
    anywhere.run("2026-03-04")
    assert anywhere.licences()["N001"] == ("甲某", "VALID")
    swept = anywhere.sweep("2026-03-04")
    assert (swept.unread, swept.entry.updated, swept.why) == (1, 1, "1: 1 of a day that was not delivered")
    assert anywhere.licences()["N001"] == ("新某", "VALID")
    assert anywhere.sweep("2026-03-05").unread == 0


def test_a_number_is_not_compared_with_when_a_row_was_read(department):
    department.declare("rising: LSH, changes: {operation: OP}")
    department.row("N001", LSH=20260301000000001)  # looks later than any instant
    department.row("N001", LSH=20260301000000002, OP="D")
    department.run(FIRST)
    assert department.licences()["N001"] == ("甲某", "CANCELLED")
    assert department.sweep(FIRST).unread == 0


def test_a_mark_of_deletion_that_comes_and_goes_without_a_new_time_is_read(anywhere):
    anywhere.declare("updated_at: GXSJ, changes: {operation: OP, kept: ['0'], deleted: ['1']}")
    for number in ("N001", "N002"):
        anywhere.row(number, OP="0")
    anywhere.run(FIRST)
    for hours, mark, status in ((3, "1", "CANCELLED"), (4, "0", "VALID"), (5, "1", "CANCELLED"), (6, "0", "VALID")):
        anywhere.change(1, OP=mark)
        assert anywhere.sweep(FIRST, hours).unread == 1
        assert anywhere.licences() == {"N001": ("甲某", status), "N002": ("甲某", "VALID")}
        assert anywhere.sweep(FIRST, hours + 0.5).unread == 0


def test_of_changes_an_older_one_that_is_left_alone_is_not_read_again(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}")
    for number in ("N001", "N002"):
        department.row(number)
    department.row("N001", OP="D", GXSJ=f"{FIRST} 11:00:00")
    department.row("N002", OP="D", GXSJ=f"{FIRST} 09:00:00")
    department.run(FIRST)
    assert department.licences() == {"N001": ("甲某", "CANCELLED"), "N002": ("甲某", "VALID")}
    department.sweep(FIRST)
    department.sql("DELETE FROM t WHERE OP = 'D' AND XKZH = 'N001' OR OP = 'I' AND XKZH = 'N002'")
    assert department.sweep(FIRST, 4).unread == 0
    assert department.licences()["N001"] == ("甲某", "CANCELLED")

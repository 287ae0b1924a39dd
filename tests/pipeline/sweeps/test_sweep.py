"""A sweep reads all keys of an incremental source, delivers the rows that no window covered, and finds vanished records."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from exchange_db.ledger import delivered_before, read_entries, usual_sizes
from pipeline import sweep as sweeps
from pipeline.exchange import Exchange
from pipeline.runner import prepare
from pipeline.settings import Settings
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from standard.batch import BatchKey
from standard.day import SHANGHAI
from tests.pipeline.department import FIRST, SECOND, THIRD, fill


def sweep_after_removal(department, number):
    """Four rows are read, and one of them is gone at the sweep of the first night."""
    department.declare()
    for each in ("N001", "N002", "N003", "N004"):
        department.row(each)
    department.run(FIRST)
    department.delete(int(number[1:]))
    department.sweep(FIRST)


def test_rows_that_no_window_covered_are_read_and_removed_ones_have_vanished(anywhere):
    anywhere.declare()
    for number in ("N001", "N002", "N003", "N004"):
        anywhere.row(number)
    anywhere.run(FIRST)
    anywhere.row("N005", None)  # no time
    anywhere.row("N006", "2025-06-01")  # an old time
    anywhere.row("N007", FIRST)  # committed late
    anywhere.row("N008", "2062-01-01")  # a time in the future
    anywhere.row("N009", SECOND)
    anywhere.run(SECOND)
    anywhere.change(9, XKZH="N010", GXSJ="2026-03-01 08:00:00")  # a time changed backwards
    anywhere.delete(4)
    known = dict.fromkeys(("N001", "N002", "N003", "N004", "N009"), ("甲某", "VALID"))
    assert anywhere.licences() == known
    swept = anywhere.sweep(SECOND)
    assert (swept.keys_met, swept.unread, swept.absent, swept.vanished, swept.problem) == (8, 5, 2, 1, "")  # N009 moved
    assert swept.entry.kind == "sweep"
    assert swept.why == (
        "5: 1 no time; 1 a time in the future; 2 committed late, or given an older time afterwards; "
        "1 older than the first day that was read"
    )
    healed = known | dict.fromkeys(("N005", "N006", "N007", "N008", "N010"), ("甲某", "VALID"))
    healed |= {"N004": ("甲某", "CANCELLED"), "N009": ("甲某", "CANCELLED")}
    assert anywhere.licences() == healed
    findings = [
        ("rows_unread", ""),
        ("rows_unseen", ""),
        ("update_time_future", "N008"),
        ("update_time_missing", "N005"),
        ("vanished", "N004"),
    ]
    assert anywhere.open() == findings
    assert anywhere.platform("SELECT ended FROM licence WHERE certificate_number = 'N009'") == [("moved",)]
    before = anywhere.state()
    again = anywhere.sweep(SECOND, 4)
    assert (again.unread, again.vanished, again.entry, anywhere.state()) == (0, 1, None, before)
    assert anywhere.open() == findings


def test_a_vanished_record_returns_when_a_sweep_reads_its_key(anywhere):
    sweep_after_removal(anywhere, "N004")
    assert anywhere.licences()["N004"] == ("甲某", "CANCELLED")
    anywhere.row("N004")  # restored from a copy, with its old time
    swept = anywhere.sweep(SECOND)
    assert (swept.returned, swept.vanished, swept.unread) == (1, 0, 1)
    assert anywhere.licences()["N004"] == ("甲某", "VALID")
    assert anywhere.open() == [("rows_unread", "")]
    assert anywhere.sweep(THIRD).unread == 0
    assert anywhere.open() == []


def test_a_record_that_returns_with_other_contents_and_its_old_time_is_read_again(anywhere):
    sweep_after_removal(anywhere, "N004")
    anywhere.row("N004", YHMC="改某", ZT="注销")
    swept = anywhere.sweep(SECOND)
    assert (swept.returned, swept.unread) == (1, 1)
    assert anywhere.licences()["N004"] == ("改某", "CANCELLED")
    again = anywhere.sweep(THIRD)
    assert (again.returned, again.unread) == (0, 0)


def test_a_sweep_is_not_a_night_and_its_findings_are_not_closed_by_one(department):
    department.declare("rising: LSH")
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.row("N003", LSH=1)  # below the last number that was accepted
    department.row("N004", LSH=None, YHMC="")  # without a number, and held because of its name
    swept = department.sweep(FIRST)
    assert swept.why == "2: 1 no number; 1 committed late, or given an older number afterwards"
    assert (swept.entry.kind, swept.entry.accepted, swept.entry.held, swept.entry.mark_last) == ("sweep", 1, 1, None)
    held = ("required", "N004")
    assert (
        department.platform("SELECT rule, day FROM finding_seen WHERE certificate_number = 'N004' ORDER BY 1")[0][1]
        == FIRST
    )
    assert held in department.open()
    department.row("N005")
    entry = department.run(SECOND)
    assert (entry.mark_after, entry.mark_last, entry.inserted) == (2, 5, 1)
    department.run(FIRST, 48)  # rerunning its day does not close the findings of a sweep
    assert held in department.open()
    with closing(Exchange(Settings.from_environment())) as exchange, exchange.database.transaction() as connection:
        nights = [(entry.day, entry.kind) for entry in read_entries(connection, source="dep.ride")]
        assert nights == [(FIRST, "incremental"), (SECOND, "incremental")]
        assert delivered_before(connection, "dep.ride", SECOND).kind == "incremental"
        assert usual_sizes(connection, "dep.ride", "sweep", THIRD, 9) == []
        assert [entry.run for entry in read_entries(connection, day=FIRST, sweeps=True)] == [2, 3]
    again = department.sweep(SECOND)
    assert (again.unread, again.entry) == (0, None)


def test_a_row_that_is_marked_as_deleted_outside_of_any_window_ends_its_record(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}")
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.change(1, OP="D")  # without a new time
    swept = department.sweep(FIRST)
    assert (swept.unread, swept.absent) == (1, 0)
    assert department.licences() == {"N001": ("甲某", "CANCELLED"), "N002": ("甲某", "VALID")}
    assert department.sweep(SECOND).unread == 0
    department.change(2, OP="D", GXSJ="2026-03-01 11:00:00")  # committed late
    assert department.sweep(SECOND, 4).unread == 1
    assert department.licences()["N002"] == ("甲某", "CANCELLED")


def test_rows_that_are_not_records_are_not_read_by_every_sweep(department):
    department.declare(more="leave_out: {XKZH: 测试*}")
    department.row("N001")
    department.row("测试2", None)
    department.run(FIRST)
    swept = department.sweep(FIRST)
    assert (swept.keys_met, swept.unread) == (1, 0)


def test_a_night_that_was_read_before_a_sweep_can_be_delivered_after_it(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", SECOND)
    key, at = BatchKey.of(f"dep.ride/{SECOND}"), datetime(2026, 3, 3, 1, tzinfo=SHANGHAI)
    with closing(Exchange(Settings.from_environment(), lambda: at)) as exchange:
        prepare(exchange, key, lambda step: None)
        assert department.sweep(SECOND).unread == 1
        assess(exchange, key, at + timedelta(hours=3))
        deliver(exchange, key, at + timedelta(hours=3))
    assert department.licences()["N002"] == ("甲某", "VALID")
    assert department.open() == []


def test_a_sweep_that_is_killed_before_it_is_recorded_is_completed_by_the_next(department, monkeypatch):
    department.declare()
    for number in ("N001", "N002", "N003"):
        department.row(number)
    department.run(FIRST)
    department.row("N004", None)
    department.delete(3)
    with monkeypatch.context() as killed:
        killed.setattr(sweeps, "store_sweep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            department.sweep(FIRST)
    assert department.licences()["N003"] == ("甲某", "VALID")
    swept = department.sweep(FIRST, 4)
    assert (swept.unread, swept.vanished) == (0, 1)
    assert department.licences()["N003"] == ("甲某", "CANCELLED")
    assert ("rows_unread", "") in department.open()


def test_a_finding_on_a_held_row_is_closed_when_the_row_is_gone(anywhere):
    anywhere.declare()
    fill(anywhere)
    anywhere.row("N001")
    anywhere.row("N002")
    anywhere.row("N003", YHMC="")
    anywhere.run(FIRST)
    for key in (1, 2):
        anywhere.change(key, YHMC="", GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    assert anywhere.open("N001", "N002", "N003") == [("required", f"N00{key}") for key in (1, 2, 3)]
    for key in (1, 3):
        anywhere.delete(key)
    anywhere.sweep(SECOND)
    assert anywhere.open("N001", "N002", "N003") == [("required", "N002"), ("vanished", "N001")]


def test_a_held_end_counts_as_read_whatever_came_later(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}", vanished="hold")
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, OP="D")
    department.run(SECOND)
    assert department.open("N001") == [("deleted", "N001")]
    department.row("N001", THIRD, OP="U", YHMC="复某")
    department.run(THIRD)
    assert department.open("N001") == []
    assert department.sweep(THIRD).unread == 0

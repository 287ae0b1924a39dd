"""Refused sweeps, dry sweeps, and the output of the command."""

import json

import pytest

from tests.pipeline.department import FIRST, SECOND


def test_a_sweep_that_would_end_too_many_records_is_refused_and_reported(anywhere):
    anywhere.declare(lost=0.1)
    for number in range(1, 31):
        anywhere.row(f"N{number:03}")
    anywhere.run(FIRST)
    anywhere.sql("DELETE FROM t")
    anywhere.row("N031", None)
    before = anywhere.state()
    swept = anywhere.sweep(FIRST)
    assert "at most 3 of the 30 records that stand (expect.lost.max), found 30 missing" in swept.problem
    assert anywhere.state() == before
    assert anywhere.platform("SELECT count(*) FROM sweep") == [(0,)]
    assert anywhere.open() == [("sweep_refused", "")]
    for number in range(1, 31):
        anywhere.row(f"N{number:03}")
    anywhere.sweep(SECOND)
    assert anywhere.open() == [("rows_unread", ""), ("update_time_missing", "N031")]


def test_a_refusal_of_swept_rows_is_closed_by_the_next_sweep_that_can_read_them(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", None)
    department.sql("ALTER TABLE t RENAME COLUMN FZRQ TO FZRQ2")
    swept = department.sweep(FIRST)
    assert (swept.entry.status, "refused" in swept.problem) == ("refused", True)
    assert department.platform("SELECT count(*) FROM sweep") == [(0,)]
    assert "column_renamed" in [rule for rule, _ in department.open()]
    department.sql("ALTER TABLE t RENAME COLUMN FZRQ2 TO FZRQ")
    assert department.sweep(FIRST, 4).entry.status == "delivered"
    assert [rule for rule, _ in department.open()] == ["rows_unread", "update_time_missing"]


def test_a_dry_sweep_changes_nothing(department):
    department.declare()
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.delete(2)
    department.row("N003", None)
    before = department.state()
    swept = department.sweep(FIRST, dry_run=True)
    assert (swept.unread, swept.absent, swept.vanished, swept.entry) == (1, 1, 0, None)
    assert (department.state(), department.platform("SELECT count(*) FROM sweep")) == (before, [(0,)])


@pytest.mark.parametrize(("vanished", "status", "rules"), [("hold", "VALID", ["vanished"]), ("keep", "VALID", [])])
def test_vanished_records_are_handled_as_declared(department, vanished, status, rules):
    department.declare(vanished=vanished)
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.delete(2)
    assert department.sweep(FIRST).vanished == 1
    assert department.licences()["N002"] == ("甲某", status)
    assert [rule for rule, _ in department.open()] == rules


def test_the_command_prints_its_result_and_exits_with_1_for_a_refused_sweep(department, licex):
    department.declare(lost=0.1, sweep="")
    for number in range(1, 31):
        department.row(f"N{number:03}")
    department.run(FIRST)
    code, _, errors = licex("sweep", "dep.ride")
    assert (code, "expected sweep to be declared" in errors) == (2, True)
    department.declare(lost=0.1)
    department.row("N031", None)
    code, out, _ = licex("sweep", "dep.ride", "--json")
    assert (code, json.loads(out)["why"]) == (0, "1: 1 no time")
    code, out, _ = licex("ledger")
    assert (code, " sweep" in out) == (0, True)
    department.sql("DELETE FROM t")
    code, _, errors = licex("sweep", "dep.ride")
    assert (code, "expected a sweep to miss at most 3 of the 31 records" in errors.replace("\n", " ")) == (1, True)

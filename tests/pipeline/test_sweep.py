"""A sweep reads all keys of an incremental source: what no window saw is read, and what is gone has vanished."""

import json
import sys
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import create_engine, text

from extractors import keys
from loaders.ledger import delivered_before, read_entries, usual_sizes
from pipeline import run, stages
from pipeline import sweep as sweeps
from pipeline.cli import main
from pipeline.exchange import Exchange
from pipeline.flow import read_and_judge
from pipeline.settings import Settings
from pipeline.sweep import sweep
from standard.batch import LOCATOR, BatchKey
from standard.day import SHANGHAI
from standard.errors import SourceRefused

DECLARATION = """
title: 某市某局 · 网络预约出租汽车经营许可证
department: {{code: 11370400MB0000000N, name: 某市某局, contact: data@x.invalid}}
certificate_type_code: 11100000000019713D074
schedule: 30 1 * * *
since: 2026-01-01
vanished: {vanished}
{sweep}
extract: {{kind: database, connection: dep, table: t, key: {key}, {extract}}}
columns:
  certificate_number: XKZH
  certificate_holder_name: YHMC
  certificate_holder_code: {{constant: "370402188001010012"}}
  certificate_holder_type_code: {{constant: "111"}}
  certificate_issued_date: FZRQ
  certificate_status: {{from: ZT, lookup: status_plain}}
ignore: [{ignore}]
expect: {{held: {{max: 1}}, lost: {{max: {lost}}}}}
{more}
"""
SWEEP = "sweep: {schedule: 0 3 * * 6}"
COLUMNS = ("ID", "LSH", "OP", "XKZH", "YHMC", "FZRQ", "ZT", "GXSJ")
KINDS = dict(zip(COLUMNS, ("int", "int", *["varchar(64)"] * 6), strict=True))
FIRST, SECOND, THIRD = (f"2026-03-0{day}" for day in (1, 2, 3))


class Department:
    """A department with a table in any database, its declaration and a platform; days run an hour after their end."""

    def __init__(self, folder, monkeypatch, url="", target=""):
        self._folder, self._monkeypatch = folder, monkeypatch
        (folder / "sources/dep").mkdir(parents=True)
        self._url = url or f"sqlite:///{folder}/dep.db"
        self._target = target or f"sqlite:///{folder}/platform.db"
        monkeypatch.setenv("LICEX_SOURCES", str(folder / "sources"))
        monkeypatch.setenv("LICEX_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", self._target)
        monkeypatch.setenv("LICEX_CONN_DEP", self._url)
        self.sql("DROP TABLE IF EXISTS t")
        self.sql(f"CREATE TABLE t ({', '.join(f'{self._quoted(name)} {kind}' for name, kind in KINDS.items())})")

    def _quoted(self, name):
        return f"`{name}`" if self._url.startswith("mysql") else f'"{name}"'

    def sql(self, statement, **values):
        return self._ask(self._url, statement, values)

    def platform(self, statement):
        return self._ask(self._target, statement, {})

    def declare(self, extract="updated_at: GXSJ", *, sweep=SWEEP, more="", **given):
        usual = {"vanished": "cancel", "key": "[ID]", "lost": 0.5}
        used = extract + str(given.get("key", "[ID]"))
        ignore = ", ".join(name for name in ("ID", "OP", "LSH", "GXSJ") if name not in used)
        text = DECLARATION.format(extract=extract, ignore=ignore, sweep=sweep, more=more, **usual | given)
        (self._folder / "sources/dep/ride.yaml").write_text(text, encoding="utf-8")

    def row(self, number, day=FIRST, **given):
        """A row of the table: of a number whose last digits are its key, changed at ten on the day."""
        key = int("".join(filter(str.isdigit, number)))
        usual = {"ID": key, "LSH": key, "OP": "I", "XKZH": number, "YHMC": "甲某", "FZRQ": "2026-01-05", "ZT": "有效"}
        row = {**usual, "GXSJ": f"{day} 10:00:00" if day else None, **given}
        names = ", ".join(map(self._quoted, COLUMNS))
        self.sql(f"INSERT INTO t ({names}) VALUES ({', '.join(f':{name}' for name in COLUMNS)})", **row)

    def change(self, key, **given):
        changed = ", ".join(f"{self._quoted(name)} = :{name}" for name in given)
        self.sql(f"UPDATE t SET {changed} WHERE {self._quoted('ID')} = :key", **given, key=key)

    def delete(self, key):
        self.sql(f"DELETE FROM t WHERE {self._quoted('ID')} = :key", key=key)

    def run(self, day, hours=1.0):
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        self._monkeypatch.setattr(run, "now", lambda: moment)
        with closing(Exchange(Settings.from_environment())) as exchange:
            return run.run_batch(exchange, BatchKey.of(f"dep.ride/{day}"), lambda step: None).entry

    def sweep(self, day, hours=3.0, *, dry_run=False):
        """Sweep in the night after a day; the clock goes on by a second whenever it is asked."""
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        ticks = iter(range(10_000))
        with closing(Exchange(Settings.from_environment())) as exchange:
            clock = lambda: moment + timedelta(seconds=next(ticks))  # noqa: E731 - a clock
            return sweep(exchange, "dep.ride", clock, lambda step: None, dry_run=dry_run)

    def licences(self):
        rows = self.platform(
            "SELECT certificate_number, certificate_holder_name, certificate_status FROM licence ORDER BY 1, 2"
        )
        return {number: tuple(rest) for number, *rest in rows}

    def open(self):
        return self.platform("SELECT rule, certificate_number FROM finding WHERE open ORDER BY 1, 2")

    def state(self):
        """All that a reader sees, and the claims but for when they were swept."""
        claims = self.platform(
            "SELECT record, digest, locator, batch, observed_at, seen_at, wins, ended FROM claim ORDER BY 1"
        )
        return self.licences(), claims, self.platform("SELECT record, digest FROM claim_history ORDER BY 1, 2")

    def _ask(self, url, statement, values):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def department(tmp_path, monkeypatch):
    return Department(tmp_path, monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(request, tmp_path, monkeypatch):
    """The same with source and platform of one kind."""
    if request.param == "sqlite":
        return Department(tmp_path, monkeypatch)
    url = request.getfixturevalue(f"{request.param}_url")
    return Department(tmp_path, monkeypatch, url, url)


def test_what_no_window_saw_is_read_and_what_is_gone_has_vanished(anywhere):
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
    said = [
        ("rows_unread", ""),
        ("rows_unseen", ""),
        ("update_time_future", "N008"),
        ("update_time_missing", "N005"),
        ("vanished", "N004"),
    ]
    assert anywhere.open() == said
    assert anywhere.platform("SELECT ended FROM licence WHERE certificate_number = 'N009'") == [("moved",)]
    before = anywhere.state()
    again = anywhere.sweep(SECOND, 4)
    assert (again.unread, again.vanished, again.entry, anywhere.state()) == (0, 1, None, before)
    assert anywhere.open() == said


def test_what_vanished_is_there_again_when_a_sweep_meets_its_key(anywhere):
    anywhere.declare()
    for number in ("N001", "N002", "N003", "N004"):
        anywhere.row(number)
    anywhere.run(FIRST)
    anywhere.delete(4)
    anywhere.sweep(FIRST)
    assert anywhere.licences()["N004"] == ("甲某", "CANCELLED")
    anywhere.row("N004")  # restored from a copy, with its old time
    swept = anywhere.sweep(SECOND)
    assert (swept.returned, swept.vanished, swept.unread) == (1, 0, 1)
    assert anywhere.licences()["N004"] == ("甲某", "VALID")
    assert anywhere.open() == [("rows_unread", "")]
    assert anywhere.sweep(THIRD).unread == 0
    assert anywhere.open() == []


def test_what_came_back_with_other_contents_and_its_old_time_is_read_again(anywhere):
    anywhere.declare()
    for number in ("N001", "N002", "N003", "N004"):
        anywhere.row(number)
    anywhere.run(FIRST)
    anywhere.delete(4)
    anywhere.sweep(FIRST)
    anywhere.row("N004", YHMC="改某", ZT="注销")
    swept = anywhere.sweep(SECOND)
    assert (swept.returned, swept.unread) == (1, 1)
    assert anywhere.licences()["N004"] == ("改某", "CANCELLED")
    again = anywhere.sweep(THIRD)
    assert (again.returned, again.unread) == (0, 0)


def test_a_sweep_that_would_end_too_many_is_refused_and_says_so(anywhere):
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


def test_a_sweep_counts_for_no_night_and_its_findings_are_settled_by_none(department):
    department.declare("rising: LSH")
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.row("N003", LSH=1)  # below the last number that was accepted
    department.row("N004", LSH=None, YHMC="")  # without a number, and held for its name
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
    department.run(FIRST, 48)  # its day again: what a sweep found is not of it
    assert held in department.open()
    with closing(Exchange(Settings.from_environment())) as exchange, exchange.platform.transaction() as connection:
        nights = [(entry.day, entry.kind) for entry in read_entries(connection, source="dep.ride")]
        assert nights == [(FIRST, "incremental"), (SECOND, "incremental")]
        assert delivered_before(connection, "dep.ride", SECOND).kind == "incremental"
        assert usual_sizes(connection, "dep.ride", "sweep", THIRD, 9) == []
        assert [entry.run for entry in read_entries(connection, day=FIRST, sweeps=True)] == [2, 3]
    again = department.sweep(SECOND)
    assert (again.unread, again.entry) == (0, None)


def test_a_row_that_is_marked_as_deleted_in_no_window_ends_its_record(department):
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


@pytest.mark.parametrize("key", ["[XKZH]", "[XKZH, OP]", "[GXSJ, XKZH]"])
def test_keys_of_texts_of_several_columns_and_of_nothing_are_asked_for(anywhere, key):
    anywhere.declare("rising: LSH", key=key, more="" if "GXSJ" in key else "precedence: 1")
    anywhere.row("N001")
    anywhere.row("N002", LSH=9)
    anywhere.run(FIRST)
    anywhere.row("N003", LSH=3, OP=None, GXSJ=None)
    anywhere.row("N'4/", LSH=4, ID=4)
    assert anywhere.sweep(FIRST).unread == 2
    assert sorted(anywhere.licences()) == ["N'4/", "N001", "N002", "N003"]
    assert anywhere.sweep(SECOND).unread == 0


def test_more_rows_than_are_asked_for_at_once_are_read_in_parts_and_once(anywhere):
    anywhere.declare("updated_at: GXSJ, split: {column: ID, parts: 3}", vanished="keep")
    anywhere.row("N001")
    anywhere.run(FIRST)
    rows = ", ".join(
        f"({number}, {number}, 'I', 'N{number}', '甲某', '2026-01-05', '有效', NULL)" for number in range(2, 1200)
    )
    anywhere.sql(f"INSERT INTO t VALUES {rows}")
    swept = anywhere.sweep(FIRST)
    assert (swept.keys_met, swept.unread, swept.entry.inserted) == (1199, 1198, 1198)
    assert anywhere.sweep(SECOND).unread == 0


def test_rows_that_are_no_records_are_not_read_again_each_week(department):
    department.declare(more="leave_out: {XKZH: 测试*}")
    department.row("N001")
    department.row("测试2", None)
    department.run(FIRST)
    swept = department.sweep(FIRST)
    assert (swept.keys_met, swept.unread) == (1, 0)


def test_a_night_that_was_read_before_a_sweep_and_is_delivered_after_it_is_there(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.row("N002", SECOND)
    key, at = BatchKey.of(f"dep.ride/{SECOND}"), datetime(2026, 3, 3, 1, tzinfo=SHANGHAI)
    with closing(Exchange(Settings.from_environment())) as exchange:
        read_and_judge(exchange, key, at, lambda step: None)
        assert department.sweep(SECOND).unread == 1
        stages.assess(exchange, key, at + timedelta(hours=3))
        stages.deliver(exchange, key, at + timedelta(hours=3))
    assert department.licences()["N002"] == ("甲某", "VALID")
    assert department.open() == []


def test_a_sweep_that_is_killed_before_it_is_written_down_is_finished_by_the_next(department, monkeypatch):
    department.declare()
    for number in ("N001", "N002", "N003"):
        department.row(number)
    department.run(FIRST)
    department.row("N004", None)
    department.delete(3)
    with monkeypatch.context() as killed:
        killed.setattr(sweeps, "keep_sweep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            department.sweep(FIRST)
    assert department.licences()["N003"] == ("甲某", "VALID")
    swept = department.sweep(FIRST, 4)
    assert (swept.unread, swept.vanished) == (0, 1)
    assert department.licences()["N003"] == ("甲某", "CANCELLED")
    assert ("rows_unread", "") in department.open()


def test_a_key_that_stands_on_two_rows_is_said(department):
    department.declare("updated_at: GXSJ")
    department.row("N001")
    department.run(FIRST)
    department.row("N002", SECOND, ID=1)
    department.run(SECOND)
    department.sweep(SECOND)
    department.run(THIRD)
    assert ("key_repeated", "") in department.open()


@pytest.mark.parametrize("key", ["[ID]", "[ID, OP]"])
def test_a_key_that_is_null_names_no_row(department, key):
    department.declare(key=key)
    department.row("N001", ID=None)
    department.row("N003")
    department.run(FIRST)
    assert ("key_missing", "N001") in department.open()
    department.row("N002", SECOND, ID=None)
    department.run(SECOND)
    assert {number: status for number, (_, status) in department.licences().items()} == dict.fromkeys(
        ("N001", "N002", "N003"), "VALID"
    )
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.vanished) == (0, 0)
    # One that no night has read is read with the others, and one that is gone is missed for itself.
    department.row("N004", None, ID=None)
    department.sql("DELETE FROM t WHERE XKZH = 'N001'")
    swept = department.sweep(THIRD)
    assert (swept.unread, swept.vanished) == (1, 1)
    assert {number: status for number, (_, status) in department.licences().items()} == {
        "N001": "CANCELLED",
        **dict.fromkeys(("N002", "N003", "N004"), "VALID"),
    }
    assert ("moved", "N001") not in department.open()


def test_null_is_another_key_than_an_empty_text(department):
    department.declare(key="[OP]")
    department.row("N001", OP=None)
    department.row("N002", OP="")
    department.run(FIRST)
    swept = department.sweep(FIRST)
    assert swept.unread == 0
    department.sql("DELETE FROM t WHERE XKZH = 'N002'")
    department.run(SECOND)
    department.sweep(SECOND)
    assert {number: status for number, (_, status) in department.licences().items()} == {
        "N001": "VALID",
        "N002": "CANCELLED",
    }


@pytest.mark.parametrize("key", [None, 7])
def test_a_key_of_several_rows_moves_none_of_them(department, key):
    department.declare("", sweep="", vanished="hold", lost=1)
    department.row("N001", ID=key)
    department.row("N002", ID=key)
    department.run(FIRST)
    department.sql("DELETE FROM t WHERE XKZH = 'N002'")
    department.run(SECOND)
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "VALID")}
    assert ("vanished", "N002") in department.open()
    department.sql("UPDATE t SET XKZH = 'N009'")
    department.run(THIRD)
    ended = "SELECT certificate_number, ended FROM claim WHERE ended IS NOT NULL"
    assert department.platform(ended) == ([("N001", "moved")] if key else [])  # from here on it names one row again


def test_keys_of_several_columns_are_told_apart_wherever_they_have_a_slash(department):
    department.declare(key="[OP, LSH]", extract="updated_at: GXSJ")
    department.row("N001", OP="2026/1", LSH=5)
    department.row("N003")
    department.run(FIRST)
    department.row("N002", SECOND, OP="2026", LSH="1/5")
    department.run(SECOND)
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.vanished) == (0, 0)
    assert {status for _, status in department.licences().values()} == {"VALID"}
    assert ("key_repeated", "") not in department.open()


def test_what_refused_the_rows_of_a_sweep_is_settled_by_the_next_that_can_read_them(department):
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
def test_what_vanishing_means_is_what_is_declared(department, vanished, status, rules):
    department.declare(vanished=vanished)
    for number in ("N001", "N002"):
        department.row(number)
    department.run(FIRST)
    department.delete(2)
    assert department.sweep(FIRST).vanished == 1
    assert department.licences()["N002"] == ("甲某", status)
    assert [rule for rule, _ in department.open()] == rules


def test_the_command_says_what_was_found_and_ends_with_one_where_it_is_refused(department, monkeypatch, capsys):
    def licex(*words):
        monkeypatch.setattr(sys, "argv", ["licex", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, capsys.readouterr()

    department.declare(lost=0.1, sweep="")
    for number in range(1, 31):
        department.row(f"N{number:03}")
    department.run(FIRST)
    code, shown = licex("sweep", "dep.ride")
    assert (code, "expected sweep to be declared" in shown.err) == (2, True)
    department.declare(lost=0.1)
    department.row("N031", None)
    code, shown = licex("sweep", "dep.ride", "--json")
    assert (code, json.loads(shown.out)["why"]) == (0, "1: 1 no time")
    code, shown = licex("ledger")
    assert (code, " sweep" in shown.out) == (0, True)
    department.sql("DELETE FROM t")
    code, shown = licex("sweep", "dep.ride")
    assert (code, "expected a sweep to miss at most 3 of the 31 records" in shown.err.replace("\n", " ")) == (1, True)


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
    department.change(1, YHMC="乙某", **late)  # of the day that was read
    department.run(SECOND)
    assert department.licences()["N001"] == ("甲某", "VALID")
    swept = department.sweep(SECOND)
    assert (swept.unread, swept.entry.updated) == (1, 1)
    assert department.licences()["N001"] == ("乙某", "VALID")
    assert department.sweep(THIRD).unread == 0
    department.change(5, YHMC="丙某", GXSJ="2026-03-09 10:00:00", LSH=9)  # of a day that is still to come
    assert (
        department.sweep(THIRD, 4).unread == future
    )  # a time in the future says no order, and nobody knows when it comes
    assert department.sweep("2026-03-04").unread == 0


def fill(department, first=10, last=30):
    for number in range(first, last):
        department.row(f"X{number:03}")


def said_on(department, *numbers):
    return [found for found in department.open() if found[1] in numbers]


def test_a_key_is_compared_with_what_it_named_last(anywhere):
    """What it named once, before another record, does not count."""
    anywhere.declare()
    fill(anywhere)
    anywhere.row("N001")
    anywhere.run(FIRST)
    anywhere.change(1, ID=5, GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    anywhere.row("Z001", THIRD)
    anywhere.run(THIRD)
    anywhere.delete(1)
    anywhere.change(5, ID=1)
    swept = anywhere.sweep(THIRD)
    assert swept.unread == 1
    licences = anywhere.licences()
    assert (licences["N001"], licences["Z001"]) == (("甲某", "VALID"), ("甲某", "CANCELLED"))
    assert anywhere.sweep("2026-03-04").unread == 0


def test_numbers_that_are_set_back_without_a_new_time_are_read_back(anywhere):
    anywhere.declare()
    fill(anywhere)
    names = {"N001": "张某", "N002": "李某", "N003": "王某"}
    for number, name in names.items():
        anywhere.row(number, YHMC=name)
    anywhere.run(FIRST)
    for key, number in enumerate(("A009", "E001", "N002"), 1):
        anywhere.change(key, XKZH=number)
    assert anywhere.sweep(FIRST).unread == 3
    licences = anywhere.licences()
    assert licences["N002"] == ("王某", "VALID")
    assert {licences[number][1] for number in ("N001", "N003")} == {"CANCELLED"}
    for key, number in enumerate(names, 1):
        anywhere.change(key, XKZH=number)
    assert anywhere.sweep(SECOND).unread == 3
    licences = anywhere.licences()
    assert {number: licences[number] for number in names} == {number: (name, "VALID") for number, name in names.items()}
    assert {licences[number][1] for number in ("A009", "E001")} == {"CANCELLED"}
    assert anywhere.sweep(THIRD).unread == 0
    assert said_on(anywhere, *names, "A009", "E001") == []


@pytest.mark.parametrize("extract", ["updated_at: GXSJ", "rising: LSH"])
def test_two_rows_of_one_number_are_said_and_the_one_that_stays_is_read(department, extract):
    department.declare(extract)
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, ID=2, LSH=50, YHMC="乙某")
    department.row("N055", SECOND)
    department.run(SECOND)
    assert department.sweep(SECOND).unread == 0
    assert said_on(department, "N001") == [("number_shared", "N001")]
    department.delete(2)
    department.run(THIRD)
    assert department.sweep(THIRD).unread == 1
    assert department.licences()["N001"] == ("乙某", "VALID")
    assert said_on(department, "N001") == [("order_backwards", "N001")]
    assert department.sweep("2026-03-04").unread == 0
    assert said_on(department, "N001") == [("order_backwards", "N001")]
    department.change(1, GXSJ="2026-03-05 10:00:00", LSH=60)
    department.run("2026-03-05")
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert said_on(department, "N001") == []


@pytest.mark.parametrize(
    ("extract", "status", "rules"),
    [
        ("updated_at: GXSJ", "VALID", ["order_backwards"]),
        ("rising: LSH", "CANCELLED", ["moved", "order_backwards"]),  # by its number the renumbering is what came last
    ],
)
def test_a_record_that_another_key_still_names_has_not_moved_or_is_said(department, extract, status, rules):
    department.declare(extract)
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, ID=2, LSH=50, YHMC="乙某")
    department.run(SECOND)
    department.change(2, XKZH="N009", LSH=60, GXSJ=f"{THIRD} 10:00:00")
    department.run(THIRD)
    assert department.licences()["N001"] == ("乙某", "CANCELLED")
    assert said_on(department, "N001") == [("moved", "N001")]
    assert department.sweep(THIRD).unread == 1
    assert department.licences()["N001"] == ("乙某", status)
    assert said_on(department, "N001") == [(rule, "N001") for rule in rules]
    assert department.sweep("2026-03-04").unread == 0
    assert said_on(department, "N001") == [(rule, "N001") for rule in rules]


def test_a_row_that_only_a_sweep_meets_beside_another_of_its_number_is_said(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", "2026-02-15", ID=2, YHMC="乙某")
    assert department.sweep(FIRST).unread == 1
    assert said_on(department, "N001") == [("number_shared", "N001"), ("order_backwards", "N001")]
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert department.sweep(SECOND).unread == 0
    assert ("number_shared", "N001") in department.open()
    department.delete(2)
    department.sweep(THIRD)
    assert ("number_shared", "N001") not in department.open()


def test_a_row_in_place_of_another_with_an_older_time_is_said_for_as_long_as_the_platform_differs(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.delete(1)
    department.row("N001", "2026-02-15", ID=501, YHMC="再某")
    assert department.sweep(FIRST).unread == 1
    for day in (SECOND, THIRD):
        assert department.licences()["N001"] == ("甲某", "VALID")
        assert said_on(department, "N001") == [("order_backwards", "N001")]
        assert department.sweep(day).unread == 0


def test_a_sweep_of_keys_that_were_declared_to_be_reused_misses_what_they_do_not_name(anywhere):
    anywhere.declare(key="{columns: [ID], reused: true}", sweep="")
    fill(anywhere)
    anywhere.row("N001")
    anywhere.run(FIRST)
    anywhere.change(1, XKZH="N002", GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    anywhere.declare()
    anywhere.run(THIRD)
    assert anywhere.licences()["N001"] == ("甲某", "VALID")
    assert anywhere.sweep(THIRD).vanished == 1
    licences = anywhere.licences()
    assert (licences["N001"], licences["N002"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))
    assert said_on(anywhere, "N001", "N002") == [("vanished", "N001")]


@pytest.mark.parametrize(
    ("extract", "later", "back"),
    [
        ("updated_at: GXSJ", {"GXSJ": f"{SECOND} 10:00:00"}, {"GXSJ": f"{FIRST} 10:00:00"}),
        ("updated_at: GXSJ", {"GXSJ": f"{SECOND} 10:00:00"}, {"GXSJ": f"{FIRST} 09:00:00"}),
        ("rising: LSH", {"LSH": 50}, {"LSH": 1}),
    ],
)
def test_a_time_or_number_that_is_set_back_is_read_again_and_said(department, extract, later, back):
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
    assert said_on(department, "N001") == [("order_backwards", "N001")]
    assert department.sweep("2026-03-04").unread == 0
    assert said_on(department, "N001") == [("order_backwards", "N001")]


def test_a_time_that_is_taken_away_is_read_again_and_counts_as_read_now(department):
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


def test_a_number_of_several_columns_is_compared(department):
    department.declare()
    path = department._folder / "sources/dep/ride.yaml"
    path.write_text(
        path.read_text("utf-8").replace("certificate_number: XKZH", "certificate_number: {from: [ZSBH, XKZH]}"), "utf-8"
    )
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH="Q001")
    assert department.sweep(FIRST).unread == 1
    licences = department.licences()
    assert (licences["N001"], licences["Q001"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))
    department.sql("ALTER TABLE t ADD COLUMN ZSBH varchar(64)")
    with pytest.raises(SourceRefused, match="expected one of the columns ZSBH, XKZH for the number"):
        department.sweep(SECOND)


def test_a_number_that_tidy_makes_is_compared(department):
    department.declare(more="leave_out: {YHMC: 测试*}")
    (department._folder / "sources/dep/quirks.py").write_text(
        "import pyarrow.compute as pc\n\n\ndef tidy(raw):\n"
        '    made = pc.binary_join_element_wise("许", raw["XKZH"], raw["LSH"], "")\n'
        '    return raw.set_column(raw.column_names.index("XKZH"), "XKZH", made)\n',
        "utf-8",
    )
    fill(department)
    department.row("N001")
    department.row("N002", YHMC="测试一")
    department.run(FIRST)
    assert department.sweep(FIRST).unread == 0
    department.change(1, LSH=7)
    assert department.sweep(SECOND).unread == 1
    licences = department.licences()
    assert (licences["许N0011"], licences["许N0017"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))


def test_a_row_that_lost_its_number_names_no_other_record(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH=None)
    assert department.sweep(FIRST).unread == 1
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert "required" in [rule for rule, _ in department.open()]


def test_a_renumbered_row_that_is_held_ends_what_its_key_named(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH="N009", YHMC="")
    department.sweep(FIRST)
    assert department.licences()["N001"] == ("甲某", "CANCELLED")
    assert said_on(department, "N001", "N009") == [("required", "N009"), ("vanished", "N001")]


@pytest.mark.parametrize("made", ["ID + 0", "ID + 0.5", "'k' || ID", "ID"])
def test_rows_are_found_again_by_keys_that_an_expression_makes(department, made):
    department.sql(f"CREATE VIEW v AS SELECT {made} AS K, LSH + 0 AS LSH, XKZH, YHMC, FZRQ, ZT FROM t")
    department.declare("rising: LSH", key="[K]")
    path = department._folder / "sources/dep/ride.yaml"
    text = path.read_text("utf-8").replace("table: t", "table: v")
    path.write_text(text.replace("ignore: [ID, OP, GXSJ]", "ignore: []"), "utf-8")
    fill(department)
    department.run(FIRST)
    department.row("N005", LSH=11)
    swept = department.sweep(FIRST)
    assert (swept.unread, swept.not_found, swept.entry.inserted) == (1, 0, 1)
    assert department.sweep(SECOND).unread == 0


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_rows_are_found_again_by_keys_in_another_encoding_than_the_database_says(request, tmp_path, monkeypatch, kind):
    url = request.getfixturevalue(f"{kind}_url")
    said = {"postgresql": "SQL_ASCII", "mariadb": "latin1"}[kind]
    with encoded_database(url, said) as there:
        department = Department(tmp_path, monkeypatch, there)
        if kind == "mariadb":
            department.sql("ALTER TABLE t CONVERT TO CHARACTER SET latin1")
        department.declare("updated_at: GXSJ, charset: [utf-8, gbk]", key="[XKZH]")
        bytes_of = {"postgresql": "convert_from('\\x{}'::bytea, 'SQL_ASCII')", "mariadb": "x'{}'"}[kind]
        rows = [("许001", "gbk", FIRST), ("许002", "gbk", None), ("许003", "utf-8", None), ("N004", "gbk", None)]
        for place, (number, charset, day) in enumerate(rows, 1):
            texts = (number, "张三丰", "2026-01-05", "有效")
            values = ", ".join(bytes_of.format(text.encode(charset).hex()) for text in texts)
            time = f"'{day} 10:00:00'" if day else "NULL"
            department.sql(f"INSERT INTO t VALUES ({place}, {place}, 'I', {values}, {time})")
        department.run(FIRST)
        swept = department.sweep(FIRST)
        assert (swept.unread, swept.not_found, swept.entry.inserted) == (3, 0, 3)
        assert department.licences() == dict.fromkeys((row[0] for row in rows), ("张三丰", "VALID"))
        assert department.sweep(SECOND).unread == 0


@contextmanager
def encoded_database(url, encoding):
    """A database of the server that says that its texts are of an encoding."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    postgresql = url.startswith("postgresql")
    more = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0" if postgresql else ""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE swept_bytes {more}"))
        try:
            there = engine.url.set(database="swept_bytes").render_as_string(hide_password=False)
            yield f"{there}?client_encoding=utf8" if postgresql and "?" not in there else there
        finally:
            connection.execute(text("DROP DATABASE swept_bytes"))
    engine.dispose()


def test_rows_that_are_not_found_again_by_their_keys_are_said_and_end_nothing(department, monkeypatch):
    department.declare()
    fill(department)
    department.row("N001")
    department.row("N002")
    department.run(FIRST)
    department.change(1, XKZH="N009")
    department.delete(2)
    department.row("N002", None, ID=7)
    department.row("N005", None)
    rows_of, hidden = keys._rows, pa.array(["1", "7"])
    with monkeypatch.context() as blind:
        seen = lambda batch: batch.filter(pc.invert(pc.is_in(batch[LOCATOR], hidden)))  # noqa: E731 - a filter
        blind.setattr(keys, "_rows", lambda *given: map(seen, rows_of(*given)))
        swept = department.sweep(FIRST)
    assert (swept.unread, swept.not_found, swept.vanished) == (3, 2, 0)
    assert department.licences() == dict.fromkeys(
        [*(f"X{number:03}" for number in range(10, 30)), "N001", "N002", "N005"], ("甲某", "VALID")
    )
    assert ("rows_not_found", "") in department.open()
    swept = department.sweep(SECOND)
    assert (swept.not_found, swept.vanished) == (0, 0)
    assert "rows_not_found" not in [rule for rule, _ in department.open()]
    assert {number: department.licences()[number][1] for number in ("N001", "N009", "N002")} == {
        "N001": "CANCELLED", "N009": "VALID", "N002": "VALID",
    }  # fmt: skip


def test_what_was_found_on_a_held_row_is_settled_when_the_row_is_gone(anywhere):
    anywhere.declare()
    fill(anywhere)
    anywhere.row("N001")
    anywhere.row("N002")
    anywhere.row("N003", YHMC="")
    anywhere.run(FIRST)
    for key in (1, 2):
        anywhere.change(key, YHMC="", GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    assert said_on(anywhere, "N001", "N002", "N003") == [("required", f"N00{key}") for key in (1, 2, 3)]
    for key in (1, 3):
        anywhere.delete(key)
    anywhere.sweep(SECOND)
    assert said_on(anywhere, "N001", "N002", "N003") == [("required", "N002"), ("vanished", "N001")]


def test_an_end_that_is_held_was_read_whatever_came_since(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}", vanished="hold")
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, OP="D")
    department.run(SECOND)
    assert said_on(department, "N001") == [("deleted", "N001")]
    department.row("N001", THIRD, OP="U", YHMC="复某")
    department.run(THIRD)
    assert said_on(department, "N001") == []
    assert department.sweep(THIRD).unread == 0

"""A sweep reads all keys of an incremental source: what no window saw is read, and what is gone has vanished."""

import json
import sys
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from loaders.ledger import delivered_before, read_entries, usual_sizes
from pipeline import run, stages
from pipeline import sweep as sweeps
from pipeline.cli import main
from pipeline.exchange import Exchange
from pipeline.flow import read_and_judge
from pipeline.settings import Settings
from pipeline.sweep import sweep
from standard.batch import BatchKey
from standard.day import SHANGHAI

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
    assert (swept.keys_met, swept.unread, swept.absent, swept.vanished, swept.problem) == (8, 5, 1, 1, "")
    assert swept.entry.kind == "sweep"
    assert swept.why == (
        "5: 1 no time; 1 a time in the future; 2 committed late, or given an older time afterwards; "
        "1 older than the first day that was read"
    )
    healed = known | dict.fromkeys(("N005", "N006", "N007", "N008", "N010"), ("甲某", "VALID"))
    healed |= {"N004": ("甲某", "CANCELLED"), "N009": ("甲某", "CANCELLED")}
    assert anywhere.licences() == healed
    assert anywhere.open() == [
        ("moved", "N009"),
        ("rows_unread", ""),
        ("rows_unseen", ""),
        ("update_time_future", "N008"),
        ("update_time_missing", "N005"),
        ("vanished", "N004"),
    ]
    before, said = anywhere.state(), anywhere.open()
    again = anywhere.sweep(SECOND, 4)
    assert (again.unread, again.vanished, again.entry, anywhere.state()) == (0, 1, None, before)
    assert anywhere.open() == [found for found in said if found[0] != "moved"]  # which a full reading has confirmed


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
    assert (swept.returned, swept.vanished, swept.unread) == (1, 0, 0)
    assert anywhere.licences()["N004"] == ("甲某", "VALID")
    assert anywhere.open() == []


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
    ("extract", "late"), [("updated_at: GXSJ", {"GXSJ": f"{FIRST} 23:00:00"}), ("rising: LSH", {"LSH": 3})]
)
def test_a_change_that_was_committed_late_is_read_at_its_known_key(department, extract, late):
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
    department.change(5, YHMC="丙某", GXSJ="2026-03-05 10:00:00", LSH=9)  # of a day that is still to come
    assert department.sweep(THIRD, 4).unread == 0

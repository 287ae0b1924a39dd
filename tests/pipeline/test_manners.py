"""How politely departments are asked: not in their quiet hours, not twice for the same files, never twice for a number."""

import os
import re
import shutil
import sqlite3
from datetime import datetime, timedelta

import openpyxl
import pytest

from pipeline.quiet_hours import require_outside_quiet_hours
from standard.day import SHANGHAI
from standard.errors import QuietHours


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        ("08:30-11:30", "09:00", "11:30"),
        ("08:30-11:30", "08:30", "11:30"),
        ("08:30-11:30", "11:30", None),
        ("08:30-11:30", "08:29", None),
        ("22:00-02:00", "23:00", "02:00"),
        ("22:00-02:00", "01:59", "02:00"),
        ("22:00-02:00", "02:00", None),
        ("22:00-02:00", "21:59", None),
    ],
)
def test_a_database_is_not_asked_in_quiet_hours(declare, declaration, hours, at, until):
    source = declare(declaration.replace("contact:", f'quiet_hours: ["{hours}"], contact:'))
    moment = datetime.fromisoformat(f"2026-03-02T{at}").replace(tzinfo=SHANGHAI)
    if until is None:
        require_outside_quiet_hours(source, moment)
        return
    with pytest.raises(QuietHours, match=f"quiet hours {hours}, found {at}.*try again after {until}") as caught:
        require_outside_quiet_hours(source, moment)
    assert f"{caught.value.until:%H:%M}" == until
    assert timedelta(0) < caught.value.until - moment < timedelta(days=1)


def test_in_quiet_hours_the_command_says_until_when_and_leaves_no_trace(city, licex, platform):
    path = city / "sources/transport/road.yaml"
    now = datetime.now(SHANGHAI)
    hours = f"{now - timedelta(minutes=5):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    path.write_text(
        path.read_text(encoding="utf-8").replace("contact:", f'quiet_hours: ["{hours}"], contact:'), encoding="utf-8"
    )
    code, _, errors = licex("run", "transport.road", "--day", "2026-03-01")
    assert code == 3
    assert "quiet hours" in errors
    assert platform("SELECT * FROM exchange_batch") == []


@pytest.fixture
def book(city):
    """A workbook source; gives a function that delivers a book with so many licences under a name."""
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            "extract: {kind: database, connection: transport, table: XKZ, key: [ID], updated_at: GXSJ}",
            'extract: {kind: workbook, connection: transport, path: "books/*.xlsx", key: [ID]}',
        ).replace("ignore: [", "ignore: [GXSJ, "),
        encoding="utf-8",
    )
    (city / "books").mkdir()
    titles = [
        "ID",
        "XKZBH",
        "ZZBS",
        "MC",
        "DM",
        "LX",
        "FZRQ",
        "QSRQ",
        "YXQZ",
        "ZT",
        "QH",
        "LB",
        "QZR",
        "JYFW",
        "BZ",
        "GXSJ",
    ]
    row = [
        "",
        "",
        None,
        "枣庄某某运输有限公司",
        "91370402MA0000007Y",
        "001",
        "2026-01-01",
        "2026-01-02",
        "2030-01-01",
        "10",
        "370402",
        "2",
    ]

    def deliver(name, count):
        made = openpyxl.Workbook()
        made.active.append(titles)
        for i in range(count):
            made.active.append([str(i), f"37040200{i:04}", *row[2:]])
        made.save(city / "books" / name)
        os.utime(city / "books" / name, (1e9, 1e9))

    return deliver


@pytest.fixture
def days():
    """Yesterday and today: days of which a snapshot may still be taken."""
    today = datetime.now(SHANGHAI).date()
    return str(today - timedelta(days=1)), str(today)


def test_the_same_file_twice_is_a_no_op_that_says_so(city, book, days, licex, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))
    book("a.xlsx", 3)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    code, said, _ = licex("run", "transport.road", "--day", days[0])
    assert (code, "nothing to do" in said, "licex replay" in said) == (0, True, True)
    assert "repeated" in said
    assert platform("SELECT run, status, inserted FROM exchange_batch ORDER BY run") == [
        (1, "delivered", 3),
        (2, "repeated", 0),
    ]
    page = (city / f"workspace/reports/transport.road/{days[0]}.html").read_text(encoding="utf-8")
    assert (f"{days[0]} 的数据已送达平台" in page, "与上次相同" in page) == (True, False)  # what stands of that day
    code, said, _ = licex("run", "transport.road", "--day", days[1])
    assert (code, days[0] in said) == (0, True)
    assert platform("SELECT day, status, extracted FROM exchange_batch ORDER BY day, run") == [
        (days[0], "delivered", 3),
        (days[0], "repeated", 0),
        (days[1], "repeated", 0),
    ]
    assert (city / f"workspace/reports/transport.road/{days[1]}.html").exists()


def test_a_renamed_file_is_the_same_delivery_and_a_changed_one_is_new(city, book, days, licex, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))
    book("a.xlsx", 3)
    licex("run", "transport.road", "--day", days[0])
    (city / "books/a.xlsx").rename(city / "books/b.xlsx")
    assert "nothing to do" in licex("run", "transport.road", "--day", days[0])[1]
    book("b.xlsx", 4)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT status, inserted, unchanged FROM exchange_batch WHERE run > 1 ORDER BY run") == [
        ("repeated", 0, 0),
        ("delivered", 1, 3),
    ]


def test_an_older_file_that_comes_back_is_new_even_after_a_replay(city, book, days, licex, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))
    book("a.xlsx", 10)
    old = city / "old.xlsx"
    shutil.copy2(city / "books/a.xlsx", old)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    book("a.xlsx", 11)
    assert licex("run", "transport.road", "--day", days[1])[0] == 0
    assert licex("replay", "transport.road", "--from", days[0], "--to", days[0])[0] == 0
    shutil.copy2(old, city / "books/a.xlsx")
    assert licex("run", "transport.road", "--day", days[1])[0] == 0
    assert platform("SELECT run, extracted, vanished FROM exchange_batch ORDER BY day, run") == [
        (1, 10, 0),
        (2, 10, 0),
        (1, 11, 0),
        (2, 10, 1),
    ]


def test_the_file_of_an_old_day_run_again_is_a_no_op_that_says_so(city, book, days, licex, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("books/*.xlsx", "books/{day}.xlsx"), encoding="utf-8")
    for day, count in zip(days, (3, 4), strict=True):
        book(f"{day}.xlsx", count)
        assert licex("run", "transport.road", "--day", day)[0] == 0
    code, said, _ = licex("run", "transport.road", "--day", days[0])
    assert (code, f"delivered for {days[0]} (run 1)" in said) == (0, True)
    book(f"{days[0]}.xlsx", 4)  # what the next day holds, which that day did not
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT day, run, status, extracted FROM exchange_batch ORDER BY day, run") == [
        (days[0], 1, "delivered", 3),
        (days[0], 2, "repeated", 0),
        (days[0], 3, "delivered", 4),
        (days[1], 1, "delivered", 4),
    ]


def test_the_same_file_under_a_changed_declaration_is_judged_anew(city, book, days, licex, platform, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))
    book("a.xlsx", 3)
    licex("run", "transport.road", "--day", days[0])
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\nprecedence: 1\n", encoding="utf-8")
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT unchanged FROM exchange_batch WHERE run = 2") == [(3,)]


@pytest.fixture
def rising(city, refill):
    """A source read by the rising number ID; gives a function that adds rows."""
    path = city / "sources/transport/road.yaml"
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("updated_at: GXSJ", "rising: ID")
        .replace("ignore: [", "ignore: [GXSJ, "),
        encoding="utf-8",
    )
    refill({"ID": "1"})

    def add(*rows):
        with sqlite3.connect(city / "transport.db") as database:
            for number, licence, name in rows:
                database.execute(
                    "INSERT INTO XKZ SELECT ?, GXSJ, ?, ZZBS, ?, DM, LX, FZRQ, QSRQ, YXQZ, ZT, QH, LB, QZR, JYFW, BZ FROM XKZ LIMIT 1",
                    (number, licence, name),
                )

    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET ID = 1")
    return add


def marks(platform):
    return platform("SELECT day, extracted, mark_after, mark_last FROM exchange_batch ORDER BY day, run")


def test_a_day_begins_after_the_greatest_number_of_the_days_before(rising, licex, platform):
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    rising((2, "370402000002", "某二"), (3, "370402000003", "某三"))
    assert licex("run", "transport.road", "--day", "2026-03-02")[0] == 0
    assert licex("run", "transport.road", "--day", "2026-03-03")[0] == 0
    assert [row[1] for row in marks(platform)] == [1, 2, 0]
    rising((4, "370402000004", "某四"))
    licex("run", "transport.road", "--day", "2026-03-01")  # the past has its own numbers and no others
    licex("run", "transport.road", "--day", "2026-03-02")
    assert [row[1] for row in marks(platform)] == [1, 1, 2, 2, 0]
    licex("run", "transport.road", "--day", "2026-03-04")
    assert marks(platform)[-1][1:] == (1, 3, 4)


def test_a_new_beginning_is_accepted_by_a_person_and_all_is_read_again(rising, city, licex, platform):
    rising((1002, "370402000002", "某二"))
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET ID = ID - 1000 WHERE ID > 1000")  # restored, and numbered anew
    for day in ("2026-03-02", "2026-03-03"):
        code, _, errors = licex("run", "transport.road", "--day", day)
        assert (code, "licex accept-beginning transport.road --by NAME" in errors) == (1, True), errors
    assert platform("SELECT DISTINCT rule, value FROM finding WHERE open") == [("rising_fell", "2")]
    assert licex("accept-beginning", "transport.road", "--by", "王 某 370402188001010012")[0] == 0
    begun = platform("SELECT day, beginning, reason FROM exchange_batch WHERE status = 'begun'")
    assert begun == [
        ("2026-03-02", 1, "王 某 **************0012 accepted that the numbers of ID begin anew after 1002")
    ]
    assert licex("run", "transport.road", "--day", "2026-03-03")[0] == 0
    rising((3, "370402000003", "某三"))
    assert licex("run", "transport.road", "--day", "2026-03-04")[0] == 0
    found = platform(
        "SELECT day, extracted, mark_after, mark_last, beginning FROM exchange_batch WHERE status = 'delivered' ORDER BY day"
    )
    assert found == [("2026-03-01", 2, 0, 1002, 0), ("2026-03-03", 2, 0, 2, 1), ("2026-03-04", 1, 2, 3, 1)]
    assert platform("SELECT rule, day FROM finding WHERE open") == []  # all rows of the refused days were read since
    # The numbers of before can no longer be asked for; their archive still can.
    code, _, errors = licex("run", "transport.road", "--day", "2026-03-01")
    assert (code, "began anew" in errors) == (2, True), errors
    assert licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")[0] == 0
    assert "begun" not in licex("ledger", "--day", "2026-03-02")[1]
    assert "王 某" in licex("ledger", "--day", "2026-03-02", "--all")[1]


def test_numbers_that_were_read_before_another_declaration_are_not_asked_for_again(rising, city, licex, platform):
    path = city / "sources/transport/road.yaml"
    by_number = path.read_text(encoding="utf-8")

    def run(day):
        code, _, errors = licex("run", "transport.road", "--day", day)
        return code, " ".join(errors.split())

    assert run("2026-03-01") == (0, "")
    rising((2, "370402000001", "新名"))
    assert run("2026-03-03") == (0, "")
    path.write_text(by_number.replace("rising: ID", "updated_at: GXSJ"), encoding="utf-8")
    assert run("2026-03-04") == (0, "")
    path.write_text(by_number, encoding="utf-8")
    assert run("2026-03-05") == (0, "")
    for day, last in (("2026-03-01", 1), ("2026-03-03", 2)):
        code, errors = run(day)
        assert code == 2
        assert re.search(f"{day}: expected a day with numbers after 2, .* found one that ends with {last};", errors)
    assert run("2026-03-02") == (0, "")  # a night that was missed has no numbers of its own
    assert platform("SELECT extracted FROM exchange_batch WHERE day = '2026-03-02'") == [(0,)]
    assert platform("SELECT certificate_holder_name FROM licence") == [("新名",)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("transport.road", "--by", " "), "expected the name"),
        (("transport.road", "--by", "王某"), "found none in the ledger"),
        (("transport.rode", "--by", "王某"), "road"),
    ],
)
def test_a_beginning_that_nobody_or_nothing_stands_for_is_not_accepted(rising, licex, platform, words, problem):
    code, _, errors = licex("accept-beginning", *words)
    assert (code, problem in errors) == (2, True), errors


def test_a_source_without_a_rising_number_begins_nothing_anew(city, licex):
    code, _, errors = licex("accept-beginning", "transport.road", "--by", "王某")
    assert (code, "rising number" in errors) == (2, True), errors


def test_in_parts_a_day_of_numbers_begins_and_ends_where_it_does_in_one(rising, city, licex, platform):
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("rising: ID", "rising: ID, split: {column: ID, parts: 4}"), encoding="utf-8")
    rising((3, "370402000002", "某二"), (1000, "370402000003", "某三"))
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    assert licex("run", "transport.road", "--day", "2026-03-02")[0] == 0
    rising((1001, "370402000004", "某四"))
    assert licex("run", "transport.road", "--day", "2026-03-03")[0] == 0
    assert licex("run", "transport.road", "--day", "2026-03-02")[0] == 0
    assert [row[1:] for row in marks(platform)] == [(3, 0, 1000), (0, 1000, 1000), (0, 1000, 1000), (1, 1000, 1001)]


def test_of_two_changes_of_a_record_the_greater_number_counts_in_any_order(rising, licex, platform):
    licex("run", "transport.road", "--day", "2026-03-01")
    rising((2, "370402000001", "新名"))
    licex("run", "transport.road", "--day", "2026-03-02")
    licex("run", "transport.road", "--day", "2026-03-01")
    licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    assert platform("SELECT certificate_holder_name FROM licence") == [("新名",)]

"""A source read by a rising number: where each day begins and ends, and how a new beginning is accepted."""

import re
import sqlite3

import pytest


@pytest.fixture
def rising(city, refill):
    """A source read by the rising number ID; returns a function that adds rows."""
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
    licex("run", "transport.road", "--day", "2026-03-01")  # earlier days keep their own numbers
    licex("run", "transport.road", "--day", "2026-03-02")
    assert [row[1] for row in marks(platform)] == [1, 1, 2, 2, 0]
    licex("run", "transport.road", "--day", "2026-03-04")
    assert marks(platform)[-1][1:] == (1, 3, 4)


def test_after_a_new_beginning_is_accepted_all_rows_are_read_again(rising, city, licex, platform):
    rising((1002, "370402000002", "某二"))
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET ID = ID - 1000 WHERE ID > 1000")  # restored and renumbered
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
    assert platform("SELECT rule, day FROM finding WHERE open") == []  # all rows of the refused days have been read
    # Numbers before the new beginning can no longer be read, but their archive can be replayed.
    code, _, errors = licex("run", "transport.road", "--day", "2026-03-01")
    assert (code, "began anew" in errors) == (2, True), errors
    assert licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")[0] == 0
    assert "begun" not in licex("ledger", "--day", "2026-03-02")[1]
    assert "王 某" in licex("ledger", "--day", "2026-03-02", "--all")[1]


def test_numbers_that_were_read_under_an_earlier_declaration_are_not_read_again(rising, city, licex, platform):
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
    assert run("2026-03-02") == (0, "")  # a missed night has no numbers of its own
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
def test_a_beginning_without_a_name_or_a_delivered_batch_is_not_accepted(rising, licex, platform, words, problem):
    code, _, errors = licex("accept-beginning", *words)
    assert (code, problem in errors) == (2, True), errors


def test_a_source_without_a_rising_number_has_no_beginning_to_accept(city, licex):
    code, _, errors = licex("accept-beginning", "transport.road", "--by", "王某")
    assert (code, "rising number" in errors) == (2, True), errors


def test_a_day_read_in_parts_has_the_same_bounds_as_one_read_whole(rising, city, licex, platform):
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


def test_the_change_with_the_greater_number_wins_in_any_order_of_runs(rising, licex, platform):
    licex("run", "transport.road", "--day", "2026-03-01")
    rising((2, "370402000001", "新名"))
    licex("run", "transport.road", "--day", "2026-03-02")
    licex("run", "transport.road", "--day", "2026-03-01")
    licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    assert platform("SELECT certificate_holder_name FROM licence") == [("新名",)]

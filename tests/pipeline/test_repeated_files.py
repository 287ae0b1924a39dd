"""Files that were delivered before are recognised and not read again; changed and older files are new deliveries."""

import os
import shutil
from datetime import datetime, timedelta

import openpyxl
import pytest

from standard.day import SHANGHAI
from tests.city import with_extract


@pytest.fixture
def deliver(city, declaration, raw, monkeypatch):
    """A workbook source; returns a function that writes a workbook with a number of licences."""
    text = with_extract(declaration, '{kind: workbook, connection: transport, path: "books/*.xlsx", key: [ID]}')
    (city / "sources/transport/road.yaml").write_text(text.replace("ignore: [", "ignore: [GXSJ, "), encoding="utf-8")
    (city / "books").mkdir()
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))

    def write(name, count):
        rows = raw(*({"ID": str(i), "XKZBH": f"37040200{i:04}"} for i in range(count))).drop_columns(["_locator"])
        book = openpyxl.Workbook()
        book.active.append(rows.column_names)
        for row in rows.to_pylist():
            book.active.append(list(row.values()))
        book.save(city / "books" / name)
        os.utime(city / "books" / name, (1e9, 1e9))

    return write


@pytest.fixture
def days():
    """Yesterday and today, of which a snapshot may still be taken."""
    today = datetime.now(SHANGHAI).date()
    return str(today - timedelta(days=1)), str(today)


def test_the_same_file_twice_is_reported_as_repeated(city, deliver, days, licex, platform):
    deliver("a.xlsx", 3)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    code, out, _ = licex("run", "transport.road", "--day", days[0])
    assert (code, "nothing to do" in out, "licex replay" in out) == (0, True, True)
    assert "repeated" in out
    assert platform("SELECT run, status, inserted FROM exchange_batch ORDER BY run") == [
        (1, "delivered", 3),
        (2, "repeated", 0),
    ]
    page = (city / f"workspace/reports/transport.road/{days[0]}.html").read_text(encoding="utf-8")
    assert (f"{days[0]} 的数据已送达平台" in page, "与上次相同" in page) == (
        True,
        False,
    )  # the standing run of that day
    code, out, _ = licex("run", "transport.road", "--day", days[1])
    assert (code, days[0] in out) == (0, True)
    assert platform("SELECT day, status, extracted FROM exchange_batch ORDER BY day, run") == [
        (days[0], "delivered", 3),
        (days[0], "repeated", 0),
        (days[1], "repeated", 0),
    ]
    assert (city / f"workspace/reports/transport.road/{days[1]}.html").exists()


def test_a_renamed_file_is_the_same_delivery_and_a_changed_one_is_new(city, deliver, days, licex, platform):
    deliver("a.xlsx", 3)
    licex("run", "transport.road", "--day", days[0])
    (city / "books/a.xlsx").rename(city / "books/b.xlsx")
    assert "nothing to do" in licex("run", "transport.road", "--day", days[0])[1]
    deliver("b.xlsx", 4)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT status, inserted, unchanged FROM exchange_batch WHERE run > 1 ORDER BY run") == [
        ("repeated", 0, 0),
        ("delivered", 1, 3),
    ]


def test_an_older_file_that_comes_back_is_new_even_after_a_replay(city, deliver, days, licex, platform):
    deliver("a.xlsx", 10)
    old = city / "old.xlsx"
    shutil.copy2(city / "books/a.xlsx", old)
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    deliver("a.xlsx", 11)
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


def test_the_unchanged_file_of_an_old_day_is_reported_as_repeated(city, deliver, days, licex, platform):
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("books/*.xlsx", "books/{day}.xlsx"), encoding="utf-8")
    for day, count in zip(days, (3, 4), strict=True):
        deliver(f"{day}.xlsx", count)
        assert licex("run", "transport.road", "--day", day)[0] == 0
    code, out, _ = licex("run", "transport.road", "--day", days[0])
    assert (code, f"delivered for {days[0]} (run 1)" in out) == (0, True)
    deliver(f"{days[0]}.xlsx", 4)  # the contents of the next day's file
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT day, run, status, extracted FROM exchange_batch ORDER BY day, run") == [
        (days[0], 1, "delivered", 3),
        (days[0], 2, "repeated", 0),
        (days[0], 3, "delivered", 4),
        (days[1], 1, "delivered", 4),
    ]


def test_the_same_file_under_a_changed_declaration_is_judged_anew(city, deliver, days, licex, platform):
    deliver("a.xlsx", 3)
    licex("run", "transport.road", "--day", days[0])
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\nprecedence: 1\n", encoding="utf-8")
    assert licex("run", "transport.road", "--day", days[0])[0] == 0
    assert platform("SELECT unchanged FROM exchange_batch WHERE run = 2") == [(3,)]

import os
from datetime import timedelta

import pytest

from extractors import Request, open_source
from extractors.files import arrival
from standard.errors import SourceUnreachable

HEADER = "编号,姓名,证号,发证日期\n"
EXTRACT = {"kind": "text", "path": "x.csv", "encoding": "utf-8"}


@pytest.fixture
def put(tmp_path, now):
    """How to put a file there that was last changed some seconds before the reading."""

    def written(name, text=HEADER + "1,甲,2,3\n", age=60.0):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        changed = (now - timedelta(seconds=age)).timestamp()
        os.utime(path, (changed, changed))
        return path

    return written


@pytest.fixture
def sleeps(monkeypatch):
    """What is to happen whenever the arrival waits, and how often it has waited."""
    happened = []

    def during(happens):
        def sleep(seconds):
            happened.append(seconds)
            happens(len(happened))

        monkeypatch.setattr(arrival, "sleep", sleep)
        return happened

    return during


def unreachable(reading):
    with pytest.raises(SourceUnreachable) as caught, reading:
        pass
    assert str(caught.value).startswith("dept.source: expected ")
    return str(caught.value)


def test_a_file_that_was_last_changed_long_ago_is_taken_at_once(opened, put, sleeps):
    put("x.csv", age=2)
    waited = sleeps(lambda count: None)
    with opened(EXTRACT):
        assert waited == []


def test_a_young_file_is_taken_once_it_has_stayed_the_same(opened, put, rows_of, sleeps):
    path = put("x.csv", age=1)

    def grow(count):
        if count < 6:
            with path.open("a", encoding="utf-8") as file:
                file.write("4,乙,5,6\n")

    waited = sleeps(grow)
    with opened(EXTRACT) as reading:
        assert len(rows_of(reading)) == 6
    assert 6 < len(waited) < 12


def test_a_file_that_keeps_growing_is_still_being_written(opened, put, sleeps):
    path = put("x.csv", age=0)
    waited = sleeps(lambda count: path.write_text("x" * count, encoding="utf-8"))
    assert "still being written" in unreachable(opened(EXTRACT))
    assert sum(waited) == pytest.approx(10)


def test_a_file_with_a_time_in_the_future_is_taken_when_it_does_not_change(opened, put, sleeps):
    put("x.csv", age=-9000)
    sleeps(lambda count: None)
    with opened(EXTRACT) as reading:
        assert reading.origin["file"] == "x.csv"


def test_a_file_that_comes_while_the_others_settle_is_one_of_them(opened, put, sleeps):
    put("a.csv", age=0)
    sleeps(lambda count: put("b.csv", age=0) if count == 2 else None)
    with opened({**EXTRACT, "path": "*.csv"}) as reading:
        assert reading.origin["file"] == "a.csv, b.csv"


def test_with_markers_a_file_is_taken_only_when_its_marker_is_there(opened, put):
    extract = {**EXTRACT, "arrives": "done"}
    put("x.csv", age=0)
    assert "expected a marker x.csv.done" in unreachable(opened(extract))
    put("x.csv.done", "", age=0)
    with opened(extract) as reading:
        assert reading.origin["file"] == "x.csv"


def test_a_marker_of_an_earlier_delivery_does_not_count(opened, put):
    put("x.csv.done", "", age=86400)
    put("x.csv", age=60)
    assert "that is not older than the file" in unreachable(opened({**EXTRACT, "arrives": "done"}))


def test_with_markers_none_of_several_files_may_lack_its_own(opened, put):
    for name in ("a.csv", "b.csv", "a.csv.done"):
        put(name)
    assert "expected a marker b.csv.done" in unreachable(opened({**EXTRACT, "path": "*.csv", "arrives": "done"}))


def test_what_programs_are_still_writing_does_not_fit_a_pattern(opened, put):
    for name in ("a.csv", "b.csv.part", "~$a.csv", ".a.csv", "c.tmp", "a.csv.done", "d.csv.filepart"):
        put(name)
    with opened({**EXTRACT, "path": "*"}) as reading:
        assert reading.origin["file"] == "a.csv"


def test_only_unfinished_files_are_none(opened, put):
    put("b.csv.part")
    assert "found none" in unreachable(opened({**EXTRACT, "path": "*.csv*"}))


def test_a_file_that_changes_while_it_is_read_is_not_taken(opened, put, rows_of):
    path = put("x.csv")
    with opened(EXTRACT) as reading:
        path.write_text(HEADER, encoding="utf-8")
        with pytest.raises(SourceUnreachable, match="found it changed"):
            rows_of(reading)


@pytest.mark.parametrize("path", ["x.csv", "*.csv"])
def test_what_is_no_plain_file_is_never_opened(refused, tmp_path, path):
    os.mkfifo(tmp_path / "x.csv")
    assert "found a named pipe: it is not a file" in refused({**EXTRACT, "path": path})


def test_a_pattern_has_no_signs_but_two(opened, put):
    put("登记[1].csv")
    with opened({**EXTRACT, "path": "登记[?].CSV"}) as reading:
        assert reading.origin["file"] == "登记[1].csv"


def test_all_files_of_a_day_are_one_batch_whose_places_name_them(declare, put, rows_of, day, now, tmp_path):
    put("a_20260301.csv")
    put("b_20260301.csv", "姓名,编号,证号,发证日期,备注\n乙,4,5,6,注\n")
    put("c_20260302.csv")
    source = declare({**EXTRACT, "path": "*_{day:%Y%m%d}.csv"})
    with open_source(Request(source, day, str(tmp_path), now)) as reading:
        assert reading.origin["file"] == "a_20260301.csv, b_20260301.csv"
        assert reading.columns == ["编号", "姓名", "证号", "发证日期", "备注"]
        assert rows_of(reading) == [
            ("1", "甲", "2", "3", None, "a_20260301.csv!2"),
            ("4", "乙", "5", "6", "注", "b_20260301.csv!2"),
        ]


def test_the_content_of_a_delivery_is_known_again_whatever_its_files_are_called(opened, put, tmp_path):
    def content(path):
        with opened({**EXTRACT, "path": path}) as reading:
            return reading.content

    put("a.csv")
    put("b.csv", HEADER + "2,乙,3,4\n")
    both, first = content("?.csv"), content("a.csv")
    put("b.csv")
    put("a.csv", HEADER + "2,乙,3,4\n")
    assert content("?.csv") == both
    put("b.csv", HEADER + "9,乙,3,4\n")
    assert content("?.csv") != both
    assert len(both) == 64
    assert first != both


@pytest.mark.parametrize("path", ["登记*.csv", "*.csv"])
def test_a_file_whose_name_is_in_another_encoding_is_found_and_named(opened, rows_of, tmp_path, path):
    written = os.fsencode(tmp_path) + "/登记表.csv".encode("gbk")
    with open(written, "w", encoding="utf-8") as file:
        file.write(HEADER + "1,甲,2,3\n")
    with opened({**EXTRACT, "path": path}) as reading:
        assert reading.origin["file"] == "登记表.csv"
        assert rows_of(reading) == [("1", "甲", "2", "3", "登记表.csv!2")]

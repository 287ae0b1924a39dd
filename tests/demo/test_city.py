"""The demo city: its departments, what is planted in them, and the answer key."""

import re
import sqlite3
import unicodedata
from collections import Counter
from contextlib import closing

import pyarrow as pa
import pytest
from openpyxl import load_workbook

from demo.city import (
    DAYS,
    DEPARTMENTS,
    advance_to,
    answer_key,
    connections,
    expected_counts,
    planted_citizen_numbers,
)
from demo.story import simulate
from standard.identifiers import is_citizen_number, is_old_citizen_number
from standard.rule import Scope
from standard.rules import RULES

DATABASES = {
    "human_resources.safety_personnel": ("human_resources.db", "EX_AQSCGLRYKHHGZS_1"),
    "market_regulation.food_operation": ("market_regulation.db", "SPJY_XKZ"),
    "natural_resources.title": ("natural_resources.db", "BDC_ZSXX"),
}
SIZES = {
    "housing.safety_personnel": 3_000,
    "human_resources.safety_personnel": 5_000,
    "market_regulation.food_operation": 40_000,
    "natural_resources.title": 20_000,
    "transport.road_operation": 10_000,
}


@pytest.fixture(scope="module")
def cities(tmp_path_factory):
    """The folder of the city at the end of each day."""
    folders = {day: tmp_path_factory.mktemp(str(day)) for day in DAYS}
    for day, folder in folders.items():
        advance_to(folder, day)
    return folders


def read_rows(path, table):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(f'SELECT * FROM "{table}"').fetchall()


def read_cells(path):
    with closing(load_workbook(path, read_only=True)) as workbook:
        return [list(sheet.iter_rows(values_only=True)) for sheet in workbook]


def contents(folder):
    found = {name: read_rows(folder / file, table) for name, (file, table) in DATABASES.items()}
    found |= {path.name: read_cells(path) for path in sorted(folder.glob("housing/*"))}
    return found | {path.name: path.read_bytes() for path in sorted(folder.glob("transport/*"))}


def test_the_same_city_is_generated_every_time(cities, tmp_path):
    for day in DAYS:  # night by night; `cities` has each day in one step
        advance_to(tmp_path, day)
    assert contents(tmp_path) == contents(cities[DAYS[-1]])


def test_every_simulation_is_reproducible():
    for department in DEPARTMENTS:
        assert simulate(department.plan) == simulate(department.plan)


def test_a_past_day_is_not_simulated_again(cities):
    folder = cities[DAYS[-1]]
    files = [path for path in folder.rglob("*") if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}
    for day in reversed(DAYS):
        advance_to(folder, day)
    assert before == {
        path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*") if path.is_file()
    }


def test_each_source_has_its_size_on_the_first_day(cities):
    counts = expected_counts()
    assert {source: counts[source, DAYS[0]].extracted for source in SIZES} == SIZES
    assert len(counts) == len(SIZES) * len(DAYS)


def test_expected_counts_balance_and_few_rows_are_held():
    for counts in expected_counts().values():
        assert counts.extracted == counts.accepted + counts.held + counts.duplicates + counts.refused
        assert counts.accepted == counts.inserted + counts.updated + counts.unchanged + counts.stale
        assert counts.held < 0.05 * counts.extracted


# Rules that no department of the city breaks, and where they are tested:
#   an identifier of two licences                    tests/pipeline/test_disagreeing_sources.py
#   bytes and formulas that cannot be read           tests/extractors/files
#   text in binary columns                           tests/extractors/databases/test_encodings.py
#   deleted rows of a change table                   tests/transforms/test_faults_and_stamps.py
#   rows that the platform's server refuses          tests/exchange_db/test_refused_rows.py
#   keys with nulls, sweeps                          tests/pipeline/sweeps
#   unreliable orders, keys and ends                 tests/pipeline/test_unreliable_sources.py
ELSEWHERE = {
    *("identifier_shared", "bytes_undecodable", "value_cut", "formula_uncalculated", "guard_unclear", "deleted"),
    *("text_garbled", "shown_otherwise", "value_binary", "key_missing"),
    *("platform_refused", "operation_unknown", "update_time_missing", "update_time_future"),
    *("moved", "key_undecided", "ending_unmatched", "ended_again", "sweep_refused"),
    *("number_shared", "rows_not_found"),
}


def test_every_rule_on_rows_and_on_the_platform_is_broken_in_the_city():
    expected = {rule.id for rule in RULES.values() if rule.scope is not Scope.BATCH} - ELSEWHERE
    assert {each.rule for each in answer_key()} == expected | {"snapshot_shrunk", "rows_unseen"}


def test_findings_are_planted_once_each_and_by_the_hundred():
    key = answer_key()
    assert len(key) == len(set(key))
    assert 500 < len(key) < 2000
    assert [each for day in DAYS for each in answer_key(day)] == sorted(key, key=lambda each: each.day)


def test_planted_locators_are_in_the_databases(cities):
    for source, (file, table) in DATABASES.items():
        for day, folder in cities.items():
            keys = Counter(str(row[0]) for row in read_rows(folder / file, table))
            locators = {each.locator for each in answer_key(day) if each.source == source and each.locator}
            assert locators <= keys.keys()
            assert max(keys.values()) == 1


def test_planted_locators_are_in_the_workbook(cities):
    for day, folder in cities.items():
        path = folder / "housing" / f"aq_{day.date:%Y%m%d}.xlsx"
        sheet, _ = read_cells(path)
        for each in answer_key(day):
            if each.source == "housing.safety_personnel" and each.rule == "digits_lost":
                row = sheet[int(each.locator.removeprefix("证书登记表!")) - 1]
                assert isinstance(row[2], int | float), each.locator
                assert row[2] >= 1e15, each.locator


def test_planted_locators_are_in_the_text_file(cities):
    day = DAYS[0]
    text = (cities[day] / "transport" / f"dlysjyxkz_{day.date:%Y%m%d}.txt").read_text(encoding="gb18030")
    lines = text.replace("\r\n", "\n").split("\n")
    wrong = [each for each in answer_key(day) if each.source == "transport.road_operation" and each.rule == "length"]
    assert wrong
    for each in wrong:
        number = lines[int(each.locator) - 1].split(",")[1]
        assert len(number) > 128, each.locator


def test_the_file_of_day_two_is_cut_off_after_a_fifth(cities):
    sizes = []
    for day in DAYS:
        path = cities[DAYS[-1]] / "transport" / f"dlysjyxkz_{day.date:%Y%m%d}.txt"
        lines = path.read_bytes()
        assert lines.endswith(b"\r\n")
        sizes.append(lines.count(b"\r\n"))
    assert sizes[1] < 0.25 * sizes[0] < sizes[2]


def test_no_citizen_number_can_be_of_a_living_person():
    numbers = planted_citizen_numbers()
    assert len(numbers) > 20_000
    assert all(number[6:8] == ("18" if len(number) == 18 else "00") for number in numbers)
    long = pa.array(sorted(number for number in numbers if len(number) == 18))
    short = pa.array(sorted(number for number in numbers if len(number) == 15))
    right = is_citizen_number(long).to_pylist()
    assert right.count(False) < 100  # those planted with a wrong check character
    assert all(is_old_citizen_number(short).to_pylist())
    assert len(short)


def test_every_citizen_number_of_the_sources_is_in_the_list():
    shape = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9X])")
    for department in DEPARTMENTS:
        for rows in department.days:
            texts = "\n".join(str(value) for row in rows for value in row.values.values())
            assert set(shape.findall(unicodedata.normalize("NFKC", texts).upper())) <= planted_citizen_numbers()


def test_every_department_has_a_connection(tmp_path):
    found = connections(tmp_path)
    assert set(found) == {f"LICEX_CONN_{source.partition('.')[0].upper()}" for source in SIZES}
    assert all(str(tmp_path) in location for location in found.values())

"""A batch is compared with the last delivered one, whatever was refused since."""

import sqlite3

import pytest

from reports.words import phrase

FIRST, SECOND, THIRD = "2026-03-01", "2026-03-02", "2026-03-03"


def row(day, number):
    return {"ID": str(number), "XKZBH": f"37040200{number:04}", "GXSJ": f"{day} 10:00:00"}


def alter(city, statement):
    with sqlite3.connect(city / "transport.db") as database:
        database.execute(statement)
    database.close()


def run(licex, *days):
    return [licex("run", "transport.road", "--day", day) for day in days]


def test_an_added_column_warns_and_a_renamed_one_refuses_with_the_line_to_declare(city, refill, licex, platform):
    refill(row(FIRST, 1), row(SECOND, 2), row(THIRD, 3))
    assert run(licex, FIRST)[0][0] == 0
    alter(city, "ALTER TABLE XKZ ADD COLUMN XIN TEXT")
    assert run(licex, SECOND)[0][0] == 0
    assert platform(f"SELECT rule, value FROM finding_seen WHERE day = '{SECOND}'") == [("column_added", "XIN")]
    alter(city, "ALTER TABLE XKZ RENAME COLUMN XKZBH TO XKZBH2")
    code, _, errors = run(licex, THIRD)[0]
    assert (code, "certificate_number: XKZBH2" in errors) == (1, True)
    assert ("column_renamed",) in platform(f"SELECT rule FROM finding_seen WHERE day = '{THIRD}'")


def test_the_page_shows_a_refusal_by_a_declared_reaction(city, refill, licex):
    declare_drift(city, "column_added", "refuse")
    refill(row(FIRST, 1), row(SECOND, 2))
    assert run(licex, FIRST)[0][0] == 0
    alter(city, "ALTER TABLE XKZ ADD COLUMN XIN TEXT")
    assert run(licex, SECOND)[0][0] == 1
    page = city / f"workspace/reports/transport.road/{SECOND}.html"
    assert phrase("to_correct_batch")[0] in page.read_text(encoding="utf-8")


def test_a_refused_rerun_of_a_delivered_day_is_not_compared_with_the_next_day(city, refill, licex, platform):
    refill(row(FIRST, 1), row(SECOND, 2), row(THIRD, 3))
    assert [code for code, _, _ in run(licex, FIRST, SECOND)] == [0, 0]
    alter(city, "ALTER TABLE XKZ DROP COLUMN JYFW")
    assert [code for code, _, _ in run(licex, SECOND, THIRD)] == [1, 1]
    for day in (SECOND, THIRD):
        assert ("column_dropped",) in platform(f"SELECT rule FROM finding_seen WHERE day = '{day}'"), day


def still_open(platform):
    return platform("SELECT last_day, rule FROM finding WHERE open ORDER BY 1, 2")


def declare_drift(city, rule, reaction):
    path = city / "sources/transport/road.yaml"
    path.write_text(
        f"{path.read_text(encoding='utf-8')}\nexpect: {{drift: {{{rule}: {reaction}}}}}\n", encoding="utf-8"
    )


@pytest.fixture
def after_first(refill, licex):
    """Three days with a row each, of which the first is delivered."""
    refill(row(FIRST, 1), row(SECOND, 2), row(THIRD, 3))
    assert run(licex, FIRST)[0][0] == 0


@pytest.mark.usefixtures("after_first")
def test_a_declared_refusal_is_open_until_that_day_is_run_again(city, licex, platform):
    declare_drift(city, "column_added", "refuse")
    alter(city, "ALTER TABLE XKZ ADD COLUMN XIN TEXT")
    assert run(licex, SECOND)[0][0] == 1
    alter(city, "ALTER TABLE XKZ DROP COLUMN XIN")
    assert run(licex, THIRD)[0][0] == 0
    assert still_open(platform) == [(SECOND, "column_added")]
    assert run(licex, SECOND)[0][0] == 0
    assert not still_open(platform)


@pytest.mark.usefixtures("after_first")
def test_a_warning_of_a_refused_day_closes_with_the_next_good_batch(city, licex, platform):
    alter(city, "ALTER TABLE XKZ RENAME COLUMN JYFW TO FANWEI")
    alter(city, "ALTER TABLE XKZ ADD COLUMN XIN TEXT")
    assert run(licex, SECOND)[0][0] == 1
    refused = still_open(platform)
    assert (SECOND, "column_added") in refused
    alter(city, "ALTER TABLE XKZ RENAME COLUMN FANWEI TO JYFW")
    alter(city, "ALTER TABLE XKZ DROP COLUMN XIN")
    assert run(licex, THIRD)[0][0] == 0
    assert still_open(platform) == [(day, rule) for day, rule in refused if rule != "column_added"]


@pytest.mark.usefixtures("after_first")
def test_a_declared_warning_closes_with_the_next_good_batch(city, licex, platform):
    declare_drift(city, "column_dropped", "warn")
    alter(city, "ALTER TABLE XKZ DROP COLUMN JYFW")
    assert run(licex, SECOND)[0][0] == 0
    assert (SECOND, "column_dropped") in still_open(platform)
    assert run(licex, THIRD)[0][0] == 0
    assert still_open(platform) == [(THIRD, "column_dropped")]

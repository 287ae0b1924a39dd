"""A split table is one batch: its parts are read, standardised and judged separately, and a failed part is repeated alone."""

import json
import sqlite3
from datetime import UTC, datetime

import pytest

from pipeline.exchange import Exchange
from pipeline.settings import Settings
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from pipeline.steps.extract import extract
from pipeline.steps.judge import judge
from pipeline.steps.plan import plan
from pipeline.steps.standardise import standardise
from standard.batch import BatchKey
from standard.errors import SourceRefused

KEY = BatchKey.of("transport.road/2026-03-01")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
PARTS = 4


@pytest.fixture
def split(city, refill):
    """A hundred rows, some held, one record in two parts; returns a function that declares the split."""
    good = [{"ID": str(i), "XKZBH": f"3704020001{i:02}"} for i in range(98)]
    refill(*good, {"ID": "98", "XKZBH": None}, {"ID": "99", "XKZBH": "370402000100", "GXSJ": "2026-03-01 11:00:00"})
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8")

    def declare(column="ID"):
        path.write_text(
            text.replace("updated_at: GXSJ", f"updated_at: GXSJ, split: {{column: {column}, parts: {PARTS}}}"),
            encoding="utf-8",
        )

    return declare


def state(platform):
    return {
        "licences": sorted(platform("SELECT certificate_number, source_updated_at, locator FROM licence")),
        "ledger": platform(
            "SELECT read, extracted, accepted, held, duplicates, inserted, counted FROM exchange_batch WHERE run = 1"
        ),
        "findings": sorted(platform("SELECT rule, locator, subject FROM finding")),
    }


def test_a_batch_in_parts_gives_the_same_platform_as_in_one(split, licex, platform, city):
    licex("run", "transport.road", "--day", "2026-03-01")
    in_one = state(platform)
    (city / "platform.db").unlink()
    split()
    code, _, errors = licex("run", "transport.road", "--day", "2026-03-01")
    assert (code, state(platform)) == (0, in_one), errors
    assert in_one["ledger"] == [(100, 100, 98, 1, 1, 98, 100)]
    (folder,) = city.glob("workspace/transport.road/2026-03-01/run-*")
    assert sorted(path.name for path in folder.glob("part-*")) == [f"part-{i:03}" for i in range(PARTS)]
    assert json.loads((folder / "manifest.json").read_text())["parts"] == PARTS


def test_a_part_that_fails_is_read_again_alone(split, city, platform):
    split()
    exchange = Exchange(Settings.from_environment())
    numbers = plan(exchange, KEY, NOW)
    assert numbers == list(range(PARTS))
    for number in numbers[:2]:
        step(exchange, number)
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("ALTER TABLE XKZ RENAME TO AWAY")
    with pytest.raises(SourceRefused):
        extract(exchange, KEY, NOW, 2)
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("ALTER TABLE AWAY RENAME TO XKZ")
    done = city / "workspace/transport.road/2026-03-01/part-000/raw.parquet"
    before = done.stat().st_mtime_ns
    for number in numbers[2:]:
        step(exchange, number)
    assess(exchange, KEY, NOW)
    entry = deliver(exchange, KEY, NOW)
    assert (entry.read, entry.accepted, entry.held, entry.duplicates) == (100, 98, 1, 1)
    assert done.stat().st_mtime_ns == before


def test_parts_in_any_order_and_twice_are_the_same_batch(split, city, platform, licex):
    split()
    exchange = Exchange(Settings.from_environment())
    for number in (3, 1, *plan(exchange, KEY, NOW), 2):
        step(exchange, number)
    assess(exchange, KEY, NOW)
    deliver(exchange, KEY, NOW)
    stepwise = state(platform)
    (city / "platform.db").unlink()
    licex("run", "transport.road", "--day", "2026-03-01")
    assert state(platform) == stepwise


def test_a_dry_replay_leaves_an_archive_of_parts_as_it_is(split, city, licex):
    split()
    exchange = Exchange(Settings.from_environment())
    for number in plan(exchange, KEY, NOW):
        extract(exchange, KEY, NOW, number)
    folder = city / "workspace/transport.road"
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    code, out, errors = licex("replay", "transport.road", "--from", "2026-02-28", "--to", "2026-03-01", "--dry-run")
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert "transport.road/2026-02-28: expected the archived raw of that day, found none" in errors
    assert (code, "2026-03-01" in out) == (1, True)


def test_the_archive_of_parts_can_be_judged_again(split, licex, platform):
    split()
    licex("run", "transport.road", "--day", "2026-03-01")
    code, _, errors = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    assert code == 0, errors
    assert platform("SELECT read, accepted, unchanged FROM exchange_batch WHERE run = 2") == [(100, 98, 98)]


def step(exchange, number):
    extract(exchange, KEY, NOW, number)
    standardise(exchange, KEY, number)
    judge(exchange, KEY, number)


@pytest.fixture
def break_row_at(city):
    """Make the reading fail at the row with an ID, after the rows before it were read."""

    def break_row(number):
        with sqlite3.connect(city / "transport.db") as database:
            names = [row[1] for row in database.execute("PRAGMA table_info(XKZ)")]
            failing = f"CASE WHEN ID = '{number}' THEN ABS(-9223372036854775808) ELSE MC END AS MC"
            columns = ", ".join(failing if name == "MC" else name for name in names)
            database.execute("ALTER TABLE XKZ RENAME TO WHOLE")
            database.execute(f"CREATE VIEW XKZ AS SELECT {columns} FROM WHOLE")
        database.close()

    return break_row


@pytest.mark.parametrize("at", ["0", "90"])
def test_an_interrupted_reading_leaves_the_archive_of_the_day_unchanged(
    split, break_row_at, licex, platform, city, caplog, at
):
    split()
    licex("run", "transport.road", "--day", "2026-03-01")
    with sqlite3.connect(city / "transport.db") as database:  # so that the parts begin elsewhere
        database.execute("DELETE FROM XKZ WHERE ID BETWEEN '20' AND '40'")
    database.close()
    break_row_at(at)
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] != 0
    assert "Traceback" not in caplog.text
    assert len(list(city.glob("workspace/transport.road/2026-03-01/run-*"))) == 1
    code, _, errors = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    delivered = platform("SELECT read, accepted, unchanged FROM exchange_batch WHERE status = 'delivered' ORDER BY run")
    assert (code, delivered) == (0, [(100, 98, 0), (100, 98, 98)]), errors


def test_a_part_without_an_update_time_is_read_like_the_others(split, licex, platform, city):
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("ALTER TABLE XKZ RENAME COLUMN ID TO TEXT")
        # Split evenly, so that some parts have no rows with a time.
        database.execute("ALTER TABLE XKZ ADD COLUMN ID integer")
        database.execute("UPDATE XKZ SET ID = TEXT")
        database.execute("ALTER TABLE XKZ DROP COLUMN TEXT")
        database.execute("UPDATE XKZ SET GXSJ = '未知' WHERE ID BETWEEN 10 AND 89")
    database.close()
    split()
    licex("run", "transport.road", "--day", "2026-03-01")
    assert platform("SELECT status, read, without_time FROM exchange_batch") == [("delivered", 20, 80)]

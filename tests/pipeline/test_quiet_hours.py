"""Departments are not read in their quiet hours: a reading ends when they begin, changes nothing, and is retried after them."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy

from pipeline.exchange import Exchange
from pipeline.quiet_hours import TimeBudget, before_quiet_hours, require_outside_quiet_hours
from pipeline.settings import Settings
from pipeline.steps.extract import extract
from pipeline.steps.plan import plan
from standard.batch import BatchKey
from standard.day import SHANGHAI
from standard.errors import QuietHours, SourceUnreachable
from workspace.manifests import write_batch_manifest

BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=SHANGHAI)
END = datetime(2026, 3, 2, 11, 30, tzinfo=SHANGHAI)
JUST_BEFORE = BEGIN - timedelta(microseconds=1)
DAY = "2026-03-01"


@pytest.fixture
def quiet(city):
    """The city with quiet hours from half past eight to half past eleven, and at night; returns the path of the declaration."""
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8").replace("contact:", "quiet_hours: [22:00-02:00, 08:30-11:30], contact:")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_reading_ends_when_they_begin_and_is_run_again_after_them(quiet, city, licex, platform, clock):
    clock(JUST_BEFORE)
    code, _, errors = licex("run", "transport.road", "--day", DAY)
    assert code == 3
    assert (
        "transport.road: expected its reading to be over when the department's quiet hours 08:30-11:30 begin, "
        "found it going on and ended it; try again after 11:30" in " ".join(errors.split())
    )
    assert platform("SELECT * FROM exchange_batch") == []
    assert not list(city.glob("workspace/transport.road/**/raw.parquet*"))
    clock(END)
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert platform("SELECT status, inserted FROM exchange_batch") == [("delivered", 2)]


def test_an_existing_archive_is_kept(quiet, city, licex, platform, clock):
    clock(END)
    licex("run", "transport.road", "--day", DAY)
    clock(JUST_BEFORE + timedelta(days=1))
    assert licex("run", "transport.road", "--day", DAY)[0] == 3
    assert licex("replay", "transport.road", "--from", DAY, "--to", DAY)[0] == 0
    assert platform("SELECT status, inserted, unchanged FROM exchange_batch") == [
        ("delivered", 2, 0),
        ("delivered", 0, 2),
    ]


def test_only_the_interrupted_part_is_read_again(quiet, licex, monkeypatch):
    text = quiet.read_text(encoding="utf-8")
    quiet.write_text(text.replace("key: [ID],", "key: [ID], split: {column: XKZBH, parts: 2},"), encoding="utf-8")
    exchange, key = Exchange(Settings.from_environment()), BatchKey.of(f"transport.road/{DAY}")
    assert plan(exchange, key, END) == [0, 1]
    extract(exchange, key, END, 0)
    with pytest.raises(QuietHours) as caught:
        extract(exchange, key, JUST_BEFORE + timedelta(days=1), 1)
    assert caught.value.until == END + timedelta(days=1)
    extract(exchange, key, END + timedelta(days=1), 1)
    assert write_batch_manifest(exchange.workspace, key).rows == 2


def test_the_database_cancels_a_statement_that_would_run_into_them(quiet, postgresql_url, monkeypatch):
    names = ["XKZBH", "ZZBS", "MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "QZR", "JYFW", "BZ"]
    listed = ", ".join(f'CAST(NULL AS text) AS "{name}"' for name in names)
    engine = sqlalchemy.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f'CREATE VIEW "XKZ" AS SELECT 1 AS "ID", timestamp \'{DAY}\' + pg_sleep(600)::text::interval AS "GXSJ", {listed}'
        )
    engine.dispose()
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", postgresql_url)
    exchange, key = Exchange(Settings.from_environment()), BatchKey.of(f"transport.road/{DAY}")
    with pytest.raises(QuietHours, match="found it going on") as caught:
        extract(exchange, key, BEGIN - timedelta(seconds=1))
    assert caught.value.until == END


@pytest.mark.parametrize(
    ("at", "seconds", "until"),
    [
        (BEGIN - timedelta(minutes=1), 60, END),
        (END, 10.5 * 3600, datetime(2026, 3, 3, 2, 0, tzinfo=SHANGHAI)),  # the next ones are at night
    ],
)
def test_the_budget_ends_at_the_next_quiet_hours(quiet, at, seconds, until):
    source = Exchange(Settings.from_environment()).register.source("transport.road")
    with before_quiet_hours(source, at) as budget:
        assert budget.time == timedelta(seconds=seconds)
        assert budget.quiet.until == until


def test_an_error_before_them_is_raised_unchanged(quiet):
    source = Exchange(Settings.from_environment()).register.source("transport.road")
    with pytest.raises(SourceUnreachable, match="gone"), before_quiet_hours(source, END):
        raise SourceUnreachable("LX-301", "gone")


def test_items_within_the_budget_pass():
    budget = TimeBudget(timedelta(hours=1), QuietHours(END, "quiet"))
    assert list(budget.limit([1, 2])) == [1, 2]


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
def test_a_database_is_not_queried_in_quiet_hours(declare, declaration, hours, at, until):
    source = declare(declaration.replace("contact:", f'quiet_hours: ["{hours}"], contact:'))
    moment = datetime.fromisoformat(f"2026-03-02T{at}").replace(tzinfo=SHANGHAI)
    if until is None:
        require_outside_quiet_hours(source, moment)
        return
    with pytest.raises(QuietHours, match=f"quiet hours {hours}, found {at}.*try again after {until}") as caught:
        require_outside_quiet_hours(source, moment)
    assert f"{caught.value.until:%H:%M}" == until
    assert timedelta(0) < caught.value.until - moment < timedelta(days=1)


def test_in_quiet_hours_the_command_prints_when_they_end_and_writes_nothing(city, licex, platform):
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

"""A reading that meets the department's quiet hours ends there, leaves everything as it was, and is tried again after them."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy

from pipeline.exchange import Exchange
from pipeline.quiet_hours import TimeBudget, before_quiet_hours
from pipeline.settings import Settings
from pipeline.steps.extract import extract
from pipeline.steps.plan import plan
from standard.batch import BatchKey
from standard.day import SHANGHAI
from standard.errors import QuietHours, SourceUnreachable
from workspace.manifests import gather

BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=SHANGHAI)
END = datetime(2026, 3, 2, 11, 30, tzinfo=SHANGHAI)
JUST_BEFORE = BEGIN - timedelta(microseconds=1)
DAY = "2026-03-01"


@pytest.fixture
def quiet(city):
    """The city, whose department is quiet from half past eight to half past eleven, and in the night."""
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8").replace("contact:", "quiet_hours: [22:00-02:00, 08:30-11:30], contact:")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_reading_that_meets_them_ends_and_is_tried_again(quiet, city, licex, platform, clock):
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


def test_what_was_archived_before_is_still_there(quiet, city, licex, platform, clock):
    clock(END)
    licex("run", "transport.road", "--day", DAY)
    clock(JUST_BEFORE + timedelta(days=1))
    assert licex("run", "transport.road", "--day", DAY)[0] == 3
    assert licex("replay", "transport.road", "--from", DAY, "--to", DAY)[0] == 0
    assert platform("SELECT status, inserted, unchanged FROM exchange_batch") == [
        ("delivered", 2, 0),
        ("delivered", 0, 2),
    ]


def test_only_the_part_that_met_them_is_read_again(quiet, licex, monkeypatch):
    text = quiet.read_text(encoding="utf-8")
    quiet.write_text(text.replace("key: [ID],", "key: [ID], split: {column: XKZBH, parts: 2},"), encoding="utf-8")
    exchange, key = Exchange(Settings.from_environment()), BatchKey.of(f"transport.road/{DAY}")
    assert plan(exchange, key, END) == [0, 1]
    extract(exchange, key, END, 0)
    with pytest.raises(QuietHours) as caught:
        extract(exchange, key, JUST_BEFORE + timedelta(days=1), 1)
    assert caught.value.until == END + timedelta(days=1)
    extract(exchange, key, END + timedelta(days=1), 1)
    assert gather(exchange.workspace, key).rows == 2


def test_the_database_itself_ends_a_statement_that_would_run_into_them(quiet, postgresql_url, monkeypatch):
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
        (END, 10.5 * 3600, datetime(2026, 3, 3, 2, 0, tzinfo=SHANGHAI)),  # the next ones are those of the night
    ],
)
def test_the_next_ones_are_waited_for(quiet, at, seconds, until):
    source = Exchange(Settings.from_environment()).register.source("transport.road")
    with before_quiet_hours(source, at) as budget:
        assert budget.time == timedelta(seconds=seconds)
        assert budget.quiet.until == until


def test_what_goes_wrong_before_them_is_told_as_it_is(quiet):
    source = Exchange(Settings.from_environment()).register.source("transport.road")
    with pytest.raises(SourceUnreachable, match="gone"), before_quiet_hours(source, END):
        raise SourceUnreachable("LX-301", "gone")


def test_what_comes_in_time_passes():
    budget = TimeBudget(timedelta(hours=1), QuietHours(END, "quiet"))
    assert list(budget.limit([1, 2])) == [1, 2]

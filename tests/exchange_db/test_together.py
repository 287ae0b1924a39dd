"""Several loads at once: none waits for another's staging, no update is lost, and a lost connection loses nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import deliver_batch
from exchange_db.ledger import read_entries
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE
from exchange_db.views import LICENCE_TABLE, VERSION
from standard.ledger_entry import LedgerEntry

sys.path.insert(0, str(Path(__file__).parent))
from load import delivery_of

NOW = "2026-03-09T12:00:00.000000Z"
BEFORE = {"R1": ("甲", "VALID"), "R2": ("甲", "VALID")}
HERE = Path(__file__).parent


def load(source, day, holder, judged, precedence=0):
    states = dict.fromkeys(("R1", "R2", "R3"), (holder, "VALID"))
    return {"source": source, "day": day, "precedence": precedence, "judged_at": judged, "states": states}


FIRST = {**load("a.low", "2026-03-01", "甲", "2026-03-08T00:00:00.000000Z"), "states": BEFORE}
PAIRS = {
    "two departments": (
        load("a.low", "2026-03-03", "乙", "2026-03-08T01:00:00.000000Z"),
        load("b.high", "2026-03-02", "丙", "2026-03-08T02:00:00.000000Z", 1),
    ),
    "a nightly and a backfill of one source": (
        load("a.low", "2026-03-03", "乙", "2026-03-08T01:00:00.000000Z"),
        load("a.low", "2026-03-02", "丙", "2026-03-08T02:00:00.000000Z"),
    ),
}


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    """A database after a first load, and its server."""
    url = request.getfixturevalue(f"{request.param}_url")
    platform = ExchangeDatabase(url)
    platform.prepare()
    deliver_batch(platform, delivery_of(**FIRST), NOW, 0.0)
    platform.close()
    return url, request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def process(request):
    """Start a load in a process of its own; it has staged everything when this function returns."""

    def start(url, load):
        command = [sys.executable, str(HERE / "load.py"), url, json.dumps(load)]
        running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        request.addfinalizer(lambda: end(running))
        assert running.stdout.readline() == "staged\n"
        return running

    return start


def end(running):
    running.kill()
    running.communicate()


def merge(running):
    running.stdin.write("\n")
    running.stdin.flush()


def state(url):
    """The state that promise 2 is about."""
    platform = ExchangeDatabase(url)
    minted = ("certificate_identifier", "identifier_version")
    with platform.transaction(reading=True) as connection:
        shown = {
            "licence": select(*(c for c in LICENCE_TABLE.columns if c.name not in minted)),
            "claim": select(*(c for c in CLAIM.columns if c.name not in minted)),
            "history": select(VERSION),
            "finding": select(FINDING_TABLE.c.source, FINDING_TABLE.c.rule, FINDING_TABLE.c.subject)
            .where(FINDING_TABLE.c.open),
        }  # fmt: skip
        found = {name: sorted(map(str, connection.execute(statement))) for name, statement in shown.items()}
        found["runs"] = [(entry.source, entry.day, entry.run) for entry in read_entries(connection, all_runs=True)]
    platform.close()
    return found


@pytest.fixture
def undisturbed(tmp_path):
    """The final state if the loads run one after the other, in a separate database."""

    def run(*loads):
        platform = ExchangeDatabase(f"sqlite:///{tmp_path}/alone.db")
        platform.prepare()
        for one in (FIRST, *loads):
            deliver_batch(platform, delivery_of(**one), NOW, 0.0)
        platform.close()
        return state(f"sqlite:///{tmp_path}/alone.db")

    return run


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_no_load_waits_for_the_staging_of_another(server, process, undisturbed, pair):
    slow = process(server[0], pair[0])
    quick = process(server[0], pair[1])
    merge(quick)
    assert quick.wait(60) == 0
    assert slow.poll() is None
    merge(slow)
    assert slow.wait(60) == 0
    assert state(server[0]) == undisturbed(*pair)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_loads_that_merge_at_the_same_moment_lose_no_update(server, process, undisturbed, pair):
    both = [process(server[0], one) for one in pair]
    for one in both:
        merge(one)
    assert [one.wait(60) for one in both] == [0, 0]
    assert state(server[0]) == undisturbed(*pair)


class Held:
    """A load that has merged but not committed: it waits for a row of the ledger that the test has inserted but not committed."""

    def __init__(self, url, process, arguments):
        # The test inserts the row on an engine of its own, by which it can also find the session of the load.
        self.engine = create_engine(ExchangeDatabase(url)._engine.url)
        self.holder = self.engine.connect()
        entry = LedgerEntry(arguments["source"], arguments["day"], 1, "delivered")
        self.holder.execute(insert(BATCH).values(**entry.as_dict()))
        self.load = process(url, arguments)
        merge(self.load)
        self.session = self._waiting()

    def _waiting(self):
        query = {
            "postgresql": "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT INTO exchange_batch%'",
        }[self.engine.dialect.name]
        end = time.monotonic() + 60
        while time.monotonic() < end and self.load.poll() is None:
            with self.engine.connect() as connection:
                found = connection.execute(text(query)).first()
            if found:
                return found[0]
        raise AssertionError(f"the load never waited: {self.load.stdout.read()}")

    def release(self):
        self.holder.close()
        self.engine.dispose()


LOAD = PAIRS["two departments"][0]


def again(url, undisturbed):
    platform = ExchangeDatabase(url)
    deliver_batch(platform, delivery_of(**LOAD), NOW, 0.0)
    platform.close()
    assert state(url) == undisturbed(LOAD)


def test_a_connection_cut_in_mid_merge_loses_nothing_and_is_tried_again(server, process, undisturbed):
    before = state(server[0])
    held = Held(server[0], process, LOAD)
    cut = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}[held.engine.dialect.name]
    with held.engine.connect() as connection:
        connection.execute(text(cut.format(held.session)))
    assert held.load.wait(60) == 3
    assert "nothing was loaded" in held.load.stdout.read()
    held.release()
    assert state(server[0]) == before
    again(server[0], undisturbed)


def test_a_server_killed_in_mid_merge_loses_nothing_and_is_tried_again(server, process, undisturbed):
    before = state(server[0])
    held = Held(server[0], process, LOAD)
    server[1].kill()
    assert held.load.wait(60) == 3
    held.holder.invalidate()
    held.release()
    server[1].start()
    assert state(server[0]) == before
    again(server[0], undisturbed)


def test_a_load_that_is_killed_in_mid_merge_leaves_its_locks_to_others(server, process, undisturbed):
    held = Held(server[0], process, LOAD)
    held.load.kill()
    held.load.wait(60)
    held.release()
    again(server[0], undisturbed)

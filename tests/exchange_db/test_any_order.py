"""Promise 2: the same accepted batches, in any order and with any repetitions, end in the same current state."""

import os
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.staging import FINDING_KEY
from exchange_db.stamps import STAMP
from exchange_db.tables import CLAIM, ENDING, METADATA, SEEN, SIGHTING
from exchange_db.views import FINDING_VIEW, IDENTIFIER, LICENCE_TABLE, VERSION
from standard.batch import Keys
from standard.day import instant_text
from standard.identifiers import check_identifier

NUMBERS = ["R1", "R2", "鲁字〔2026〕3号", "R4"]
PLACES = ["L0", "L1", "L2", "L3"]
STATES = st.tuples(st.sampled_from(["甲公司", "乙公司"]), st.sampled_from(["VALID", "CANCELLED"]))
# Four sources that send changes and two that send everything, of different precedence. Of the first four, one has a table of
# changes with ends, the others a table read by times or by a rising number, with keys or without keys that name a record.
SOURCES = {
    "a.changes": ("incremental", 0, Keys.CHANGES),
    "b.changes": ("incremental", 5, Keys.ROWS),
    "c.all": ("snapshot", 0, Keys.NOTHING),
    "d.all": ("snapshot", 3, Keys.ROWS),
    "e.numbers": ("incremental", 2, Keys.CHANGES),
    "f.reused": ("incremental", 4, Keys.NOTHING),
}
# Rules about the platform as a whole, which are recomputed.
DRAWN = (
    *("vanished", "moved", "key_undecided", "order_backwards"),
    *("ending_unmatched", "ended_again", "sources_disagree"),
)
SAID = (*FINDING_KEY, "locator", "certificate_number", "value", "expected", *STAMP, "platform_holds")
DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]


@st.composite
def nights(draw):
    """Batches of some sources on some days, with one or two judgements each, all at different instants."""
    batches = []
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(SOURCES)), st.sampled_from(DAYS)), min_size=2, max_size=6, unique=True
        )
    )
    for source, day in sorted(keys, key=lambda key: key[1]):
        for _ in range(draw(st.integers(1, 2))):  # the second is a replay, which may convert the same rows differently
            states = draw(st.dictionaries(st.sampled_from(NUMBERS), STATES, min_size=1))
            held = draw(st.sets(st.sampled_from(sorted(states)), max_size=1))
            # A negative hour is in the evening before, as a look-back reads it.
            minute = draw(st.lists(st.integers(-2, 2), min_size=len(states), max_size=len(states)))
            places = draw(st.permutations(PLACES))[: len(states)]
            ends = draw(st.sets(st.sampled_from(sorted(states)), max_size=2)) if source == "a.changes" else set()
            batches.append((source, day, states, held - ends, minute, ends, places))
    return batches


def delivery(make, number, batch):
    source, day, states, held, minutes, *more = batch
    ends, places = more or (set(), None)
    kind, precedence, keys = SOURCES[source]
    taken_at = f"{day}T23:00:00.000000Z"
    first = datetime.fromisoformat(f"{day}T10:00:00+00:00")
    moments = [first + timedelta(minutes=minute, days=-1 if minute < 0 else 0) for minute in minutes]
    observed = taken_at if kind == "snapshot" else [instant_text(moment) for moment in moments]
    rows = make.rows(states, observed, held, ends, places)
    judged_at = f"2026-03-09T00:{number:02d}:00.000000Z"
    verdict = make.verdict(f"{source}/{day}", rows, judged_at, kind=kind, taken_at=taken_at)
    vanished = "cancel" if source == "d.all" else "hold"
    of = {"keys": keys, "changes": source == "a.changes"}
    return lambda: Delivery(verdict, precedence, make.read(rows), make.findings(rows), vanished, **of)


def state_after(platform, deliveries):
    with platform.transaction() as connection:
        for table in METADATA.tables.values():
            if table.name != "exchange_lock":
                connection.execute(table.delete())
    for one in deliveries:
        deliver_batch(platform, one(), "2026-03-09T12:00:00.000000Z", 0.0)
    with platform.transaction(reading=True) as connection:
        given = connection.execute(select(IDENTIFIER.c.record, IDENTIFIER.c.face_digest)).all()
        assert len(set(given)) == len(given)  # a face with an identifier never gets another
        identifiers = pa.array(connection.scalars(select(LICENCE_TABLE.c.certificate_identifier)).all(), pa.string())
        assert set(check_identifier(identifiers).to_pylist()) <= {"ok"}
        # Two orders may differ only in minted identifiers: in their versions, and in which losing claims once had one.
        minted = ("certificate_identifier", "identifier_version")
        shown = {
            "licence": select(*(c for c in LICENCE_TABLE.columns if c.name not in minted)),
            "claim": select(*(c for c in CLAIM.columns if c.name not in minted)),
            "history": select(VERSION),
            "sighting": select(SIGHTING.c.source, SIGHTING.c.record, SIGHTING.c.seen_at, SIGHTING.c.locator),
            "finding": select(FINDING_VIEW).where(FINDING_VIEW.c.rule == "holder_code"),
            # Some orders never notice what was true only temporarily; all of them report what is true at the end.
            "drawn": select(*(FINDING_VIEW.c[name] for name in SAID)).where(
                FINDING_VIEW.c.rule.in_(DRAWN), FINDING_VIEW.c.open
            ),
            "seen": select(*(c for c in SEEN.columns if c.name != "id")).where(SEEN.c.rule == "holder_code"),
            "ending": select(*(c for c in ENDING.columns if c.name != "id")),
        }
        return {name: sorted(map(str, connection.execute(statement))) for name, statement in shown.items()}


def shuffled(make, platform, batches, data):
    deliveries = [delivery(make, number, batch) for number, batch in enumerate(batches)]
    repeated = data.draw(st.lists(st.sampled_from(range(len(deliveries))), max_size=4), label="repeats")
    order = data.draw(st.permutations([*range(len(deliveries)), *repeated]), label="order")
    ordered = state_after(platform, deliveries)
    assert state_after(platform, [deliveries[i] for i in order]) == ordered


# Batches that once ended in different states, and the order that did.
ONCE_DIFFERENT = [
    (
        [
            ("c.all", "2026-03-02", {"鲁字〔2026〕3号": ("甲公司", "VALID")}, {"鲁字〔2026〕3号"}, [1]),
            ("c.all", "2026-03-02", {"R2": ("乙公司", "CANCELLED"), "R4": ("乙公司", "VALID")}, set(), [1, 1]),
            (
                "b.changes",
                "2026-03-02",
                {"鲁字〔2026〕3号": ("甲公司", "CANCELLED"), "R1": ("甲公司", "CANCELLED")},
                set(),
                [2, 2],
            ),
            (
                "b.changes",
                "2026-03-02",
                {"R2": ("甲公司", "VALID"), "R1": ("乙公司", "VALID"), "鲁字〔2026〕3号": ("乙公司", "VALID")},
                {"R2"},
                [1, 0, 0],
            ),
            (
                "b.changes",
                "2026-03-03",
                {"R1": ("乙公司", "VALID"), "鲁字〔2026〕3号": ("甲公司", "CANCELLED")},
                {"R1"},
                [2, 2],
            ),
        ],
        [0, 2, 0, 4, 3, 1],
    ),
    # A vanished claim has returned: by a held row, or by an unchanged one.
    (
        [
            ("d.all", "2026-03-01", {"R1": ("甲公司", "VALID")}, set(), [0], set(), ["L2"]),
            (
                "d.all",
                "2026-03-02",
                {"R1": ("甲公司", "VALID"), "R2": ("甲公司", "VALID")},
                {"R1"},
                [0, 0],
                set(),
                ["L0", "L1"],
            ),
            ("d.all", "2026-03-02", {"R2": ("甲公司", "VALID")}, set(), [0], set(), ["L0"]),
            ("a.changes", "2026-03-02", {"R1": ("甲公司", "CANCELLED")}, set(), [0], set(), ["L0"]),
        ],
        [0, 2, 3, 1],
    ),
    (
        [
            ("d.all", "2026-03-01", {"R1": ("甲公司", "VALID")}, set(), [0], set(), ["L1"]),
            ("d.all", "2026-03-03", {"R1": ("甲公司", "VALID")}, set(), [0], set(), ["L1"]),
            ("d.all", "2026-03-02", {"R2": ("甲公司", "VALID")}, set(), [0], set(), ["L2"]),
            ("a.changes", "2026-03-02", {"R1": ("甲公司", "CANCELLED")}, set(), [0], set(), ["L1"]),
        ],
        [0, 2, 3, 1],
    ),
    # A day that was judged twice found one content with two locators; another day saw it in between, with an earlier order.
    (
        [
            ("f.reused", "2026-03-02", {"R1": ("甲公司", "CANCELLED")}, set(), [0], set(), ["L3"]),
            ("f.reused", "2026-03-02", {"R1": ("甲公司", "CANCELLED")}, set(), [0], set(), ["L0"]),
            ("f.reused", "2026-03-03", {"R1": ("甲公司", "CANCELLED")}, set(), [-1], set(), ["L0"]),
        ],
        [0, 2, 1],
    ),
]


@pytest.mark.parametrize(("batches", "order"), ONCE_DIFFERENT)
def test_orders_that_once_ended_differently_end_in_the_same_state(make, swift_platform, batches, order):
    deliveries = [delivery(make, number, batch) for number, batch in enumerate(batches)]
    ordered = state_after(swift_platform, deliveries)
    assert state_after(swift_platform, [deliveries[i] for i in order]) == ordered


def examples(share):
    """The number of examples, from `LICEX_ORDERS`; fewer on servers. Every run draws other ones."""
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    count = round(int(os.environ.get("LICEX_ORDERS", "200")) * share)
    phases = [Phase.generate, Phase.shrink]
    return settings(max_examples=count, phases=phases, deadline=None, suppress_health_check=quiet)


@examples(1)
@given(batches=nights(), data=st.data())
def test_any_order_and_any_repeats_end_in_the_same_state(make, swift_platform, batches, data):
    shuffled(make, swift_platform, batches, data)


@examples(0.125)
@given(batches=nights(), data=st.data())
def test_any_order_ends_in_the_same_state_on_postgresql(make, postgresql_platform, batches, data):
    shuffled(make, postgresql_platform, batches, data)


@examples(0.125)
@given(batches=nights(), data=st.data())
def test_any_order_ends_in_the_same_state_on_mariadb(make, mariadb_platform, batches, data):
    shuffled(make, mariadb_platform, batches, data)

"""Promise 2: the same accepted batches, in any order and with any repeats, end in the same current state."""

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from loaders.deliver import Delivery, deliver_batch
from loaders.tables import CLAIM, FINDING_TABLE, METADATA, SIGHTING
from loaders.views import IDENTIFIER, LICENCE_TABLE, VERSION
from standard.identifiers import check_identifier

NUMBERS = ["R1", "R2", "鲁字〔2026〕3号", "R4"]
STATES = st.tuples(st.sampled_from(["甲公司", "乙公司"]), st.sampled_from(["VALID", "CANCELLED"]))
# Two sources that send what changed and two that send everything; one of each ranks above the other.
SOURCES = {
    "a.changes": ("incremental", 0),
    "b.changes": ("incremental", 5),
    "c.all": ("snapshot", 0),
    "d.all": ("snapshot", 3),
}
DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]


@st.composite
def nights(draw):
    """Batches of some sources on some days, one or two judgements each; every judgement at an instant of its own."""
    batches = []
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(SOURCES)), st.sampled_from(DAYS)), min_size=2, max_size=6, unique=True
        )
    )
    for source, day in sorted(keys, key=lambda key: key[1]):
        for _ in range(draw(st.integers(1, 2))):  # the second is a replay: what it makes of the same rows may differ
            states = draw(st.dictionaries(st.sampled_from(NUMBERS), STATES, min_size=1))
            held = draw(st.sets(st.sampled_from(sorted(states)), max_size=1))
            minute = draw(st.lists(st.integers(0, 2), min_size=len(states), max_size=len(states)))
            batches.append((source, day, states, held, minute))
    return batches


def delivery(make, number, batch):
    source, day, states, held, minutes = batch
    kind, precedence = SOURCES[source]
    taken_at = f"{day}T23:00:00.000000Z"
    observed = taken_at if kind == "snapshot" else [f"{day}T10:{minute:02d}:00.000000Z" for minute in minutes]
    rows = make.rows(states, observed, held)
    judged_at = f"2026-03-09T00:{number:02d}:00.000000Z"
    verdict = make.verdict(f"{source}/{day}", rows, judged_at, kind=kind, taken_at=taken_at)
    vanished = "cancel" if source == "d.all" else "hold"
    return lambda: Delivery(verdict, precedence, make.read(rows), make.findings(rows), vanished)


def state_after(platform, deliveries):
    with platform.transaction() as connection:
        for table in METADATA.tables.values():
            if table.name != "exchange_lock":
                connection.execute(table.delete())
    for one in deliveries:
        deliver_batch(platform, one(), "2026-03-09T12:00:00.000000Z", 0.0)
    with platform.transaction(reading=True) as connection:
        given = connection.execute(select(IDENTIFIER.c.record, IDENTIFIER.c.face_digest)).all()
        assert len(set(given)) == len(given)  # a face that was given an identifier never gets another
        identifiers = pa.array(connection.scalars(select(LICENCE_TABLE.c.certificate_identifier)).all(), pa.string())
        assert set(check_identifier(identifiers).to_pylist()) <= {"ok"}
        # Of two orders only the minted identifiers may differ: their versions, and which losing claims once had one.
        minted = ("certificate_identifier", "identifier_version")
        open_findings = [
            FINDING_TABLE.c[name] for name in ("source", "rule", "element", "subject", "open", "first_day", "last_day")
        ]
        shown = {
            "licence": select(*(c for c in LICENCE_TABLE.columns if c.name not in minted)),
            "claim": select(*(c for c in CLAIM.columns if c.name not in minted)),
            "history": select(VERSION),
            "sighting": select(SIGHTING.c.source, SIGHTING.c.record, SIGHTING.c.seen_at, SIGHTING.c.locator),
            "finding": select(*open_findings).where(FINDING_TABLE.c.rule == "holder_code"),
            # Of what was missing only for a while some orders never hear; what is missing at the end all of them say.
            "vanished": select(FINDING_TABLE.c.source, FINDING_TABLE.c.subject).where(
                FINDING_TABLE.c.rule == "vanished", FINDING_TABLE.c.open
            ),
        }
        return {name: sorted(map(str, connection.execute(statement))) for name, statement in shown.items()}


def shuffled(make, platform, batches, data):
    deliveries = [delivery(make, number, batch) for number, batch in enumerate(batches)]
    repeated = data.draw(st.lists(st.sampled_from(range(len(deliveries))), max_size=4), label="repeats")
    order = data.draw(st.permutations([*range(len(deliveries)), *repeated]), label="order")
    ordered = state_after(platform, deliveries)
    assert state_after(platform, [deliveries[i] for i in order]) == ordered


def examples(count):
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=count, phases=[Phase.generate], deadline=None, suppress_health_check=quiet)


@examples(200)
@given(batches=nights(), data=st.data())
def test_any_order_and_any_repeats_end_in_the_same_state(make, swift_platform, batches, data):
    shuffled(make, swift_platform, batches, data)


@examples(25)
@given(batches=nights(), data=st.data())
def test_any_order_ends_in_the_same_state_on_postgresql(make, postgresql_platform, batches, data):
    shuffled(make, postgresql_platform, batches, data)


@examples(25)
@given(batches=nights(), data=st.data())
def test_any_order_ends_in_the_same_state_on_mariadb(make, mariadb_platform, batches, data):
    shuffled(make, mariadb_platform, batches, data)

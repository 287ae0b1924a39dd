import hashlib
from types import SimpleNamespace

import pyarrow as pa
import pytest
from sqlalchemy import event

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from standard.batch import Outcome, Verdict
from standard.finding import findings_on_rows
from standard.licence import EXCHANGE, LICENCE
from standard.violation import Violation

# The contents of a source on successive days, in which every fate of a row occurs: new, changed, returning, late, again.
NIGHTS = [
    ("a.b", "2026-03-01", {"R1": "甲", "R2": "甲", "R3": "甲"}),
    ("a.b", "2026-03-03", {"R1": "乙", "R2": "甲"}),
    ("a.b", "2026-03-04", {"R1": "甲", "R2": "丙"}),
    ("a.b", "2026-03-02", {"R1": "乙", "R2": "丁", "R3": "甲"}),
    ("a.b", "2026-03-02", {"R1": "乙", "R2": "丁", "R3": "甲"}),
    ("b.c", "2026-03-01", {"R1": "戊", "R4": "甲"}),
]

ISSUER = "11370400MB0000000N"
TYPE = "11100000000019713D008"


@pytest.fixture
def platform(tmp_path):
    made = ExchangeDatabase(f"sqlite:///{tmp_path}/platform.db")
    made.prepare()
    yield made
    made.close()


@pytest.fixture(scope="session")
def swift_platform(tmp_path_factory):
    """A platform that does not wait for the disk, for tests with many examples."""
    made = ExchangeDatabase(f"sqlite:///{tmp_path_factory.mktemp('swift')}/platform.db")
    event.listen(made._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def postgresql_platform(postgresql_url):
    yield from prepared(postgresql_url)


@pytest.fixture
def mariadb_platform(mariadb_url):
    yield from prepared(mariadb_url)


def prepared(url):
    made = ExchangeDatabase(url)
    made.prepare()
    yield made
    made.close()


@pytest.fixture(scope="session")
def make():
    """Helpers that create the input of a delivery."""
    return SimpleNamespace(
        rows=make_rows, read=make_read, verdict=make_verdict, findings=make_findings, nights=deliver_nights
    )


def make_rows(states, observed_at, held=(), ends=(), locators=None):
    """Licences as `deliver` reads them; `states` maps a certificate number to (holder name, status)."""
    numbers = list(states)
    count = len(numbers)
    given = {
        "certificate_name": ["道路运输经营许可证"] * count,
        "certificate_type_name": ["道路运输经营许可证"] * count,
        "certificate_type_code": [TYPE] * count,
        "certificate_number": numbers,
        "certificate_issuing_authority_name": ["枣庄市交通运输局"] * count,
        "certificate_issuing_authority_code": [ISSUER] * count,
        "certificate_issued_date": [None] * count,
        "certificate_holder_name": [name for name, _ in states.values()],
        "certificate_holder_code": ["91370402MA0000007Y"] * count,
        "certificate_holder_type_code": ["001"] * count,
        "certificate_status": [status for _, status in states.values()],
    }
    fields = list(LICENCE.arrow)
    table = pa.table([pa.array(given.get(f.name, [None] * count), f.type) for f in fields], schema=LICENCE.arrow)
    issued = pa.repeat(pa.scalar(20000, pa.int32()), count).cast(pa.date32())
    table = table.set_column(table.schema.get_field_index("certificate_issued_date"), "certificate_issued_date", issued)
    content = list(LICENCE.names)
    face = [name for name in content if name not in {"certificate_status", "certificate_identifier"}]
    beside = {
        "face": pa.repeat("{}", count),
        "source_updated_at": pa.nulls(count, pa.string()),
        "observed_at": pa.array([observed_at] * count if isinstance(observed_at, str) else observed_at, pa.string()),
        "locator": pa.array(locators or [f"L{i}" for i in range(count)], pa.string()),
        "record": digest(table, LICENCE.key),
        "digest": digest(table, content),
        "face_digest": digest(table, face),
    }
    for name in EXCHANGE:
        table = table.append_column(name, beside[name])
    become = [str(Outcome.HELD if number in held else Outcome.ACCEPTED) for number in numbers]
    table = table.append_column("row", pa.array(range(count), pa.int64()))
    table = table.append_column("ends", pa.array([number in ends for number in numbers], pa.bool_()))
    return table.append_column("outcome", pa.array(become, pa.string()))


def make_read(rows):
    """A reader of columns for `deliver`."""
    return lambda names: [rows.select(names)]


def make_verdict(batch, rows, judged_at, *, kind="incremental", taken_at=None, **more):
    outcomes = rows["outcome"].to_pylist()
    extracted = len(outcomes)
    accepted_ends = zip(outcomes, rows["ends"].to_pylist(), strict=True)
    return Verdict(
        endings=sum(ends and outcome == "accepted" for outcome, ends in accepted_ends),
        keys_repeated=len(set(rows["locator"].to_pylist())) < extracted,
        batch=batch,
        judged_at=judged_at,
        taken_at=taken_at or judged_at,
        kind=kind,
        read=extracted,
        left_out=0,
        extracted=extracted,
        accepted=outcomes.count("accepted"),
        held=outcomes.count("held"),
        duplicates=0,
        **more,
    )


def make_findings(rows):
    places = pa.array([i for i, outcome in enumerate(rows["outcome"].to_pylist()) if outcome == "held"], pa.int64())
    return findings_on_rows(rows, [Violation("holder_code", "certificate_holder_code", places)])


def deliver_nights(platform):
    """Deliver every night of `NIGHTS`, as a snapshot and as changes."""
    for minute, (source, day, holders) in enumerate(NIGHTS):
        rows = make_rows({number: (name, "VALID") for number, name in holders.items()}, f"{day}T23:00:00.000000Z")
        judged = f"2026-03-09T00:{minute:02d}:00.000000Z"
        for kind in ("snapshot", "incremental"):
            verdict = make_verdict(f"{source}/{day}", rows, judged, kind=kind, taken_at=f"{day}T23:00:00.000000Z")
            delivery = Delivery(
                verdict, minute % 2, make_read(rows), make_findings(rows), "cancel" if minute % 2 else "hold"
            )
            deliver_batch(platform, delivery, judged, 0.0)


def digest(table, names):
    rows = zip(*(table[name].cast(pa.string()).to_pylist() for name in names), strict=True)
    return pa.array([hashlib.sha256(chr(31).join(v or "" for v in row).encode()).hexdigest()[:32] for row in rows])

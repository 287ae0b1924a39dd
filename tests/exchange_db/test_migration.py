import hashlib
from datetime import date

import pyarrow as pa
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, insert, select, text

from exchange_db import migration
from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.tables import CLAIM, CLAIMANT, FINDING_TABLE, HISTORY, METADATA, SEEN, SIGHTING
from exchange_db.views import FINDING_VIEW, IDENTIFIER, LICENCE_TABLE, SEEN_VIEW, VERSION
from standard.errors import UsageError

ELEMENTS = {
    **dict.fromkeys(("certificate_name", "certificate_type_name"), "道路运输经营许可证"),
    "certificate_type_code": "11100000000019713D008",
    "certificate_number": "R1",
    "certificate_issuing_authority_name": "某局",
    "certificate_issuing_authority_code": "11370400MB0000000N",
    "certificate_issued_date": date(2026, 1, 1),
    "certificate_holder_name": "甲",
    "certificate_holder_code": "91370402MA0000007Y",
    "certificate_holder_type_code": "001",
    "certificate_status": "VALID",
}
FIRST, SECOND = "2026-03-01T10:00:00.000000Z", "2026-03-02T10:00:00.000000Z"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def empty(request, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    platform = ExchangeDatabase(url)
    yield platform
    platform.close()


def test_the_tables_of_an_empty_database_agree_with_the_program(empty):
    empty.prepare()
    assert empty.pending() == []
    with empty.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    empty.prepare()


def test_a_newer_database_is_refused(empty):
    empty.prepare()
    with empty.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for statements in (empty.prepare, empty.migrate, empty.pending):
        with pytest.raises(UsageError, match=f"expected tables of at most version {migration.HEAD}, found 9999"):
            statements()


def made_by_the_version_before(platform):
    """A database from before versions were recorded: one record with two versions, the first of them current again."""
    with platform.transaction() as connection:
        config = Config()
        config.set_main_option("script_location", str(migration._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("DROP TABLE alembic_version"))
        old = MetaData()
        old.reflect(connection)
        content = {**ELEMENTS, "face": "{}", "locator": "L1", "batch": "a.b/2026-03-01"}
        now = {
            **content,
            "digest": "d2",
            "face_digest": "f2",
            "certificate_holder_name": "乙",
            "batch": "a.b/2026-03-02",
        }
        before = {**content, "digest": "d1", "face_digest": "f1"}
        stamp = {"judged_at": SECOND, "record": "r"}
        rows = {
            "licence": [{**now, **stamp, "source": "a.b", "observed_at": SECOND, "certificate_identifier": "I2"}],
            "licence_version": [
                {**content, **stamp, "source": "a.b", "first_observed_at": at, "last_observed_at": at}
                for content, at in ((before, FIRST), (now, SECOND))
            ],
            "claim": [{**stamp, "source": "a.b", "precedence": 3, "observed_at": SECOND, "digest": "d2"}],
            "licence_identifier": [
                {"record": "r", "face_digest": f"f{i}", "version": i, "certificate_identifier": f"I{i}"} for i in (1, 2)
            ],
            "sighting": [
                {"source": "a.b", "record": "r", "seen_at": SECOND, "locator": "L1", "certificate_number": "R1"}
            ],
        }
        for name, values in rows.items():
            connection.execute(insert(old.tables[name]), values)


def test_an_older_database_is_refused_and_brought_up_with_its_data(empty):
    made_by_the_version_before(empty)
    with pytest.raises(UsageError, match="run licex migrate"):
        empty.prepare()
    assert [line.split()[0] for line in empty.pending()] == [
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
    ]
    empty.migrate()
    empty.prepare()
    with empty.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        licence = connection.execute(select(LICENCE_TABLE)).mappings().one()
        shown = ("certificate_holder_name", "certificate_identifier", "observed_at", "source", "batch")
        assert [licence[name] for name in shown] == ["乙", "I2", SECOND, "a.b", "a.b/2026-03-02"]
        assert licence["certificate_issued_date"] == date(2026, 1, 1)
        versions = connection.execute(select(VERSION.c.digest, VERSION.c.first_observed_at, VERSION.c.last_observed_at))
        assert sorted(map(tuple, versions)) == [("d1", FIRST, FIRST), ("d2", SECOND, SECOND)]
        identifiers = connection.execute(select(IDENTIFIER.c.face_digest, IDENTIFIER.c.certificate_identifier))
        assert sorted(map(tuple, identifiers)) == [("f1", "I1"), ("f2", "I2")]
        assert connection.scalars(select(HISTORY.c.digest)).all() == ["d1"]
        assert connection.execute(select(CLAIMANT.c.precedence, CLAIMANT.c.gives_identifiers)).all() == [(3, False)]


NOW = "9999-12-31T23:59:59.999999Z"
READ, JUDGED = "2026-03-03T16:00:00.000000Z", "2026-03-03T17:00:00.000000Z"
LATER = "2026-03-05T17:00:00.000000Z"


def made_by_version_2(platform):
    """Two snapshots of one source: R1 is present, R2 vanished and was cancelled, R3 is known and held in the newest, R4 only held."""
    with platform.transaction() as connection:
        config = Config()
        config.set_main_option("script_location", str(migration._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        old = MetaData()
        old.reflect(connection)
        nothing = "{}" if connection.dialect.name == "mysql" else {}  # MariaDB's JSON is reflected as text
        counts = dict.fromkeys(
            (
                "read",
                "left_out",
                "extracted",
                "accepted",
                "held",
                "duplicates",
                "refused",
                "inserted",
                "updated",
                "unchanged",
                "stale",
                "without_time",
                "future_time",
                "vanished",
            ),
            0,
        )
        runs = [
            {"day": day, "run": 1, "taken_at": taken, "judged_at": judged, "delivered_at": judged, **counts}
            for day, taken, judged in (("2026-03-01", FIRST, SECOND), ("2026-03-03", READ, JUDGED))
        ]
        claim = {
            **ELEMENTS,
            "source": "a.b",
            "face": "{}",
            "face_digest": "f",
            "wins": True,
            "certificate_identifier": "I",
        }
        claims = [
            ("R1", "2026-03-03", READ, JUDGED, False),
            ("R2", "2026-03-01", FIRST, SECOND, True),
            ("R3", "2026-03-01", FIRST, SECOND, False),
        ]
        place = {"locator": "L", "certificate_number": "R1", "value": "", "expected": "", "platform_holds": True}
        found = {"source": "a.b", "subject": "R3", "rule": "required", "element": "x", **place}
        stamp = {"observed_at": READ, "judged_at": JUDGED}
        rows = {
            "exchange_batch": [
                {**run, "source": "a.b", "status": "delivered", "kind": "snapshot"}
                | {"content": "", "reason": "", "failing": nothing, "seconds": 1.0}
                for run in runs
            ],
            "claim": [
                {**claim, "record": record, "certificate_number": record, "locator": record, "batch": f"a.b/{day}"}
                | {"digest": record, "first_observed_at": FIRST, "observed_at": read, "judged_at": judged}
                | {"withdrawn": withdrawn}
                for record, day, read, judged, withdrawn in claims
            ],
            "sighting": [
                {"source": "a.b", "record": record, "seen_at": at, "locator": record, "certificate_number": record}
                for record, at in (("R1", NOW), ("R2", FIRST), ("R3", NOW), ("R4", NOW))
            ],
            "finding": [{**found, **stamp, "first_day": "2026-03-03", "last_day": "2026-03-03", "open": True}],
            "finding_seen": [{**found, **stamp, "day": "2026-03-03", "found_by": "a.b/2026-03-03", "id": 1}],
        }
        for name, values in rows.items():
            connection.execute(insert(old.tables[name]), values)


def test_the_version_before_is_brought_up_with_what_it_knew_of_presence_and_findings(empty):
    made_by_version_2(empty)
    empty.migrate()
    empty.prepare()
    with empty.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        claims = connection.execute(
            select(CLAIM.c.record, CLAIM.c.read_at, CLAIM.c.seen_at, CLAIM.c.absent_at, CLAIM.c.ended)
        )
        assert sorted(map(tuple, claims)) == [
            ("R1", READ, READ, None, None),
            ("R2", FIRST, FIRST, READ, "vanished"),
            ("R3", FIRST, FIRST, None, None),
        ]
        states = connection.execute(select(LICENCE_TABLE.c.record, LICENCE_TABLE.c.certificate_status))
        assert sorted(map(tuple, states)) == [("R1", "VALID"), ("R2", "CANCELLED"), ("R3", "VALID")]
        sightings = connection.execute(select(SIGHTING.c.record, SIGHTING.c.seen_at))
        assert sorted(map(tuple, sightings)) == [("R3", READ), ("R4", READ)]
        for view in (FINDING_VIEW, SEEN_VIEW):
            found = connection.execute(select(view.c.subject, view.c.rule, view.c.platform_holds, view.c.read_at)).one()
            assert tuple(found) == ("R3", "required", True, JUDGED)


TAIL = f"{'登记表' * 9}!4711"  # 32 characters
ONE, OTHER = f"甲{TAIL}", f"乙{TAIL}"


def found_by_version_2(platform, locators):
    """Findings on rows without a record: one is open, with the newest locator; each has a sight."""
    with platform.transaction() as connection:
        old = MetaData()
        old.reflect(connection)
        stamp = {"observed_at": JUDGED, "judged_at": JUDGED}
        found = {
            "source": "a.b",
            "subject": TAIL,
            "rule": "required",
            "element": "certificate_number",
            **stamp,
            "certificate_number": "",
            "value": "",
            "expected": "",
            "platform_holds": False,
        }
        sights = [
            {**found, "locator": locator, "day": "2026-03-03", "found_by": "a.b/2026-03-03", "id": 10 + number}
            for number, locator in enumerate(locators)
        ]
        connection.execute(insert(old.tables["finding_seen"]), sights)
        state = {**found, "locator": locators[-1], "first_day": "2026-03-03", "last_day": "2026-03-03", "open": True}
        connection.execute(insert(old.tables["finding"]), [state])


def test_an_open_finding_with_a_subject_of_an_older_version_is_closed_by_a_new_run(empty, make):
    made_by_version_2(empty)
    found_by_version_2(empty, [OTHER, ONE])
    empty.migrate()
    empty.prepare()
    named = {locator: hashlib.sha256(locator.encode()).hexdigest()[:32] for locator in (ONE, OTHER)}
    with empty.transaction() as connection:
        sights = connection.execute(select(SEEN.c.locator, SEEN.c.subject).where(SEEN.c.locator.in_(named)))
        assert dict(map(tuple, sights)) == named
    rows = make.rows({"R9": ("甲", "VALID")}, LATER, held=["R9"], locators=[ONE])
    rows = rows.set_column(rows.column_names.index("record"), "record", pa.array([""]))
    verdict = make.verdict("a.b/2026-03-05", rows, LATER)
    deliver_batch(empty, Delivery(verdict, 0, make.read(rows), make.findings(rows)), LATER, 0.0)
    with empty.transaction() as connection:
        f = FINDING_TABLE.c
        states = connection.execute(select(f.rule, f.subject, f.open).where(f.locator == ONE))
        assert sorted(map(tuple, states)) == [("holder_code", named[ONE], True), ("required", named[ONE], False)]


def test_the_revisions_that_are_known_by_their_files_are_alembics():
    scripts = ScriptDirectory(str(migration._FOLDER))
    assert [script.revision for script in scripts.walk_revisions()][::-1] == migration._KNOWN
    assert scripts.get_current_head() == migration.HEAD

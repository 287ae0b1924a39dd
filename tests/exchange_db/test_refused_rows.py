"""Rows that the platform's server refuses for any reason are held with a finding, and the others are delivered."""

import pytest
from sqlalchemy import event, select

from exchange_db import refused_rows
from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.ledger import read_entries
from exchange_db.tables import CLAIM, FINDING_TABLE, SEEN, SIGHTING
from standard.errors import PlatformRefused

NOW = "2026-03-09T12:00:00.000000Z"
REFUSED = "платёж"  # a holder that only a constraint of the platform's administrator refuses
STATES = {f"R{n:02}": (REFUSED if n == 17 else "甲某", "VALID") for n in range(40)}
REFUSING = {
    "sqlite": [
        "CREATE TRIGGER no_such_holder BEFORE INSERT ON claim WHEN NEW.certificate_holder_name = '{}' "
        "BEGIN SELECT RAISE(ABORT, 'nobody is called {}'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.certificate_holder_name = '{}' THEN RAISE EXCEPTION 'nobody is called %', NEW.certificate_holder_name; "
        "END IF; RETURN NEW; END $$",
        "CREATE TRIGGER no_such_holder BEFORE INSERT OR UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
    "mariadb": [
        "CREATE TRIGGER no_such_holder BEFORE INSERT ON claim FOR EACH ROW IF NEW.certificate_holder_name = '{}' "
        "THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nobody is called {}'; END IF"
    ],
}
SERVERS = ["postgresql", "mariadb"]


@pytest.fixture(params=["sqlite", *SERVERS])
def kind(request):
    return request.param


@pytest.fixture
def platform(kind, request, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    made = ExchangeDatabase(url)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def deliver(platform, make):
    """Deliver licences; those in `held` are held by another rule."""

    def run(states=STATES, day="2026-03-01", held=(), findings=None, **more):
        rows = make.rows(states, f"{day}T10:00:00.000000Z", held)
        verdict = make.verdict(f"a.b/{day}", rows, f"{day}T23:00:00.000000Z", **more)
        return deliver_batch(platform, Delivery(verdict, 0, make.read(rows), findings or make.findings(rows)), NOW, 0.0)

    return run


def administer(platform, *statements):
    """Change the tables as the platform's administrator might."""
    with platform.transaction() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if "%" in statement else statement)


def ask(platform, *columns, where=True):
    with platform.transaction(reading=True) as connection:
        return sorted(map(tuple, connection.execute(select(*columns).where(where))))


def findings(platform):
    f = FINDING_TABLE.c
    return ask(platform, f.rule, f.value, f.certificate_number, where=f.open)


def test_a_row_that_a_trigger_refuses_is_held_and_the_rest_goes_on(platform, kind, deliver):
    administer(platform, *(statement.replace("{}", REFUSED) for statement in REFUSING[kind]))
    entry = deliver()
    assert (entry.status, entry.extracted, entry.accepted, entry.held, entry.inserted) == ("delivered", 40, 39, 1, 39)
    assert entry.failing == {"normativity": 1}
    assert set(STATES) - {number for (number,) in ask(platform, CLAIM.c.certificate_number)} == {"R17"}
    ((rule, reason, number),) = findings(platform)
    assert (rule, number) == ("platform_refused", "R17")
    assert "nobody is called ***" in reason
    with platform.transaction(reading=True) as connection:
        assert read_entries(connection) == [entry]


def test_a_replay_says_the_same_and_delivers_the_row_once_it_is_taken(platform, kind, deliver):
    administer(platform, *(statement.replace("{}", REFUSED) for statement in REFUSING[kind]))
    deliver()
    before = findings(platform)
    assert (deliver().unchanged, findings(platform)) == (39, before)
    administer(platform, "DROP TRIGGER no_such_holder" + (" ON claim" if kind == "postgresql" else ""))
    # Only a later judgement, by a replay, closes the earlier finding.
    assert deliver({**STATES, "R17": (REFUSED, "CANCELLED")}, day="2026-03-02").accepted == 40
    assert findings(platform) == []


def test_several_rows_anywhere_are_held_each_with_its_own_reason(platform, kind, deliver, make):
    administer(platform, *(statement.replace("{}", REFUSED) for statement in REFUSING[kind]))
    states = {f"R{n:02}": (REFUSED if n in {0, 1, 20, 39} else "甲某", "VALID") for n in range(40)}
    entry = deliver(states, held={"R05", "R20"})
    assert (entry.accepted, entry.held, entry.inserted) == (35, 5, 35)
    found = {(rule, number) for rule, _, number in findings(platform)}
    assert found == {
        *(("platform_refused", f"R{n:02}") for n in (0, 1, 39)),
        ("holder_code", "R05"),
        ("holder_code", "R20"),
    }


def test_a_record_whose_row_is_refused_has_not_vanished(platform, kind, deliver):
    deliver({**STATES, "R17": ("甲某", "VALID")}, kind="snapshot", taken_at="2026-03-01T20:00:00.000000Z")
    administer(
        platform,
        *(s.replace("{}", REFUSED).replace("BEFORE INSERT ON", "BEFORE UPDATE ON") for s in REFUSING[kind]),
    )
    entry = deliver(day="2026-03-02", kind="snapshot", taken_at="2026-03-02T20:00:00.000000Z")
    assert (entry.accepted, entry.held, entry.vanished) == (39, 1, 0)
    assert {rule for rule, _, _ in findings(platform)} == {"platform_refused"}
    assert len(ask(platform, SIGHTING.c.record)) == 1  # an accepted row is recorded in its claim
    assert ("甲某",) in ask(platform, CLAIM.c.certificate_holder_name, where=CLAIM.c.certificate_number == "R17")


def test_where_the_database_takes_hardly_any_row_the_batch_is_refused_and_says_why(
    platform, kind, deliver, monkeypatch
):
    monkeypatch.setattr(refused_rows, "MAX_ROWS", 3)
    administer(platform, *(statement.replace("{}", "甲某") for statement in REFUSING[kind]))
    entry = deliver()
    assert (entry.status, entry.refused, entry.accepted, entry.held) == ("refused", 40, 0, 0)
    assert "nobody is called ***" in entry.reason
    assert "甲某" not in entry.reason
    ((rule, reason, _),) = findings(platform)
    assert rule == "platform_refuses_many"
    assert "nobody is called ***" in reason
    assert ask(platform, CLAIM.c.record) == []


def test_of_rows_that_are_refused_only_together_the_first_is_delivered(platform, deliver):
    administer(platform, "CREATE UNIQUE INDEX one_status ON claim (certificate_status)")
    entry = deliver({"R1": ("甲", "VALID"), "R2": ("甲", "CANCELLED"), "R3": ("甲", "VALID"), "R4": ("甲", "VALID")})
    assert (entry.inserted, entry.held) == (2, 2)
    assert ask(platform, CLAIM.c.certificate_number) == [("R1",), ("R2",)]
    assert [(rule, number) for rule, _, number in findings(platform)] == [
        ("platform_refused", "R3"),
        ("platform_refused", "R4"),
    ]


def test_a_batch_with_too_many_conflicting_rows_is_refused(platform, deliver, monkeypatch):
    monkeypatch.setattr(refused_rows, "_MAX_CONFLICTS", 2)
    administer(platform, "CREATE UNIQUE INDEX one_status ON claim (certificate_status)")
    entry = deliver({f"R{n}": ("甲", "VALID") for n in range(6)})
    assert (entry.status, entry.refused) == ("refused", 6)
    assert [rule for rule, _, _ in findings(platform)] == ["platform_refuses_many"]
    assert ask(platform, CLAIM.c.record) == []


@pytest.mark.parametrize("kind", SERVERS, indirect=True)
@pytest.mark.parametrize(
    ("change", "holder"),
    [
        ("ALTER TABLE claim ADD CONSTRAINT short CHECK (char_length(certificate_holder_name) < 5)", "一二三四五"),
        ({"postgresql": "ALTER TABLE claim ALTER certificate_holder_name TYPE varchar(4)",
          "mariadb": "ALTER TABLE claim MODIFY certificate_holder_name varchar(4) CHARACTER SET utf8mb4"}, "一二三四五"),
    ],
    ids=["a constraint", "a shorter column"],
)  # fmt: skip
def test_what_a_changed_table_refuses_is_held(platform, kind, deliver, change, holder):
    administer(platform, "DROP VIEW licence", "DROP VIEW licence_version")
    administer(platform, change if isinstance(change, str) else change[kind])
    entry = deliver({**STATES, "R17": (holder, "VALID")})
    assert (entry.inserted, entry.held) == (39, 1)
    ((rule, reason, number),) = findings(platform)
    assert (rule, number) == ("platform_refused", "R17")
    assert reason
    assert holder not in reason


@pytest.mark.parametrize("kind", ["mariadb"], indirect=True)
def test_a_column_of_three_bytes_a_character_holds_the_row_and_its_finding_is_escaped(platform, deliver):
    administer(
        platform,
        "ALTER TABLE claim MODIFY certificate_number varchar(128) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL",
        *(f"ALTER TABLE {table} MODIFY {name} varchar(128) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL"
          for table in (FINDING_TABLE.name, SEEN.name, SIGHTING.name) for name in ["certificate_number"]),
    )  # fmt: skip
    states = {**STATES, "字R𠮷": ("甲某", "VALID")}
    entry = deliver(states, held={"R03"}, kind="snapshot", taken_at="2026-03-01T20:00:00.000000Z")
    assert (entry.inserted, entry.held, entry.vanished) == (39, 2, 0)
    assert {(rule, number) for rule, _, number in findings(platform)} == {
        ("holder_code", "R03"),
        ("platform_refused", "[U+5B57]R[U+20BB7]"),
    }
    assert len(ask(platform, SIGHTING.c.record)) == 2


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_database_of_another_encoding_holds_what_it_cannot_write(kind, postgresql_server, make):
    engine = ExchangeDatabase(postgresql_server.url("postgresql+psycopg", "postgres"))._engine
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE simplified ENCODING 'EUC_CN' TEMPLATE template0 LOCALE 'C'")
    platform = ExchangeDatabase(postgresql_server.url("postgresql+psycopg", "simplified"))
    platform.prepare()
    rows = make.rows(
        {**STATES, "R17": ("鎔某", "VALID"), "R03": ("𠮷", "VALID")}, "2026-03-01T10:00:00.000000Z", {"R05"}
    )
    verdict = make.verdict("a.b/2026-03-01", rows, "2026-03-01T23:00:00.000000Z")
    entry = deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), NOW, 0.0)
    assert (entry.inserted, entry.held) == (37, 3)
    assert {number for rule, _, number in findings(platform) if rule == "platform_refused"} == {"R03", "R17"}
    platform.close()
    engine.dispose()


def test_a_finding_that_the_database_refuses_is_kept_without_what_it_quotes(platform, kind, deliver, make):
    rows = make.rows(STATES, "2026-03-01T10:00:00.000000Z", {"R03", "R04"})
    found = make.findings(rows)
    position = found.schema.get_field_index("value")
    found = found.set_column(position, found.schema.field(position), [["platform", "good"]])
    refusing = [s.replace("certificate_holder_name", "value").replace("claim", SEEN.name) for s in REFUSING[kind]]
    administer(platform, *(statement.replace("{}", "platform") for statement in refusing))
    entry = deliver(held={"R03", "R04"}, findings=found)
    assert (entry.inserted, entry.held) == (38, 2)
    f = FINDING_TABLE.c
    assert ask(platform, f.rule, f.value) == [("holder_code", ""), ("holder_code", "good")]
    assert len(ask(platform, SEEN.c.id)) == 2


def test_a_refused_ledger_row_is_reported_and_not_tried_again(platform, kind, deliver):
    refusing = [
        s.replace("certificate_holder_name", "status").replace("claim", "exchange_batch") for s in REFUSING[kind]
    ]
    administer(platform, *(statement.replace("{}", "delivered") for statement in refusing))
    with pytest.raises(PlatformRefused, match="nobody is called delivered; nothing was loaded; ask whoever runs it"):
        deliver()
    assert ask(platform, CLAIM.c.record) == []


def test_an_accepted_batch_needs_no_further_statements(platform, deliver):
    statements = []
    event.listen(platform._engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    event.listen(platform._engine, "begin", lambda _: statements.append("BEGIN"))
    deliver()
    assert statements.count("BEGIN") <= 3 + 3  # the load, and the creation of each lock
    assert not [statement for statement in statements if "SAVEPOINT" in statement]

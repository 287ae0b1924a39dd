"""What is sent of a batch: the columns that decide the fate of every row, the full row only if the merge needs it."""

import pyarrow as pa
import pytest
from sqlalchemy import event, select

from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.identifiers import mint_first
from exchange_db.tables import CLAIM, FINDING_TABLE

NOW = "2026-03-09T12:00:00.000000Z"
TABLES = ("claim", "staged_arrival", "staged_licence")
OTHER_TYPE = "11100000MB0143028R001"


@pytest.fixture
def sent(platform):
    """The number of rows that a delivery sends to each table."""
    rows = dict.fromkeys(TABLES, 0)

    def count(connection, cursor, statement, parameters, context, many):
        for table in TABLES:
            if statement.startswith(f"INSERT INTO {table} ") and "VALUES" in statement:
                rows[table] += len(parameters) if many else 1

    event.listen(platform._engine, "before_cursor_execute", count)

    def taken():
        sent_rows = dict(rows)
        rows.update(dict.fromkeys(TABLES, 0))
        return sent_rows

    return taken


@pytest.fixture
def deliver(platform, make):
    def run(states, day, source="a.b"):
        rows = make.rows(states, f"{day}T10:00:00.000000Z")
        verdict = make.verdict(f"{source}/{day}", rows, f"{day}T23:00:00.000000Z")
        return deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), NOW, 0.0)

    return run


def test_a_first_load_sends_every_row_once_straight_to_its_claim(deliver, sent):
    deliver({f"R{n}": ("甲", "VALID") for n in range(7)}, "2026-03-01")
    assert sent() == {"claim": 7, "staged_arrival": 0, "staged_licence": 0}


def test_only_changes_of_known_records_are_sent_as_full_rows(deliver, sent):
    deliver({f"R{n}": ("甲", "VALID") for n in range(7)}, "2026-03-01")
    sent()
    states = {f"R{n}": ("乙" if n == 3 else "甲", "VALID") for n in range(9)}
    entry = deliver(states, "2026-03-02")
    assert (entry.inserted, entry.updated, entry.unchanged) == (2, 1, 6)
    assert sent() == {"claim": 2, "staged_arrival": 9, "staged_licence": 1}


def test_a_register_seen_again_sends_no_full_row(deliver, sent):
    states = {f"R{n}": ("甲", "VALID") for n in range(7)}
    deliver(states, "2026-03-01")
    sent()
    assert deliver(states, "2026-03-02").unchanged == 7
    assert sent() == {"claim": 0, "staged_arrival": 7, "staged_licence": 0}


def test_a_record_that_another_source_claims_is_merged_and_the_others_are_not(deliver, sent):
    deliver({"R1": ("甲", "VALID")}, "2026-03-01", "a.other")
    sent()
    deliver({f"R{n}": ("甲", "VALID") for n in range(5)}, "2026-03-02")
    assert sent() == {"claim": 4, "staged_arrival": 5, "staged_licence": 1}


def test_a_first_load_meets_the_identifiers_that_another_gave_while_it_was_counted(postgresql_platform, make):
    # Afterwards it holds the type that the other load's identifiers name, so the other waits (decision 0033).
    at = "certificate_type_code"
    own = make.rows({"R1": ("甲", "VALID")}, "2026-03-01T10:00:00.000000Z")
    theirs = make.rows({"R2": ("乙", "VALID")}, "2026-03-01T10:00:00.000000Z")
    for name, value in (
        ("certificate_type_code", OTHER_TYPE),
        ("certificate_identifier", mint_first(own)["certificate_identifier"][0].as_py()),
    ):
        theirs = theirs.set_column(theirs.schema.get_field_index(name), name, pa.array([value]))

    def load(source, rows, read):
        verdict = make.verdict(f"{source}/2026-03-01", rows, NOW)
        deliver_batch(postgresql_platform, Delivery(verdict, 0, read, make.findings(rows)), NOW, 0.0)

    waiting = [lambda: load("b.quick", theirs, make.read(theirs))]

    def read_while_another_loads(names):
        yield own.select(names)
        if waiting and at in names:
            waiting.pop()()

    load("a.slow", own, read_while_another_loads)
    with postgresql_platform.transaction(reading=True) as connection:
        f = FINDING_TABLE.c
        found = connection.execute(select(f.source).where(f.rule == "identifier_shared").order_by(f.source))
        assert list(found.scalars()) == ["a.slow", "b.quick"]
        assert len(set(connection.scalars(select(CLAIM.c.certificate_identifier)))) == 1

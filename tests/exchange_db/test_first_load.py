"""The first claims are inserted without indexes, where nobody needs them, and the table has all of them afterwards."""

import pytest
from sqlalchemy import event, inspect, select
from sqlalchemy.engine import make_url

from exchange_db import first_load
from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.tables import CLAIM

NOW = "2026-03-09T12:00:00.000000Z"


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    monkeypatch.setattr(first_load, "MIN_ROWS", 2)


@pytest.fixture
def deliver(make):
    def run(platform, states, source="a.b", alone=True):
        rows = make.rows(states, "2026-03-01T10:00:00.000000Z")
        verdict = make.verdict(f"{source}/2026-03-01", rows, "2026-03-01T23:00:00.000000Z")
        return deliver_batch(
            platform, Delivery(verdict, 0, make.read(rows), make.findings(rows), only_source=alone), NOW, 0.0
        )

    return run


@pytest.fixture
def built(postgresql_platform):
    """The indexes of `claim` that loads have created."""
    statements = []
    event.listen(
        postgresql_platform._engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *_: statements.append(statement),
    )
    return lambda: [statement.split()[2] for statement in statements if statement.startswith("CREATE INDEX")]


def indexes(platform):
    """The indexes of `claim`, by name."""
    with platform.transaction(reading=True) as connection:
        found = inspect(connection)
        return found.get_pk_constraint("claim"), sorted(found.get_indexes("claim"), key=lambda index: index["name"])


def claimed(platform):
    with platform.transaction(reading=True) as connection:
        return set(connection.scalars(select(CLAIM.c.certificate_number)))


def test_after_a_first_load_all_indexes_exist_again(postgresql_platform, deliver, built):
    before = indexes(postgresql_platform)
    deliver(postgresql_platform, {"R1": ("甲", "VALID"), "R2": ("甲", "VALID")})
    # The partial index on successors has hardly any rows and stays.
    assert built() == ["claim_by_identifier", "claim_by_number", "claim_by_place"]
    assert indexes(postgresql_platform) == before
    assert claimed(postgresql_platform) == {"R1", "R2"}


def test_later_loads_leave_the_indexes_on(postgresql_platform, deliver, built):
    deliver(postgresql_platform, {"R1": ("甲", "VALID")})
    deliver(postgresql_platform, {"R1": ("乙", "VALID"), "R2": ("甲", "VALID")})
    deliver(postgresql_platform, {"R3": ("甲", "VALID"), "R4": ("甲", "VALID")}, "b.c")
    assert not built()


def test_few_rows_leave_the_indexes_on(postgresql_platform, deliver, built):
    deliver(postgresql_platform, {"R1": ("甲", "VALID")})
    assert not built()


def test_a_first_load_that_fails_leaves_the_indexes_as_they_were(postgresql_platform, make):
    rows = make.rows({"R1": ("甲", "VALID"), "R2": ("甲", "VALID")}, "2026-03-01T10:00:00.000000Z")

    def read_once(names):
        yield rows.select(names)
        if "certificate_holder_name" in names:
            raise OSError("the archive is gone")

    before = indexes(postgresql_platform)
    verdict = make.verdict("a.b/2026-03-01", rows, "2026-03-01T23:00:00.000000Z")
    with pytest.raises(OSError, match="the archive is gone"):
        deliver_batch(
            postgresql_platform, Delivery(verdict, 0, read_once, make.findings(rows), only_source=True), NOW, 0.0
        )
    assert (indexes(postgresql_platform), claimed(postgresql_platform)) == (before, set())


def test_a_record_twice_in_a_first_load_is_delivered_once_and_leaves_the_indexes_as_they_were(
    postgresql_platform, make
):
    rows = make.rows({"R1": ("甲", "VALID"), "R2": ("甲", "VALID")}, "2026-03-01T10:00:00.000000Z")
    twice = rows.set_column(rows.schema.get_field_index("record"), "record", rows["record"].take([0, 0]))
    before = indexes(postgresql_platform)
    verdict = make.verdict("a.b/2026-03-01", twice, "2026-03-01T23:00:00.000000Z")
    delivery = Delivery(verdict, 0, make.read(twice), make.findings(twice), only_source=True)
    entry = deliver_batch(postgresql_platform, delivery, NOW, 0.0)
    assert (entry.inserted, entry.held) == (1, 1)
    assert (indexes(postgresql_platform), claimed(postgresql_platform)) == (before, {"R1"})


def test_a_first_load_keeps_the_indexes_while_others_read(postgresql_platform, deliver, built):
    with postgresql_platform.transaction(reading=True) as reader:
        assert reader.execute(select(CLAIM.c.record)).first() is None
        deliver(postgresql_platform, {"R1": ("甲", "VALID"), "R2": ("甲", "VALID")})
    assert not built()
    assert claimed(postgresql_platform) == {"R1", "R2"}


def test_a_first_load_leaves_the_indexes_on_where_other_sources_are_declared(postgresql_platform, deliver, built):
    deliver(postgresql_platform, {"R1": ("甲", "VALID"), "R2": ("甲", "VALID")}, alone=False)
    assert not built()


@pytest.fixture
def loading(postgresql_platform, postgresql_url):
    """The same platform for a role that may change rows but not tables."""
    url = make_url(postgresql_url)
    password = str(url.password).replace("'", "''")
    granted = (
        f"CREATE ROLE loading LOGIN PASSWORD '{password}'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO loading",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO loading",
    )
    with postgresql_platform.transaction() as connection:
        for statement in granted:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    platform = ExchangeDatabase(url.set(username="loading").render_as_string(hide_password=False))
    yield platform
    platform.close()
    with postgresql_platform.transaction() as connection:
        for statement in ("REASSIGN OWNED BY loading TO CURRENT_USER", "DROP OWNED BY loading", "DROP ROLE loading"):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("owner", [False, True], ids=["of rows only", "that owns the table but may make nothing"])
def test_a_role_that_may_not_change_tables_loads_as_always(postgresql_platform, loading, deliver, owner):
    if owner:
        with postgresql_platform.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE claim OWNER TO loading")
            connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    before = indexes(postgresql_platform)
    deliver(loading, {"R1": ("甲", "VALID"), "R2": ("甲", "VALID")})
    assert (indexes(postgresql_platform), claimed(postgresql_platform)) == (before, {"R1", "R2"})

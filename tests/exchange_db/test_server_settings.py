"""The settings of a server or a database do not change what is delivered."""

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.views import LICENCE_TABLE

NOW = "2026-03-09T12:00:00.000000Z"
HOLDERS = ["𠮷某", "a\\b", "\\N", "it's", 'a "b"']


def run(url, *statements):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = [connection.exec_driver_sql(statement) for statement in statements]
        rows = found[-1].all() if found[-1].returns_rows else []
    engine.dispose()
    return rows


def delivered(url, make):
    """The platform's view after a batch of difficult names; all texts that may be empty are empty."""
    platform = ExchangeDatabase(url)
    platform.prepare()
    rows = make.rows({f"R{i}": (name, "VALID") for i, name in enumerate(HOLDERS)}, NOW)
    signers = pa.array([""] * rows.num_rows, pa.string())
    rows = rows.set_column(rows.schema.get_field_index("certificate_signer"), "certificate_signer", signers)
    deliver_batch(
        platform,
        Delivery(make.verdict("a.b/2026-03-01", rows, NOW), 0, make.read(rows), make.findings(rows)),
        NOW,
        0.0,
    )
    shown = LICENCE_TABLE.c
    with platform.transaction(reading=True) as connection:
        found = connection.execute(
            select(shown.certificate_holder_name, shown.certificate_signer).order_by(shown.certificate_number)
        ).all()
    platform.close()
    return [tuple(row) for row in found]


EXPECTED = [(name, "") for name in HOLDERS]


@pytest.mark.parametrize("encoding", ["GBK", "LATIN1"])
def test_the_encoding_of_a_database_for_its_clients_changes_no_text(postgresql_url, make, encoding):
    name = make_url(postgresql_url).database
    run(postgresql_url, f"ALTER DATABASE {name} SET client_encoding = '{encoding}'")
    assert delivered(postgresql_url, make) == EXPECTED


def test_options_of_the_url_are_kept(postgresql_url, make):
    run(postgresql_url, "CREATE SCHEMA exchange")
    assert delivered(f"{postgresql_url}?options=-csearch_path%3Dexchange", make) == EXPECTED
    assert run(postgresql_url, "SELECT count(*) FROM exchange.claim") == [(len(HOLDERS),)]


@pytest.fixture
def set_globally(mariadb_url):
    """Set a variable of the server during a test."""
    before = {}

    def change(name, value):
        ((before[name],),) = run(mariadb_url, f"SELECT @@global.{name}")
        run(mariadb_url, f"SET GLOBAL {name} = '{value}'")

    yield change
    run(mariadb_url, *(f"SET GLOBAL {name} = '{value}'" for name, value in before.items()))


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES", "EMPTY_STRING_IS_NULL"])
def test_the_mode_of_a_server_changes_no_text(mariadb_url, set_globally, make, mode):
    set_globally("sql_mode", mode)
    assert delivered(mariadb_url, make) == EXPECTED


def test_tables_have_transactions_whatever_the_server_makes_else(mariadb_url, set_globally, make):
    set_globally("default_storage_engine", "MyISAM")
    assert delivered(mariadb_url, make) == EXPECTED
    tables = (
        "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND engine IS NOT NULL"
    )
    assert run(mariadb_url, tables) == [("InnoDB",)]

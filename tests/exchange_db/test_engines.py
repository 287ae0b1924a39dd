"""Servers that differ from what their dialect assumes, and failures that are recorded at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch, write_failure
from exchange_db.ledger import read_entries
from standard.batch import BatchKey

NOW = "2026-03-09T12:00:00.000000Z"
KEY = BatchKey.of("a.b/2026-03-01")


@pytest.mark.parametrize(
    "version", ["(openGauss 5.0.0 build a07d57c3) compiled at", "KingbaseES V008R006C007B0012 on x86_64"]
)
def test_a_server_that_does_not_call_itself_postgresql_is_used(postgresql_url, make, version):
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        says = f"CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS $$SELECT '{version}'$$"
        connection.execute(text(says))
    engine.dispose()
    platform = ExchangeDatabase(postgresql_url)
    platform.prepare()
    rows = make.rows({"R1": ("甲", "VALID")}, NOW)
    delivery = Delivery(make.verdict(str(KEY), rows, NOW), 0, make.read(rows), make.findings(rows))
    assert deliver_batch(platform, delivery, NOW, 0.0).inserted == 1
    platform.close()


@pytest.mark.parametrize("kind", ["postgresql_platform", "mariadb_platform"])
def test_parts_that_fail_at_the_same_moment_are_written_down_one_after_the_other(request, make, kind):
    platform = request.getfixturevalue(kind)
    refused = make.rows({"R1": ("甲", "VALID")}, NOW)
    verdict = make.verdict(str(KEY), refused.slice(0, 0), NOW, refused=["schema"], reason="refused")
    together = Barrier(4)

    def fail(number):
        together.wait(30)
        if number % 2:
            return deliver_batch(
                platform, Delivery(verdict, 0, lambda _names: [], make.findings(refused)), NOW, 0.0
            ).run
        return write_failure(platform, KEY, "unreachable", NOW).run

    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(fail, range(4)))
    assert sorted(runs) == [1, 2, 3, 4]
    with platform.transaction(reading=True) as connection:
        assert [entry.run for entry in read_entries(connection, all_runs=True)] == [1, 2, 3, 4]


def test_postgresql_does_not_compile_statements(postgresql_platform):
    with postgresql_platform.transaction(reading=True) as connection:
        assert connection.scalar(text("SHOW jit")) == "off"

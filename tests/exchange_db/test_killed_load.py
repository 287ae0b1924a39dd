"""A load that is killed during a statement does not block others until the statement ends."""

import subprocess
import sys

from sqlalchemy import text

from exchange_db.database import ExchangeDatabase

WORKING = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")
LOAD = """
import sys
from exchange_db.dialects.postgresql import PostgreSql
PostgreSql.check_seconds = 1
from exchange_db.database import ExchangeDatabase
platform = ExchangeDatabase(sys.argv[1])
with platform.transaction() as connection:
    platform.lock(connection, ["source a.b"])
    connection.exec_driver_sql("SELECT pg_sleep(600)")
"""


def is_working(platform):
    with platform.transaction(reading=True) as connection:  # a transaction sees one state only
        return connection.scalar(WORKING)


def test_the_locks_of_a_killed_load_are_let_go_before_its_statement_ends(postgresql_url):
    platform = ExchangeDatabase(postgresql_url)
    platform.prepare()
    with subprocess.Popen([sys.executable, "-c", LOAD, postgresql_url]) as load:
        while not is_working(platform):
            assert load.poll() is None
        load.kill()
    with platform.transaction() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        platform.lock(connection, ["source a.b"])
    platform.close()

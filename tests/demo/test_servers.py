"""The servers that other tests use are real: they can be killed and started again."""

import pytest
import sqlalchemy


def version(url):
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT version()").scalar()


def test_postgresql_answers(postgresql_url):
    assert version(postgresql_url).startswith("PostgreSQL")


def test_mariadb_answers(mariadb_url):
    assert "MariaDB" in version(mariadb_url)


def test_a_restarted_server_has_its_data(postgresql_server, postgresql_url):
    engine = sqlalchemy.create_engine(postgresql_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (id int)")
    postgresql_server.kill()
    with pytest.raises(sqlalchemy.exc.OperationalError):
        engine.connect()
    postgresql_server.start()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0

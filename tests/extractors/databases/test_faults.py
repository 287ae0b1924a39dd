"""A failure of a real server is one clear sentence without secrets, classified by whether trying again helps."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from extractors import Request, open_source
from standard.errors import SourceUnreachable

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}
WAYS = ["ADBC", "PostgreSQL by ODBC", "PyMySQL", "MariaDB by ODBC"]


@pytest.fixture(params=WAYS)
def way(request):
    """A server, the URL by which a test writes to it, and the location by which it is read."""
    kind = "postgresql" if request.param in {"ADBC", "PostgreSQL by ODBC"} else "mariadb"
    url = request.getfixturevalue(f"{kind}_url")
    location = request.getfixturevalue(f"{kind}_odbc") if "ODBC" in request.param else url
    return request.getfixturevalue(f"{kind}_server"), url, location


def filled(url, rows=200_000):
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    numbers = f"generate_series(1, {rows}) s(seq)" if "postgresql" in url else f"seq_1_to_{rows}"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer, name varchar(200))")
        connection.exec_driver_sql(f"INSERT INTO t SELECT seq, REPEAT('甲', 60) FROM {numbers}")
    return engine


def limited(source, **limit):
    """The source with a limit shorter than a declaration may have."""
    extract = source.declaration.extract.model_copy(update={"statement_limit": timedelta(**limit)})
    return replace(source, declaration=source.declaration.model_copy(update={"extract": extract}))


def checked_text(error, server):
    text = str(error.value)
    assert text.startswith("dept.source: ")
    assert "\n" not in text
    for secret in (server.password, "Zz#1", "Zz%231", server.user):
        assert secret not in text
    assert error.value.__context__ is None
    return text


def changed(location, password=None, database=None):
    if location.startswith("odbc:"):
        parts = dict(part.split("=", 1) for part in location.removeprefix("odbc:").split(";"))
        parts |= {"PWD": f"{{{password}}}"} if password else {"Database": database}
        return "odbc:" + ";".join("=".join(part) for part in parts.items())
    url = make_url(location)
    url = url.set(password=password) if password else url.set(database=database)
    return url.render_as_string(hide_password=False)


def test_a_wrong_password(declare, day, now, way):
    server, _, location = way
    with (
        pytest.raises(SourceUnreachable) as error,
        open_source(Request(declare(TABLE), day, changed(location, password="geheim"), now)),
    ):
        pass
    assert "the user name or the password is not accepted" in checked_text(error, server)
    assert "geheim" not in str(error.value)


def test_an_unknown_database(declare, day, now, way):
    server, _, location = way
    with (
        pytest.raises(SourceUnreachable) as error,
        open_source(Request(declare(TABLE), day, changed(location, database="nowhere"), now)),
    ):
        pass
    assert "it has no database of that name" in checked_text(error, server)


def test_a_server_that_is_killed_while_rows_are_read_never_ends_a_reading_early(declare, day, now, way, caplog):
    server, url, location = way
    filled(url, 600_000)
    try:
        with open_source(Request(declare(TABLE), day, location, now)) as reading:
            next(reading.batches)
            server.kill()
            # MariaDB's ODBC driver has the whole answer by now; but whether the server cut any of it only the server knows.
            with pytest.raises(SourceUnreachable) as error:
                list(reading.batches)
            checked_text(error, server)
        assert caplog.text == ""  # what a library would log stands as a traceback before the sentence
    finally:
        if not server.running:
            server.start()


def test_a_statement_that_runs_too_long(declare, day, now, way):
    server, url, location = way
    filled(url, 30_000)
    slow = {**TABLE, "table": None, "query": "SELECT a.id FROM t a, t b WHERE a.id * b.id < 0"}
    with (
        pytest.raises(SourceUnreachable) as error,
        open_source(Request(limited(declare(slow), milliseconds=500), day, location, now)),
    ):
        pass
    assert "extract.statement_limit" in checked_text(error, server)


def test_a_locked_table(declare, day, now, way):
    server, url, location = way
    engine = filled(url, 10)
    lock = "LOCK TABLE t IN ACCESS EXCLUSIVE MODE" if server.kind == "postgresql" else "LOCK TABLES t WRITE"
    with engine.begin() as connection:
        connection.exec_driver_sql(lock)
        with (
            pytest.raises(SourceUnreachable) as error,
            open_source(Request(limited(declare(TABLE), seconds=1), day, location, now)),
        ):
            pass
    text = checked_text(error, server)
    assert "locked by somebody else" in text or "extract.statement_limit" in text


def test_nothing_is_ever_written(declare, day, now, way):
    _, url, location = way
    engine = filled(url, 10)
    query = {**TABLE, "table": None, "query": "SELECT * FROM t) q; DELETE FROM t; --"}
    with (
        pytest.raises(Exception, match=r"dept\.source"),
        open_source(Request(declare(query), day, location, now)) as reading,
    ):
        list(reading.batches)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM t").scalar() == 10


def test_count_and_rows_are_of_one_state(declare, day, now, way):
    _, url, location = way
    engine = filled(url, 10)
    with open_source(Request(declare(TABLE), day, location, now)) as reading:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (11, 'x')")
        assert sum(batch.num_rows for batch in reading.batches) == reading.counted == 10

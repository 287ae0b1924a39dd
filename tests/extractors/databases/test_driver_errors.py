import socket

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from extractors import Request, open_source
from extractors.databases.driver_errors import DriverErrors
from standard.errors import SourceRefused, SourceUnreachable

TABLE = {"kind": "database", "connection": "transport", "table": "T", "key": ["ID"]}


def all_texts(error):
    """The text of an error and of all that hangs on it."""
    texts = []
    while error is not None:
        texts.append(f"{error} {error!r} {error.args}")
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.mark.parametrize(
    "location",
    [
        "postgresql+nodriver://bureau:g%40heim@127.0.0.1/x",
        "nosuchdatabase://bureau:g%40heim@127.0.0.1/x",
        "://bureau:g%40heim",
        "g@heim",
        "sqlite:////nowhere/g@heim.db?password=g%40heim",
        "sqlite://",
        "postgresql://bureau:geh@eim:g@heim@127.0.0.1/x",
        "mysql+pymysql://bureau:geh@eim:g@heim/x",
        "odbc:Driver=NoSuchDriver;UID=bureau;PWD=g@heim",
        "odbc:PWD={g@heim};g@heim",
    ],
)
def test_no_secret_appears_in_the_error_of_an_unreachable_database(declare, day, now, location):
    with pytest.raises(SourceUnreachable) as caught, open_source(Request(declare(TABLE), day, location, now)):
        pass
    texts = all_texts(caught.value)
    assert texts.startswith("dept.source: expected its database to answer, but ")
    assert "g@heim" not in texts
    assert "g%40heim" not in texts
    assert "bureau" not in texts


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            'connection failed: FATAL: password authentication failed for user "bureau"',
            "the user name or the password is not accepted",
        ),
        (
            "(1045, \"Access denied for user 'bureau'@'127.0.0.1' (using password: YES)\")",
            "the user name or the password is not accepted",
        ),
        (
            "[28000] [Microsoft][ODBC Driver 18] Login failed for user 'bureau'.",
            "the user name or the password is not accepted",
        ),
        ("[01000] Can't open lib 'libdmdodbc.so' : file not found", "its driver is not installed here"),
        ("No module named 'psycopg'", "its driver is not installed here"),
        ("[HYT00] Login timeout expired", "it does not answer in time"),
        ('could not translate host name "db" to address: Name or service not known', "nothing answers at its address"),
        ("[Errno 111] Connection refused", "nothing answers at its address"),
        ("the moon is in the wrong phase, bureau:g@heim", "the moon is in the wrong phase, ***:***"),
    ],
)
def test_a_refused_connection_is_explained_in_plain_words(words, reason):
    def fails():
        raise OSError(words)

    with pytest.raises(SourceUnreachable) as caught:
        DriverErrors("dept.source", "postgresql://bureau:g%40heim@127.0.0.1/x").connecting(fails)
    assert (
        str(caught.value)
        == f"dept.source: expected its database to answer, but {reason}; check its connection, then try again"
    )
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("database is locked", SourceUnreachable),
        ("server closed the connection unexpectedly", SourceUnreachable),
        ("[08S01] communication link failure", SourceUnreachable),
        ("State: HY000, Message: Write error: Broken pipe (32)", SourceUnreachable),
        ('permission denied for table "T"', SourceRefused),
        ("no such column: X", SourceRefused),
    ],
)
def test_temporary_errors_are_distinguished_from_permanent_ones(words, kind):
    def fails():
        raise RuntimeError(f"{words} PWD=g@heim 370402188001010012")

    with pytest.raises(kind) as caught:
        DriverErrors("dept.source", "odbc:Driver=X;PWD={g@heim}").querying(fails)
    assert "g@heim" not in str(caught.value)
    assert "370402188001010012" not in str(caught.value)


@pytest.mark.parametrize("granted", ["nothing", "one column"])
@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
@pytest.mark.parametrize("by_odbc", [False, True])
def test_a_missing_right_to_read_is_distinguished_from_a_missing_table(
    declare, day, now, request, name, by_odbc, granted
):
    url = make_url(request.getfixturevalue(f"{name}_url"))
    user, quote = f"reader_{url.database}", '"' if name == "postgresql" else "`"
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {quote}T{quote} ({quote}ID{quote} int, {quote}MC{quote} text)")
        statement = (
            "CREATE ROLE {} LOGIN PASSWORD 'g@heim'"
            if name == "postgresql"
            else "CREATE USER {} IDENTIFIED BY 'g@heim'"
        )
        connection.exec_driver_sql(statement.format(user))
        if granted == "one column":
            connection.exec_driver_sql(f"GRANT SELECT ({quote}ID{quote}) ON {quote}T{quote} TO {user}")
        elif name == "mariadb":
            connection.exec_driver_sql("CREATE TABLE another (id int)")
            connection.exec_driver_sql(f"GRANT SELECT ON another TO {user}")
    location = url.set(username=user, password="g@heim").render_as_string(hide_password=False)
    if by_odbc:
        driver = {"postgresql": "PostgreSQL Unicode", "mariadb": "MariaDB Unicode"}[name]
        location = (
            f"odbc:Driver={{{driver}}};Server={url.host};Port={url.port};Database={url.database};UID={user};PWD=g@heim"
        )
    with pytest.raises(SourceRefused) as caught, open_source(Request(declare(TABLE), day, location, now)):
        pass
    assert str(caught.value) == (
        "dept.source: expected the right to read the table or query that is declared, found none; "
        "have the department grant SELECT on all of its columns to the user of the connection"
    )


def test_an_odbc_server_that_is_not_there_is_unreachable(declare, day, now):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    location = f"mssql+pyodbc://bureau:g%40heim@127.0.0.1:{port}/x?driver=NoSuchDriver"
    with pytest.raises(SourceUnreachable) as caught, open_source(Request(declare(TABLE), day, location, now)):
        pass
    assert "g@heim" not in all_texts(caught.value)

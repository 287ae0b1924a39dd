import socket

import pytest

from extractors import Request, open_source
from extractors.reasons import Reasons
from standard.errors import SourceRefused, SourceUnreachable

TABLE = {"kind": "database", "connection": "transport", "table": "T", "key": ["ID"]}


def everything_told(error):
    """The text of an error and of all that hangs on it."""
    told = []
    while error is not None:
        told.append(f"{error} {error!r} {error.args}")
        error = error.__cause__ or error.__context__
    return "\n".join(told)


@pytest.mark.parametrize(
    "location",
    [
        "postgresql+nodriver://bureau:g%40heim@127.0.0.1/x",
        "nosuchdatabase://bureau:g%40heim@127.0.0.1/x",
        "://bureau:g%40heim",
        "g@heim",
        "sqlite:////nowhere/g@heim.db?password=g%40heim",
        "sqlite://",
        "odbc:Driver=NoSuchDriver;UID=bureau;PWD=g@heim",
        "odbc:PWD={g@heim};g@heim",
    ],
)
def test_no_secret_is_told_of_a_database_that_cannot_be_reached(declare, day, now, location):
    with pytest.raises(SourceUnreachable) as caught, open_source(Request(declare(TABLE), day, location, now)):
        pass
    told = everything_told(caught.value)
    assert told.startswith("dept.source: expected its database to answer, but ")
    assert "g@heim" not in told
    assert "g%40heim" not in told
    assert "bureau" not in told


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
def test_a_refused_connection_is_told_in_plain_words(words, reason):
    def fails():
        raise OSError(words)

    with pytest.raises(SourceUnreachable) as caught:
        Reasons("dept.source", "postgresql://bureau:g%40heim@127.0.0.1/x").connecting(fails)
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
        ('permission denied for table "T"', SourceRefused),
        ("no such column: X", SourceRefused),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(words, kind):
    def fails():
        raise RuntimeError(f"{words} PWD=g@heim 370402188001010012")

    with pytest.raises(kind) as caught:
        Reasons("dept.source", "odbc:Driver=X;PWD={g@heim}").asking(fails)
    assert "g@heim" not in str(caught.value)
    assert "370402188001010012" not in str(caught.value)


def test_an_odbc_server_that_is_not_there_is_unreachable(declare, day, now):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    location = f"mssql+pyodbc://bureau:g%40heim@127.0.0.1:{port}/x?driver=NoSuchDriver"
    with pytest.raises(SourceUnreachable) as caught, open_source(Request(declare(TABLE), day, location, now)):
        pass
    assert "g@heim" not in everything_told(caught.value)

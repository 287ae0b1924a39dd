"""Which way a department's database is spoken to: by SQLAlchemy, or by ODBC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from extractors.alchemy import AlchemyConnection
from extractors.odbc import OdbcConnection
from extractors.reasons import Reasons

Connection: TypeAlias = AlchemyConnection | OdbcConnection

_ODBC = "odbc:"  # what a connection string stands behind; everything else is a SQLAlchemy URL


@contextmanager
def connected(source: str, location: str) -> Iterator[Connection]:
    """Hold a connection to a database, inside one transaction that only reads.

    Raises:
        SourceUnreachable: when nothing answers, or the answer is no.
    """
    reasons = Reasons(source, location)
    if location.startswith(_ODBC):
        connection: Connection = OdbcConnection(location.removeprefix(_ODBC), reasons)
    else:
        connection = AlchemyConnection(location, reasons)
    try:
        yield connection
    finally:
        with suppress(Exception):  # a connection that cannot be closed is gone, which is all that is wanted of it
            connection.close()

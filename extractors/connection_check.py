"""What a connection to a department's database is like, measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

import pyarrow as pa

from extractors.asked import Origin, counted
from extractors.column_check import operations, order_column, spoilt_texts
from extractors.connections import Connection, connected
from extractors.database import described
from extractors.product import Terms
from extractors.request import Request
from extractors.statement import ValueLost
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused, UsageError

_SAMPLE = 20_000  # rows; enough for a rate, few enough for a department at work


@dataclass(frozen=True)
class ConnectionFacts:
    """A connection, and what it shows of the declared table or query.

    Attributes:
        way: `ADBC`, `ODBC` or `SQLAlchemy`.
        database: name and version, as the database says them.
        guarded: whether the database itself refuses to write, and shows count and rows of one state.
        connecting: seconds until the transaction was open.
        problem: why the table or query cannot be read, a sentence; empty where it can.
        columns: name and, where the database tells it, type.
        order: what the update times or rising numbers are, a sentence; empty for a snapshot.
        operations: the values of the declared operation column, and what they are taken for.
        spoilt: a sentence for each column whose texts seem to be in another encoding.
        rows: how many there are; None where there is a problem.
        sample: how many of them were read.
        seconds: that this took.
    """

    way: str
    database: str
    guarded: bool
    connecting: float
    problem: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    order: str = ""
    operations: dict[str, str] = field(default_factory=dict)
    spoilt: list[str] = field(default_factory=list)
    rows: int | None = None
    sample: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.sample / self.seconds if self.seconds else 0.0


def measure(request: Request) -> ConnectionFacts:
    """Connect to a source's database and try what a night would do: its table, its columns, some of its rows.

    Raises:
        UsageError: for a source that is no database, or a request without a location.
        SourceUnreachable: when the database does not answer, or the answer is no.
    """
    extract = request.source.declaration.extract
    if not isinstance(extract, DatabaseExtract) or request.location is None:
        raise UsageError(
            f"{request.source.name}: expected a database and the URL of its connection, found none; set it"
        )
    start = perf_counter()
    with connected(
        request.source.name, request.location, Terms(extract.statement_limit, extract.time_zone)
    ) as connection:
        connecting = perf_counter() - start
        way, guarded, database = connection.way, connection.product.guarded, connection.version()
        try:
            origin, columns = described(request.source.name, extract, connection)
            rows = counted(origin, connection, ())
            start = perf_counter()
            sample = _read(origin, connection, columns)
            seconds = perf_counter() - start
            order, done = order_column(origin, connection), operations(origin, connection)
        except SourceRefused as refusal:
            return ConnectionFacts(way, database, guarded, connecting, str(refusal))
    types = {name: origin.types.get(name, "") for name in columns}
    used = {column.source for column in request.source.declaration.columns.values() if column.source}
    spoilt = list(spoilt_texts(origin, sample, used))
    size = len(sample[columns[0]])
    return ConnectionFacts(way, database, guarded, connecting, "", types, order, done, spoilt, rows, size, seconds)


def _read(origin: Origin, connection: Connection, columns: list[str]) -> dict[str, pa.StringArray]:
    """Some of the rows, by column."""
    what = ", ".join(origin.written(name) for name in columns) if origin.types else "*"
    some = origin.product.first(what, origin.place, ("1 = 1",), _SAMPLE)
    try:
        batches = list(connection.read(some))
    except ValueLost:  # the rate of the slower way is then the true one
        batches = list(connection.read_rows(some))
    none = pa.array([], pa.string())
    return {
        name: pa.concat_arrays([none, *(arrays[place][0] for arrays in batches)]) for place, name in enumerate(columns)
    }

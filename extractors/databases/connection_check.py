"""What a connection to a department's database is like, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from extractors.databases.column_check import number_fault, operations, order_column, spoilt_texts, texts_of
from extractors.databases.connections import Connection, connected
from extractors.databases.dialects.dialect import Terms
from extractors.databases.extract import described
from extractors.databases.query_builder import Origin, counted
from extractors.databases.witness import witnessed
from extractors.declared_columns import columns_amiss, columns_beside
from extractors.request import Request
from extractors.texts import Written
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused, UsageError
from standard.messages import joined

_SAMPLE = 20_000  # rows; enough for a rate, few enough for a department at work


@dataclass(frozen=True)
class ConnectionFacts:
    """A connection, and what it shows of the declared table or query.

    Attributes:
        way: `ADBC`, `ODBC` or `SQLAlchemy`.
        database: name and version, as the database says them.
        guarded: whether the database itself refuses to write, and shows count and rows of one state.
        connecting: seconds until the transaction was open.
        problem: why a night would be refused or hold all that it reads, a sentence a line; empty where it would not.
        columns: name and, where the database tells it, type.
        undeclared: a sentence on columns that nobody declared, or that the declaration lets go; empty where there are none.
        order: what the update times or rising numbers are, a sentence; empty for a snapshot.
        operations: the values of the declared operation column, and what they are taken for.
        spoilt: a sentence for each column whose texts seem to be in another encoding.
        rows: how many there are; None where the table or query cannot be read.
        witnessed: how many the declared witness counts; None where there is none.
        sample: how many of them were read.
        seconds: that this took.
    """

    way: str
    database: str
    guarded: bool
    connecting: float
    problem: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    undeclared: list[str] = field(default_factory=list)
    order: str = ""
    operations: dict[str, str] = field(default_factory=dict)
    spoilt: list[str] = field(default_factory=list)
    rows: int | None = None
    witnessed: int | None = None
    sample: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.sample / self.seconds if self.seconds else 0.0


def measure(request: Request) -> ConnectionFacts:
    """Connect to a source's database and try what a night would do: its table, its columns, some of its rows, its witness.

    Raises:
        UsageError: for a source that is no database, or a request without a location.
        SourceUnreachable: when the database does not answer, or the answer is no.
    """
    extract = request.source.declaration.extract
    if not isinstance(extract, DatabaseExtract) or request.location is None:
        raise UsageError(
            "LX-105",
            "{source}: expected a database and the URL of its connection, found none; set it",
            source=request.source.name,
        )
    start = perf_counter()
    with connected(
        request.source.name, request.location, Terms(extract.statement_limit, extract.time_zone)
    ) as connection:
        connecting = perf_counter() - start
        way, guarded, database = connection.way, connection.dialect.guarded, connection.version()
        try:
            origin, columns = described(request.source.name, extract, connection)
            said = witnessed(request, extract, lambda: counted(origin, connection, ()))
            rows = said[1] if said else counted(origin, connection, ())
            start = perf_counter()
            sample = _read(origin, connection, columns)
            seconds = perf_counter() - start
            order, done = order_column(origin, connection), operations(origin, connection)
            sample |= _read_as_bytes(origin, connection, sample)
        except SourceRefused as refusal:
            return ConnectionFacts(way, database, guarded, connecting, refusal.message)
    problems = [
        *columns_amiss(request.source.name, request.source.declaration, columns),
        *number_fault(origin, sample),
    ]
    used = {column.source for column in request.source.declaration.columns.values() if column.source}
    return ConnectionFacts(
        way,
        database,
        guarded,
        connecting,
        problem=joined("\n", problems),
        columns={name: origin.types.get(name, "") for name in columns},
        undeclared=list(columns_beside(request.source.declaration, columns)),
        order=order,
        operations=done,
        spoilt=list(spoilt_texts(origin, sample, used)),
        rows=rows,
        witnessed=said[0] if said else None,
        sample=len(sample[columns[0]][0]),
        seconds=seconds,
    )


def _read(origin: Origin, connection: Connection, columns: Sequence[str]) -> dict[str, Written]:
    """Some of the rows, by column."""
    what = ", ".join(origin.written(name) for name in columns) if origin.types else "*"
    some = origin.dialect.first(what, origin.place, ("1 = 1",), _SAMPLE)
    return dict(zip(columns, texts_of(connection, some, len(columns)), strict=True))


def _read_as_bytes(origin: Origin, connection: Connection, sample: dict[str, Written]) -> dict[str, Written]:
    """The columns with texts that are none in UTF-8 once more, where the database can give their bytes and nobody said what these are."""
    kept = origin.dialect.bytes_kept
    spoilt = [name for name, (_, bad) in sample.items() if bad and kept(name, origin.types.get(name, ""))]
    if origin.extract.charset or not spoilt:
        return {}
    extract = origin.extract.model_copy(update={"charset": ["utf-8"]})
    return _read(replace(origin, extract=extract), connection, spoilt)

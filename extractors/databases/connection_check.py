"""Checks and measures the connection to a department's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from extractors.databases.column_check import garbled_columns, operations, order_column, read_texts, rising_number_fault
from extractors.databases.connections import Connection, open_connection
from extractors.databases.dialects.dialect import SessionOptions
from extractors.databases.extract import resolve_origin
from extractors.databases.query_builder import Origin, count_rows
from extractors.databases.witness import count_with_witness
from extractors.declared_columns import column_problems, undeclared_columns
from extractors.request import Request
from extractors.texts import TextColumn
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused, UsageError
from standard.messages import joined

_SAMPLE = 20_000  # rows; enough for a rate, and a small load on the department


@dataclass(frozen=True)
class ConnectionFacts:
    """A connection, and the facts it reveals about the declared table or query.

    Attributes:
        way: `ADBC`, `ODBC` or `SQLAlchemy`.
        database: product and version.
        guarded: whether the database itself rejects writes, and shows count and rows of one state.
        connecting: seconds until the transaction was open.
        problem: why a night would be refused or hold all its rows, a sentence a line; empty where it would not.
        columns: the type of each column, where the database reports it, by name.
        undeclared: sentences on columns that are not declared, or that the declaration allows to disappear.
        order: a sentence on the update times or rising numbers; empty for a snapshot.
        operations: how each value of the declared operation column is interpreted.
        spoilt: a sentence for each column whose texts seem to be in another encoding.
        rows: the number of rows; None where the table or query cannot be read.
        witnessed: the number of rows by the declared witness; None where there is none.
        sample: the number of rows that were read.
        seconds: the time that reading the sample took.
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
        """Rows per second."""
        return self.sample / self.seconds if self.seconds else 0.0


def check_connection(request: Request) -> ConnectionFacts:
    """Connect to a source's database and try what a night does: read its table, columns, some rows, and its witness.

    Raises:
        UsageError: for a source that is not a database, or a request without a location.
        SourceUnreachable: when the database does not answer, or rejects the login.
    """
    extract = request.source.declaration.extract
    if not isinstance(extract, DatabaseExtract) or request.location is None:
        raise UsageError(
            "LX-105",
            "{source}: expected a database and the URL of its connection, found none; set it",
            source=request.source.name,
        )
    start = perf_counter()
    options = SessionOptions(extract.statement_limit, extract.time_zone)
    with open_connection(request.source.name, request.location, options) as connection:
        connecting = perf_counter() - start
        facts = ConnectionFacts(connection.way, connection.version(), connection.dialect.read_only_snapshot, connecting)
        try:
            return _with_origin(facts, request, extract, connection)
        except SourceRefused as refusal:
            return replace(facts, problem=refusal.message)


def _with_origin(
    facts: ConnectionFacts, request: Request, extract: DatabaseExtract, connection: Connection
) -> ConnectionFacts:
    """Add the facts about the declared table or query."""
    name, declaration = request.source.name, request.source.declaration
    origin, columns = resolve_origin(name, extract, connection)
    counts = count_with_witness(request, extract, lambda: count_rows(origin, connection, ()))
    rows = counts[1] if counts else count_rows(origin, connection, ())
    start = perf_counter()
    sample = _sample(origin, connection, columns)
    seconds = perf_counter() - start
    order, operation_rows = order_column(origin, connection), operations(origin, connection)
    sample |= _sample_as_bytes(origin, connection, sample)
    problems = [*column_problems(name, declaration, columns), *rising_number_fault(origin, sample)]
    used = {column.source for column in declaration.columns.values() if column.source}
    return replace(
        facts,
        problem=joined("\n", problems),
        columns={column: origin.types.get(column, "") for column in columns},
        undeclared=list(undeclared_columns(declaration, columns)),
        order=order,
        operations=operation_rows,
        spoilt=list(garbled_columns(origin, sample, used)),
        rows=rows,
        witnessed=counts[0] if counts else None,
        sample=len(sample[columns[0]][0]),
        seconds=seconds,
    )


def _sample(origin: Origin, connection: Connection, columns: Sequence[str]) -> dict[str, TextColumn]:
    """Read some rows, by column."""
    selected = ", ".join(origin.text_expression(name) for name in columns) if origin.types else "*"
    statement = origin.dialect.select_some(selected, origin.from_clause, ("1 = 1",), _SAMPLE)
    return dict(zip(columns, read_texts(connection, statement, len(columns)), strict=True))


def _sample_as_bytes(origin: Origin, connection: Connection, sample: dict[str, TextColumn]) -> dict[str, TextColumn]:
    """Read the columns with invalid UTF-8 again as bytes, where the database can return them and no encoding is declared."""
    bytes_of = origin.dialect.bytes_expression
    undecodable = [name for name, (_, bad) in sample.items() if bad and bytes_of(name, origin.types.get(name, ""))]
    if origin.extract.charset or not undecodable:
        return {}
    extract = origin.extract.model_copy(update={"charset": ["utf-8"]})
    return _sample(replace(origin, extract=extract), connection, undecodable)

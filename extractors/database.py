"""How records are read from a table or query of a database: what changed in a day, or everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from extractors.connections import Connection, connected
from extractors.reading import Reading, grouped, raw_batch
from extractors.statement import Answer, Statement, Value
from extractors.texts import text_array
from extractors.titles import column_names, with_nearest
from extractors.update_time import UpdateTime, update_time
from sources.declaration import DatabaseExtract
from standard.day import Day
from standard.errors import SourceRefused

_SAMPLE = 1000  # update times looked at to find their form: the first ones may be placeholders


@contextmanager
def read_database(source: str, extract: DatabaseExtract, day: Day, location: str, now: datetime) -> Iterator[Reading]:
    """Read a table or query, and count in the same transaction what it should give.

    Args:
        source: name of the source, for people.
        extract: what is declared.
        day: the day of the batch; a snapshot does not look at it.
        location: SQLAlchemy URL, or `odbc:` and a connection string.
        now: instant of reading, aware.

    Raises:
        SourceUnreachable: when the database does not answer, or the answer is no; also while the batches are read.
        SourceRefused: `table_missing`, `columns_missing` (key or update time) or `source_unreadable`; the last also while
            the batches are read.
    """
    with connected(source, location) as connection:
        origin = _Origin(source, extract, connection)
        columns = origin.columns()
        asked = _window(origin, day, now) if extract.updated_at else _Asked()
        counted = origin.count(asked.where)
        batches = _batches(origin.ask("*", asked.where), columns, extract.key, source)
        yield Reading(
            columns=columns,
            kind="incremental" if extract.updated_at else "snapshot",
            taken_at=now,
            window=asked.window,
            batches=grouped(batches),
            counted=counted,
            without_time=asked.without_time,
            future_time=asked.future_time,
            origin={
                **({"table": extract.table} if extract.table else {"query": extract.query or ""}),
                "backend": connection.backend,
            },
        )


@dataclass(frozen=True)
class _Asked:
    """Which rows are asked for, and how many can never be."""

    where: Statement = ()
    window: tuple[datetime, datetime] | None = None
    without_time: int = 0
    future_time: int = 0


class _Origin:
    """The declared table or query."""

    def __init__(self, source: str, extract: DatabaseExtract, connection: Connection) -> None:
        self.source, self.extract, self.connection = source, extract, connection
        if extract.table:
            self._sql = ".".join(connection.quoted(part) for part in extract.table.split("."))
        else:
            # On lines of its own, since it may end with a comment; without AS, which Oracle does not know here.
            self._sql = f"(\n{(extract.query or '').rstrip().rstrip(';')}\n) q"

    def ask(self, what: str, where: Statement) -> Answer:
        # All that is put in here are identifiers the connection quoted, and the query as it is declared.
        return self.connection.ask((f"SELECT {what} FROM {self._sql}", *((" WHERE ", *where) if where else ())))  # noqa: S608

    def count(self, where: Statement) -> int:
        (((number,),),) = self.ask("COUNT(*)", where).portions  # one portion of one row of one value
        return int(number)

    def columns(self) -> list[str]:
        """The columns there are, which must have the key and the update time among them."""
        try:
            answer = self.ask("*", ("1 = 0",))
        except SourceRefused:
            self._demand_table()
            raise
        for _ in answer.portions:  # nothing comes, but the answer is read to its end
            pass
        names = column_names(answer.columns)
        self._demand_columns(names)
        return names

    def _demand_table(self) -> None:
        schema, _, table = (self.extract.table or "").rpartition(".")
        if not table:
            return
        there = self.connection.tables(schema or None)
        if table not in there:
            raise SourceRefused(
                "table_missing",
                f"{self.source}: expected the table {with_nearest([self.extract.table or ''], there)}, found none of that name among {len(there)}; "
                "restore the table, or announce its new name",
                expected=self.extract.table or "",
                found=with_nearest([table], there),
            )

    def _demand_columns(self, names: Sequence[str]) -> None:
        declared = [*self.extract.key, *([self.extract.updated_at] if self.extract.updated_at else [])]
        if missing := [name for name in declared if name not in names]:
            raise SourceRefused(
                "columns_missing",
                f"{self.source}: expected the columns {with_nearest(missing, names)} for key and update time, found {len(names)} others; "
                "restore the columns, or announce their new names",
                expected=", ".join(missing),
                found=with_nearest(missing, names),
            )


def _window(origin: _Origin, day: Day, now: datetime) -> _Asked:
    """The half-open day of the update time, reaching back as far as declared."""
    window = (day.start - origin.extract.look_back, day.end)
    column = origin.connection.quoted(origin.extract.updated_at or "")
    form = _form(origin, column)
    if form is None:  # no row has an update time, so none is of this day
        return _Asked(("1 = 0",), window, without_time=origin.count(()))
    formed: Statement = (f"{column} LIKE ", Value(form.like)) if form.like else (f"{column} IS NOT NULL",)
    timed = origin.count(formed)
    horizon = Value(form.bound(max(day.end, now)))
    return _Asked(
        where=(f"{column} >= ", Value(form.bound(window[0])), f" AND {column} < ", Value(form.bound(window[1]))),
        window=window,
        without_time=origin.count(()) - timed,
        future_time=origin.count((*formed, f" AND {column} >= ", horizon)),
    )


def _form(origin: _Origin, column: str) -> UpdateTime | None:
    portions = origin.ask(origin.connection.as_kept(column), (f"{column} IS NOT NULL",)).portions
    sample = [row[0] for row in next(portions, [])[:_SAMPLE] if row[0] != ""]
    portions.close()
    form = update_time(sample, ZoneInfo(origin.extract.time_zone))
    if sample and form is None:
        shape = _shape(str(sample[0]))
        raise SourceRefused(
            "source_unreadable",
            f"{origin.source}: expected update times such as 2026-01-05 08:00:00 in {origin.extract.updated_at}, found the form {shape}; "
            "have the department write them so, or declare a query that does",
            expected="2026-01-05 08:00:00",
            found=shape,
        )
    return form


def _shape(text: str) -> str:
    """What a value looks like, without what it says."""
    return re.sub(r"[^\W0年月日时分秒]", "x", re.sub(r"\d", "0", text))[:40]


def _batches(answer: Answer, columns: Sequence[str], key: Sequence[str], source: str) -> Iterator[pa.RecordBatch]:
    for rows in answer.portions:
        arrays = [_texts(values, name, source) for name, values in zip(columns, zip(*rows, strict=True), strict=True)]
        keys = [arrays[columns.index(name)] for name in key]
        yield raw_batch(
            columns, arrays, pc.binary_join_element_wise(*keys, "/", null_handling="replace", null_replacement="")
        )


def _texts(values: Sequence[Any], column: str, source: str) -> pa.StringArray:
    try:
        return text_array(values)
    except UnicodeError:
        problem = f"{source}: expected Unicode text in the column {column}, found half a character; correct the value in the database"
    raise SourceRefused("source_unreadable", problem, expected="Unicode text", found=f"half a character in {column}")

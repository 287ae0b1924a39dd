"""What is declared of records in a database: the table or query, which rows a day asks for, how politely."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sources.terms import ClockSkew, ConnectionName, Declared, Duration, Name, Texts, Zone


class Split(Declared):
    """A big table is read in parts of about the same size, side by side where there are workers.

    Attributes:
        column: by whose values the table is cut; its database can order them, and an index on it helps.
        parts: how many.
    """

    column: Name
    parts: Annotated[int, Field(ge=2, le=256)]


class Changes(Declared):
    """A change table, such as a front database's: every row says what was done to a record.

    Attributes:
        operation: the column that says what (`STATE`, `cd_operation`).
        deleted: its values that say the record was deleted at its source; what that means is declared as `vanished`.
    """

    operation: Name
    deleted: Texts = ["D"]


class DatabaseExtract(Declared):
    """Records in a table, or the result of a query. The URL is of the connection, never written here.

    Attributes:
        connection: name of the connection.
        table: a table or view, with its schema where it needs one (`city.LICENCE`).
        query: a SELECT, instead of a table.
        key: the columns that name a row to the department; the row's locator.
        updated_at: the column of update times; a day asks for the rows changed on it. Without it and `rising` the source
            is a snapshot.
        rising: a column of numbers that only ever rise (`ID`, `cd_batch`); a day asks for those above the last accepted.
        changes: the table holds changes of records rather than records.
        look_back: how late a row may be committed after its update time; asked for again.
        time_zone: of times that name none.
        clock_skew: how far the source's clock is ahead of the true time; behind where negative.
        split: reading in parts.
        statement_limit: how long one statement may run before it is ended.
    """

    kind: Literal["database"]
    connection: ConnectionName
    table: Name | None = None
    query: Name | None = None
    key: Annotated[Texts, Field(min_length=1)]
    updated_at: Name | None = None
    rising: Name | None = None
    changes: Changes | None = None
    look_back: Duration = timedelta(0)
    time_zone: Zone = "Asia/Shanghai"
    clock_skew: ClockSkew = timedelta(0)
    split: Split | None = None
    statement_limit: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _one_origin(self) -> DatabaseExtract:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        if self.look_back and self.updated_at is None:
            raise ValueError("look_back needs updated_at")
        if self.changes and not (self.updated_at or self.rising):
            raise ValueError("changes need updated_at or rising, or nobody knows which change came last")
        return self

    @property
    def dated(self) -> bool:
        """Never: a database holds the present; only what it says of update times tells days apart."""
        return False

    @property
    def incremental(self) -> bool:
        """Whether a batch is what came in a day; otherwise it is a snapshot of everything."""
        return self.updated_at is not None or self.rising is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are named here, each once."""
        operation = self.changes.operation if self.changes else None
        cut_by = self.split.column if self.split else None
        named = [*self.key, self.updated_at, self.rising, operation, cut_by]
        return tuple(dict.fromkeys(name for name in named if name))

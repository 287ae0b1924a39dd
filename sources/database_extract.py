"""The declaration of records in a database: the table or query, the rows of a day, and how they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import BeforeValidator, Field, model_validator

from sources.value_types import Charsets, ClockSkew, ConnectionName, Declared, Duration, Name, Texts, Zone
from standard.batch import Keys, OrderedBy
from standard.messages import Message


class Split(Declared):
    """A big table is read in parts of about the same size, side by side where there are workers.

    Attributes:
        column: by whose values the table is cut; its database can order them, and an index on it helps.
        parts: how many.
    """

    column: Name
    parts: Annotated[int, Field(ge=2, le=256)]


# Notations of booleans and bits in drivers, exports and by people.
_TRUE, _FALSE = ("T", "TRUE", "0X01", "\x01", "B'1'"), ("F", "FALSE", "0X00", "\x00", "B'0'")
_BOOLEANS = dict.fromkeys(_TRUE, "1") | dict.fromkeys(_FALSE, "0")


class Changes(Declared):
    """A column that says of each row what was done to its record: of a change table, or of a table that only marks deletions.

    The newest row of a record counts. Its values are a list with an end: a row whose value is of neither kind is held, since
    nobody knows what it means. Upper and lower case, width and blanks do not count. The values of a boolean or a bit are `1` and
    `0`, or `true` and `false`, whatever the driver makes of them.

    Attributes:
        operation: the column (`STATE`, `cd_operation`, `IS_DELETED`).
        kept: its values that say the record is there: new, changed, or not deleted. An empty text (`''`) stands for no value.
            Where nothing is declared, they are `I` and `U`; beside one value of a boolean as `deleted`, the other one.
        deleted: its values that say the record was deleted at its source; what that means is declared as `vanished`.
    """

    operation: Name
    kept: Texts = []
    deleted: Texts = ["D"]

    @property
    def kept_values(self) -> list[str]:
        """The values for existing records, as `operation_value` writes them."""
        if self.kept:
            return [operation_value(value) for value in self.kept]
        deleted = {operation_value(value) for value in self.deleted}
        return sorted({"0", "1"} - deleted) if deleted and deleted < {"0", "1"} else ["I", "U"]

    @property
    def deleted_values(self) -> list[str]:
        """The values for deleted records, as `operation_value` writes them."""
        return [operation_value(value) for value in self.deleted]


def operation_value(text: str) -> str:
    """Normalise a value of an operation column from any driver: no blanks, capitals, booleans as 1 and 0."""
    plain = normalize("NFKC", text).strip().upper()
    return _BOOLEANS.get(plain, plain)


def _key(value: object) -> object:
    """`[A, B]`, or `A`, is short for `{columns: [A, B]}`."""
    return {"columns": value} if isinstance(value, str | list) else value


class Key(Declared):
    r"""The columns that name a row to its department. `[A, B]`, or `A`, is short for `{columns: [A, B]}`.

    A row that names another record than it did has moved: the record that it named before ends with it. A row whose key has a
    null is known by its number alone (`key_missing`).

    Attributes:
        columns: their names; the row's locator is made of their values, joined by `/`. In one of several a `/` or `\` is
            written `\/` and `\\`, a null `\N`.
        reused: whether the department gives the same key to another row once the first is gone; then nothing follows from
            a key that names another record.
    """

    columns: Annotated[Texts, Field(min_length=1)]
    reused: bool = False


class Witness(Declared):
    """A department's own count of all rows of the table or query, asked by another role or at another place.

    Attributes:
        connection: name of its connection.
        query: a SELECT that gives one number, such as `SELECT COUNT(*) FROM T`.
    """

    connection: ConnectionName
    query: Name


class DatabaseExtract(Declared):
    """Records in a table, or the result of a query. The URL is of the connection, never written here.

    Attributes:
        kind: says that the records are in a database.
        connection: name of the connection: letters, digits and `_`, since it is part of the name of an environment variable.
        table: a table or view, `TABLE` or `SCHEMA.TABLE`. Names are quoted, so upper and lower case count; a name that has a dot
            in it needs a `query`. Give either `table` or `query`.
        query: a SELECT, instead of a table.
        key: the columns that name a row to the department; the row's locator.
        updated_at: the column of update times; a day asks for the rows changed on it. With it or `rising` the source is
            incremental, without both a snapshot.
        rising: a column of whole numbers that only ever rise (`ID`, `cd_batch`), new on every change; a day asks for those above
            the last accepted. Beside it `updated_at` is information only.
        changes: the table holds changes of records rather than records, or marks deleted ones. Needs `updated_at` or `rising`.
        look_back: how late a row may be committed after its update time, at most a year; so far before midnight a day asks
            again. Only with `updated_at`.
        time_zone: of times that name none.
        clock_skew: how far the source's clock is ahead of the true time; behind where negative. Only with `updated_at`.
        split: reading in parts.
        charset: in which encodings the bytes of its texts really are, where its database says another one (latin1, US7ASCII,
            SQL_ASCII): `gbk`, or several, tried in this order: `[utf-8, gbk]`.
        witness: a count of all rows that is compared with ours.
        statement_limit: how long one statement may run before it is ended.
    """

    kind: Literal["database"]
    connection: ConnectionName
    table: Name | None = None
    query: Name | None = None
    key: Annotated[Key, BeforeValidator(_key, json_schema_input_type=str | list[str] | Key)]
    updated_at: Name | None = None
    rising: Name | None = None
    changes: Changes | None = None
    look_back: Duration = timedelta(0)
    time_zone: Zone = "Asia/Shanghai"
    clock_skew: ClockSkew = timedelta(0)
    split: Split | None = None
    charset: Charsets = []
    witness: Witness | None = None
    statement_limit: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _one_origin(self) -> DatabaseExtract:
        if (self.table is None) == (self.query is None):
            raise ValueError(Message("give either table or query"))
        if self.look_back and self.updated_at is None:
            raise ValueError(Message("look_back needs updated_at"))
        if self.changes and not (self.updated_at or self.rising):
            raise ValueError(Message("changes need updated_at or rising, or nobody knows which change came last"))
        return self

    @property
    def dated(self) -> bool:
        """Never: a database contains the present; only its update times separate days."""
        return False

    @property
    def incremental(self) -> bool:
        """Whether a batch contains the changes of a day; otherwise it is a snapshot of everything."""
        return self.updated_at is not None or self.rising is not None

    @property
    def key_columns(self) -> list[str]:
        """The columns that name a row to the department."""
        return self.key.columns

    @property
    def ordered_by(self) -> OrderedBy:
        """The order of the source's changes; a rising number alone, if one is declared."""
        if self.rising is not None:
            return OrderedBy.NUMBER
        return OrderedBy.READING if self.updated_at is None else OrderedBy.TIME

    @property
    def read_as(self) -> str:
        """How its rows are interpreted: by what they are ordered, and whether they are changes. Archives store it."""
        return f"{self.ordered_by}/changes" if self.changes else str(self.ordered_by)

    @property
    def shows_changes(self) -> bool:
        """Whether rows are changes, which never change again. If the rising number is part of the key, each has its own key."""
        return self.changes is not None or self.rising in self.key.columns

    @property
    def keys(self) -> Keys:
        """The things that the keys name."""
        if self.key.reused or self.rising in self.key.columns:
            return Keys.NOTHING
        return Keys.CHANGES if self.rising or self.changes else Keys.ROWS

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns named here, each once."""
        operation = self.changes.operation if self.changes else None
        cut_by = self.split.column if self.split else None
        named = [*self.key_columns, self.updated_at, self.rising, operation, cut_by]
        return tuple(dict.fromkeys(name for name in named if name))

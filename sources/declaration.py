"""What a department declares of one source: where its records are, what its columns mean, what is to be expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    """Read `90m`, `2h` or `1d`."""
    if isinstance(value, str):
        if not (match := re.fullmatch(r"(\d{1,5})([mhd])", value)):
            raise ValueError("a duration is a number with m, h or d, such as 90m, 2h or 1d")
        found = timedelta(**{_UNITS[match[2]]: int(match[1])})
        if found > timedelta(days=366):
            raise ValueError("a look-back is at most a year; a backfill reaches further")
        return found
    return value


def _listed(value: object) -> object:
    """Take one text where a list of texts is meant."""
    return [value] if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone; name one such as Asia/Shanghai") from error
    return value


def _cron(value: str) -> str:
    fields = re.fullmatch(r"([\d*/,-]+) ([\d*/,-]+) ([\d*/,-]+) ([\d*/,A-Za-z-]+) ([\d*/,A-Za-z#-]+)", value)
    most = (59, 23, 31, 12, 7)
    if not fields or any(
        int(n) > top for field, top in zip(fields.groups(), most, strict=True) for n in re.findall(r"\d+", field)
    ):
        raise ValueError("a schedule is five cron fields, such as 30 1 * * *")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Texts = Annotated[list[str], BeforeValidator(_listed)]
Zone = Annotated[str, BeforeValidator(_zone)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
# Part of the name of an environment variable.
ConnectionName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]*$")]


class Declared(BaseModel):
    """A part of a declaration: a key nobody knows is an error, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=False)


class Department(Declared):
    """Whose source it is."""

    code: Name
    name: Name
    contact: str = ""


class DatabaseExtract(Declared):
    """Records in a table, or the result of a query. The URL is of the connection, never written here."""

    kind: Literal["database"]
    connection: ConnectionName
    table: Name | None = None
    query: Name | None = None
    key: Annotated[Texts, Field(min_length=1)]
    updated_at: Name | None = None
    look_back: Duration = timedelta(0)
    time_zone: Zone = "Asia/Shanghai"

    @model_validator(mode="after")
    def _one_origin(self) -> DatabaseExtract:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        if self.look_back and self.updated_at is None:
            raise ValueError("look_back needs updated_at")
        return self


class FileExtract(Declared):
    """Records in a file. `{day}` or `{day:%Y%m%d}` in the path makes it a file of that day.

    `connection` names the folder the path starts from; without it the path starts from the declaration's own folder.
    """

    path: Name
    connection: ConnectionName | None = None
    key: Texts = []
    updated_at: Name | None = None
    time_zone: Zone = "Asia/Shanghai"

    @property
    def dated(self) -> bool:
        """Whether every day has a file of its own, so that the past can be asked for."""
        return "{day" in self.path


class WorkbookExtract(FileExtract):
    """Records in a sheet of a workbook. The header is found by the declared titles, wherever it stands.

    A header of several lines gives names joined by `/`: `持证人/姓名`.
    """

    kind: Literal["workbook"]
    sheet: str | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1


class TextExtract(FileExtract):
    """Records in a delimited text file."""

    kind: Literal["text"]
    encoding: Name = "utf-8"
    delimiter: Annotated[str, Field(pattern="^[\\x01-\\x7e]$")] = ","
    quote: Annotated[str, Field(max_length=1)] = '"'


Extract = Annotated[DatabaseExtract | WorkbookExtract | TextExtract, Field(discriminator="kind")]


class Column(Declared):
    """Where the value of one element comes from and how it is read.

    Attributes:
        source: the department's column (`from` in the YAML).
        constant: the same value for every record.
        formats: strptime formats of a date or time, tried in order; ISO forms where none is given.
        lookup: names of lookups, tried in order; a value that none knows stays as it is.
        separator: what the department puts between several holders; the standard's is `^`.
    """

    source: Annotated[Name | None, Field(alias="from")] = None
    constant: str | None = None
    formats: Texts = []
    lookup: Texts = []
    separator: Annotated[str | None, Field(min_length=1)] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """`XKZBH` is short for `{from: XKZBH}`."""
        return {"from": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if (self.source is None) == (self.constant is None):
            raise ValueError("give either from or constant")
        return self


class Rows(Declared):
    """How many records a batch may have: fewer than `min` refuses it, more than `max` warns."""

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Rows:
        if self.max is not None and self.max < self.min:
            raise ValueError("expected min not to be above max")
        return self


class Most(Declared):
    """A share that must not be exceeded."""

    max: Share


class Expect(Declared):
    """What a batch of this source usually looks like. Each has a default and is overridden alone.

    Attributes:
        rows: how many records.
        filled: least share of records in which an element is filled; less refuses the batch.
        held: share of held records above which a person must look.
        lost: share of the last snapshot's records that may be missing; more refuses the batch.
    """

    rows: Rows = Rows()
    filled: dict[str, Share] = {}
    held: Most = Most(max=0.2)
    lost: Most = Most(max=0.2)


class Declaration(Declared):
    """One source as its YAML says it."""

    title: Name
    department: Department
    certificate_type_code: Name
    schedule: Annotated[str, BeforeValidator(_cron)]
    since: date
    extract: Extract
    columns: Annotated[dict[str, Column], Field(min_length=1)]
    ignore: Texts = []
    lookups: dict[str, dict[str, str | None]] = {}
    leave_out: dict[str, Texts] = {}
    issuing_authorities: Texts = []
    precedence: int = 0
    expect: Expect = Expect()

    @property
    def incremental(self) -> bool:
        """Whether a batch is what changed in a day; otherwise it is a snapshot of everything."""
        return self.extract.kind == "database" and self.extract.updated_at is not None

    @property
    def authorities(self) -> frozenset[str]:
        """Codes of the issuing authorities this source may speak for."""
        return frozenset([self.department.code, *self.issuing_authorities])

    def mapped_columns(self) -> Iterator[str]:
        """The department's columns that elements are read from, with repeats."""
        return (column.source for column in self.columns.values() if column.source is not None)

    @property
    def declared_columns(self) -> tuple[str, ...]:
        """Every column of the department that the declaration names, each once: mapped, ignored, key, update time."""
        more = [self.extract.updated_at] if self.extract.updated_at else []
        return tuple(dict.fromkeys([*self.mapped_columns(), *self.extract.key, *more, *self.leave_out, *self.ignore]))

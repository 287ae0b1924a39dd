"""The declaration of records in files: workbooks and text, one file or many, for all days or for each."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from sources.value_types import ConnectionName, Declared, Name, Size, Texts, Zone
from standard.batch import Keys, OrderedBy
from standard.messages import Message

# Of a table in any kind of file; a spreadsheet that was never cleaned up ends at column 16,384.
MOST_COLUMNS = 2_000


def leads_outside(path: str) -> bool:
    """Whether a path leaves the folder it starts from: an absolute one, or one with `..`."""
    return PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\0" in path


def is_encoding(name: str) -> bool:
    """Whether a name is that of a text encoding whose decoder can skip invalid bytes, unlike that of `idna`."""
    try:
        b"a".decode(name, "ignore")
        codecs.getincrementaldecoder(name)("backslashreplace").decode(b"a")
    except (LookupError, UnicodeError):
        return False
    return True


def _has_wide_signs(encoding: str) -> bool:
    """Whether an encoding writes some ASCII characters with more than their one byte."""
    try:
        return "\n0".encode(encoding) != b"\n0"
    except (LookupError, UnicodeError):  # which is reported elsewhere
        return False


class FileExtract(Declared):
    """Records in files. What a file is, its content says, never its name.

    Attributes:
        path: where the file is, below its folder: not absolute, without `..`, and no link. `{day}` or `{day:%Y%m%d}` makes it a
            file of that day; `*` and `?` in its last part make it all files whose names fit, which together are one batch.
        connection: names the folder the path starts from; without it the path starts from the declaration's own folder.
        member: the files are zip archives, and the records are in those of their members whose names fit this pattern.
        arrives: how it is known that a file is complete: its size has `settled`, or with `done` a marker `<file>.done` is
            beside it.
        size_limit: most bytes of all files of a day together, and of what their archives hold unpacked, at most 1 TiB; more is
            refused before it is read.
        password: name of the connection that is the password of locked workbooks and archives.
        key: columns that count as declared though nothing maps them; the locator is the place in the file.
        updated_at: the column of update times: of several rows of one licence in a file the newest wins. The batch stays a
            snapshot, and of two files the later one decides.
        time_zone: of times that name none.
    """

    path: Name
    connection: ConnectionName | None = None
    member: Name | None = None
    arrives: Literal["settled", "done"] = "settled"
    size_limit: Size = 4 * 2**30
    password: ConnectionName | None = None
    key: Texts = []
    updated_at: Name | None = None
    time_zone: Zone = "Asia/Shanghai"

    @field_validator("path")
    @classmethod
    def _below_its_folder(cls, value: str) -> str:
        if leads_outside(value):
            raise ValueError(
                Message(
                    "expected a path below the folder of its connection, found one that leads out of it; have a connection name the folder"
                )
            )
        return value

    @model_validator(mode="after")
    def _pattern_of_names(self) -> FileExtract:
        if any(sign in part for part in PurePosixPath(self.path).parts[:-1] for sign in "*?"):
            raise ValueError(Message("path: expected * and ? in its last part only; name the folders before it"))
        return self

    @property
    def dated(self) -> bool:
        """Whether every day has a file of its own, so that the past can be read."""
        return "{day" in self.path

    @property
    def many(self) -> bool:
        """Whether the records may be in several files, so that a locator must name one."""
        return self.member is not None or any(sign in self.path for sign in "*?")

    @property
    def incremental(self) -> bool:
        """Never: a file contains all records of its department."""
        return False

    @property
    def key_columns(self) -> list[str]:
        """The columns that name a record to the department."""
        return self.key

    @property
    def ordered_by(self) -> OrderedBy:
        """Files are ordered by when they were made, whatever times their rows carry."""
        return OrderedBy.READING

    @property
    def read_as(self) -> str:
        """How its rows are interpreted, as archives store it."""
        return str(self.ordered_by)

    @property
    def shows_changes(self) -> bool:
        """Never: a file contains records, not changes."""
        return False

    @property
    def keys(self) -> Keys:
        """Nothing: a locator is a position in a file, where another record may stand tomorrow."""
        return Keys.NOTHING

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns named here, each once."""
        return tuple(dict.fromkeys([*self.key, *([self.updated_at] if self.updated_at else [])]))


class WorkbookExtract(FileExtract):
    """Records in sheets of workbooks: xlsx, xls, xlsb, ods, WPS `.et`. The header is found by the declared titles, wherever it stands.

    A header of several lines gives names joined by `/`: `持证人/姓名`. A row's locator is what the clerk sees: `登记表!57`.

    Attributes:
        kind: says that the files are workbooks.
        sheet: name or pattern (`登记*`) of the one sheet that is read; without it and `sheets` it is the first that is visible.
        sheets: name or pattern of sheets all of which are read, instead of `sheet`.
        header_rows: lines of the header.
    """

    kind: Literal["workbook"]
    sheet: Name | None = None
    sheets: Name | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1

    @model_validator(mode="after")
    def _one_or_all(self) -> WorkbookExtract:
        if self.sheet is not None and self.sheets is not None:
            raise ValueError(Message("give either sheet, of which there is one, or sheets, all of which are read"))
        return self


class TextExtract(FileExtract):
    r"""Records in text files, a line each: values between delimiters under a header, or of fixed widths without one.

    The first line is the header, unless `widths` are declared. A row's locator is the number of its line, as an editor counts.

    Attributes:
        kind: says that the files are text.
        encoding: of the files, any name that Python knows; without it each is looked at, and the manifest says what was found.
        delimiter: one ASCII character; a tab is `"\t"`.
        quote: one sign, or nothing (`""`) where every sign is itself.
        widths: titles and widths of the columns, in order; makes it text of fixed widths, without a header.
        widths_in: what the widths count. With `bytes` an encoding must be declared, and not UTF-16 or UTF-32.
    """

    kind: Literal["text"]
    encoding: Name | None = None
    delimiter: Annotated[str, Field(pattern="^[\\x01-\\x7e]$")] = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    widths: Annotated[dict[Name, Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=MOST_COLUMNS)] = {}
    widths_in: Literal["characters", "bytes"] = "characters"

    @model_validator(mode="after")
    def _bytes_of_an_encoding(self) -> TextExtract:
        if self.widths and self.widths_in == "bytes" and (not self.encoding or _has_wide_signs(self.encoding)):
            raise ValueError(
                Message("widths in bytes need an encoding such as gb18030 that is declared and writes ASCII as ASCII")
            )
        return self

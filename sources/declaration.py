"""The declaration of one source: where its records are, the meaning of its columns, and what is expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sources.database_extract import DatabaseExtract
from sources.file_extract import TextExtract, WorkbookExtract
from sources.value_types import Cron, Declared, Hours, Name, Share, Texts
from standard.messages import Message


class Department(Declared):
    """Whose source it is.

    Attributes:
        code: unified social credit code of the department; its form and its two check characters are checked. It is also the
            issuing authority, unless a column says otherwise.
        name: as reports say it.
        contact: whom to call; shown in reports and in Airflow.
        connections: how many of the department's sources, or parts of them, Airflow reads at once; a pool of that size. Where
            the declarations of a department differ, the least counts. None for any.
        quiet_hours: times of day, Asia/Shanghai, in which the department's databases are not asked; they may go on over
            midnight. A reading that is not done when they begin ends and begins anew after them. Files are not meant.
    """

    code: Name
    name: Name
    contact: str = ""
    connections: Annotated[int, Field(ge=1, le=64)] | None = None
    quiet_hours: list[Hours] = []


Extract = Annotated[DatabaseExtract | WorkbookExtract | TextExtract, Field(discriminator="kind")]


class Column(Declared):
    """Where the value of one element comes from and how it is read. `XKZH` is short for `{from: XKZH}`.

    Attributes:
        names: the department's column (`from` in the YAML), or the names it has had, the newest first. Give either `from` or
            `constant`.
        constant: the same value for every record.
        formats: forms of a date or time, as in Python's strptime, tried in order; `%Y-%m-%d` for dates where none is given.
        lookup: names of lookups, tried in order; a value that none knows stays as it is.
        separator: what the department puts between several holders; the standard's is `^`.
    """

    names: Annotated[Texts, Field(alias="from")] = []
    constant: str | None = None
    formats: Texts = []
    lookup: Texts = []
    separator: Annotated[str | None, Field(min_length=1)] = None

    @property
    def source(self) -> str | None:
        """The name of the department's column; of several the newest, unless `Declaration.for_columns` chose another."""
        return self.names[0] if self.names else None

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if bool(self.names) == (self.constant is not None) or not all(self.names):
            raise ValueError(Message("give either from or constant"))
        return self


def _column(value: object) -> object:
    """`XKZBH` is short for `{from: XKZBH}`."""
    return {"from": value} if isinstance(value, str) else value


class Rows(Declared):
    """How many records a batch may have.

    Attributes:
        min: fewer refuse the batch. A source of changes has quiet days: give it one only where no day is empty.
        max: more warn.
    """

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Rows:
        if self.max is not None and self.max < self.min:
            raise ValueError(Message("expected min not to be above max"))
        return self


class Most(Declared):
    """A share that must not be exceeded.

    Attributes:
        max: the greatest share, from 0 to 1.
    """

    max: Share


Reaction = Literal["refuse", "warn", "ignore"]


class Jump(Declared):
    """How far a figure may move from one batch to the next, and what happens when it moves further.

    Attributes:
        more_than: as a share: of rows for nulls and codes, of the usual number for rows.
        then: `refuse` the batch, `warn`, or `ignore`.
    """

    more_than: Annotated[float, Field(ge=0)] = 0.3
    then: Reaction = "warn"


def _jump(value: object) -> object:
    """`ignore` is short for `{then: ignore}`."""
    return {"then": value} if isinstance(value, str) else value


Jumps = Annotated[Jump, BeforeValidator(_jump, json_schema_input_type=Reaction | Jump)]


class Drift(Declared):
    """What happens when a batch is not shaped like the last delivered one; each key is a rule on the batch.

    Attributes:
        column_renamed: a declared column has another name.
        column_dropped: a declared column is gone.
        column_added: there is a column that is not declared.
        column_type: a column has another type or length.
        nulls_jumped: the share of nulls of a column has moved.
        code_jumped: the share of a code has moved.
        rows_unusual: the number of rows is not that of the batches before.
    """

    column_renamed: Reaction = "refuse"
    column_dropped: Reaction = "refuse"
    column_added: Reaction = "warn"
    column_type: Reaction = "warn"
    nulls_jumped: Jumps = Jump()
    code_jumped: Jumps = Jump()
    rows_unusual: Jumps = Jump()

    @property
    def columns_may_go(self) -> bool:
        """Whether a declared column may disappear, which leaves its element empty."""
        return "refuse" not in {self.column_dropped} & {self.column_renamed}

    @property
    def reactions(self) -> dict[str, Reaction]:
        """The reaction, by rule."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value.then if isinstance(value, Jump) else value for name, value in values.items()}


class Expect(Declared):
    """What a batch of this source usually looks like. Each key has a default and is overridden alone.

    Attributes:
        rows: how many records.
        filled: by element the least share of records in which it is filled; less refuses the batch. An open-ended expiring date
            counts as not filled.
        held: share of held records above which a person must look. What was accepted is delivered all the same; the run ends
            red.
        lost: share of the last delivered snapshot's records that may be missing; more refuses the batch, or the sweep.
        drift: what happens when columns, types, shares or sizes are not those of the batches before.
    """

    rows: Rows = Rows()
    filled: dict[str, Share] = {}
    held: Most = Most(max=0.2)
    lost: Most = Most(max=0.2)
    drift: Drift = Drift()


class Sweep(Declared):
    """When all keys of an incremental database source are read, to find what no night has seen.

    Attributes:
        schedule: five cron fields, Asia/Shanghai.
    """

    schedule: Cron


class Declaration(Declared):
    """One source as its YAML declares it.

    Attributes:
        title: name for people, in reports and in Airflow.
        department: whose source it is.
        certificate_type_code: code of the licence type, which must be in the catalogue.
        schedule: five cron fields, Asia/Shanghai; the run of a night stands for the day before.
        since: the first day; Airflow makes no runs before it. Rows of a source of changes whose time lies before it are of no
            day: let it lie before the oldest, or declare `sweep`, which reads them.
        extract: where the records are.
        columns: by element of the standard, or face field (`KZ_…`), where its value comes from.
        ignore: columns that no element is read from. Any other column that is not declared is a finding: it refuses a source's
            first batch, and warns on later days.
        lookups: tables from the department's values to the standard's; null leaves the element empty. One of the name of a
            built-in lookup replaces it.
        leave_out: by column the patterns of rows that are no records, such as totals and test rows. `*` stands for anything,
            `?` for one character; a pattern must fit the whole cleaned value, in which parentheses are full-width.
        issuing_authorities: codes of further authorities that the source may speak for; a row of any other is held.
        precedence: which source counts when two claim the same record; the greatest wins, and of equal ones the newer claim. A
            change takes effect on all of the source's claims with its next delivered batch.
        vanished: what it means when a full reading no longer holds a licence, or a change says that it was deleted: `keep`
            (nothing), `hold` (the platform keeps it as it was and the department is asked), `cancel` (the platform shows it as
            cancelled).
        sweep: when all keys of an incremental database source are read, to find what vanished or was never read.
        expect: what a batch usually looks like.
    """

    title: Name
    department: Department
    certificate_type_code: Name
    schedule: Cron
    since: date
    extract: Extract
    columns: Annotated[
        dict[str, Annotated[Column, BeforeValidator(_column, json_schema_input_type=str | Column)]], Field(min_length=1)
    ]
    ignore: Texts = []
    lookups: dict[str, dict[str, str | None]] = {}
    leave_out: dict[str, Texts] = {}
    issuing_authorities: Texts = []
    precedence: int = 0
    vanished: Literal["keep", "hold", "cancel"] = "hold"
    sweep: Sweep | None = None
    expect: Expect = Expect()

    @property
    def incremental(self) -> bool:
        """Whether a batch contains the changes of a day; otherwise it is a snapshot of everything."""
        return self.extract.incremental

    @property
    def authorities(self) -> frozenset[str]:
        """Codes of the issuing authorities that this source may speak for."""
        return frozenset([self.department.code, *self.issuing_authorities])

    def mapped_columns(self) -> Iterator[str]:
        """The department's columns that elements are read from, by all the names they have had, with repeats."""
        return (name for column in self.columns.values() for name in column.names)

    def for_columns(self, columns: Collection[str]) -> Declaration:
        """Resolve columns that have had several names to the one in a reading.

        Args:
            columns: of the reading; archives have those of their day.
        """
        several = {element: column for element, column in self.columns.items() if len(column.names) > 1}
        if not several:
            return self
        chosen = {
            element: column.model_copy(
                update={"names": [next((n for n in column.names if n in columns), column.names[0])]}
            )
            for element, column in several.items()
        }
        return self.model_copy(update={"columns": {**self.columns, **chosen}})

    def missing_columns(self, columns: Collection[str]) -> list[str]:
        """The declared columns that a reading lacks; one that has had several names by the newest."""
        return [name for name in self.for_columns(columns).declared_columns if name not in columns]

    def ambiguous(self, columns: Collection[str]) -> dict[str, list[str]]:
        """By element, the columns of a reading that match several of its names, so that its values are ambiguous."""
        chosen = {
            element: [name for name in column.names if name in columns] for element, column in self.columns.items()
        }
        return {element: names for element, names in chosen.items() if len(names) > 1}

    @property
    def declared_columns(self) -> tuple[str, ...]:
        """Every department column that the declaration names, each once: mapped, ignored, key, update time."""
        return tuple(dict.fromkeys([*self.mapped_columns(), *self.extract.columns, *self.leave_out, *self.ignore]))

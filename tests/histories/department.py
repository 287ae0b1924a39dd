"""A department: what it truly holds, and the two tables it shows, a register and the log of its changes, with its lies."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

COLUMNS = ("ID", "LSH", "OP", "XKZH", "YHMC", "FZRQ", "ZT", "GXSJ")
VALID, CANCELLED, SPOILT = "有效", "注销", "不明"
_KINDS = {"postgresql": {"time": "timestamp", "day": "date"}, "mysql": {"time": "datetime", "day": "date"}}
# How a program may write an update time: what is of none of these forms is no time.
FORMS = {
    "seconds": "%Y-%m-%d %H:%M:%S",
    "slashes": "%Y/%m/%d %H:%M:%S",
    "compact": "%Y%m%d%H%M%S",
    "zoned": "%Y-%m-%dT%H:%M:%S+08:00",
    "days": "%Y-%m-%d",
}


@dataclass(frozen=True)
class Row:
    """A row of the register, or of the log of its changes.

    Attributes:
        version: of what the department holds; no two rows say the same of a record at two times.
        time: what its update time says, by the true clock; None for none.
        days: whether that says a day and no hour.
    """

    key: int
    number: str
    name: str
    status: str
    version: int
    lsh: int | None
    time: datetime | None
    form: str = "seconds"
    op: str = "I"
    bare: bool = False
    written: datetime | None = None  # by the true clock

    @property
    def said(self):
        """What the platform should say."""
        return self.name, "VALID" if self.status == VALID else "CANCELLED"


@dataclass
class Gone:
    """A record that the department no longer holds: since which version, and under which key it was."""

    version: int
    key: int
    at: datetime
    shown: bool = False


@dataclass
class Department:
    """What one department holds, and what its tables say of it.

    Attributes:
        database: executes statements, and keeps them.
        prefix: of the names of its tables.
        kind: of the column of update times: `text`, `time` or `day`.
        skew: how far its clock is ahead.
        rows: the register by key.
        gone: records that are in the register no more, by number.
        log: every change of the register.
    """

    database: object
    prefix: str
    kind: str = "text"
    skew: timedelta = timedelta(0)
    form: str = "seconds"
    bare_ends: bool = False
    end: str = "D"
    backwards: set[str] = field(default_factory=set)  # numbers of which a row may be ordered before one that was read
    stamped: dict[str, Row] = field(default_factory=dict)  # by number, the row that was stamped last
    rows: dict[int, Row] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    log: list[Row] = field(default_factory=list)
    lsh: int = 0
    reserved: int | None = None
    version: int = 0

    def __post_init__(self):
        kind = _KINDS.get(self.database.dialect, {}).get(self.kind, "varchar(40)")
        kinds = dict.fromkeys(COLUMNS, "varchar(64)") | {"ID": "int", "LSH": "bigint", "GXSJ": kind}
        columns = ", ".join(f"{self.database.quoted(name)} {kind}" for name, kind in kinds.items())
        for table in (self.register, self.changes):
            self.database.execute(f"CREATE TABLE {table} ({columns})")

    @property
    def register(self):
        return f"t_{self.prefix}"

    @property
    def changes(self):
        return f"l_{self.prefix}"

    def born(self, number, now, how="now", *, key=None, status=VALID):
        """A record that was not there, under a key of its own or under one that another row had."""
        key = key or max([*self.rows, *(gone.key for gone in self.gone.values()), 0]) + 1
        if key in self.rows:
            return
        self._put(Row(key, number, "", status, 0, None, None), now, how, op="I")

    def change(self, key, now, how="now", **given):
        """A row that says something else; `how` says what its update time and its number say of that."""
        row, given = self.rows[key], given or {"name": ""}
        if given.get("number", row.number) != row.number:
            self._leave(row, now)  # by the same version as the row that names another record from now on
        self._put(replace(row, **given), now, how, op="U")

    def delete(self, key, now, how="now"):
        """A row that is taken out of the register; the log says so, in its way."""
        row = self.rows.pop(key)
        self._leave(row, now)
        self.version += 1
        self._write(f"DELETE FROM {self.register} WHERE {self.database.quoted('ID')} = {key}")
        if how != "silent":
            stamped = self._stamped(replace(row, version=self.version), now, how)
            self._log(replace(stamped, op=self.end, bare=self.bare_ends))

    def turn_over(self, now):
        """All numbers change at once, as when a prefix is added."""
        for key in list(self.rows):
            self.change(key, now, number=f"鲁{self.rows[key].number}")

    def reserve(self):
        """Take a number of the sequence that is written later."""
        self.lsh += 1
        self.reserved = self.lsh

    def restart(self):
        """Begin the sequence anew."""
        self.lsh, self.reserved = 0, None

    def forget(self):
        """Empty the log, as a program does that writes into it anew."""
        self.log.clear()
        self._write(f"DELETE FROM {self.changes}")

    def holds(self, number):
        """The rows of a record."""
        return [row for row in self.rows.values() if row.number == number]

    def _leave(self, row, now):
        """The record of a row is there no more, unless another row has it too."""
        if not [other for other in self.holds(row.number) if other.key != row.key]:
            self.gone[row.number] = Gone(self.version + 1, row.key, now)

    def _put(self, row, now, how, op):
        self.version += 1
        row = self._stamped(replace(row, version=self.version, name=row.name or f"名{self.version}"), now, how)
        there = self.rows.get(row.key)
        before = there and self.stamped.get(there.number)
        # The record of a row which names another one now may be ordered before what was read of it, too.
        if before and how != "silent" and not _follows(row, before):
            self.backwards.add(there.number)
        self.rows[row.key] = row
        self.gone.pop(row.number, None)
        values = self._values(row)
        if there:
            changed = ", ".join(f"{self.database.quoted(name)} = {value}" for name, value in values.items())
            self._write(f"UPDATE {self.register} SET {changed} WHERE {self.database.quoted('ID')} = {row.key}")
        else:
            self._write(f"INSERT INTO {self.register} VALUES ({', '.join(values.values())})")
        if how != "silent":
            self._log(replace(row, op=op))

    def _stamped(self, row, now, how):
        """The row with the update time and the number that it is written with."""
        if how == "silent":
            return row
        time = {
            "null": None,
            "future": now + timedelta(days=3),
            "tonight": now + timedelta(hours=2),
            "late": now - timedelta(hours=30),
            "a little late": now - timedelta(hours=3),
        }.get(how, now)
        if how == "late" and self.reserved is not None:
            lsh, self.reserved = self.reserved, None
        else:
            self.lsh += 1
            lsh = self.lsh
        form = {"text": self.form, "time": "seconds", "day": "days"}[self.kind]
        before = self.stamped.get(row.number)
        row = replace(row, time=time, lsh=None if how == "unnumbered" else lsh, form=form, written=now)
        if before and not _follows(row, before):
            self.backwards.add(row.number)
        # A row that has no number says nothing of how numbers follow.
        self.stamped[row.number] = row if row.lsh or not before else replace(row, lsh=before.lsh)
        return row

    def _log(self, row):
        self.log.append(row)
        self._write(f"INSERT INTO {self.changes} VALUES ({', '.join(self._values(row).values())})")

    def _values(self, row):
        time = None if row.time is None else (row.time + self.skew).strftime(FORMS[row.form])
        bare = (None, None) if row.bare else ("2026-01-05", row.status)
        said = (row.key, row.lsh, row.op, row.number, None if row.bare else row.name, *bare, time)
        return dict(zip(COLUMNS, map(_literal, said), strict=True))

    def _write(self, statement):
        self.database.execute(statement)


def _follows(row, before):
    """Whether both its update time and its number put a row behind one that was stamped before."""
    if None in (row.time, before.time) or row.form != before.form or row.time < before.time:
        return False
    return None in (row.lsh, before.lsh) or row.lsh >= before.lsh


def _literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"

"""A simulated department: its true records, and its two tables, a register and a log of changes, which may be unreliable."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

COLUMNS = ("ID", "LSH", "OP", "XKZH", "YHMC", "FZRQ", "ZT", "GXSJ")
VALID, CANCELLED, SPOILT = "有效", "注销", "不明"
_TIME_TYPES = {"postgresql": {"time": "timestamp", "day": "date"}, "mysql": {"time": "datetime", "day": "date"}}
# The formats in which a program may write update times.
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
        version: counts the changes of the department.
        time: the update time by the true clock; None if there is none.
        form: of the update time, a key of `FORMS`.
        op: the operation in the log.
        bare: whether the row in the log has no contents.
        written: when it was written, by the true clock.
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
    written: datetime | None = None

    @property
    def expected(self):
        """The holder and the status that the platform should have."""
        return self.name, "VALID" if self.status == VALID else "CANCELLED"


@dataclass
class Gone:
    """A record that the department no longer has: since which version, and its last key."""

    version: int
    key: int
    at: datetime
    shown: bool = False


@dataclass
class Department:
    """The records of one department, and its tables.

    Attributes:
        database: executes statements, and logs them.
        prefix: of the names of its tables.
        kind: type of the column of update times: `text`, `time` or `day`.
        skew: how far its clock is ahead.
        form: of new update times.
        bare_ends: whether ends in the log have no contents.
        end: the operation of ends in the log.
        backwards: numbers of which a row may be ordered before one that was read.
        stamped: the last stamped row, by number.
        rows: the register by key.
        gone: records that are no longer in the register, by number.
        log: every change of the register.
    """

    database: object
    prefix: str
    kind: str = "text"
    skew: timedelta = timedelta(0)
    form: str = "seconds"
    bare_ends: bool = False
    end: str = "D"
    backwards: set[str] = field(default_factory=set)
    stamped: dict[str, Row] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    log: list[Row] = field(default_factory=list)
    lsh: int = 0
    reserved: int | None = None
    version: int = 0

    def __post_init__(self):
        kind = _TIME_TYPES.get(self.database.dialect, {}).get(self.kind, "varchar(40)")
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

    def add(self, number, now, stamp="now", *, key=None, status=VALID):
        """Add a record, under a new key or one that another row had."""
        key = key or max([*self.rows, *(gone.key for gone in self.gone.values()), 0]) + 1
        if key in self.rows:
            return
        self._write_row(Row(key, number, "", status, 0, None, None), now, stamp, op="I")

    def change(self, key, now, stamp="now", **values):
        """Change a row; `stamp` decides what its update time and its number become."""
        row, values = self.rows[key], values or {"name": ""}
        if values.get("number", row.number) != row.number:
            self._mark_gone(row, now)  # with the version of the row that now names another record
        self._write_row(replace(row, **values), now, stamp, op="U")

    def delete(self, key, now, stamp="now"):
        """Remove a row from the register, and log its end."""
        row = self.rows.pop(key)
        self._mark_gone(row, now)
        self.version += 1
        self._execute(f"DELETE FROM {self.register} WHERE {self.database.quoted('ID')} = {key}")
        if stamp != "silent":
            stamped = self._stamp_row(replace(row, version=self.version), now, stamp)
            self._log_row(replace(stamped, op=self.end, bare=self.bare_ends))

    def turn_over(self, now):
        """Change all numbers at once, as when a prefix is added."""
        for key in list(self.rows):
            self.change(key, now, number=f"鲁{self.rows[key].number}")

    def reserve(self):
        """Reserve a number of the sequence for a later row."""
        self.lsh += 1
        self.reserved = self.lsh

    def restart(self):
        """Begin the sequence anew."""
        self.lsh, self.reserved = 0, None

    def forget(self):
        """Empty the log, as a program that recreates it."""
        self.log.clear()
        self._execute(f"DELETE FROM {self.changes}")

    def holds(self, number):
        """The rows of a record."""
        return [row for row in self.rows.values() if row.number == number]

    def _mark_gone(self, row, now):
        """Mark the record of a row as gone, unless another row has it."""
        if not [other for other in self.holds(row.number) if other.key != row.key]:
            self.gone[row.number] = Gone(self.version + 1, row.key, now)

    def _write_row(self, row, now, stamp, op):
        self.version += 1
        row = self._stamp_row(replace(row, version=self.version, name=row.name or f"名{self.version}"), now, stamp)
        current = self.rows.get(row.key)
        before = current and self.stamped.get(current.number)
        # If the row now names another record, the former one may be ordered before what was read of it, too.
        if before and stamp != "silent" and not _follows(row, before):
            self.backwards.add(current.number)
        self.rows[row.key] = row
        self.gone.pop(row.number, None)
        values = self._values(row)
        if current:
            changed = ", ".join(f"{self.database.quoted(name)} = {value}" for name, value in values.items())
            self._execute(f"UPDATE {self.register} SET {changed} WHERE {self.database.quoted('ID')} = {row.key}")
        else:
            self._execute(f"INSERT INTO {self.register} VALUES ({', '.join(values.values())})")
        if stamp != "silent":
            self._log_row(replace(row, op=op))

    def _stamp_row(self, row, now, stamp):
        """The row with its new update time and number."""
        if stamp == "silent":
            return row
        time = {
            "null": None,
            "future": now + timedelta(days=3),
            "tonight": now + timedelta(hours=2),
            "late": now - timedelta(hours=30),
            "a little late": now - timedelta(hours=3),
        }.get(stamp, now)
        if stamp == "late" and self.reserved is not None:
            lsh, self.reserved = self.reserved, None
        else:
            self.lsh += 1
            lsh = self.lsh
        form = {"text": self.form, "time": "seconds", "day": "days"}[self.kind]
        before = self.stamped.get(row.number)
        row = replace(row, time=time, lsh=None if stamp == "unnumbered" else lsh, form=form, written=now)
        if before and not _follows(row, before):
            self.backwards.add(row.number)
        # A row without a number does not affect the order of numbers.
        self.stamped[row.number] = row if row.lsh or not before else replace(row, lsh=before.lsh)
        return row

    def _log_row(self, row):
        self.log.append(row)
        self._execute(f"INSERT INTO {self.changes} VALUES ({', '.join(self._values(row).values())})")

    def _values(self, row):
        time = None if row.time is None else (row.time + self.skew).strftime(FORMS[row.form])
        contents = (None, None, None) if row.bare else (row.name, "2026-01-05", row.status)
        values = (row.key, row.lsh, row.op, row.number, *contents, time)
        return dict(zip(COLUMNS, map(_literal, values), strict=True))

    def _execute(self, statement):
        self.database.execute(statement)


def _follows(row, before):
    """Whether both update time and number of a row are after those of an earlier one."""
    if None in (row.time, before.time) or row.form != before.form or row.time < before.time:
        return False
    return None in (row.lsh, before.lsh) or row.lsh >= before.lsh


def _literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"

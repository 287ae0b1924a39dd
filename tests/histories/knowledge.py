"""What the exchange can know of a department: what some delivered read has shown. It is also the list of excuses.

A record may differ between platform and department only where no read could have shown it:

1. Its row was changed without a new time or number, or was written too late for any window that was read; or the night
   that would have shown it was not run, or was refused (which a finding must say).
2. Its row has no time, one in the future, or one of another form than all others (which a finding must say).
3. It was deleted, and the source is not read completely; or its key names another record, and keys are declared reused.
4. The log that is read lacks the change, or orders it before another one.

The next full read removes every excuse. A sweep removes those for records that no read has shown, and for records that are
gone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.histories.department import SPOILT


@dataclass(frozen=True)
class ExtractMode:
    """How a source is declared to be read.

    Attributes:
        name: `all`, `time`, `number`; `log by time` and `log by number` for the log of changes; `time beside number` and
            `log by time beside number` if it is read by number and update times are declared, too.
        look_back: for update times.
        reused: whether keys are declared reused.
    """

    name: str
    look_back: timedelta = timedelta(0)
    reused: bool = False

    @property
    def of_log(self):
        return self.name.startswith("log")

    @property
    def by_time(self):
        return self.name.endswith("time")

    @property
    def by_number(self):
        return self.name.endswith("number")

    @property
    def swept(self):
        return not (self.of_log or self.reused or self.name == "all")

    def extract(self, department):
        """The keys of `extract` in the declaration."""
        table = department.changes if self.of_log else department.register
        key = "{columns: [ID], reused: true}" if self.reused else "[ID]"
        entries = [f"table: {table}", f"key: {key}"]
        if "time" in self.name:
            entries += ["updated_at: GXSJ", f"clock_skew: {department.skew.seconds}s"]
        if self.look_back and self.by_time:
            entries.append(f"look_back: {self.look_back.seconds // 3600}h")
        if self.by_number:
            entries.append("rising: LSH")
        if self.of_log:
            entries.append("changes: {operation: OP}")
        return ", ".join(entries)


ALL, TIME, NUMBER = ExtractMode("all"), ExtractMode("time"), ExtractMode("number")
LOG_TIME, LOG_NUMBER = ExtractMode("log by time"), ExtractMode("log by number")
BOTH, LOG_BOTH = ExtractMode("time beside number"), ExtractMode("log by time beside number")


@dataclass
class Read:
    """One read of a source.

    Attributes:
        rows: those that it showed.
        marks: the first and the last number, excluding the first; None if it was not by number.
        beginning: how often the numbers had begun anew, as far as that was accepted.
    """

    mode: ExtractMode
    at: datetime
    rows: list = field(default_factory=list)
    marks: tuple | None = None
    beginning: int = 0


@dataclass
class Knowledge:
    """What the reads of one department have shown.

    Attributes:
        shown: versions.
        shown_numbers: numbers of records.
        refused: versions that only a refused read has shown; `refused_rows` are the versions of rows among them.
        archives: the newest read of each day.
        marks: for each day that was delivered by number, where it began and ended.
        beginning: how often an operator has accepted that the numbers began anew.
        last_full: the last delivered read, if it was of the complete source.
    """

    department: object
    shown: set = field(default_factory=set)
    shown_numbers: set = field(default_factory=set)
    refused: set = field(default_factory=set)
    refused_rows: set = field(default_factory=set)
    archives: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    beginning: int = 0
    last_full: Read | None = None

    def read(self, mode, day, at):
        """Read a day at an instant."""
        rows = self.department.log if mode.of_log else list(self.department.rows.values())
        read = Read(mode, at, beginning=self.beginning)
        if mode.by_time:
            read.rows = [row for row in rows if _in_window(row, day, mode.look_back, self.department.skew)]
        elif mode.by_number:
            after, until = self._window(rows, day)
            read.rows = [row for row in rows if row.lsh is not None and after < row.lsh <= until]
            # An empty table does not say where its numbers begin.
            read.marks = (after, until) if self.marks or any(row.lsh is not None for row in rows) else None
        else:
            read.rows = rows
        return read

    def deliver(self, day, read):
        """Record a read that was delivered."""
        if read.marks and read.beginning == self.beginning:
            before = self.marks.get(day, read.marks)
            self.marks[day] = min(before[0], read.marks[0]), max(before[1], read.marks[1])
        newer = self.last_full is None or self.last_full.at < read.at
        self.last_full = read if read.mode.name == "all" and newer else None
        versions = {row.version for row in read.rows}
        self.shown |= versions
        self.shown_numbers |= {row.number for row in read.rows}
        self.refused -= versions
        # If a row that a refused read showed is gone by now, nothing is left to correct.
        current = self.department.log if read.mode.of_log else self.department.rows.values()
        self.refused -= self.refused_rows - {row.version for row in current}
        versions_by_key = dict(sorted((row.key, row.version) for row in read.rows if not read.mode.reused))
        for gone in self.department.gone.values():
            # A later version of the row of its key shows that the key names another record, or none.
            if versions_by_key.get(gone.key, -1) >= gone.version or (read.mode.name == "all" and gone.at < read.at):
                gone.shown = True
                self.refused.discard(gone.version)
        if read.mode.of_log:
            self._forget_contradicted(read)
        if read.mode.of_log and read.mode.reused:
            self._forget_returned(read)

    def sweep(self):
        """Record a sweep: all keys of the register were read, and the rows that no read had shown."""
        self.last_full = None
        unread = {row.version for row in self.department.rows.values() if row.number not in self.shown_numbers}
        self.shown |= unread
        self.refused -= unread
        self.shown_numbers |= {row.number for row in self.department.rows.values()}
        for gone in self.department.gone.values():
            gone.shown = True
            self.refused.discard(gone.version)

    def begin_anew(self):
        """Record that an operator accepted the new beginning of the numbers: earlier marks no longer mean anything."""
        self.beginning += 1
        self.marks.clear()

    def refuse(self, read):
        """Record a read that was refused: what it showed is not on the platform, and a finding must say so."""
        versions = {row.version for row in read.rows}
        self.refused_rows |= versions
        if read.mode.name == "all":
            versions |= {gone.version for gone in self.department.gone.values() if not gone.shown}
        self.refused |= versions - self.shown

    def unknown(self, number):
        """Versions in which the platform may differ because no delivered read has shown them."""
        versions = {row.version for row in self.department.holds(number)} - self.shown
        gone = self.department.gone.get(number)
        return versions | ({gone.version} if gone and not gone.shown else set())

    def lost(self, read):
        """The share of its records that the register has lost since the last read; 0 unless both were full reads."""
        if self.last_full is None or read.mode.name != "all":
            return 0
        before, now = {row.number for row in self.last_full.rows}, {row.number for row in read.rows}
        # A held row delivers no record.
        lost = {row.number for row in self.last_full.rows if row.status != SPOILT} - now
        return len(lost) / len(before) if before else 0

    def numbers_fell(self, mode):
        """Whether the numbers of a table have fallen below those delivered, which must be refused."""
        rows = self.department.log if mode.of_log else self.department.rows.values()
        numbers = [row.lsh for row in rows if row.lsh is not None]
        reached = max((last for _, last in self.marks.values()), default=0)
        return mode.by_number and bool(numbers) and max(numbers) < reached

    def _window(self, rows, day):
        numbers = [row.lsh for row in rows if row.lsh is not None]
        after = max(
            (last for other, (_, last) in self.marks.items() if other < day), default=min(numbers, default=1) - 1
        )
        until = min((first for other, (first, _) in self.marks.items() if other > day), default=max([*numbers, after]))
        return after, until

    def _forget_contradicted(self, read):
        """Forget what was shown of records on which the log that was read and the register disagree."""
        newest, newest_of_number = {}, {}
        for row in [*self.department.log, *read.rows]:  # an emptied log no longer has what was read
            stated = _stated_time(row, self.department.skew)
            credible = stated if stated and stated <= read.at else row.written
            order = credible if read.mode.by_time else (row.lsh or 0)
            position = (order, row.version)
            if row.key not in newest or newest[row.key][0] <= position:
                newest[row.key] = position, row
            # A row about a number, or its end, is about the number under any key.
            if row.op in {"I", "U", "D"} and newest_of_number.get(row.number, position) <= position:
                newest_of_number[row.number] = position
        read_keys = {row.key for row in read.rows}
        for row in self.department.rows.values():
            last = newest_of_number.get(row.number, (None, row.version))[1]
            if row.key in read_keys and {newest[row.key][1].version, last} != {row.version}:
                self.shown.discard(row.version)
        for gone in self.department.gone.values():
            if gone.key in read_keys and newest[gone.key][1].version < gone.version:
                gone.shown = False

    def _forget_returned(self, read):
        """Forget the end of a record that, where keys are reused, a log read shows again; unless its last row is the end."""
        last = {row.number: row for row in sorted(read.rows, key=lambda row: row.version)}
        for number, gone in self.department.gone.items():
            if number in last and last[number].op in {"I", "U"}:
                gone.shown = False


def _stated_time(row, skew):
    """The instant that the update time of a row means by the true clock; for a date, the beginning of the day."""
    if row.time is None or row.form != "days":
        return row.time
    return (row.time + skew).replace(hour=0, minute=0, second=0, microsecond=0)


def _in_window(row, day, look_back, skew):
    if row.time is None:
        return False
    first, end = day - look_back, day + timedelta(days=1)
    if row.form == "days":  # by the department's clock; the days of the bounds are read completely
        return (first + skew).date() <= (row.time + skew).date() <= (end + skew - timedelta.resolution).date()
    return first <= row.time < end

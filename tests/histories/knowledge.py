"""What the exchange can know of a department: what some delivered reading has shown. It is the list of excuses, too.

A record whose platform differs from its department is excused only where no reading could have shown it:

1. Its row was changed without a new time or number, or written later than any window that was read reaches back, or the
   night that would have shown it was not run, or was refused (which a finding must say).
2. Its row has no time, one in the future, or one of another form than all others (which a finding must say).
3. It was deleted, and the source is not read whole; or its key names another record, and keys are declared to be reused.
4. The log that is read does not have the change, or orders it before another.

The next full reading takes every excuse away. A sweep takes those of records that no reading has shown, and of records that
are gone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.histories.department import SPOILT


@dataclass(frozen=True)
class Way:
    """How a source is declared to be read.

    Attributes:
        name: `all`, `time`, `number`, or of the log of changes `log by time`, `log by number`; by a number, times may be declared
            beside it: `time beside number`.
        look_back: of update times.
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
        """The keys of the declaration."""
        table = department.changes if self.of_log else department.register
        key = "{columns: [ID], reused: true}" if self.reused else "[ID]"
        said = [f"table: {table}", f"key: {key}"]
        if "time" in self.name:
            said += ["updated_at: GXSJ", f"clock_skew: {department.skew.seconds}s"]
        if self.look_back and self.by_time:
            said.append(f"look_back: {self.look_back.seconds // 3600}h")
        if self.by_number:
            said.append("rising: LSH")
        if self.of_log:
            said.append("changes: {operation: OP}")
        return ", ".join(said)


@dataclass
class Read:
    """A reading: which rows it showed, and by which numbers: those of the last beginning, or of one before."""

    way: Way
    at: datetime
    rows: list = field(default_factory=list)
    marks: tuple | None = None
    beginning: int = 0


@dataclass
class Knowledge:
    """What readings of one department have shown.

    Attributes:
        shown: versions.
        named: numbers.
        refused: versions that only a refused reading has shown; `refused_rows` are those among them that rows had.
        archives: the newest reading of each day.
        marks: of each day that was delivered by numbers, where it began and ended.
        beginning: how often a person has accepted that the numbers began anew.
        whole: the newest reading that was delivered, where it was of everything and no other came behind it.
    """

    department: object
    shown: set = field(default_factory=set)
    named: set = field(default_factory=set)
    refused: set = field(default_factory=set)
    refused_rows: set = field(default_factory=set)
    archives: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    beginning: int = 0
    whole: Read | None = None

    def read(self, way, day, at):
        """What a reading of a day shows at an instant."""
        rows = self.department.log if way.of_log else list(self.department.rows.values())
        made = Read(way, at, beginning=self.beginning)
        if way.by_time:
            made.rows = [row for row in rows if _in_window(row, day, way.look_back, self.department.skew)]
        elif way.by_number:
            after, until = self._window(rows, day)
            made.rows = [row for row in rows if row.lsh is not None and after < row.lsh <= until]
            # An empty table says nothing of where its numbers begin.
            made.marks = (after, until) if self.marks or any(row.lsh is not None for row in rows) else None
        else:
            made.rows = rows
        return made

    def delivered(self, day, read):
        """A reading has come to the platform."""
        if read.marks and read.beginning == self.beginning:
            before = self.marks.get(day, read.marks)
            self.marks[day] = min(before[0], read.marks[0]), max(before[1], read.marks[1])
        newer = self.whole is None or self.whole.at < read.at
        self.whole = read if read.way.name == "all" and newer else None
        versions = {row.version for row in read.rows}
        self.shown |= versions
        self.named |= {row.number for row in read.rows}
        self.refused -= versions
        # A row that a refused reading showed, and that was taken away since: nobody has anything left to put right.
        there = self.department.log if read.way.of_log else self.department.rows.values()
        self.refused -= self.refused_rows - {row.version for row in there}
        newest = sorted((row.key, row.version) for row in read.rows if not read.way.reused)
        named = dict(newest)
        for gone in self.department.gone.values():
            # A row of its key that is of a later version says that the key names another record, or none.
            if named.get(gone.key, -1) >= gone.version or (read.way.name == "all" and gone.at < read.at):
                gone.shown = True
                self.refused.discard(gone.version)
        if read.way.of_log:
            self._contradicted(read)
        if read.way.of_log and read.way.reused:
            self._named_again(read)

    def swept(self):
        """All keys of the register were read, and the rows that nobody had read before."""
        self.whole = None
        unread = {row.version for row in self.department.rows.values() if row.number not in self.named}
        self.shown |= unread
        self.refused -= unread
        self.named |= {row.number for row in self.department.rows.values()}
        for gone in self.department.gone.values():
            gone.shown = True
            self.refused.discard(gone.version)

    def begin_anew(self):
        """A person has accepted that the numbers began anew: no mark of before says anything of what comes now."""
        self.beginning += 1
        self.marks.clear()

    def refuse(self, read):
        """A reading was refused: what it showed is not on the platform, and a finding must say so."""
        versions = {row.version for row in read.rows}
        self.refused_rows |= versions
        if read.way.name == "all":
            versions |= {gone.version for gone in self.department.gone.values() if not gone.shown}
        self.refused |= versions - self.shown

    def unknown(self, number):
        """Versions by which the platform may differ, since no delivered reading has shown them."""
        versions = {row.version for row in self.department.holds(number)} - self.shown
        gone = self.department.gone.get(number)
        return versions | ({gone.version} if gone and not gone.shown else set())

    def lost(self, read):
        """The share of its records that the register has lost since the last reading; 0 where they were not both of everything."""
        if self.whole is None or read.way.name != "all":
            return 0
        before, now = {row.number for row in self.whole.rows}, {row.number for row in read.rows}
        # A row that was held has brought no record.
        lost = {row.number for row in self.whole.rows if row.status != SPOILT} - now
        return len(lost) / len(before) if before else 0

    def fell(self, way):
        """Whether the numbers of a table have fallen below those that were delivered, which must be refused."""
        rows = self.department.log if way.of_log else self.department.rows.values()
        numbers = [row.lsh for row in rows if row.lsh is not None]
        reached = max((last for _, last in self.marks.values()), default=0)
        return way.by_number and bool(numbers) and max(numbers) < reached

    def _window(self, rows, day):
        numbers = [row.lsh for row in rows if row.lsh is not None]
        after = max(
            (last for other, (_, last) in self.marks.items() if other < day), default=min(numbers, default=1) - 1
        )
        until = min((first for other, (first, _) in self.marks.items() if other > day), default=max([*numbers, after]))
        return after, until

    def _contradicted(self, read):
        """Where the log that was read says something else of a record than the register, nobody can know that."""
        newest, of_number = {}, {}
        for row in [*self.department.log, *read.rows]:  # what was read is in the log no more where that was emptied
            said = _said_time(row, self.department.skew)
            credible = said if said and said <= read.at else row.written
            order = credible if read.way.by_time else (row.lsh or 0)
            place = (order, row.version)
            if row.key not in newest or newest[row.key][0] <= place:
                newest[row.key] = place, row
            # What is said of a number, its end too, is said of it under whatever key.
            if row.op in {"I", "U", "D"} and of_number.get(row.number, place) <= place:
                of_number[row.number] = place
        told = {row.key for row in read.rows}
        for row in self.department.rows.values():
            last = of_number.get(row.number, (None, row.version))[1]
            if row.key in told and {newest[row.key][1].version, last} != {row.version}:
                self.shown.discard(row.version)
        for gone in self.department.gone.values():
            if gone.key in told and newest[gone.key][1].version < gone.version:
                gone.shown = False

    def _named_again(self, read):
        """Where keys name nothing, a record that is gone is there again by the log, unless that says its end last."""
        last = {row.number: row for row in sorted(read.rows, key=lambda row: row.version)}
        for number, gone in self.department.gone.items():
            if number in last and last[number].op in {"I", "U"}:
                gone.shown = False


def _said_time(row, skew):
    """The instant that the update time of a row says, by the true clock; of a day its beginning."""
    if row.time is None or row.form != "days":
        return row.time
    return (row.time + skew).replace(hour=0, minute=0, second=0, microsecond=0)


def _in_window(row, day, look_back, skew):
    if row.time is None:
        return False
    first, end = day - look_back, day + timedelta(days=1)
    if row.form == "days":  # the days into which the bounds fall, by the department's clock, are read whole
        return (first + skew).date() <= (row.time + skew).date() <= (end + skew - timedelta.resolution).date()
    return first <= row.time < end

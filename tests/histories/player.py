"""Plays the history of a department against the steps of the exchange; checks after every run that no difference is silent."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest.mock import patch

from pipeline import sweep
from pipeline.beginnings import accept_beginning
from pipeline.runner import prepare
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from standard.batch import BatchKey, Status
from standard.day import SHANGHAI
from standard.errors import SourceRefused, UsageError
from standard.rule import Scope
from standard.rules import RULES, refuses
from tests.histories.department import Department
from tests.histories.knowledge import ExtractMode, Knowledge

DECLARATION = """title: 某市某局 · 网络预约出租汽车经营许可证
department: {{code: 11370400MB0000000N, name: 某市某局, contact: data@x.invalid}}
certificate_type_code: 11100000000019713D074
schedule: 30 1 * * *
since: 2026-01-01
vanished: {vanished}
precedence: {precedence}
{sweep}
extract: {{kind: database, connection: dep, {extract}}}
columns:
  certificate_number: XKZH
  certificate_holder_name: YHMC
  certificate_holder_code: {{constant: "370402188001010012"}}
  certificate_holder_type_code: {{constant: "111"}}
  certificate_issued_date: FZRQ
  certificate_status: {{from: ZT, lookup: status_plain}}
ignore: [{ignore}]
expect: {{held: {{max: 1}}, lost: {{max: {lost}}}}}
"""
SOURCES = ("dep.ride", "dep.other")
ENDED = "ended"
# Findings that explain no difference: which of several rows was used, or who else has the record.
_UNRELATED = {"duplicate", "sources_disagree", "ended_again", "identifier_shared"}
_REFUSING = {rule.id for rule in RULES.values() if rule.scope is Scope.BATCH and refuses(rule.id, {})}


@dataclass
class Source:
    """A source as currently declared, and what is known of it.

    Attributes:
        lost: the declared share of its records that a batch may end.
        delivered: the numbers that some delivered read has shown.
    """

    name: str
    department: Department
    knowledge: Knowledge
    precedence: int
    mode: ExtractMode = field(default_factory=lambda: ExtractMode("time"))
    lost: float = 1.0
    delivered: set = field(default_factory=set)


class Player:
    """One history.

    Attributes:
        now: the true time.
        first: the first day.
        reads: how many runs, replays and sweeps there were.
        wrong: what is wrong, once the history has failed.
        last: the status or the ledger entry of the last run.
        sources: two of one department, each with tables of its own.
    """

    def __init__(self, sandbox, *, kind="text", skew=timedelta(0), vanished="cancel", lost=1.0):
        sandbox.empty()
        self.sandbox, self.vanished, self.lost = sandbox, vanished, lost
        sandbox.exchange.now = lambda: self.now
        self.now = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
        self.first, self.reads, self.wrong, self.last = self.today, 0, None, None
        self.sources = []
        for name, prefix, precedence in zip(SOURCES, "ab", (5, 0), strict=True):
            department = Department(sandbox, prefix, kind, skew)
            self.sources.append(Source(name, department, Knowledge(department), precedence))
        for source in self.sources:
            self.declare(source, source.mode)

    @property
    def today(self):
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0)

    def tick(self, **duration):
        self.now += timedelta(**duration or {"minutes": 1})

    def declare(self, source, mode, lost=None):
        """Declare how a source is read from now on."""
        source.mode, extract = mode, mode.extract(source.department)
        source.lost = lost or self.lost
        ignore = ", ".join(name for name in ("ID", "LSH", "OP", "GXSJ") if name not in extract)
        text = DECLARATION.format(
            vanished=self.vanished,
            precedence=source.precedence,
            sweep="sweep: {schedule: 0 3 * * 6}" if mode.swept else "",
            extract=extract,
            ignore=ignore,
            lost=source.lost,
        )
        (self.sandbox.folder / f"sources/{source.name.replace('.', '/')}.yaml").write_text(text, encoding="utf-8")
        self.sandbox.log.append(
            f"-- {source.name}: vanished: {self.vanished}, lost.max: {source.lost}, extract: {{kind: database, connection: dep, {extract}}}"
        )

    def night(self, source=None):
        """Run the day that ended, an hour after midnight."""
        day = self.today
        self.now = max(self.now, day + timedelta(days=1)) + timedelta(hours=1)
        for each in [source] if source else self.sources:
            if each.department.version:
                self.run(each, day)

    def run(self, source, day):
        """Run any day of a source."""
        self.tick()
        read = source.knowledge.read(source.mode, day, self.now)
        is_read = source.mode.name != "all" or day.date() >= (self.now - timedelta(days=1)).date()
        entry = self._run(source, day, replay=False)
        if entry is None:
            return
        if is_read and entry is not Status.REFUSED:  # a refused read leaves no archive
            source.knowledge.archives[day] = read
        self._check_run(source, day, read if is_read else source.knowledge.archives[day], entry)

    def replay(self, source, day):
        """Assess and deliver the archive of a day again."""
        read = source.knowledge.archives.get(day)
        if read:
            self.tick()
            if entry := self._run(source, day, replay=True):
                self._check_run(source, day, read, entry)

    def sweep(self, source):
        """Read all keys of the register, and the rows that no run has read; returns whether the source can be swept."""
        if not source.mode.swept or not source.department.version:
            return False
        self.tick()
        self.sandbox.log.append(f"$ licex sweep {source.name}  # at {self.now:%Y-%m-%d %H:%M}")
        self.reads += 1
        self.sandbox.exchange.__dict__.pop("register", None)
        try:
            # Pages are tested elsewhere, and would take most of the time.
            with patch.object(sweep, "report", lambda *_: []):
                result = sweep.sweep(self.sandbox.exchange, source.name, lambda _: None)
        except SourceRefused:
            return True
        finally:
            self.sandbox.exchange.workspace.close_scratch()  # other tests in this process have temporary files of their own
        if not result.problem:
            source.knowledge.sweep()
            source.delivered |= {row.number for row in source.department.rows.values()}
        self.check()
        return True

    def accept_beginning(self, source):
        """Accept, as an operator, that numbers which fell began anew."""
        self.tick()
        self.sandbox.log.append(f"$ licex accept-beginning {source.name} --by 张工  # at {self.now:%Y-%m-%d %H:%M}")
        accept_beginning(self.sandbox.exchange, source.name, "张工", self.now)
        source.knowledge.begin_anew()

    def fail(self, message):
        self.wrong = message
        raise AssertionError(message)

    def case(self):
        """What was declared, executed and run, in order."""
        return "\n".join(self.sandbox.log)

    def finish(self):
        """Run a full read of every source, which may end any share of its records; check that it leaves no excuse."""
        for source in self.sources:
            if source.department.version:
                self.declare(source, ExtractMode("all"), lost=1)
        self.night()
        self.check()
        self.require_known()

    def require_known(self):
        """Require that no excuse is left after a full read."""
        for source in self.sources:
            for number in self._numbers():
                if source.knowledge.unknown(number):
                    self.fail(f"{source.name}: {number} is not known after a full reading")

    def check(self):
        """Require of every record that the platform has it as its sources do, or that an open finding states the difference."""
        columns = "certificate_number, certificate_holder_name, certificate_status, source"
        platform = {row[0]: row for row in self.sandbox.query(f"SELECT {columns} FROM licence")}
        findings = self.findings()
        for number in {*self._numbers(), *platform}:
            found = platform.get(number)
            ended = ENDED if found is None or found[2] == "CANCELLED" else None
            right = self._expected(number)
            if not right & {ended, found and (found[1], found[2])} and not self._excused(number, findings):
                self.fail(
                    f"{number}: expected {sorted(map(str, right))} or an open finding, found {found}; "
                    f"open: {sorted(findings)}"
                )

    def _expected(self, number):
        """What the platform may have of a record: what the first source has that holds it, or that it ended."""
        expected = set()
        for source in self.sources:
            if held := source.department.holds(number):
                return expected | {row.expected for row in held}
            if number in source.delivered:
                expected.add(ENDED)
        return expected | {ENDED}

    def _excused(self, number, findings):
        for source in self.sources:
            keys = {str(row.key) for row in source.department.holds(number)}
            if gone := source.department.gone.get(number):
                keys.add(str(gone.key))
            own = {finding[1:] for finding in findings if finding[0] == source.name}
            if any(
                _explains(source, rule, subject) and (subject == number or key in keys) for rule, subject, key in own
            ):
                return True
            if unknown := source.knowledge.unknown(number):
                rules = {rule for rule, _, _ in own}
                return not unknown & source.knowledge.refused or bool(rules & _REFUSING)
        return False

    def findings(self):
        """The open findings: source, rule, number and key of every row that the day's report lists."""
        named, same = ("certificate_number", "locator"), ("source", "rule", "element", "subject", "day")
        seen = " AND ".join(f"s.{name} = f.{name}" for name in same)
        now = f"SELECT source, rule, {', '.join(named)} FROM finding WHERE open"
        listed = ", ".join(f"s.{name}" for name in named)
        both = f"{now} UNION SELECT f.source, f.rule, {listed} FROM finding f JOIN finding_seen s ON {seen} WHERE open"
        return {tuple(row) for row in self.sandbox.query(both)}

    def _numbers(self):
        held = {row.number for source in self.sources for row in source.department.rows.values()}
        return held | {number for source in self.sources for number in source.department.gone}

    def _run(self, source, day, *, replay):
        key = BatchKey.of(f"{source.name}/{day.date()}")
        command = (
            f"replay {source.name} --from {day.date()} --to {day.date()}"
            if replay
            else f"run {source.name} --day {day.date()}"
        )
        self.sandbox.log.append(f"$ licex {command}  # at {self.now:%Y-%m-%d %H:%M}")
        self.reads += 1
        exchange = self.sandbox.exchange
        exchange.__dict__.pop("register", None)
        try:
            prepare(exchange, key, lambda _step: None, from_archive=replay)
            assess(exchange, key, self.now)
            return deliver(exchange, key, self.now)
        except SourceRefused:
            return Status.REFUSED
        except UsageError:
            return None
        except Exception as error:
            self.wrong = f"{type(error).__name__}: {error}"
            raise

    def _check_run(self, source, day, read, entry):
        self.last = entry
        if source.knowledge.numbers_fell(read.mode) and read.at == self.now and entry is not Status.REFUSED:
            self.fail(f"{source.name}: expected numbers that fell to be refused, found {entry.status}")
        if entry is Status.REFUSED or entry.status == Status.REFUSED:
            source.knowledge.refuse(read)
        elif read.at == self.now and source.knowledge.lost(read) > source.lost:
            self.fail(f"{source.name}: expected a register that was turned over to be refused, found {entry.status}")
        else:
            source.knowledge.deliver(day, read)
            source.delivered |= {row.number for row in read.rows}
        self.check()


def _explains(source, rule, number):
    """Whether a finding explains a difference; an order that went back does so only where one did."""
    return rule not in _UNRELATED and (rule != "order_backwards" or number in source.department.backwards)

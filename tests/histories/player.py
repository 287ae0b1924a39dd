"""Plays a department's history against the exchange through its steps, and asks after every night whether all is said."""

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import sqlalchemy

from pipeline import sweep
from pipeline.beginnings import accept_beginning
from pipeline.exchange import Exchange
from pipeline.runner import prepare
from pipeline.settings import Settings
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from standard.batch import BatchKey, Status
from standard.day import SHANGHAI
from standard.errors import SourceRefused, UsageError
from standard.rule import Scope
from standard.rules import RULES, refuses
from tests.histories.department import Department
from tests.histories.knowledge import Knowledge, Way

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
# Findings that say nothing of a difference: which of several rows was taken, or who else has the record.
_BESIDE = {"duplicate", "sources_disagree", "ended_again", "identifier_shared"}
_REFUSING = {rule.id for rule in RULES.values() if rule.scope is Scope.BATCH and refuses(rule.id, {})}


class Stage:
    """Where histories are played: one exchange and one department's database, emptied for each of them."""

    def __init__(self, folder, source, platform):
        self.folder = Path(folder)
        (self.folder / "sources/dep").mkdir(parents=True, exist_ok=True)
        settings = Settings(
            sources=self.folder / "sources",
            workspace=str(self.folder / "workspace"),
            target=platform,
            city="",
            deadline="0 8 * * *",
            connections={"LICEX_CONN_DEP": source},
        )
        self.exchange = Exchange(settings)
        self._engine = sqlalchemy.create_engine(source, isolation_level="AUTOCOMMIT")
        self.dialect = self._engine.dialect.name
        self._connection = self._engine.connect()
        self.said = []

    def empty(self):
        """Take away what the history before has left."""
        from exchange_db.tables import METADATA

        for path in (self.folder / "workspace").glob("[!.]*"):  # the scratch folder is the process's
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with self.exchange.database.transaction() as connection:
            for table in METADATA.tables.values():
                if table.name != "exchange_lock":
                    connection.execute(table.delete())
        for prefix in "ab":
            for table in "tl":
                self.execute(f"DROP TABLE IF EXISTS {table}_{prefix}")
        self.said.clear()

    def quoted(self, name):
        return f'"{name}"' if self.dialect == "postgresql" else name

    def execute(self, statement):
        self.said.append(f"{statement};")
        self._connection.exec_driver_sql(statement)

    def ask(self, statement):
        with self.exchange.database.transaction(reading=True) as connection:
            return connection.exec_driver_sql(statement).all()

    def close(self):
        self._connection.close()
        self._engine.dispose()
        self.exchange.close()


@dataclass
class Source:
    """A source as it is declared now, and what is known of it."""

    name: str
    department: Department
    knowledge: Knowledge
    precedence: int
    way: Way = field(default_factory=lambda: Way("time"))
    lost: float = 1.0  # the declared share of its records that a batch may end
    ever: set = field(default_factory=set)  # numbers that a delivered reading has shown
    since: datetime | None = None  # the first day that it was declared so


class Player:
    """One history.

    Attributes:
        now: the true time.
        steps: how many steps were taken.
        sources: one or two of one department, each with tables of its own.
    """

    def __init__(self, stage, *, kind="text", skew=timedelta(0), vanished="cancel", lost=1.0):
        stage.empty()
        self.stage, self.vanished, self.lost = stage, vanished, lost
        stage.exchange.now = lambda: self.now
        self.now = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
        self.first, self.steps, self.readings, self.wrong, self.last = self.today, 0, 0, None, None
        self.sources = []
        for name, prefix, precedence in zip(SOURCES, "ab", (5, 0), strict=True):
            department = Department(stage, prefix, kind, skew)
            self.sources.append(Source(name, department, Knowledge(department), precedence))
        for source in self.sources:
            self.declare(source, source.way)

    @property
    def today(self):
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0)

    def tick(self, **given):
        self.now += timedelta(**given or {"minutes": 1})

    def declare(self, source, way, lost=None):
        """Declare how a source is read from now on."""
        source.way, extract = way, way.extract(source.department)
        source.lost = lost or self.lost
        ignore = ", ".join(name for name in ("ID", "LSH", "OP", "GXSJ") if name not in extract)
        text = DECLARATION.format(
            vanished=self.vanished,
            precedence=source.precedence,
            sweep="sweep: {schedule: 0 3 * * 6}" if way.swept else "",
            extract=extract,
            ignore=ignore,
            lost=source.lost,
        )
        (self.stage.folder / f"sources/{source.name.replace('.', '/')}.yaml").write_text(text, encoding="utf-8")
        self.stage.said.append(
            f"-- {source.name}: vanished: {self.vanished}, lost.max: {source.lost}, extract: {{kind: database, connection: dep, {extract}}}"
        )

    def night(self, source=None):
        """The night's run: an hour after midnight, of the day that ended."""
        day = self.today
        self.now = max(self.now, day + timedelta(days=1)) + timedelta(hours=1)
        for one in [source] if source else self.sources:
            if one.department.version:
                self.run(one, day)

    def run(self, source, day):
        """Run a day of a source, whenever that is."""
        self.tick()
        read = source.knowledge.read(source.way, day, self.now)
        asked = source.way.name != "all" or day.date() >= (self.now - timedelta(days=1)).date()
        entry = self._run(source, day, replay=False)
        if entry is None:
            return
        if asked and entry is not Status.REFUSED:  # a reading that is refused leaves no archive
            source.knowledge.archives[day] = read
        self._came(source, day, read if asked else source.knowledge.archives[day], entry)

    def replay(self, source, day):
        """Judge and deliver the archive of a day again."""
        read = source.knowledge.archives.get(day)
        if read:
            self.tick()
            if entry := self._run(source, day, replay=True):
                self._came(source, day, read, entry)

    def sweep(self, source):
        """Read all keys of the register, and what no night has read; returns whether that could be asked."""
        if not source.way.swept or not source.department.version:
            return False
        self.tick()
        self.stage.said.append(f"$ licex sweep {source.name}  # at {self.now:%Y-%m-%d %H:%M}")
        self.readings += 1
        self.stage.exchange.__dict__.pop("register", None)
        try:
            # Pages are other tests' matter, and would take most of the time.
            with patch.object(sweep, "report", lambda *_: []):
                swept = sweep.sweep(self.stage.exchange, source.name, lambda _: None)
        except SourceRefused:
            return True
        finally:
            self.stage.exchange.workspace.close_scratch()  # other tests of this process have their own temporary files
        if not swept.problem:
            source.knowledge.swept()
            source.ever |= {row.number for row in source.department.rows.values()}
        self.check()
        return True

    def accept_beginning(self, source):
        """A person looks at numbers that have fallen, and accepts that they began anew."""
        self.tick()
        self.stage.said.append(f"$ licex accept-beginning {source.name} --by 张工  # at {self.now:%Y-%m-%d %H:%M}")
        accept_beginning(self.stage.exchange, source.name, "张工", self.now)
        source.knowledge.begin_anew()

    def fail(self, sentence):
        """End the history with what is wrong."""
        self.wrong = sentence
        raise AssertionError(sentence)

    def case(self):
        """What was declared, stated and run, in order."""
        return "\n".join(self.stage.said)

    def finish(self):
        """Read everything once more, with a person's word that what is missing is meant to be."""
        for source in self.sources:
            if source.department.version:
                self.declare(source, Way("all"), lost=1)
        self.night()
        self.check()
        self.demand_known()

    def demand_known(self):
        """Demand that no excuse is left after a full reading."""
        for source in self.sources:
            for number in self._numbers():
                left = source.knowledge.unknown(number)
                if left:
                    self.fail(f"{source.name}: {number} is not known after a full reading")

    def check(self):
        """Demand of every record that the platform has it as its sources do, or that an open finding says what is not so."""
        columns = "certificate_number, certificate_holder_name, certificate_status, source"
        platform = {row[0]: row for row in self.stage.ask(f"SELECT {columns} FROM licence")}
        findings = self.findings()
        for number in {*self._numbers(), *platform}:
            found = platform.get(number)
            says = ENDED if found is None or found[2] == "CANCELLED" else None
            right = self._right(number)
            if not right & {says, found and (found[1], found[2])} and not self._excused(number, findings):
                self.wrong = f"{number}: expected {sorted(map(str, right))} or an open finding, found {found}; open: {sorted(findings)}"
                raise AssertionError(self.wrong)

    def _right(self, number):
        """What the platform may say of a record: what the first source says that has it, or had it."""
        right = set()
        for source in self.sources:
            if held := source.department.holds(number):
                return right | {row.said for row in held}
            if number in source.ever:
                right.add(ENDED)
        return right | {ENDED}

    def _excused(self, number, findings):
        for source in self.sources:
            keys = {str(row.key) for row in source.department.holds(number)}
            if gone := source.department.gone.get(number):
                keys.add(str(gone.key))
            mine = {(rule, told, place) for name, rule, told, place in findings if name == source.name}
            if any(_names(source, rule, told) and (told == number or place in keys) for rule, told, place in mine):
                return True
            if unknown := source.knowledge.unknown(number):
                rules = {rule for rule, _, _ in mine}
                return not unknown & source.knowledge.refused or bool(rules & _REFUSING)
        return False

    def findings(self):
        """What is open, of each place that its day's report lists: of two rows that nobody can decide, both."""
        named, same = ("certificate_number", "locator"), ("source", "rule", "element", "subject", "day")
        seen = " AND ".join(f"s.{name} = f.{name}" for name in same)
        now = f"SELECT source, rule, {', '.join(named)} FROM finding WHERE open"
        listed = ", ".join(f"s.{name}" for name in named)
        both = f"{now} UNION SELECT f.source, f.rule, {listed} FROM finding f JOIN finding_seen s ON {seen} WHERE open"
        return {tuple(row) for row in self.stage.ask(both)}

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
        self.stage.said.append(f"$ licex {command}  # at {self.now:%Y-%m-%d %H:%M}")
        self.readings += 1
        exchange = self.stage.exchange
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

    def _came(self, source, day, read, entry):
        self.last = entry
        if source.knowledge.fell(read.way) and read.at == self.now and entry is not Status.REFUSED:
            self.fail(f"{source.name}: expected numbers that fell to be refused, found {entry.status}")
        if entry is Status.REFUSED or entry.status == Status.REFUSED:
            source.knowledge.refuse(read)
        elif read.at == self.now and source.knowledge.lost(read) > source.lost:
            self.fail(f"{source.name}: expected a register that was turned over to be refused, found {entry.status}")
        else:
            source.knowledge.delivered(day, read)
            source.ever |= {row.number for row in read.rows}
        self.check()


def _names(source, rule, number):
    """Whether a finding says that the platform may differ from a row; of an order that went back, only where one did."""
    return rule not in _BESIDE and (rule != "order_backwards" or number in source.department.backwards)

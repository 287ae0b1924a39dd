"""A department with one table, its declaration and a platform, whose days can be run and whose keys can be swept."""

from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import create_engine, text

from pipeline.exchange import Exchange
from pipeline.runner import run_batch
from pipeline.settings import Settings
from pipeline.sweep import sweep
from standard.batch import BatchKey
from standard.day import SHANGHAI

DECLARATION = """
title: 某市某局 · 网络预约出租汽车经营许可证
department: {{code: {department}, name: 某市某局, contact: data@x.invalid}}
certificate_type_code: 11100000000019713D074
schedule: 30 1 * * *
since: 2026-01-01
vanished: {vanished}
precedence: {precedence}
{sweep}
extract: {{kind: database, connection: dep, table: {table}, key: {key}, {extract}}}
columns:
  certificate_number: XKZH
  certificate_holder_name: {{from: {names}}}
  certificate_holder_code: {{constant: "370402188001010012"}}
  certificate_holder_type_code: {{constant: "111"}}
  certificate_issued_date: FZRQ
  certificate_status: {{from: ZT, lookup: status_plain}}
ignore: [{ignore}]
expect: {{held: {{max: 1}}, lost: {{max: {lost}}}}}
{more}
"""
DEFAULTS = {
    "vanished": "cancel",
    "key": "[ID]",
    "department": "11370400MB0000000N",
    "precedence": 0,
    "names": "YHMC",
    "table": "t",
    "more": "",
}
SWEEP = "sweep: {schedule: 0 3 * * 6}"
COLUMNS = ("ID", "LSH", "OP", "XKZH", "YHMC", "FZRQ", "ZT", "GXSJ")
TYPES = dict(zip(COLUMNS, ("int", "int", *["varchar(64)"] * 6), strict=True))
FIRST, SECOND, THIRD = (f"2026-03-0{day}" for day in (1, 2, 3))


class Department:
    """A department with a table in any database, its declaration and a platform; days run an hour after their end.

    Attributes:
        path: of the declaration of `dep.ride`.
    """

    def __init__(self, folder, monkeypatch, url="", target="", *, sweep="", lost=0.2):
        self._sources, self._sweep, self._lost = folder / "sources/dep", sweep, lost
        self.path = self._sources / "ride.yaml"
        self._sources.mkdir(parents=True)
        self._url = url or f"sqlite:///{folder}/dep.db"
        self._target = target or f"sqlite:///{folder}/platform.db"
        monkeypatch.setenv("LICEX_SOURCES", str(folder / "sources"))
        monkeypatch.setenv("LICEX_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", self._target)
        monkeypatch.setenv("LICEX_CONN_DEP", self._url)
        self.sql("DROP TABLE IF EXISTS t")
        self.sql(f"CREATE TABLE t ({', '.join(f'{self._quoted(name)} {kind}' for name, kind in TYPES.items())})")

    def sql(self, statement, **values):
        """Execute a statement in the department's database."""
        return self._execute(self._url, statement, values)

    def platform(self, statement):
        """Query the platform."""
        return self._execute(self._target, statement, {})

    def declare(self, extract="updated_at: GXSJ", *, name="ride", sweep=None, **options):
        """Write the declaration of a source; `options` override `DEFAULTS`."""
        options = {**DEFAULTS, "lost": self._lost, **options}
        used = extract + str(options["key"])
        declaration = DECLARATION.format(
            extract=extract or "time_zone: Asia/Shanghai",
            ignore=", ".join(column for column in ("ID", "OP", "LSH", "GXSJ") if column not in used),
            sweep=self._sweep if sweep is None else sweep,
            **options,
        )
        (self._sources / f"{name}.yaml").write_text(declaration, encoding="utf-8")

    def row(self, number, day=FIRST, *, name="YHMC", **values):
        """Insert a row: its key is the digits of the number, its update time ten o'clock of the day.

        Args:
            number: of the certificate.
            day: of the update time; None for a row without one.
            name: of the column with the holder's name.
            values: of other columns.
        """
        key = int("".join(filter(str.isdigit, number)))
        defaults = {
            "ID": key,
            "LSH": key,
            "OP": "I",
            "XKZH": number,
            "YHMC": "甲某",
            "FZRQ": "2026-01-05",
            "ZT": "有效",
        }
        row = {**defaults, "GXSJ": f"{day} 10:00:00" if day else None, **values}
        columns = ", ".join(self._quoted(name if column == "YHMC" else column) for column in COLUMNS)
        self.sql(f"INSERT INTO t ({columns}) VALUES ({', '.join(f':{column}' for column in COLUMNS)})", **row)

    def change(self, key, **values):
        assignments = ", ".join(f"{self._quoted(name)} = :{name}" for name in values)
        self.sql(f"UPDATE t SET {assignments} WHERE {self._quoted('ID')} = :key", **values, key=key)

    def delete(self, key):
        self.sql(f"DELETE FROM t WHERE {self._quoted('ID')} = :key", key=key)

    def run(self, day, hours=1.0, *, source="dep.ride", replay=False):
        """Run a day some hours after its end; returns its ledger entry."""
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        with closing(Exchange(Settings.from_environment(), lambda: moment)) as exchange:
            return run_batch(exchange, BatchKey.of(f"{source}/{day}"), lambda step: None, from_archive=replay).entry

    def sweep(self, day, hours=3.0, *, dry_run=False):
        """Sweep in the night after a day; the clock advances by a second at each reading."""
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        ticks = iter(range(10_000))
        clock = lambda: moment + timedelta(seconds=next(ticks))  # noqa: E731 - a clock
        with closing(Exchange(Settings.from_environment(), clock)) as exchange:
            return sweep(exchange, "dep.ride", lambda step: None, dry_run=dry_run)

    def licences(self, *columns):
        """The given columns (by default holder and status) of the licences, by number."""
        names = ", ".join(columns or ("certificate_holder_name", "certificate_status"))
        rows = self.platform(f"SELECT certificate_number, {names} FROM licence ORDER BY 1, 2")
        return {number: tuple(values) for number, *values in rows}

    def open(self, *numbers):
        """The open findings as (rule, number), of all records or of some."""
        found = self.platform("SELECT rule, certificate_number FROM finding WHERE open ORDER BY 1, 2")
        return [finding for finding in found if not numbers or finding[1] in numbers]

    def state(self):
        """Everything that a reader sees, and the claims except when they were swept."""
        claims = self.platform(
            "SELECT record, digest, locator, batch, observed_at, seen_at, wins, ended FROM claim ORDER BY 1"
        )
        return self.licences(), claims, self.platform("SELECT record, digest FROM claim_history ORDER BY 1, 2")

    def _quoted(self, name):
        return f"`{name}`" if self._url.startswith("mysql") else f'"{name}"'

    def _execute(self, url, statement, values):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


def fill(department, first=10, last=30):
    """Insert some rows besides those of the test, so that few of them are a small share."""
    for number in range(first, last):
        department.row(f"X{number:03}")

"""A department whose table is swept: its declaration, its rows, its days, and what its platform says."""

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
department: {{code: 11370400MB0000000N, name: 某市某局, contact: data@x.invalid}}
certificate_type_code: 11100000000019713D074
schedule: 30 1 * * *
since: 2026-01-01
vanished: {vanished}
{sweep}
extract: {{kind: database, connection: dep, table: t, key: {key}, {extract}}}
columns:
  certificate_number: XKZH
  certificate_holder_name: YHMC
  certificate_holder_code: {{constant: "370402188001010012"}}
  certificate_holder_type_code: {{constant: "111"}}
  certificate_issued_date: FZRQ
  certificate_status: {{from: ZT, lookup: status_plain}}
ignore: [{ignore}]
expect: {{held: {{max: 1}}, lost: {{max: {lost}}}}}
{more}
"""
SWEEP = "sweep: {schedule: 0 3 * * 6}"
COLUMNS = ("ID", "LSH", "OP", "XKZH", "YHMC", "FZRQ", "ZT", "GXSJ")
KINDS = dict(zip(COLUMNS, ("int", "int", *["varchar(64)"] * 6), strict=True))
FIRST, SECOND, THIRD = (f"2026-03-0{day}" for day in (1, 2, 3))


class Department:
    """A department with a table in any database, its declaration and a platform; days run an hour after their end."""

    def __init__(self, folder, monkeypatch, url="", target=""):
        self._folder, self._monkeypatch = folder, monkeypatch
        (folder / "sources/dep").mkdir(parents=True)
        self._url = url or f"sqlite:///{folder}/dep.db"
        self._target = target or f"sqlite:///{folder}/platform.db"
        monkeypatch.setenv("LICEX_SOURCES", str(folder / "sources"))
        monkeypatch.setenv("LICEX_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", self._target)
        monkeypatch.setenv("LICEX_CONN_DEP", self._url)
        self.sql("DROP TABLE IF EXISTS t")
        self.sql(f"CREATE TABLE t ({', '.join(f'{self._quoted(name)} {kind}' for name, kind in KINDS.items())})")

    def _quoted(self, name):
        return f"`{name}`" if self._url.startswith("mysql") else f'"{name}"'

    def sql(self, statement, **values):
        return self._ask(self._url, statement, values)

    def platform(self, statement):
        return self._ask(self._target, statement, {})

    def declare(self, extract="updated_at: GXSJ", *, sweep=SWEEP, more="", **given):
        usual = {"vanished": "cancel", "key": "[ID]", "lost": 0.5}
        used = extract + str(given.get("key", "[ID]"))
        ignore = ", ".join(name for name in ("ID", "OP", "LSH", "GXSJ") if name not in used)
        text = DECLARATION.format(extract=extract, ignore=ignore, sweep=sweep, more=more, **usual | given)
        (self._folder / "sources/dep/ride.yaml").write_text(text, encoding="utf-8")

    def row(self, number, day=FIRST, **given):
        """A row of the table: of a number whose last digits are its key, changed at ten on the day."""
        key = int("".join(filter(str.isdigit, number)))
        usual = {"ID": key, "LSH": key, "OP": "I", "XKZH": number, "YHMC": "甲某", "FZRQ": "2026-01-05", "ZT": "有效"}
        row = {**usual, "GXSJ": f"{day} 10:00:00" if day else None, **given}
        names = ", ".join(map(self._quoted, COLUMNS))
        self.sql(f"INSERT INTO t ({names}) VALUES ({', '.join(f':{name}' for name in COLUMNS)})", **row)

    def change(self, key, **given):
        changed = ", ".join(f"{self._quoted(name)} = :{name}" for name in given)
        self.sql(f"UPDATE t SET {changed} WHERE {self._quoted('ID')} = :key", **given, key=key)

    def delete(self, key):
        self.sql(f"DELETE FROM t WHERE {self._quoted('ID')} = :key", key=key)

    def run(self, day, hours=1.0):
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        with closing(Exchange(Settings.from_environment(), lambda: moment)) as exchange:
            return run_batch(exchange, BatchKey.of(f"dep.ride/{day}"), lambda step: None).entry

    def sweep(self, day, hours=3.0, *, dry_run=False):
        """Sweep in the night after a day; the clock goes on by a second whenever it is asked."""
        moment = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1, hours=hours)
        ticks = iter(range(10_000))
        clock = lambda: moment + timedelta(seconds=next(ticks))  # noqa: E731 - a clock
        with closing(Exchange(Settings.from_environment(), clock)) as exchange:
            return sweep(exchange, "dep.ride", lambda step: None, dry_run=dry_run)

    def missed(self, number):
        """Four rows that were read, of which one is gone by the sweep of the first night."""
        self.declare()
        for each in ("N001", "N002", "N003", "N004"):
            self.row(each)
        self.run(FIRST)
        self.delete(int(number[1:]))
        self.sweep(FIRST)

    def licences(self):
        rows = self.platform(
            "SELECT certificate_number, certificate_holder_name, certificate_status FROM licence ORDER BY 1, 2"
        )
        return {number: tuple(rest) for number, *rest in rows}

    def open(self):
        return self.platform("SELECT rule, certificate_number FROM finding WHERE open ORDER BY 1, 2")

    def state(self):
        """All that a reader sees, and the claims but for when they were swept."""
        claims = self.platform(
            "SELECT record, digest, locator, batch, observed_at, seen_at, wins, ended FROM claim ORDER BY 1"
        )
        return self.licences(), claims, self.platform("SELECT record, digest FROM claim_history ORDER BY 1, 2")

    def _ask(self, url, statement, values):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


def fill(department, first=10, last=30):
    for number in range(first, last):
        department.row(f"X{number:03}")


def said_on(department, *numbers):
    return [found for found in department.open() if found[1] in numbers]

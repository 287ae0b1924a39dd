"""Days of changes in any order, and snapshots night after night, from one real server into another."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy

from pipeline.exchange import Exchange
from pipeline.runner import run_batch
from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import SHANGHAI

FORTH, BACK = ("postgresql", "mariadb"), ("mariadb", "postgresql")
DECLARATION = """
title: 某市交通运输局 · 道路运输经营许可证
department: {{code: 11370400MB0000000N, name: 某市交通运输局}}
certificate_type_code: 11100000000019713D008
schedule: "30 1 * * *"
since: 2026-01-01
vanished: {vanished}
extract: {{kind: database, connection: transport, table: BG, key: [LSH], {extract}}}
columns:
  certificate_number: BH
  certificate_holder_name: MC
  certificate_holder_code: {{constant: 91370402MA0000007Y}}
  certificate_holder_type_code: {{constant: "001"}}
  certificate_issued_date: {{constant: "2026-01-01"}}
ignore: [{ignore}]
expect: {{held: {{max: 1}}, lost: {{max: 1}}, filled: {{certificate_holder_name: 0.5}}}}
"""
TABLE = sqlalchemy.Table(
    "BG",
    sqlalchemy.MetaData(),
    sqlalchemy.Column("LSH", sqlalchemy.BigInteger),
    sqlalchemy.Column("CZ", sqlalchemy.String(10)),
    sqlalchemy.Column("GXSJ", sqlalchemy.DateTime),
    sqlalchemy.Column("BH", sqlalchemy.String(40)),
    sqlalchemy.Column("MC", sqlalchemy.String(100)),
)
# Day, operation, record, name. A row without a time or number belongs to no day.
CHANGES = [
    (1, "I", "1", "甲一"),
    (1, "U", "1", "甲二"),
    (1, "I", "2", "乙一"),
    (1, "D", "2", "乙一"),
    (1, "I", "2", "乙二"),
    (1, "I", "3", "丙一"),
    (2, "D", "1", "甲二"),
    (2, "X", "4", "丁一"),
    (2, None, "5", "戊一"),
    (2, "d", "3", "丙一"),
    (None, "I", "7", "无号"),
    (3, "I", "1", "甲三"),
    (3, "D", "2", "乙二"),
]


@pytest.fixture
def nights(request, tmp_path, monkeypatch, new_database):
    """A source on one server and a platform on another."""
    source, target = map(new_database, request.param)
    (tmp_path / "sources/transport").mkdir(parents=True)
    monkeypatch.setenv("LICEX_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("LICEX_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LICEX_TARGET", target)
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", source)
    return Nights(tmp_path / "sources/transport/road.yaml", source, target, monkeypatch)


class Nights:
    def __init__(self, path, source, target, monkeypatch):
        self.path, self.monkeypatch = path, monkeypatch
        self.source, self.target = (
            sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool) for url in (source, target)
        )
        TABLE.create(self.source)

    def declare(self, vanished, extract):
        ignore = ", ".join(name for name in ("CZ", "GXSJ") if name not in extract)
        self.path.write_text(DECLARATION.format(vanished=vanished, extract=extract, ignore=ignore), encoding="utf-8")

    def insert(self, changes):
        rows = [
            {
                "LSH": day and number,
                "CZ": operation,
                "GXSJ": day and datetime(2026, 3, day, 10, number),
                "BH": f"37040200000{record}",
                "MC": name,
            }
            for number, (day, operation, record, name) in changes
        ]
        with self.source.begin() as connection:
            connection.execute(TABLE.insert(), rows)

    def replace(self, *records, name="某"):
        """Replace the rows of the table by these records."""
        with self.source.begin() as connection:
            connection.execute(TABLE.delete())
        if records:
            self.insert([(int(record), (1, None, record, name)) for record in records])

    def run(self, day, at, from_archive=False):
        """Run a day of March some hours after its end."""
        moment = datetime(2026, 3, day + 1, tzinfo=SHANGHAI) + timedelta(hours=at)
        exchange = Exchange(Settings.from_environment(), lambda: moment)
        try:
            key = BatchKey.of(f"transport.road/2026-03-{day:02}")
            return run_batch(exchange, key, lambda step: None, from_archive=from_archive).entry
        finally:
            exchange.close()

    def query(self, statement):
        with self.target.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def licences(self):
        rows = self.query(
            "SELECT certificate_number, certificate_holder_name, certificate_status FROM licence ORDER BY 1"
        )
        return {number[-1]: (name, status) for number, name, status in rows}

    def open(self, rule):
        rows = self.query(f"SELECT certificate_number, open FROM finding WHERE rule = '{rule}' ORDER BY 1")
        return [number[-1] for number, is_open in rows if is_open]


BY_TIME = "updated_at: GXSJ, changes: {operation: CZ, kept: [I, U, X, '']}"
BY_NUMBER = "rising: LSH, changes: {operation: CZ, kept: [I, U, X, '']}"


@pytest.mark.parametrize(
    ("nights", "vanished", "extract"),
    [
        (FORTH, "hold", BY_TIME),
        (BACK, "cancel", BY_TIME),
        (FORTH, "cancel", BY_NUMBER + ", split: {column: BH, parts: 3}"),
        (BACK, "keep", BY_NUMBER + ", split: {column: BH, parts: 3}"),
        (BACK, "hold", BY_NUMBER),
    ],
    indirect=["nights"],
)
def test_changes_end_in_the_same_state_whichever_days_are_run_again(nights, vanished, extract):
    nights.declare(vanished, extract)
    changes = list(enumerate(CHANGES, 1))
    if extract == BY_TIME:  # past days can be read, so they may run in any order
        nights.insert(changes)
        order = [3, 1, 2, 3, 1]
    else:  # a day has the changes before the next was run
        order = [2, 1, 3, 1]
        for day in (1, 2, 3):
            nights.insert(
                [(n, change) for n, change in changes if change[0] == day or (day == 2 and change[0] is None)]
            )
            nights.run(day, 1)
    entries = [nights.run(day, 99 + index) for index, day in enumerate(order)]
    gone = "CANCELLED" if vanished == "cancel" else "VALID"
    assert nights.licences() == {
        "1": ("甲三", "VALID"),
        "2": ("乙二", gone),
        "3": ("丙一", gone),
        "4": ("丁一", "VALID"),
        "5": ("戊一", "VALID"),
    }
    assert nights.open("deleted") == (["2", "3"] if vanished == "hold" else [])
    assert {(entry.day[-1], entry.read, entry.without_time) for entry in entries} == {
        ("1", 6, 1),
        ("2", 4, 1),
        ("3", 2, 1),
    }


@pytest.mark.parametrize(
    ("nights", "vanished", "extract"),
    [
        (FORTH, "cancel", "split: {column: BH, parts: 2}"),
        (BACK, "cancel", "time_zone: Asia/Shanghai"),
        (BACK, "hold", "split: {column: BH, parts: 2}"),
        (FORTH, "keep", "time_zone: Asia/Shanghai"),
    ],
    indirect=["nights"],
)
def test_records_vanish_and_return_over_the_nights(nights, vanished, extract):
    nights.declare(vanished, extract)

    def reported():
        numbers = nights.open("vanished")
        cancelled = [number for number, (_, status) in nights.licences().items() if status == "CANCELLED"]
        assert cancelled == (numbers if vanished == "cancel" else [])
        return numbers

    def run_and_expect(day, at, missing, **options):
        counted = nights.run(day, at, **options).vanished
        assert (counted, reported()) == (len(missing), [] if vanished == "keep" else missing)

    nights.replace("1", "2", "3")
    run_and_expect(1, 1, [])
    nights.replace("1", "3")
    run_and_expect(2, 1, ["2"])
    nights.replace("3", name=None)
    assert nights.run(3, 1).status == "refused"
    assert reported() == ([] if vanished == "keep" else ["2"])
    nights.replace("2", "3")
    run_and_expect(3, 2, ["1"])
    nights.replace()
    run_and_expect(4, 1, ["1", "2", "3"])
    nights.replace("1", "2")
    run_and_expect(6, 1, ["3"])
    run_and_expect(3, 99, ["3"], from_archive=True)
    nights.replace("3")
    run_and_expect(5, 1, ["3"])  # read before the sixth, delivered after it
    assert set(nights.licences()) == {"1", "2", "3"}

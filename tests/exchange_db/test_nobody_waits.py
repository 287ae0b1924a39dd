"""A load does not wait for an unrelated one, whatever that has done without committing."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pyarrow as pa
import pytest
from sqlalchemy import event, select

from exchange_db import first_load
from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import deliver_batch
from exchange_db.delivery import Delivery
from exchange_db.dialects.dialect import Dialect
from exchange_db.identifiers import mint_first
from exchange_db.ledger import read_entries
from exchange_db.tables import FINDING_TABLE

NOW = "2026-03-09T12:00:00.000000Z"
OTHER_TYPE = "11100000MB0143028R001"
KINDS = ["incremental", "snapshot"]


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request, monkeypatch):
    monkeypatch.setattr(Dialect, "wait_seconds", 20)  # a load that waits fails; none of these has a reason to wait
    made = request.getfixturevalue(f"{request.param}_url")
    platform = ExchangeDatabase(made)
    platform.prepare()
    platform.close()
    return made


@pytest.fixture
def load(make):
    """Deliver the contents of a source on a day; every third row is held."""

    def run(platform, source, day, numbers, holder, *, kind="snapshot", code=None, **more):
        rows = make.rows(dict.fromkeys(numbers, (holder, "VALID")), f"{day}T10:00:00.000000Z", set(numbers[::3]))
        if code:
            place = rows.schema.get_field_index("certificate_type_code")
            rows = rows.set_column(place, "certificate_type_code", pa.repeat(code, rows.num_rows))
            records = pa.array([f"{n:032x}" for n in range(rows.num_rows)])
            rows = rows.set_column(rows.schema.get_field_index("record"), "record", records)
        verdict = make.verdict(
            f"{source}/{day}", rows, f"{day}T23:00:00.000000Z", kind=kind, taken_at=f"{day}T22:00:00.000000Z"
        )
        delivery = Delivery(verdict, 0, make.read(rows), make.findings(rows), "cancel", **more)
        return deliver_batch(platform, delivery, NOW, 0.0)

    return run


@contextmanager
def held_open(url, work):
    """A load in a thread that has done everything, and commits only when the block ends."""
    platform = ExchangeDatabase(url)
    reached, released, failed = threading.Event(), threading.Event(), []

    def wait(connection):
        if threading.current_thread() is thread and connection.info.get("licex_loads"):
            reached.set()
            assert released.wait(300)

    def mark(connection, cursor, statement, *_):
        if "staged_finding" in statement:  # the load itself, not the creation of a lock
            connection.info["licex_loads"] = True

    def run():
        try:
            work(platform)
        except BaseException as error:
            failed.append(error)
            reached.set()

    event.listen(platform._engine, "before_cursor_execute", mark)
    event.listen(platform._engine, "commit", wait)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert reached.wait(300)
        assert not failed
        yield
    finally:
        released.set()
        thread.join()
        platform.close()
    assert not failed


def runs(url):
    platform = ExchangeDatabase(url)
    with platform.transaction(reading=True) as connection:
        found = [(entry.source, entry.day, entry.status) for entry in read_entries(connection, all_runs=True)]
    platform.close()
    return found


BIG = [f"B{n}" for n in range(900)]
SMALL = [f"S{n}" for n in range(4)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("earlier", [False, True], ids=["first night", "a night after"])
def test_a_small_source_is_done_while_a_big_load_is_still_open(url, load, kind, earlier):
    platform = ExchangeDatabase(url)
    if earlier:
        load(platform, "a.big", "2026-03-01", BIG, "甲", kind=kind)
        load(platform, "b.small", "2026-03-01", SMALL, "甲", kind=kind, code=OTHER_TYPE)
    with held_open(url, lambda mine: load(mine, "a.big", "2026-03-05", BIG[10:], "乙", kind=kind)):
        # Every fate of a row: new, changed, returning from the history, late.
        for day, holder in (("2026-03-02", "乙"), ("2026-03-03", "丙"), ("2026-03-04", "乙"), ("2026-03-02", "丁")):
            load(platform, "b.small", day, SMALL[: 4 - (day == "2026-03-03")], holder, kind=kind, code=OTHER_TYPE)
        assert "2026-03-05" not in {day for _, day, _ in runs(url)}
    assert ("a.big", "2026-03-05", "delivered") in runs(url)
    platform.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_big_load_is_done_while_a_small_one_is_still_open(url, load, kind):
    platform = ExchangeDatabase(url)
    load(platform, "a.big", "2026-03-01", BIG, "甲", kind=kind)
    load(platform, "b.small", "2026-03-01", SMALL, "甲", kind=kind, code=OTHER_TYPE)
    small = lambda mine: load(mine, "b.small", "2026-03-02", SMALL[1:], "乙", kind=kind, code=OTHER_TYPE)  # noqa: E731
    with held_open(url, small):
        load(platform, "a.big", "2026-03-02", BIG[10:], "乙", kind=kind)
        load(platform, "a.big", "2026-03-03", BIG, "丙", kind=kind)
        assert ("b.small", "2026-03-02", "delivered") not in runs(url)
    assert ("b.small", "2026-03-02", "delivered") in runs(url)
    platform.close()


def test_a_first_load_keeps_the_table_for_itself_only_where_no_other_source_is_declared(url, load, monkeypatch):
    monkeypatch.setattr(first_load, "MIN_ROWS", 2)
    platform = ExchangeDatabase(url)
    with held_open(url, lambda mine: load(mine, "a.big", "2026-03-01", BIG, "甲", only_source=False)):
        load(platform, "b.small", "2026-03-01", SMALL, "甲", code=OTHER_TYPE)
        assert runs(url) == [("b.small", "2026-03-01", "delivered")]
    platform.close()


def test_a_refused_batch_waits_for_nobody(url, load, make):
    platform = ExchangeDatabase(url)
    with held_open(url, lambda mine: load(mine, "a.big", "2026-03-01", BIG, "甲")):
        rows = make.rows({"S1": ("甲", "VALID")}, "2026-03-01T10:00:00.000000Z")
        verdict = make.verdict("b.small/2026-03-01", rows, NOW, refused=["rows_few"], reason="few")
        verdict = replace(verdict, accepted=0)
        deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), NOW, 0.0)
        assert runs(url) == [("b.small", "2026-03-01", "refused")]
    platform.close()


def test_loads_of_two_types_take_turns_if_one_supplies_identifiers_of_the_other(url, make):
    """The identifier of one licence on another is found, whichever of the two loads commits first."""
    mine = make.rows({"R1": ("甲", "VALID")}, "2026-03-01T10:00:00.000000Z")
    theirs = make.rows({"R2": ("乙", "VALID")}, "2026-03-01T10:00:00.000000Z")
    for name, value in (
        ("certificate_type_code", OTHER_TYPE),
        ("certificate_identifier", mint_first(mine)["certificate_identifier"][0].as_py()),
    ):
        theirs = theirs.set_column(theirs.schema.get_field_index(name), name, pa.array([value]))

    def run(platform, source, rows):
        verdict = make.verdict(f"{source}/2026-03-01", rows, NOW)
        deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), NOW, 0.0)

    platform = ExchangeDatabase(url)
    second = threading.Thread(target=run, args=(platform, "b.theirs", theirs))
    with held_open(url, lambda held: run(held, "a.mine", mine)):
        second.start()
    second.join()
    f = FINDING_TABLE.c
    with platform.transaction(reading=True) as connection:
        found = connection.scalars(select(f.source).where(f.rule == "identifier_shared").order_by(f.source)).all()
    assert found == ["a.mine", "b.theirs"]
    platform.close()

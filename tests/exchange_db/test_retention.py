"""Which findings a purge removes, and that it removes nothing else, on every database."""

import pytest
from sqlalchemy import func, insert, select

from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.retention import (
    PurgedPart,
    count_old_findings,
    known_sources,
    record_purge,
    remove_old_findings,
    require_findings_kept,
    source_history,
)
from exchange_db.tables import FINDING_TABLE, METADATA, PURGE, SEEN
from standard.batch import BatchKey
from standard.day import Day
from standard.errors import UsageError
from standard.retention import Purgeable

NOW = "2026-06-01T00:00:00.000000Z"
BEFORE = Day.of("2026-03-05")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request):
    return request.getfixturevalue("platform" if request.param == "sqlite" else f"{request.param}_platform")


def keep(database, subject, first, last=None, *, rule="status", opened=False, source="a.b", sights=True):
    """Store a finding, with a sight on its first and last day."""
    last = last or first
    shown = dict.fromkeys(("locator", "certificate_number", "value", "expected"), "")
    stamp = {"beginning": 0, **dict.fromkeys(("observed_at", "read_at", "judged_at"), f"{last}T23:00:00.000000Z")}
    found = {"source": source, "rule": rule, "element": "", "subject": subject, **shown, **stamp}
    with database.transaction() as connection:
        days = {"day": last, "first_day": first, "last_day": last, "open": opened}
        connection.execute(insert(FINDING_TABLE).values(**found, **days))
        for day in {first, last} if sights else ():
            connection.execute(insert(SEEN).values(**found, day=day, found_by=f"{source}/{day}"))


def left(database, table=FINDING_TABLE):
    with database.transaction(reading=True) as connection:
        found = select(table.c.subject).where(table.c.source == "a.b").order_by(table.c.subject)
        return list(connection.scalars(found))


def purge(database, archived=()):
    days = {Day.of(day) for day in archived}
    with database.transaction(reading=True) as connection:
        part = count_old_findings(connection, "a.b", BEFORE, days, 40)
    if part is not None:
        remove_old_findings(database, part, BEFORE, days, NOW)
    return part


def test_a_closed_finding_goes_with_its_sights_and_an_open_or_a_young_one_stays_with_all_of_them(database):
    keep(database, "closed", "2026-03-01", "2026-03-04")
    keep(database, "open", "2026-03-01", "2026-03-02", opened=True)
    keep(database, "young", "2026-03-05")
    keep(database, "seen again", "2026-03-01", "2026-03-05")
    keep(database, "another", "2026-03-01", source="b.c")
    part = purge(database)
    assert part == PurgedPart("a.b", Purgeable.FINDINGS, 40, "2026-03-01", "2026-03-04", 4, 0)
    assert left(database) == ["open", "seen again", "young"]
    assert left(database, SEEN) == ["open", "open", "seen again", "young"]
    assert purge(database) is None
    with database.transaction(reading=True) as connection:
        assert connection.scalar(select(func.count()).select_from(FINDING_TABLE)) == 4
        row = connection.execute(select(PURGE)).one()
    assert tuple(row)[1:] == ("a.b", "findings", 40, "2026-03-01", "2026-03-04", 4, 0, NOW, NOW)


@pytest.mark.parametrize("beside", [{"opened": True}, {"last": "2026-03-06"}, {"last": "2026-03-04"}])
def test_all_findings_of_a_record_go_together_or_none_does(database, beside, make):
    deliver(database, make, "2026-03-04")
    keep(database, "record", "2026-03-01", sights=False)
    keep(database, "record", "2026-03-03", rule="date_order", sights=False, **beside)
    keep(database, "", "2026-03-01", rule="column_added", sights=False)  # on the batch, which has no record
    keep(database, "", "2026-03-06", rule="column_lost", sights=False)
    purge(database, ["2026-03-04"])
    assert left(database) == ["", "record", "record"]


def test_what_an_archive_would_show_again_stays(database, make):
    for day in ("2026-03-02", "2026-03-04"):
        deliver(database, make, day)
    for subject, first, last in (("over", "2026-03-01", "2026-03-03"), ("on", "2026-03-02", "2026-03-02")):
        keep(database, subject, first, last)
    keep(database, "before", "2026-03-01")
    keep(database, "after", "2026-03-03")
    purge(database, ["2026-03-02"])
    assert left(database) == ["on", "over"]


def test_a_row_with_an_end_is_kept_for_sweeps(database):
    keep(database, "end", "2026-03-01", rule="deleted")
    assert purge(database) is None
    assert (left(database), left(database, SEEN)) == (["end"], ["end"])


def test_nothing_but_closed_findings_is_removed(database, make):
    make.nights(database)
    keep(database, "closed", "2026-03-01")
    counts = count_rows(database)
    with database.transaction(reading=True) as connection:
        assert known_sources(connection) == ["a.b", "b.c"]
    purge(database)
    after = count_rows(database)
    changed = {name for name in counts if counts[name] != after[name]}
    assert changed == {"finding_state", "finding_sight", "purge"}


def count_rows(database):
    with database.transaction(reading=True) as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in METADATA.tables.items()
            if name != "exchange_lock"
        }


def test_the_history_of_a_source_names_what_was_delivered_and_where_something_is_open(database, make):
    deliver(database, make, "2026-03-01", held=["R1"])
    deliver(database, make, "2026-03-02")
    deliver(database, make, "2026-03-03", refused=["rows_lost"], reason="too few")
    keep(database, "moved", "2026-03-02", rule="moved", opened=True)  # no replay settles it
    with database.transaction(reading=True) as connection:
        history = source_history(connection, "a.b")
        nobody = source_history(connection, "nobody")
    taken = {BatchKey.of(f"a.b/2026-03-0{day}"): f"2026-03-0{day}T23:00:00.000000Z" for day in (1, 2)}
    assert (history.settled, history.last, history.open_days) == (taken, Day.of("2026-03-02"), {Day.of("2026-03-01")})
    assert (nobody.settled, nobody.last, nobody.open_days) == ({}, None, set())


def test_a_refused_snapshot_is_settled_by_a_later_one_and_refused_changes_are_not(database, make):
    for day, kind, refused in (("01", "snapshot", True), ("02", "incremental", True), ("04", "snapshot", True)):
        deliver(database, make, f"2026-03-{day}", kind=kind, refused=["rows_lost"] * refused, reason="too few")
    deliver(database, make, "2026-03-03", kind="snapshot")
    with database.transaction(reading=True) as connection:
        history = source_history(connection, "a.b")
    assert {str(key.day) for key in history.settled} == {"2026-03-01", "2026-03-03"}


def deliver(database, make, day, held=(), **verdict):
    at = f"{day}T23:00:00.000000Z"
    rows = make.rows({f"R{day[-1]}": ("甲", "VALID")}, at, held=held)
    if verdict.get("refused"):
        rows = rows.slice(0, 0)
    judged = make.verdict(f"a.b/{day}", rows, at, **verdict)
    deliver_batch(database, Delivery(judged, 0, make.read(rows), make.findings(rows)), at, 0.0)


def test_a_purge_of_files_is_in_the_account_before_it_begins_and_says_when_it_has_ended(database):
    part = PurgedPart("a.b", Purgeable.RAW, 40, "2026-03-01", "2026-03-02", 2, 2**40)
    moments = iter([NOW, NOW.replace("06-01", "06-02")])

    def account():
        with database.transaction(reading=True) as connection:
            return [tuple(row) for row in connection.execute(select(PURGE.c.bytes, PURGE.c.begun_at, PURGE.c.ended_at))]

    with record_purge(database, part, lambda: next(moments)):
        assert account() == [(2**40, NOW, None)]
    assert account() == [(2**40, NOW, "2026-06-02T00:00:00.000000Z")]


def test_pages_of_a_day_whose_findings_went_are_refused_until_it_is_judged_again(database, make):
    keep(database, "closed", "2026-03-01", "2026-03-02")
    purge(database)
    with database.transaction() as connection:
        require_findings_kept(connection, "2026-03-03")
        with pytest.raises(
            UsageError, match=r"those of a[.]b were purged on 2026-06-01, since LICEX_KEEP_FINDINGS keeps 40 days"
        ):
            require_findings_kept(connection, "2026-03-02")
    rows = make.rows({"R1": ("甲", "VALID")}, "2026-03-02T23:00:00.000000Z")
    later = NOW.replace("06-01", "06-02")
    verdict = make.verdict("a.b/2026-03-02", rows, later)
    deliver_batch(database, Delivery(verdict, 0, make.read(rows), make.findings(rows)), later, 0.0)
    with database.transaction() as connection:
        require_findings_kept(connection, "2026-03-02")

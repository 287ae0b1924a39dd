"""Each command, run on a city with one department."""

import json
import os
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, inspect
from typer.main import get_command

from cli.main import app
from standard.day import Day
from tests.city import with_extract

RUN = ("run", "transport.road", "--day", "2026-03-01")
RANGE = ("--from", "2026-03-01", "--to", "2026-03-02")


def entry(out):
    return json.loads(out)[0]["entry"]


def test_a_batch_is_run_and_the_next_run_changes_nothing(licex, city, platform):
    code, out, _ = licex(*RUN, "--json")
    assert (code, entry(out)["inserted"]) == (0, 2)
    code, out, _ = licex(*RUN, "--json")
    assert (code, entry(out)["inserted"], entry(out)["unchanged"]) == (0, 0, 2)
    assert platform("SELECT run, status FROM exchange_batch") == [(1, "delivered"), (2, "delivered")]


def test_a_dry_run_shows_what_a_run_would_do_and_writes_nothing(licex, city):
    code, out, _ = licex(*RUN, "--dry-run", "--json")
    assert (code, entry(out)["accepted"]) == (0, 2)
    assert not (city / "platform.db").exists()
    assert not (city / "workspace/transport.road").exists()


def test_a_dry_run_creates_no_tables(licex, city, postgresql_url, monkeypatch):
    monkeypatch.setenv("LICEX_TARGET", postgresql_url)
    code, out, _ = licex(*RUN, "--dry-run", "--json")
    assert (code, entry(out)["accepted"]) == (0, 2)
    engine = create_engine(postgresql_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_reports_are_written(licex, city):
    licex(*RUN)
    pages = sorted(
        path.relative_to(city / "workspace/reports").as_posix()
        for path in (city / "workspace/reports").rglob("*")
        if path.is_file()
    )
    assert pages == ["city-2026-03-01.html", "transport.road/2026-03-01.html", "transport.road/2026-03-01.xlsx"]


def test_a_backfill_runs_every_day_of_a_range(licex, city, refill):
    refill({}, {"XKZBH": "370402000002", "GXSJ": "2026-03-02 10:00:00"})
    code, out, _ = licex("backfill", "transport.road", *RANGE, "--json")
    assert code == 0
    assert [item["entry"]["inserted"] for item in json.loads(out)] == [1, 1]


def test_a_backfill_never_replaces_new_data_by_old(licex, city, refill, platform):
    refill({"GXSJ": "2026-03-02 10:00:00", "ZT": "03"})
    licex("run", "transport.road", "--day", "2026-03-02")
    refill({"ZT": "10"})
    _, out, _ = licex(*RUN, "--json")
    assert entry(out)["stale"] == 1
    assert platform("SELECT certificate_status FROM licence") == [("CANCELLED",)]


def test_a_replay_delivers_what_a_corrected_lookup_accepts_without_reading_the_source(
    licex, city, refill, declaration, platform, monkeypatch
):
    refill({}, {"XKZBH": "370402000002", "ZT": "有效"})
    licex(*RUN)
    assert platform("SELECT rule, open FROM finding") == [("status", 1)]
    corrected = declaration.replace("lookup: status_transport", "lookup: [own, status_transport]").replace(
        "lookups: {", "lookups: {own: {有效: VALID}, "
    )
    (city / "sources/transport/road.yaml").write_text(corrected, encoding="utf-8")
    monkeypatch.delenv("LICEX_CONN_TRANSPORT")
    code, out, _ = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01", "--json")
    assert (code, entry(out)["inserted"], entry(out)["unchanged"]) == (0, 1, 1)
    assert platform("SELECT rule, open FROM finding") == [("status", 0)]


def test_a_replay_of_a_day_without_an_archive_fails(licex, city):
    code, _, err = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01")
    assert (code, "expected the archived raw of that day, found none" in err) == (1, True)


def test_the_past_of_a_snapshot_source_cannot_be_read(licex, city, declaration):
    (city / "sources/transport/road.yaml").write_text(
        declaration.replace(", updated_at: GXSJ", "").replace("ignore: [BZ]", "ignore: [BZ, GXSJ]"), encoding="utf-8"
    )
    code, _, err = licex(*RUN)
    assert code == 2
    assert "the past of a snapshot source cannot be asked for" in err


def test_a_refused_batch_is_delivered_by_the_next_run(licex, city, refill, platform, declaration):
    (city / "sources/transport/road.yaml").write_text(declaration + "expect: {rows: {min: 2}}\n", encoding="utf-8")
    refill({})
    assert licex(*RUN)[0] == 1
    assert platform("SELECT rule, open FROM finding") == [("rows_few", 1)]
    refill({}, {"XKZBH": "370402000002"})
    assert licex(*RUN)[0] == 0
    assert platform("SELECT rule, open FROM finding") == [("rows_few", 0)]


def test_a_correction_closes_the_finding_and_an_old_day_does_not_open_it_again(licex, city, refill, platform):
    refill({"MC": None}, {"XKZBH": "2"}, {"XKZBH": "3"}, {"XKZBH": "4"}, {"XKZBH": "5"})
    licex(*RUN)
    refill({"GXSJ": "2026-03-02 10:00:00"})
    licex("run", "transport.road", "--day", "2026-03-02")
    assert platform("SELECT rule, open, first_day, last_day FROM finding") == [
        ("required", 0, "2026-03-01", "2026-03-01")
    ]
    refill({"MC": None})
    licex(*RUN)
    assert platform("SELECT rule, open FROM finding") == [("required", 0)]


def test_the_finding_of_a_held_row_shows_whether_the_platform_has_an_older_state(licex, city, refill, platform):
    licex(*RUN)
    refill(
        {"GXSJ": "2026-03-02 10:00:00", "ZT": "77"},
        {"XKZBH": "370402000009", "GXSJ": "2026-03-02 10:00:00", "ZT": "77"},
    )
    licex("run", "transport.road", "--day", "2026-03-02")
    assert platform("SELECT certificate_number, platform_holds FROM finding_seen ORDER BY 1") == [
        ("370402000001", 1),
        ("370402000009", 0),
    ]


def test_check_finds_nothing_wrong_with_a_good_declaration(licex, city):
    assert licex("check")[0] == 0


def test_preview_shows_rows_as_standard_records_and_writes_nothing(licex, city):
    code, out, _ = licex("preview", "transport.road", "--day", "2026-03-01", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["rows"][0]["certificate_holder_name"] == "枣**"
    assert shown["rows"][0]["certificate_status"] == "VALID"
    assert not (city / "workspace").exists()


@pytest.mark.parametrize(
    "text", ["370402000001", "1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.370402000001.001.4"]
)
def test_trace_explains_a_licence_by_number_or_identifier(licex, city, text):
    licex(*RUN)
    code, out, _ = licex("trace", text, "--json")
    found = json.loads(out)[0]
    assert code == 0
    assert found["versions"][0]["batch"] == "transport.road/2026-03-01"
    assert found["versions"][0]["locator"] == "1"
    assert found["batches"][0]["status"] == "delivered"


def test_trace_of_an_unknown_licence_fails(licex, city):
    code, _, err = licex("trace", "nothing")
    assert (code, "found none" in err) == (1, True)


@pytest.mark.parametrize("command", ["ledger", "rules", "check"])
def test_every_table_is_also_json(licex, city, command):
    licex(*RUN)
    code, out, _ = licex(command, "--json")
    assert code == 0
    assert isinstance(json.loads(out), list)


DAY = ("--day", "2026-03-01")
WITH_JSON = {
    "run": (("transport.road", *DAY), ("transport.road", *DAY, "--dry-run")),
    "backfill": (("transport.road", *RANGE),),
    "replay": (("transport.road", "--from", "2026-03-01", "--to", "2026-03-01"), ("transport.road", *RANGE)),
    "catch-up": ((), ("transport.road",)),
    "sweep": (("transport.number",), ("transport.number", "--dry-run")),
    "check": ((), ("transport.road", "--connect"), ("--connect",)),
    "preview": (("transport.road", *DAY),),
    "report": ((), DAY),
    "ledger": ((), ("--source", "transport.road"), ("--day", "2020-01-01"), ("--all",), ("--runs",)),
    "sources": ((), ("transport.road",)),
    "open": ((), ("--source", "transport.road"), ("--rule", "status")),
    "trace": (("370402000001",), ("nothing",)),
    "unjudged": (("transport.road",),),
    "migrate": ((), ("--dry-run",)),
    "remask": ((), ("--dry-run",)),
    "accept-beginning": (("transport.number", "--by", "王某"),),
    "purge": ((), ("--apply",)),
    "audit": ((),),
    "rules": ((),),
}


def test_every_command_prints_nothing_but_json_with_the_json_option(licex, city, declaration):
    rising = declaration.replace("key: [ID], updated_at: GXSJ", "key: [XKZBH], updated_at: GXSJ, rising: ID")
    (city / "sources/transport/number.yaml").write_text(f"{rising}sweep: {{schedule: 0 3 * * 6}}\n", encoding="utf-8")
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("UPDATE XKZ SET ID = rowid")
    database.close()
    for source in ("transport.road", "transport.number"):
        assert licex("run", source, *DAY)[0] == 0
    offered = {
        name for name, command in get_command(app).commands.items() if any(p.name == "json" for p in command.params)
    }
    assert offered == set(WITH_JSON)
    for command, calls in WITH_JSON.items():
        for words in calls:
            _, out, err = licex(command, *words, "--json")
            assert isinstance(json.loads(out), list | dict), (command, words, err)


@pytest.fixture
def set_day_of_files(city, declaration, raw, clock):
    """Write the department's rows to a text file that serves all days; returns a function that sets the present day."""
    text = with_extract(declaration, "{kind: text, path: XKZ.csv, updated_at: GXSJ, key: [ID]}")
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    rows = raw({}, {"XKZBH": "370402000002"}).drop_columns(["_locator"])
    path = city / "sources/transport/XKZ.csv"
    lines = [rows.column_names, *(list(row.values()) for row in rows.to_pylist())]
    path.write_text("\n".join(",".join(value or "" for value in line) for line in lines), encoding="utf-8")
    os.utime(path, (1e9, 1e9))

    def set_day(day):
        clock(Day.of(day).start + timedelta(hours=20))

    return set_day


def test_repeated_files_are_reported_in_the_json_and_beside_the_table(licex, set_day_of_files, platform):
    set_day_of_files("2026-03-01")
    assert licex(*RUN, "--json")[0] == 0
    set_day_of_files("2026-03-04")
    day = "2026-03-04"
    repeats = [("run", "transport.road", "--day", day), ("backfill", "transport.road", "--from", day, "--to", day)]
    for words in (*repeats, ("catch-up",)):
        code, out, err = licex(*words, "--json")
        assert (code, err.strip()) == (0, "")
        (found,) = json.loads(out)
        assert found["entry"]["status"] == "repeated"
        assert "nothing to do" in found["problem"]
        assert found["exit_code"] == 0
    assert platform("SELECT day, status FROM exchange_batch WHERE run = 1 ORDER BY day") == [
        ("2026-03-01", "delivered"),
        ("2026-03-03", "repeated"),
        ("2026-03-04", "repeated"),
    ]
    assert "nothing to do" in licex(*repeats[0])[1]


def test_report_writes_the_pages_of_a_day_again(licex, city):
    licex(*RUN)
    code, out, _ = licex("report", "--day", "2026-03-01", "--json")
    assert code == 0
    assert [path.rsplit("/", 1)[-1] for path in json.loads(out)] == [
        "2026-03-01.html",
        "2026-03-01.xlsx",
        "city-2026-03-01.html",
    ]


def test_check_connect_shows_how_a_database_is_read_and_how_fast(city, licex):
    code, out, errors = licex("check", "transport.road", "--connect", "--json")
    found = json.loads(out)["transport.road"]
    assert code == 0, errors
    assert (found["way"], found["rows"], found["sample"], found["problem"]) == ("SQLAlchemy", 2, 2, "")
    assert found["rate"] > 0
    code, out, _ = licex("check", "--connect")
    assert (code, "SQLAlchemy" in out, "sqlite" in out.lower()) == (0, True, True)


def test_check_connect_names_a_database_that_does_not_answer(city, licex, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", "postgresql+psycopg://someone:geheim@127.0.0.1:1/none")
    code, out, errors = licex("check", "--connect")
    assert (code, "transport.road" in errors, "geheim" in out + errors) == (3, True, False)


def test_check_connect_names_a_table_that_does_not_exist(city, licex):
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("table: XKZ", "table: XKZ_ALT"), encoding="utf-8")
    code, _, errors = licex("check", "--connect")
    assert (code, "XKZ_ALT" in errors) == (1, True)

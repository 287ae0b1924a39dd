"""The ledger records who ran a batch, and the audit trail who was shown personal data."""

import json
import os
import sqlite3
from pwd import getpwuid
from socket import gethostname

import pytest

from pipeline.exchange import Exchange
from pipeline.runner import run_batch
from pipeline.settings import Settings, program_version
from standard.batch import BatchKey

DAY, NEXT = "2026-03-01", "2026-03-02"
NUMBER, CITIZEN = "370402000001", "370402188001010012"
ME = (getpwuid(os.getuid()).pw_name, gethostname(), program_version())


@pytest.fixture
def night(licex, refill):
    refill({"GXSJ": f"{DAY} 10:00:00"})
    assert licex("run", "transport.road", "--day", DAY)[0] == 0


def actors(platform, day=DAY):
    return platform(f"SELECT ran_by, host, program, declaration FROM exchange_batch WHERE day = '{day}' ORDER BY run")


def test_a_run_records_user_host_program_and_declaration(night, platform, licex, city):
    (*actor, declaration) = actors(platform)[0]
    assert tuple(actor) == ME
    assert len(declaration) == 32
    licex("run", "transport.road", "--day", DAY)
    assert actors(platform)[1][3] == declaration
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    licex("run", "transport.road", "--day", DAY)
    assert actors(platform)[2][3] not in {"", declaration}


def test_the_user_is_not_taken_from_the_environment(monkeypatch, night, platform, licex):
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    licex("run", "transport.road", "--day", DAY)
    assert actors(platform)[1][0] == ME[0]


def test_a_failed_run_records_them_too(night, platform, licex, city):
    (city / "transport.db").rename(city / "gone.db")
    assert licex("run", "transport.road", "--day", NEXT)[0] == 3
    assert actors(platform, NEXT)[0][:3] == ME


def test_a_run_on_behalf_of_somebody_else_records_that_person(night, platform):
    exchange = Exchange(Settings.from_environment(), user="zhang")
    run_batch(exchange, BatchKey.of(f"transport.road/{DAY}"), lambda _step: None)
    exchange.close()
    assert [row[0] for row in actors(platform)] == [ME[0], "zhang"]


def test_the_ledger_shows_them_on_request(night, licex):
    shown = licex("ledger", "--runs")[1]
    assert ME[0] in shown
    assert json.loads(licex("ledger", "--json")[1])[0]["program"] == ME[2]


def test_a_trace_and_a_preview_are_recorded_before_anything_is_shown(night, licex, platform):
    licex("trace", NUMBER)
    licex("trace", CITIZEN)
    licex("preview", "transport.road", "--day", DAY)
    rows = platform("SELECT ran_by, host, program, action, subject FROM audit ORDER BY id")
    assert [row[:3] for row in rows] == [ME] * 3
    assert [row[3] for row in rows] == ["trace", "trace", "preview"]
    assert rows[0][4] == NUMBER
    assert CITIZEN not in rows[1][4]
    assert rows[2][4] == f"transport.road/{DAY}"
    assert [row["action"] for row in json.loads(licex("audit", "--json")[1])] == ["trace", "trace", "preview"]
    assert "preview" in licex("audit")[1]
    assert json.loads(licex("audit", "--from", "2999-01-01", "--json")[1]) == []


@pytest.mark.parametrize("command", [("trace", NUMBER), ("preview", "transport.road", "--day", DAY)])
def test_nothing_is_shown_if_the_access_cannot_be_recorded(night, licex, city, command):
    with sqlite3.connect(city / "platform.db") as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
    code, out, err = licex(*command)
    assert code != 0
    assert out == ""
    assert "LX-40" in err


def test_a_dry_run_shows_no_rows_and_is_not_recorded(night, licex, platform):
    licex("run", "transport.road", "--day", DAY, "--dry-run")
    assert platform("SELECT count(*) FROM audit") == [(0,)]

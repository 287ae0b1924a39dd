"""`licex unjudged` finds claims of older versions that their archive does not account for."""

import json
import sqlite3

import pytest

UNJUDGED = ("unjudged", "transport.road", "--json")


@pytest.fixture
def old(city, licex, refill):
    """A delivery of an older version: its ledger row names no verdict."""
    refill({}, {"XKZBH": "370402000002"})
    licex("run", "transport.road", "--day", "2026-03-01")

    def change(statement):
        with sqlite3.connect(city / "platform.db") as database:
            database.execute(statement)
        database.close()

    change("UPDATE exchange_batch SET verdict_digest = ''")
    return change


def test_claims_that_the_archive_accounts_for_are_not_listed(old, licex):
    code, out, errors = licex(*UNJUDGED)
    assert (code, json.loads(out)) == (0, []), errors
    assert "every claim is accounted for" in licex("unjudged", "transport.road")[1]


def test_a_claim_whose_contents_no_judged_row_has_is_listed(old, licex):
    old("UPDATE claim SET digest = 'ffffffffffffffffffffffffffffffff' WHERE certificate_number = '370402000002'")
    code, out, _ = licex(*UNJUDGED)
    (batch,) = json.loads(out)
    assert (code, batch["batch"], batch["problem"]) == (1, "transport.road/2026-03-01", "")
    assert [claim["certificate_number"] for claim in batch["claims"]] == ["370402000002"]


def test_a_delivery_that_names_its_verdict_is_not_checked(old, licex):
    old("UPDATE claim SET digest = 'ffffffffffffffffffffffffffffffff'")
    old("UPDATE exchange_batch SET verdict_digest = 'e'")
    assert licex(*UNJUDGED)[0] == 0


def test_a_day_without_an_archive_is_reported(old, licex, city):
    for path in city.glob("workspace/transport.road/2026-03-01/*/manifest.json"):
        path.unlink()
    code, out, _ = licex(*UNJUDGED)
    assert (code, json.loads(out)[0]["problem"]) == (
        1,
        "transport.road/2026-03-01: expected the archive of that day to compare its claims with, found none",
    )

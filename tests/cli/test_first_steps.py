"""What commands show to a person who declares a first department."""

import json
import shutil
from datetime import datetime

import pytest

from standard.day import SHANGHAI

DAY = "2026-03-01"
RUN = ("run", "transport.road", "--day", DAY)


@pytest.fixture
def half_wrong(refill):
    """Three rows, of which two have no holder; at most a fifth may be held."""
    refill({}, *({"XKZBH": f"37040200000{number}", "MC": ""} for number in (2, 3)))


def test_a_dry_run_shows_why_it_fails_and_what_it_found(licex, half_wrong):
    code, out, errors = licex(*RUN, "--dry-run", "--json")
    (result,) = json.loads(out)
    message = (
        f"transport.road/{DAY}: expected at most 20.0% of rows held, found 66.7% (2); a run would deliver the rest"
    )
    assert (code, result["problem"]) == (1, message)
    (found,) = result["findings"]
    assert {name: found[name] for name in ("rule", "findings", "element")} == {
        "rule": "required",
        "findings": 2,
        "element": "certificate_holder_name",
    }
    code, out, errors = licex(*RUN, "--dry-run")
    assert (message in " ".join(errors.split()), "certificate_holder_name" in out) == (True, True)


def test_a_run_shows_the_path_of_its_report(licex, city):
    page = (city / f"workspace/reports/transport.road/{DAY}.html").as_posix()
    assert licex(*RUN)[1].splitlines()[-1] == f"open {page}"
    assert json.loads(licex(*RUN, "--json")[1])[0]["page"] == page


def test_a_preview_of_a_day_without_rows_is_explained(licex, city):
    assert "transport.road/2026-02-01: no row is of that day; name another with --day" in " ".join(
        licex("preview", "transport.road", "--day", "2026-02-01")[1].split()
    )


def test_a_preview_without_findings_is_explained(licex, city):
    assert "transport.road/2026-03-01: no findings" in licex("preview", "transport.road", "--day", DAY)[1]


def test_the_number_of_declarations_is_in_the_singular(licex, city):
    assert licex("check")[1].strip() == "1 declaration, no problems"


def test_a_declaration_outside_the_folders_of_departments_is_a_problem(licex, city):
    declared = next((city / "sources").glob("*/*.yaml"))
    shutil.copy(declared, city / "sources/stray.yaml")
    code, _, errors = licex("check")
    assert (code, "stray.yaml:1: expected a declaration at" in errors) == (2, True)
    assert licex("check", "transport.road")[0] == 0


def test_a_platform_that_cannot_be_opened_names_the_setting(licex, city, monkeypatch):
    monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{city}/nowhere/platform.db")
    code, _, errors = licex("ledger")
    assert (code, "check LICEX_TARGET" in errors) == (3, True)


def test_preview_and_dry_run_group_findings_and_name_the_lookup_that_lacks_a_value(licex, city, refill):
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8").replace("lookup: status_transport", "lookup: [status_transport, zt]")
    path.write_text(text.replace("lookups: {", "lookups: {zt: {在用: VALID}, "), encoding="utf-8")
    refill({}, *({"XKZBH": f"3704020001{number:02}", "ZT": "校验不合格"} for number in range(21)))
    for command in (("preview", *RUN[1:]), (*RUN, "--dry-run")):
        code, out, errors = licex(*command, "--json")
        shown = json.loads(out)
        (group,) = (shown if isinstance(shown, dict) else shown[0])["findings"]
        assert (code, group["rule"], group["findings"], group["value"]) == (1, "status", 21, "校验不合格")
        assert group["hint"] == "add it to the lookup zt?"
        assert "of rows held" in errors
        code, out, _ = licex(*command)
        assert (code, "add it to the lookup zt?" in " ".join(out.split())) == (1, True)


def test_a_placeholder_is_not_suggested_for_a_lookup(licex, city, refill):
    refill({}, {"XKZBH": "370402000102", "ZT": "测试"})
    code, out, _ = licex("preview", *RUN[1:], "--json")
    (group,) = json.loads(out)["findings"]
    assert (code, group["rule"], group["value"], group["hint"]) == (1, "placeholder", "测试", "")


def test_a_dry_run_of_a_day_that_only_the_archive_has_assesses_the_archive(licex, city, clock):
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8").replace(", updated_at: GXSJ", "")
    path.write_text(text.replace("ignore: [", "ignore: [GXSJ, "), encoding="utf-8")
    clock(datetime(2026, 3, 2, 1, tzinfo=SHANGHAI))
    assert licex(*RUN)[0] == 0
    clock(datetime(2026, 3, 9, 1, tzinfo=SHANGHAI))
    code, out, _ = licex(*RUN, "--dry-run", "--json")
    assert (code, json.loads(out)[0]["entry"]["accepted"]) == (0, 2)
    assert licex("preview", "transport.road", "--day", "2026-03-02")[0] == 2

"""Every command rejects a wrong name before it reads or writes anything, and suggests the nearest one."""

import pytest
from typer.main import get_command

from cli.main import app

DAYS = ("--from", "2026-03-01", "--to", "2026-03-01")
OPTIONS = {"run": ("--day", "2026-03-01"), "backfill": DAYS, "replay": DAYS, "accept-beginning": ("--by", "王某")}
WITH_SOURCE = {
    name: next(p for p in command.params if p.name == "source")
    for name, command in get_command(app).commands.items()
    if any(p.name == "source" for p in command.params)
}


def test_the_commands_with_a_source_are_known():
    assert {"run", "check", "sources", "open", "ledger", "preview", "sweep", "catch-up"} < set(WITH_SOURCE)


@pytest.mark.parametrize("command", WITH_SOURCE)
def test_a_wrong_source(licex, city, command):
    option = ("--source",) if WITH_SOURCE[command].param_type_name == "option" else ()
    code, out, errors = licex(command, *option, "transport.rood", *OPTIONS.get(command, ()))
    assert (code, out) == (2, "")
    assert "transport.rood: expected the name of a source declared in" in errors
    assert "did you mean transport.road?" in errors
    assert not (city / "workspace").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("run", "transport.raod", "--day", "2026-03-01", "--dry-run"),
        ("ledger", "--source", "transport.raod", "--day", "2026-03-01", "--json"),
        ("sweep", "transport.raod", "--dry-run", "--json"),
    ],
)
def test_a_wrong_source_with_other_options(licex, city, words):
    code, out, errors = licex(*words)
    assert (code, out, "did you mean transport.road?" in errors) == (2, "", True)
    assert not (city / "workspace").exists()


def test_a_wrong_rule(licex, city):
    code, _, errors = licex("open", "--rule", "requird")
    assert (code, "did you mean required?" in errors) == (2, True)


def test_a_wrong_command(licex, city):
    code, _, errors = licex("ledgr")
    assert (code, "ledger" in errors) == (2, True)

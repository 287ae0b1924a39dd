"""How many lines of the demo city's five declarations are proposed as their departments and a data engineer wrote them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sources
from demo.city import DAYS, DEPARTMENTS, connections
from onboarding.declaration_text import yaml_text
from onboarding.origin import SuggestOptions
from pipeline.exchange import Exchange
from pipeline.onboard import suggest_file, suggest_table
from pipeline.settings import Settings
from sources.register import Register
from sources.yaml_text import Document

DECLARATIONS = Path(sources.__file__).parent
REGISTER = Register(DECLARATIONS)
SOURCES = [department.source for department in DEPARTMENTS]
FILES = {
    "housing.safety_personnel": "housing/aq_20260301.xlsx",
    "transport.road_operation": "transport/dlysjyxkz_20260301.txt",
}
# Agreed between people, so that no register says it: whom to ask, when, who counts first, how many rows may be held, and how
# many of them may be gone.
AGREED = ("department.contact", "schedule", "precedence", "expect.held", "expect.lost")
LEAST = 0.9


@pytest.fixture(scope="module")
def proposed(tmp_path_factory):
    """The declarations that are proposed for the registers as they stand at the end of the first day."""
    folder = tmp_path_factory.mktemp("city")
    for department in DEPARTMENTS:
        department.write_day(folder, 1)
    settings = Settings(
        DECLARATIONS, str(tmp_path_factory.mktemp("workspace")), "sqlite://", "", "", connections(folder)
    )
    exchange = Exchange(settings)
    yield {name: propose(exchange, name, folder) for name in SOURCES}
    exchange.close()


def propose(exchange, name, folder):
    """What a data engineer would type who knows whose source it is and what it is called, and nothing of its columns."""
    real = REGISTER.source(name).declaration
    options = SuggestOptions(REGISTER.city, DAYS[0].date, name, "", real.department.code, real.department.name)
    now = datetime(2026, 3, 1, 17, tzinfo=UTC)
    if name in FILES:
        return suggest_file(exchange, folder / FILES[name], options, now, lambda _: None)
    return suggest_table(exchange, real.extract.connection, real.extract.table, options, now, lambda _: None)


def lines(declaration):
    """Every line of a declaration: a key with its value, a column under `ignore`, a value in a lookup, and so on."""
    found = {}
    for key, value in declaration.items():
        if key in {"ignore", "issuing_authorities"}:
            found |= {f"{key}.{each}": "" for each in value}
        elif key == "leave_out":
            found |= {f"{key}.{column}.{each}": "" for column, patterns in value.items() for each in listed(patterns)}
        elif key == "columns":
            found |= {f"{key}.{element}": column(each) for element, each in value.items()}
        elif isinstance(value, dict):
            found |= {f"{key}.{inner}": each for inner, each in flat(value)}
        else:
            found[key] = value
    return found


def flat(value, above=""):
    for key, each in value.items():
        if isinstance(each, dict):
            yield from flat(each, f"{above}{key}.")
        else:
            yield f"{above}{key}", each if not isinstance(each, list) else tuple(each)


def column(value):
    parts = {"from": value} if isinstance(value, str) else value
    return {key: listed(each) for key, each in parts.items()}


def listed(value):
    return [value] if isinstance(value, str) else value


def compared(suggestion, name):
    """How many lines are right, how many there are in either, and which differ; those that are agreed are left out."""
    real = lines(Document(REGISTER.paths[name].read_text(encoding="utf-8")).value)
    ours = lines(Document(yaml_text(suggestion)).value)
    known = {path: value for path, value in real.items() if not path.startswith(AGREED)}
    ours = {path: value for path, value in ours.items() if not path.startswith(AGREED)}
    right = [path for path, value in known.items() if ours.get(path, "missing") == value]
    wrong = [
        f"{path}: expected {real.get(path)}, found {ours.get(path)}" for path in sorted({*known, *ours} - {*right})
    ]
    return len(right), len({*known, *ours}), wrong


def test_nine_lines_in_ten_are_right(proposed):
    counted = {name: compared(suggestion, name) for name, suggestion in proposed.items()}
    shares = {name: right / all_lines for name, (right, all_lines, _) in counted.items()}
    report = "\n".join(
        f"{name}: {right} of {all_lines}, {shares[name]:.1%}; {'; '.join(wrong)}"
        for name, (right, all_lines, wrong) in counted.items()
    )
    assert sum(shares.values()) / len(shares) >= LEAST, report
    assert min(shares.values()) >= LEAST, report


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_proposed_passes_the_check(proposed, name, tmp_path):
    department, _, licence = name.partition(".")
    (tmp_path / department).mkdir()
    (tmp_path / department / f"{licence}.yaml").write_text(yaml_text(proposed[name]), encoding="utf-8")
    for table in ("licence_type.csv", "face_field.csv"):
        (tmp_path / table).write_text((DECLARATIONS / table).read_text(encoding="utf-8"), encoding="utf-8")
    assert list(map(str, Register(tmp_path).problems(name))) == []


@pytest.mark.parametrize("name", SOURCES)
def test_no_citizen_number_is_shown(proposed, name):
    assert not re.search(
        r"(?<![0-9])3704[0-9]{2}18[0-9]{9}[0-9X]|(?<![0-9])3704[0-9]{2}00[0-9]{7}(?![0-9])", yaml_text(proposed[name])
    )

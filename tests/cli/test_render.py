"""A table fits a terminal of any width, and no value in it is cut off."""

import re

import pytest
from rich.cells import cell_len

from cli import render

ROWS = [
    {
        "source": f"market_regulation.food_operation_{n}",
        "status": "delivered",
        "title": "食品经营许可证",
        "read": 10**n,
        "none": 0,
    }
    for n in range(3)
]


def require_width(text, width):
    lines = text.splitlines()
    assert lines
    assert max(map(cell_len, lines)) <= width, text


def without_spaces(text):
    return re.sub(r"[\s│┃]+", "", text)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("plain", [True, False])
def test_a_table_fits(capsys, monkeypatch, width, plain):
    monkeypatch.setenv("COLUMNS", str(width))
    render.table("sources", ROWS, right=("read", "none"), plain=plain)
    shown = capsys.readouterr().out
    require_width(shown, width)
    for row in ROWS:
        for value in (row["source"], row["title"], str(row["read"])):
            assert value in without_spaces(shown)


def test_output_that_is_not_a_terminal_is_wide_enough_for_the_ledger(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    render.table("", [{f"column {n}": "x" * 10 for n in range(13)}], plain=True)
    assert "column 12" in capsys.readouterr().out.splitlines()[1]


def test_columns_of_zeros_are_omitted_if_the_terminal_is_too_narrow(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    render.table(
        "", [{"source": "a" * 30, "held": "0", "accepted": "1,000", "duplicates": "0", "moved": "0"}], plain=True
    )
    shown = capsys.readouterr().out
    assert ("accepted" in shown, "duplicates" in shown, "source" in shown.splitlines()[1]) == (True, False, True)


def test_the_lines_of_a_cell_stay_together(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    render.table("", [{"title": ("中文", "English"), "id": "x"}])
    lines = capsys.readouterr().out.splitlines()
    assert ["中文" in line for line in lines].index(True) + 1 == ["English" in line for line in lines].index(True)


def test_a_table_without_rows_shows_its_title(capsys):
    render.table("findings", [])
    assert "findings (0)" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("ledger",), ("ledger", "--runs"), ("sources",), ("open",), ("rules",)])
def test_the_tables_of_commands_fit(licex, city, refill, monkeypatch, words):
    refill({}, {"XKZBH": "370402000002", "ZT": "77"})
    licex("run", "transport.road", "--day", "2026-03-01", "--json")
    monkeypatch.setenv("COLUMNS", "60")
    code, shown, _ = licex(*words)
    assert code == 0
    require_width(shown, 60)
    assert "…" not in shown

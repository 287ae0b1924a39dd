"""The commands of the tutorial work as written, in order, and print what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.city import DAYS, advance_to

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial/onboard-a-department.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Run all commands of the tutorial; returns everything that they print, with single spaces."""
    folder = tmp_path_factory.mktemp("checkout")
    advance_to(folder / ".run/city", DAYS[-1])
    commands = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(commands) > 8
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    script = "\n".join(["set -e", *commands])
    result = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return " ".join(f"{result.stdout}\n{result.stderr}".split())


def shown_lines():
    """Yields every line of output that the tutorial shows."""
    for block in re.findall(r"^```(?:text|yaml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        yield from filter(None, (line.strip(" …│") for line in block.splitlines()))


@pytest.mark.parametrize("line", [line for line in shown_lines() if line[0] not in "┌└"])
def test_the_tutorial_shows_what_is_printed(output, line):
    for part in re.split(r" *… *|│| {3,}", line):
        words = " ".join(part.split()).removeprefix("open ")
        assert words in output, words


def test_the_correction_is_delivered(output):
    assert output.count("held since 2026-03-01 by status") == 1
    assert re.search(r"market\.food 2026-03-04 delivered 7 7 0 0 1 6", output)

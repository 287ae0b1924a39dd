"""The tutorial's commands work as they stand, one after the other, and show what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.city import DAYS, live

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial/onboard-a-department.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    live(folder / ".run/city", DAYS[-1])
    commands = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(commands) > 8
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": here, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    script = "\n".join(["set -e", *commands])
    ended = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return " ".join(f"{ended.stdout}\n{ended.stderr}".split())


def shown():
    for block in re.findall(r"^```(?:text|yaml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        yield from filter(None, (line.strip(" …│") for line in block.splitlines()))


@pytest.mark.parametrize("line", [line for line in shown() if line[0] not in "┌└"])
def test_what_the_tutorial_shows_is_what_one_sees(said, line):
    for part in re.split(r" *… *|│| {3,}", line):
        words = " ".join(part.split()).removeprefix("open ")
        assert words in said, words


def test_the_correction_arrives(said):
    assert said.count("held since 2026-03-01 by status") == 1
    assert re.search(r"market\.food 2026-03-04 delivered 7 7 0 0 1 6", said)

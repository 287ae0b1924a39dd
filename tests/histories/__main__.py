"""Plays histories for a number of minutes; prints the shortest case of each kind that goes wrong."""

import contextlib
import sys
import tempfile
import time

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History
from tests.histories.sandbox import Sandbox


class Tally:
    """Counts histories, steps and reads, and collects what went wrong."""

    def __init__(self):
        self.histories = self.steps = self.reads = 0
        self.wrong = []

    @property
    def shortest(self):
        return min(self.wrong, default=None)

    def add(self, machine):
        player = machine.player
        self.histories += 1
        self.steps += machine.steps
        self.reads += player.reads
        if player.wrong:
            self.wrong.append((machine.steps, player.wrong, player.case()))


def play(sandbox, minutes, max_steps=30):
    """Play for a number of minutes."""
    tally, until = Tally(), time.monotonic() + minutes * 60
    machine = type("Played", (History,), {"sandbox": sandbox, "played": lambda self: tally.add(self)})
    steps = max_steps
    while time.monotonic() < until:
        limits = settings(
            max_examples=10, stateful_step_count=steps, deadline=None, database=None, phases=(Phase.generate,),
            report_multiple_bugs=False, verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        with contextlib.suppress(Exception, BaseExceptionGroup):
            run_state_machine_as_test(machine, settings=limits)
        if tally.shortest:  # look for shorter ones only
            steps = max(2, min(steps, tally.shortest[0] - 1))
    return tally


def main(minutes, max_steps=30):
    with tempfile.TemporaryDirectory(prefix="histories-") as folder:
        sandbox = Sandbox(folder, f"sqlite:///{folder}/dep.db", f"sqlite:///{folder}/platform.db")
        tally = play(sandbox, minutes, max_steps)
        sandbox.close()
    print(f"{tally.histories} histories, {tally.steps} steps, {tally.reads} readings, {len(tally.wrong)} went wrong")
    kinds = {}
    for _, wrong, case in sorted(tally.wrong):
        kinds.setdefault(wrong, case)
    for wrong, case in kinds.items():
        print(f"\n{wrong}\n\n{case}")
    return bool(tally.wrong)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), *map(int, sys.argv[2:])))

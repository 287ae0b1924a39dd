"""Promise 4 in whatever history: after every night the platform is right, or an open finding says what is not."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History
from tests.histories.player import Stage


@pytest.mark.parametrize(("steps", "histories"), [(30, 40), (20, 60), (10, 60)])
def test_whatever_a_department_does_the_platform_is_right_or_an_open_finding_says_what_is_not(tmp_path, steps, histories):
    stage = Stage(tmp_path, f"sqlite:///{tmp_path}/dep.db", f"sqlite:///{tmp_path}/platform.db")
    machine = type("Played", (History,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

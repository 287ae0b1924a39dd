"""Promise 4 in whatever history: after every night the platform is right, or an open finding says what is not."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History
from tests.histories.player import Stage


def played(stage, histories, steps, kinds=("text",)):
    given = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,  # a change is judged by itself; `make histories` plays others
        # Shrinking would take longer than all histories; `make histories` looks for the shortest.
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("Played", (History,), {"stage": stage, "kinds": kinds}), settings=given)


@pytest.mark.parametrize(("histories", "steps"), [(10, 30), (15, 20), (50, 12), (50, 8), (25, 5)])
def test_whatever_a_department_does_the_platform_is_right_or_an_open_finding_says_what_is_not(stage, histories, steps):
    played(stage, histories, steps)


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_the_same_holds_of_departments_and_platforms_on_servers(tmp_path, new_database, server):
    on_server = Stage(tmp_path, new_database(server), new_database(server))
    try:
        played(on_server, 4, 10, kinds=("text", "time", "day"))
    finally:
        on_server.close()

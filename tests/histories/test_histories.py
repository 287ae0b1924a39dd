"""Promise 4 in any history: after every night the platform is right, or an open finding states the difference."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History
from tests.histories.sandbox import Sandbox


def play_histories(sandbox, histories, steps, kinds=("text",)):
    limits = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,  # so that a change of the code is the only change; `make histories` plays others
        # Shrinking would take longer than all histories; `make histories` searches for the shortest.
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("Played", (History,), {"sandbox": sandbox, "kinds": kinds}), settings=limits)


@pytest.mark.parametrize(("histories", "steps"), [(10, 30), (15, 20), (50, 12), (50, 8), (25, 5)])
def test_every_difference_between_department_and_platform_has_an_open_finding(sandbox, histories, steps):
    play_histories(sandbox, histories, steps)


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_every_difference_has_an_open_finding_on_servers(tmp_path, new_database, server):
    on_server = Sandbox(tmp_path, new_database(server), new_database(server))
    try:
        play_histories(on_server, 4, 10, kinds=("text", "time", "day"))
    finally:
        on_server.close()

from datetime import datetime, time, timedelta

import pytest
from croniter import croniter  # what Airflow itself goes by

from sources.schedule import has_run
from standard.day import Day

LINES = [
    "30 1 * * *", "30 1 * * 1", "30 1 * * 1-5", "0 3 1 * *", "0 3 1,15 * 1", "0 3 */2 * *", "0 3 * 3-5 *", "0 3 * jan mon",
    "0 3 * * 7", "0 3 * * 5#2", "0 3 * * sun", "0 3 10-20/3 * *", "0 3 * * 1,3,5", "0 3 5/7 * *", "0 3 * * fri#1",
    "0 3 * * */2", "0 3 */2 * 1", "0 0 29 2 *",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_the_days_of_a_cron_line_are_those_on_which_airflow_runs_it(line):
    days = [Day.of("2027-11-01").plus(n) for n in range(500)]
    begins = [datetime.combine(day.date, time.min) for day in days]
    runs = [croniter.match_range(line, begin, begin + timedelta(hours=23, minutes=59)) for begin in begins]
    assert [has_run(line, day) for day in days] == [bool(run) for run in runs]


def test_of_what_is_not_known_here_every_day_has_a_run():
    assert has_run("30 1 * * L", Day.of("2026-03-01"))

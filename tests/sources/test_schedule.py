from datetime import datetime, time, timedelta

import pytest
from croniter import croniter  # what Airflow itself goes by

from sources.schedule import has_run, next_run
from standard.day import SHANGHAI, Day

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


@pytest.mark.parametrize("line", [*LINES, "*/7 */5 * * *", "59 23 31 12 *", "0,30 8-10 * * 1-5"])
@pytest.mark.parametrize(
    "moment", ["2027-11-01T01:30:00", "2027-12-31T23:59:30", "2028-02-29T00:00:00", "2027-11-05T02:59:59"]
)
def test_the_next_run_is_the_one_that_airflow_would_choose(line, moment):
    after = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    assert next_run(line, after) == croniter(line, after).get_next(datetime)


@pytest.mark.parametrize("line", ["30 1 * * L", "1--2 1 * * *", "0 3 31 2 *"])
def test_of_what_is_not_known_here_or_never_comes_there_is_no_next_run(line):
    assert next_run(line, datetime(2026, 3, 1, tzinfo=SHANGHAI)) is None

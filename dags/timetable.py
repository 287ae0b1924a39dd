"""When a source is run, and which day a run stands for: the day before, the same for the schedule, a person and a backfill."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from airflow.timetables.base import DagRunInfo
from airflow.timetables.trigger import CronPartitionTimetable
from pendulum import DateTime, instance


class NightTimetable(CronPartitionTimetable):
    """Runs at the instants of a cron line; each run stands for the day before, in the zone of the line.

    Airflow knows two runs to be of the same day by their partition date. Its own timetable takes the hour of the schedule for
    it where it makes the run, and the beginning of the day where a person names that. Here it is the beginning everywhere.
    """

    def __init__(self, cron: str, *, timezone: Any, **_serialized: Any) -> None:
        super().__init__(cron, timezone=timezone, run_offset=-1, key_format="%Y-%m-%d")

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """The days of a backfill, both bounds included, for which the schedule has a run; each once."""
        bounds = [self._local(self.localize_partition_datetime(bound)) for bound in (earliest, latest)]
        day = bounds[0].start_of("day")
        if day < bounds[0]:
            day = day.add(days=1)
        while day <= bounds[1]:
            if self._align_to_next(day.add(days=1).in_timezone("UTC")) < day.add(days=2):
                begin = day.in_timezone("UTC")
                yield DagRunInfo(
                    run_after=begin, data_interval=None, partition_date=begin, partition_key=self._format_key(begin)
                )
            day = day.add(days=1)

    def _get_partition_date(self, *, run_date: DateTime) -> DateTime:
        return self._local(run_date).start_of("day").subtract(days=1).in_timezone("UTC")

    def _local(self, moment: datetime) -> DateTime:
        return instance(moment).in_timezone(self._timezone)

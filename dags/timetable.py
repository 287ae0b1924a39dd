"""When a source is run, and the day of a run: the day before, whether scheduled, manual or backfilled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from airflow.timetables.base import DagRunInfo
from airflow.timetables.trigger import CronPartitionTimetable
from pendulum import DateTime, instance


class NightTimetable(CronPartitionTimetable):
    """Runs at the instants of a cron line; each run is for the day before, in the line's time zone.

    Airflow identifies the day of a run by its partition date. Its own timetable uses the hour of the schedule for scheduled runs, but
    the beginning of the day for manual ones. Here it is always the beginning of the day.
    """

    def __init__(self, cron: str, *, timezone: Any, **_serialized: Any) -> None:
        super().__init__(cron, timezone=timezone, run_offset=-1, key_format="%Y-%m-%d")

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """The days of a backfill, both bounds included, for which the schedule has a run; each day once."""
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

"""When a periodic job runs: each period begins at an instant that every process agrees on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from ruledesk.jobs.job import Job

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def period_of(job: Job, now: datetime, zone: tzinfo) -> datetime:
    """Return when the period began that `now` is in.

    Args:
        job: A periodic job.
        now: The time, aware.
        zone: The desk's time zone, for jobs with a time of day.

    Returns:
        The last instant, not after `now`, at which the job was to run; whole seconds in UTC.
    """
    if job.every is not None:
        every = round(job.every.total_seconds())
        passed = int((now - _EPOCH).total_seconds())
        return _EPOCH + timedelta(seconds=passed - passed % every)
    if job.at is None:
        raise ValueError(f"{job.name} has no period")
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), job.at, zone).astimezone(UTC)
    if today > now:
        today = datetime.combine(local.date() - _DAY, job.at, zone).astimezone(UTC)
    return today.replace(microsecond=0)


__all__ = ["period_of"]

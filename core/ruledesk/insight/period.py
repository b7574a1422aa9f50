"""Days, weeks and months of the desk's time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

Key = Callable[[date], str]


def local_date(instant: datetime, zone: tzinfo) -> date:
    """Read the calendar: the date on which an instant falls."""
    return instant.astimezone(zone).date()


def monday_of(day: date) -> date:
    """Return the first day of a date's week, which goes from Monday to Sunday."""
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=4096)
def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


#: How a date is called as part of a period: ``2026-11-02``, ``2026-W45``, ``2026-11``.
PERIODS: Final[Mapping[str, Key]] = {"month": _month, "week": _week, "day": date.isoformat}

"""Public holidays and make-up working days 调休 of China, from a library that is kept up to date.

The State Council announces the days of a year in the autumn before. For a year that the library
does not know yet, the weekends alone are closed; `coverage_problem` lets a desk say so.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

import chinese_calendar

from ruledesk.calendar.work import WorkCalendar
from ruledesk.errors import Problem

TIMEZONE: Final = "Asia/Shanghai"
#: The word for these holidays in a calendar's table.
COUNTRY: Final = "CN"


def known_years() -> range:
    """Say for which years the public holidays are known."""
    years = [day.year for day in chinese_calendar.holidays]
    return range(min(years), max(years) + 1)


def public_holidays() -> frozenset[date]:
    """List all days off of the known years, weekends inside a holiday included."""
    return frozenset(chinese_calendar.holidays)


def makeup_days() -> frozenset[date]:
    """List all days of weekends of the known years that are worked instead 调休上班."""
    return frozenset(chinese_calendar.workdays)


@cache
def business_calendar() -> WorkCalendar:
    """Make the default calendar: 09:00–18:00 on working days of China (requirement F1)."""
    office = [["09:00", "18:00"]]
    return WorkCalendar(
        timezone=TIMEZONE,
        hours={"mon-fri": office},
        holidays=public_holidays(),
        dates=dict.fromkeys(makeup_days(), office),
        holidays_of=COUNTRY,
    )


def coverage_problem(
    calendar: WorkCalendar,
    today: date,
    where: str = "holidays",
    ahead: timedelta = timedelta(days=30),
) -> Problem | None:
    """Warn of a calendar whose public holidays run out.

    Args:
        calendar: Any calendar.
        today: The desk's date.
        where: Key path for the problem.
        ahead: How long before the first unknown year the warning begins.

    Returns:
        The warning, or None where the calendar does not use them or they are known.
    """
    years = known_years()
    needed = (today + ahead).year
    if calendar.holidays_of != COUNTRY or needed in years:
        return None
    return Problem(
        f"the public holidays of China for {needed} are not known, so only weekends are closed; "
        "update the package chinesecalendar or list the days under holidays and dates",
        f"尚无 {needed} 年的中国法定节假日，仅周末休息；"
        "请更新 chinesecalendar，或在 holidays 与 dates 中列出",
        where,
        COUNTRY,
        (f"years {years[0]} to {years[-1]}",),
    )

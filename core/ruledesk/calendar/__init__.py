"""Working time: calendars, the wall clock, and the public holidays of China (requirement F1)."""

from ruledesk.calendar.china import business_calendar, coverage_problem, known_years
from ruledesk.calendar.clock import WALL, Clock, Kind, WallClock
from ruledesk.calendar.instants import Pause
from ruledesk.calendar.mapping import from_mapping
from ruledesk.calendar.work import WorkCalendar

__all__ = [
    "WALL",
    "Clock",
    "Kind",
    "Pause",
    "WallClock",
    "WorkCalendar",
    "business_calendar",
    "coverage_problem",
    "from_mapping",
    "known_years",
]

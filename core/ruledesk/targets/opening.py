"""When a clock begins that waits for an opening (requirement C1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ruledesk.calendar import WorkCalendar
from ruledesk.errors import InvalidInput
from ruledesk.rules.ruleset import Ruleset, TargetPolicy

#: What ``opens`` says for the service hours of the ticket's own channel.
CHANNEL: Final = "channel"
_INSTANT: Final = timedelta(microseconds=1)


def hours_of(ruleset: Ruleset, policy: TargetPolicy, channel: str) -> str:
    """Name the calendar whose opening a target's clock waits for.

    Args:
        ruleset: For its channels.
        policy: The target's policy.
        channel: The ticket's channel.

    Returns:
        The calendar's name; empty where the clock does not wait, also because the channel is
        always open.
    """
    if policy.opens != CHANNEL:
        return policy.opens
    found = ruleset.channels.get(channel)
    return found.hours if found is not None else ""


def opening(calendar: WorkCalendar, at: datetime) -> datetime:
    """Say when a calendar is open next.

    Args:
        calendar: The hours.
        at: From when on, aware.

    Returns:
        `at` where it is open then, or where it never opens again; else the next opening, in UTC.
    """
    if calendar.is_open(at):
        return at
    try:
        return calendar.add(at, _INSTANT) - _INSTANT
    except InvalidInput:  # a promise that could never begin would be none
        return at

"""The clocks of targets: started, paused, run on; each a pure function from target to target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ruledesk.calendar import WALL, Clock, WorkCalendar
from ruledesk.model.ticket import Target
from ruledesk.model.values import changed
from ruledesk.rules.ruleset import Ruleset, TargetPolicy
from ruledesk.targets.limit import Limit, warn_at
from ruledesk.targets.opening import hours_of, opening


def calendar_of(ruleset: Ruleset, policy: TargetPolicy, limit: Limit) -> str:
    """Name the calendar that a limit runs on; empty for the wall clock (F1)."""
    if not limit.working:
        return ""
    return policy.calendar or ruleset.policy.calendar


def clock(calendars: Mapping[str, WorkCalendar], name: str) -> Clock:
    """Return the calendar of that name, the wall clock for the empty one."""
    return calendars[name] if name else WALL


def started(
    ruleset: Ruleset,
    policy: TargetPolicy,
    rule: str,
    at: datetime,
    before: Target | None = None,
    channel: str = "",
) -> Target:
    """Start a target, or set a running one anew with another limit.

    Args:
        ruleset: For its calendars.
        policy: The target's policy.
        rule: The limit that applies.
        at: When a new target starts; one that runs already keeps its start and its pauses.
        before: The target as it runs; None to start.
        channel: The ticket's channel, whose opening the policy may have the clock wait for.

    Returns:
        The running (or still paused) target.
    """
    limit = policy.durations[rule]
    calendar = calendar_of(ruleset, policy, limit)
    asked = at if before is None else before.asked_at or before.started_at
    hours = hours_of(ruleset, policy, channel)
    # Working time on the same calendar stands still outside of it in any case, and a working day
    # that is begun outside counts as F1 says.
    waits = hours not in ("", calendar)
    start = opening(ruleset.calendars[hours], asked) if waits else asked
    pauses = () if before is None else before.pauses
    ticking = clock(ruleset.calendars, calendar)
    return Target(
        name=policy.name,
        state="running" if before is None else before.state,
        started_at=start,
        limit=str(limit),
        calendar=calendar,
        due=limit.due(start, ticking, pauses),
        rule=rule,
        warn_at=_warn(policy, limit, start, ticking, pauses, at),
        pauses=pauses,
        paused_at=None if before is None else before.paused_at,
        paused_seconds=0 if before is None else before.paused_seconds,
        asked_at=asked if start > asked else None,
        opens=hours if start > asked else "",
    )


def resumed(ruleset: Ruleset, policy: TargetPolicy, target: Target, now: datetime) -> Target:
    """Run a target on after a pause, or after it was met: then the time between is the pause."""
    # A pause costs nothing before the clock has begun.
    since = max(target.paused_at or target.met_at or now, target.started_at)
    until = max(now, since)
    pauses = (*target.pauses, (since, until))
    limit = Limit.parse(target.limit, target.name)
    ticking = clock(ruleset.calendars, target.calendar)
    warn = _warn(policy, limit, target.started_at, ticking, pauses, now)
    return changed(
        target,
        state="running",
        pauses=pauses,
        paused_at=None,
        met_at=None,
        paused_seconds=target.paused_seconds + int((until - since) / timedelta(seconds=1)),
        due=limit.due(target.started_at, ticking, pauses),
        warn_at=warn,
        warned_at=None if warn else target.warned_at,
    )


def _warn(
    policy: TargetPolicy,
    limit: Limit,
    start: datetime,
    ticking: Clock,
    pauses: tuple[tuple[datetime, datetime], ...],
    now: datetime,
) -> datetime | None:
    """When to warn; None where the policy does not, or that instant has passed."""
    if not policy.warn:
        return None
    instant = warn_at(limit, start, ticking, pauses, policy.warn)
    return instant if instant > now else None

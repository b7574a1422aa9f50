"""Until when a plan may estimate: the limit of the target that the ruleset names (A10)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ruledesk.calendar import WALL, Clock
from ruledesk.lifecycle.situation import Situation
from ruledesk.model.ticket import Target, Ticket
from ruledesk.targets.limit import Limit

#: A promise that is kept, or no longer owed, limits no estimate.
_OWED: Final = frozenset({"running", "paused", "breached"})


def latest_eta(ticket: Ticket, situation: Situation) -> datetime | None:
    """Return the latest estimate that a plan may have without a supervisor's word.

    Args:
        ticket: The ticket.
        situation: When, under which policy.

    Returns:
        When the target that ``eta_within`` names is due, a pause that goes on counted until now;
        where that is over, as much time from now on as its limit allows. None where the ruleset
        names none, or it does not apply to the ticket.
    """
    policy = situation.policy.ruleset.actions.get("plan")
    target = ticket.targets.get(policy.eta_within) if policy is not None else None
    if target is None or target.state not in _OWED:
        return None
    due = _due(target, situation)
    if due > situation.now:
        return due
    return _limit(target).due(situation.now, _clock(target, situation))


def _due(target: Target, situation: Situation) -> datetime:
    if target.paused_at is None or target.paused_at >= situation.now:
        return target.due
    pauses = (*target.pauses, (target.paused_at, situation.now))
    return _limit(target).due(target.started_at, _clock(target, situation), pauses)


def _clock(target: Target, situation: Situation) -> Clock:
    """Return the target's clock; a calendar that the ruleset no longer has is the wall clock."""
    return situation.policy.ruleset.calendars.get(target.calendar, WALL)


def _limit(target: Target) -> Limit:
    return Limit.parse(target.limit, target.name)

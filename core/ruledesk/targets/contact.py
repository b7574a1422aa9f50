"""Targets that are measured on the contact itself: the call, not the desk's news of it (C2).

The telephone system says when a call rang and when it was answered, often after the fact: with the
registration, or once the clock has run out already. Whatever the order, the target comes to say
what the call says: it is met where the seconds that the caller waited are within the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ruledesk.model import event as ev
from ruledesk.model.action import Body
from ruledesk.model.ticket import Call, Target, Ticket
from ruledesk.rules.ruleset import Ruleset, TargetPolicy
from ruledesk.targets.clock import started

#: The event kind that a call was answered, or that an agent took the contact in person.
ANSWERED: Final = "answered"


def rang_at(policy: TargetPolicy, call: Call | None, *, taken: bool, now: datetime) -> datetime:
    """Say when the clock of a new target begins.

    Args:
        policy: The target's policy.
        call: The call that the ticket came from, as far as it is known; None for none.
        taken: Whether somebody has answered.
        now: When the ticket is handed in.

    Returns:
        When the call rang, where the target is measured on it. Where an agent has answered and
        the telephone system has not said when, `now`: what is not known is held against nobody.
    """
    if policy.clock != "contact" or call is None or call.started_at is None:
        return now
    return now if taken and call.answered_at is None else call.started_at


def answered(policy: TargetPolicy, target: Target, call: Call | None, now: datetime) -> list[Body]:
    """Meet a running target because the contact was answered.

    Args:
        policy: The target's policy.
        target: As it runs, or broken by the clock.
        call: The call; None for a contact that an agent took otherwise.
        now: When the desk learns of it.

    Returns:
        Its breach, where the answer came late and that is not on record yet, and its meeting.
    """
    at = _instant(policy, call, now)
    bodies: list[Body] = []
    if target.state != "breached" and at > target.due:
        bodies.append(ev.TargetBreached(target.name, target.due, policy.flags))
    bodies.append(ev.TargetsMet((target.name,), at if at != now else None))
    return bodies


def corrected(ruleset: Ruleset, ticket: Ticket, policy: TargetPolicy, now: datetime) -> list[Body]:
    """Let a target say what the call says, now that its answer is known.

    Args:
        ruleset: For its calendars.
        ticket: The ticket with the call, and the target in any state.
        policy: The target's policy, measured on the contact.
        now: When the desk learns of it.

    Returns:
        The events to record: a breach by the clock that was none is taken back, and so is the
        flag that it raised where no other target is broken.
    """
    target, call = ticket.targets[policy.name], ticket.call
    if target.state == "cancelled" or call is None or target.rule not in policy.durations:
        return []
    rang = rang_at(policy, call, taken=True, now=target.asked_at or target.started_at)
    fresh = started(ruleset, policy, target.rule, rang, channel=ticket.channel)
    if target.state in ("running", "paused") and target.started_at == fresh.started_at:
        return answered(policy, target, call, now)
    late = _instant(policy, call, now) > fresh.due
    if target.breached_at is not None and late:
        return answered(policy, target, call, now)
    unbroken = () if target.breached_at is None else (target.name,)
    flags = [ev.FlagsChanged(cleared=("overdue",))] if _only_breach(ruleset, ticket, policy) else []
    unmet = (target.name,) if target.state == "met" else ()
    put_right = ev.TargetsCorrected((fresh,), unbroken, unmet)
    return [put_right, *flags, *answered(policy, fresh, call, now)]


def given_up(policy: TargetPolicy, target: Target, call: Call | None, now: datetime) -> list[Body]:
    """Say what becomes of a running target whose caller hung up, or that is late already.

    Args:
        policy: The target's policy, measured on the contact.
        target: As it runs.
        call: The call, unanswered.
        now: When the desk learns of it.

    Returns:
        Nothing is owed to who hung up in time; else it is broken, as soon as that is known.
    """
    over = call is not None and call.ended_at is not None
    if over and _instant(policy, call, now) <= target.due:
        return [ev.TargetsCancelled((target.name,))]
    if over or target.due < now:
        return [ev.TargetBreached(target.name, target.due, policy.flags)]
    return []


def _instant(policy: TargetPolicy, call: Call | None, now: datetime) -> datetime:
    """The instant of the answer, or of the end of a call that nobody answered.

    It is reckoned as `Call.waiting_seconds` is, in whole seconds from the first ring, so that
    rules, reports and targets agree about one call.
    """
    if policy.clock != "contact" or call is None:
        return now
    if call.started_at is None or call.waiting_seconds is None:
        return call.answered_at or now
    return call.started_at + timedelta(seconds=max(0, call.waiting_seconds))


def _only_breach(ruleset: Ruleset, ticket: Ticket, policy: TargetPolicy) -> bool:
    if ticket.targets[policy.name].breached_at is None or not policy.flags:
        return False
    return "overdue" in ticket.flags and not any(_others_broken(ruleset, ticket, policy.name))


def _others_broken(ruleset: Ruleset, ticket: Ticket, name: str) -> Iterator[bool]:
    for other in ticket.targets.values():
        policy = ruleset.targets.get(other.name)
        flags = policy.flags if policy else True
        yield other.name != name and other.breached_at is not None and flags

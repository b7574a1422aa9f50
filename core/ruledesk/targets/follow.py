"""What an event does to the targets of a ticket: start, meet, pause, run on, cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from attrs import frozen

from ruledesk.model import event as ev
from ruledesk.model.action import Body
from ruledesk.model.ticket import OPEN_STATUSES, OVER_STATUSES, Status, Target, Ticket
from ruledesk.rules.ruleset import Ruleset, TargetPolicy
from ruledesk.targets.clock import resumed, started
from ruledesk.targets.contact import ANSWERED, answered, corrected, given_up, rang_at

#: The event kind that the telephone system said more of the ticket's call.
CALL = ev.CallUpdated.kind


@frozen
class Happened:
    """What the targets are told of an event.

    Attributes:
        keys: The event kinds that it counts as (``noted`` and ``noted.public``).
        now: When.
        status: The status it led to; None where it stayed.
    """

    keys: frozenset[str]
    now: datetime
    status: Status | None


def follow(
    ruleset: Ruleset,
    ticket: Ticket,
    happened: Happened,
    limits: Callable[[], dict[str, str]],
) -> list[Body]:
    """Say what an event does to the targets.

    Args:
        ruleset: The target policies.
        ticket: The ticket after the event.
        happened: The event.
        limits: Asks the rules which limit applies, by target; only called when one starts.

    Returns:
        The events to record, in order.
    """
    bodies: list[Body] = []
    if happened.status is not None:
        bodies += _paused_and_resumed(ruleset, ticket, happened)
    bodies += _met(ruleset, ticket, happened)
    bodies += _of_the_call(ruleset, ticket, happened)
    bodies += _started(ruleset, ticket, happened, limits)
    return bodies


def _present(ruleset: Ruleset, ticket: Ticket) -> Iterable[tuple[TargetPolicy, Target]]:
    """Yield the targets in the ruleset's order; those of an older ruleset are left as they are.

    The ticket's own mapping has no order to rely on: a view that was read from a file lost it.
    """
    for name, policy in ruleset.targets.items():
        target = ticket.targets.get(name)
        if target is not None:
            yield policy, target


def _paused_and_resumed(ruleset: Ruleset, ticket: Ticket, happened: Happened) -> list[Body]:
    pause, resume = [], []
    for policy, target in _present(ruleset, ticket):
        waits = happened.status in policy.pauses_in
        if waits and target.state == "running":
            pause.append(target.name)
        elif target.state == "paused" and _runs_on(policy, happened):
            resume.append(resumed(ruleset, policy, target, happened.now))
    return [
        *([ev.TargetsPaused(tuple(pause))] if pause else []),
        *([ev.TargetsResumed(tuple(resume))] if resume else []),
    ]


def _runs_on(policy: TargetPolicy, happened: Happened) -> bool:
    """Whether a paused clock runs on because of the status that the event led to."""
    status = happened.status
    return status is not None and status not in policy.pauses_in and status not in OVER_STATUSES


def _owed(target: Target) -> bool:
    return target.state in ("running", "paused") or (
        target.state == "breached" and target.met_at is None
    )


def _met(ruleset: Ruleset, ticket: Ticket, happened: Happened) -> list[Body]:
    met, cancelled, running_again = [], [], []
    over = happened.status in OVER_STATUSES
    for policy, target in _present(ruleset, ticket):
        if not _owed(target) or _measured_on_call(policy, happened):
            continue
        if happened.keys.intersection(policy.met_by):
            met.append(target.name)
            if target.state == "paused" and not _runs_on(policy, happened):
                # Met while the clock waits: the pause ends here, and the due time counts it.
                running_again.append(resumed(ruleset, policy, target, happened.now))
        elif target.state == "breached":
            continue  # a broken promise stays on record as broken
        elif happened.keys.intersection(policy.ends) or (over and not _after_closing(policy)):
            cancelled.append(target.name)
    return [
        *([ev.TargetsResumed(tuple(running_again))] if running_again else []),
        *([ev.TargetsMet(tuple(met))] if met else []),
        *([ev.TargetsCancelled(tuple(cancelled))] if cancelled else []),
    ]


def _measured_on_call(policy: TargetPolicy, happened: Happened) -> bool:
    """Whether a target looks at the call itself, of which the telephone system said more."""
    return policy.clock == "contact" and CALL in happened.keys


def _of_the_call(ruleset: Ruleset, ticket: Ticket, happened: Happened) -> list[Body]:
    bodies: list[Body] = []
    for policy, target in _present(ruleset, ticket):
        if not _measured_on_call(policy, happened):
            continue
        if ANSWERED in happened.keys and ANSWERED in policy.met_by:
            bodies += corrected(ruleset, ticket, policy, happened.now)
        elif target.state == "running":
            bodies += given_up(policy, target, ticket.call, happened.now)
    return bodies


def _after_closing(policy: TargetPolicy) -> bool:
    return bool({"closed", "confirmed"}.intersection(policy.starts))


def _started(
    ruleset: Ruleset,
    ticket: Ticket,
    happened: Happened,
    limits: Callable[[], dict[str, str]],
) -> list[Body]:
    starting = [p for p in ruleset.targets.values() if _starts(p, ticket, happened)]
    again = [
        resumed(ruleset, policy, target, happened.now)
        for policy, target in _present(ruleset, ticket)
        if target.state == "met" and happened.keys.intersection(policy.restarts_on)
    ]
    bodies: list[Body] = [ev.TargetsResumed(tuple(again))] if again else []
    if starting:
        rules = limits()
        targets = tuple(
            started(
                ruleset,
                policy,
                rules[policy.name],
                _begins(policy, ticket, happened),
                channel=ticket.channel,
            )
            for policy in starting
            if policy.name in rules
        )
        if targets:
            bodies.append(ev.TargetsStarted(targets))
            waits = [t.name for t in targets if ticket.status in ruleset.targets[t.name].pauses_in]
            bodies += [ev.TargetsPaused(tuple(waits))] if waits else []
            bodies += _answered_at_once(ruleset, ticket, happened, targets)
    return bodies


def _begins(policy: TargetPolicy, ticket: Ticket, happened: Happened) -> datetime:
    """When a clock begins: now, or when the ticket's call rang, where it is measured on that."""
    if policy.name in ticket.targets:
        return happened.now  # the contact was measured once
    taken = ANSWERED in happened.keys
    return rang_at(policy, ticket.call, taken=taken, now=happened.now)


def _answered_at_once(
    ruleset: Ruleset, ticket: Ticket, happened: Happened, targets: Iterable[Target]
) -> list[Body]:
    """Meet what begins with a contact that was answered before anybody could register it."""
    bodies: list[Body] = []
    for target in targets:
        policy = ruleset.targets[target.name]
        if ANSWERED in happened.keys and ANSWERED in policy.met_by and not policy.repeats:
            bodies += answered(policy, target, ticket.call, happened.now)
        elif policy.clock == "contact" and target.started_at < happened.now:
            bodies += given_up(policy, target, ticket.call, happened.now)
    return bodies


def _starts(policy: TargetPolicy, ticket: Ticket, happened: Happened) -> bool:
    target = ticket.targets.get(policy.name)
    if happened.keys.intersection(policy.starts):
        return target is None or not _owed(target)
    if not policy.repeats or target is None or ticket.status in OVER_STATUSES:
        return False
    met_now = _owed(target) and bool(happened.keys.intersection(policy.met_by))
    return met_now and not happened.keys.intersection(policy.ends)


def recomputed(
    ruleset: Ruleset, ticket: Ticket, rules: dict[str, str], now: datetime
) -> list[Body]:
    """Set running targets anew whose limit is another one now, keeping their start and pauses.

    A target of every ticket (it starts when one is submitted) that comes to apply only now begins
    now: nobody could have kept a promise that was not made yet.

    Args:
        ruleset: The target policies.
        ticket: The ticket after its class, priority or other facts changed.
        rules: The limit that applies now, by target.
        now: When.

    Returns:
        The events to record.
    """
    fresh: list[Target] = []
    gone: list[str] = []
    for policy, target in _present(ruleset, ticket):
        if target.state not in ("running", "paused"):
            continue
        rule = rules.get(policy.name)
        if rule is None:
            gone.append(policy.name)
        elif rule != target.rule:
            fresh.append(started(ruleset, policy, rule, now, target, ticket.channel))
    fresh += [
        started(ruleset, policy, rules[policy.name], now, channel=ticket.channel)
        for policy in ruleset.targets.values()
        if policy.name in rules and _comes_to_apply(policy, ticket)
    ]
    return [
        *([ev.TargetsStarted(tuple(fresh))] if fresh else []),
        *([ev.TargetsCancelled(tuple(gone))] if gone else []),
    ]


def _comes_to_apply(policy: TargetPolicy, ticket: Ticket) -> bool:
    target = ticket.targets.get(policy.name)
    if "submitted" not in policy.starts or ticket.status not in OPEN_STATUSES:
        return False
    if policy.clock == "contact":
        return False  # the contact is over, or is measured already
    return target is None or target.state == "cancelled"


def overdue(ruleset: Ruleset, ticket: Ticket, now: datetime) -> Sequence[Body]:
    """Say which targets warn or are breached by now, in the order of their instants.

    Args:
        ruleset: The target policies; of the same instant they come in its order.
        ticket: The ticket, which may have targets of an older ruleset.
        now: Until when.

    Returns:
        The events to record.
    """
    found: list[tuple[datetime, int, Body]] = []
    others = sorted(ticket.targets.keys() - ruleset.targets.keys())
    for name in (*ruleset.targets, *others):
        target = ticket.targets.get(name)
        if target is None or target.state != "running":
            continue
        policy = ruleset.targets.get(name)
        flags = policy.flags if policy else True
        if target.due <= now:
            found.append((target.due, 1, ev.TargetBreached(target.name, target.due, flags)))
        elif target.warn_at is not None and target.warn_at <= now:
            found.append((target.warn_at, 0, ev.TargetWarned(target.name, flags)))
    return [body for _, _, body in sorted(found, key=lambda one: (one[0], one[1]))]

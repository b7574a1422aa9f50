"""What target events make of a ticket's targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import Target, Ticket
from ruledesk.model.values import changed

Changes: TypeAlias = dict[str, Any]


def _with(ticket: Ticket, news: Iterable[Target]) -> Changes:
    """Replace targets; a ticket none of whose clocks is near its end is no longer at risk."""
    targets = {**ticket.targets, **{target.name: target for target in news}}
    changes: Changes = {"targets": targets}
    if "at_risk" in ticket.flags and not any(map(_at_risk, targets.values())):
        changes["flags"] = ticket.flags - {"at_risk"}
    return changes


def _at_risk(target: Target) -> bool:
    return target.warned_at is not None and target.state in ("running", "paused")


def _set(
    ticket: Ticket, body: ev.TargetsStarted | ev.TargetsResumed | ev.TargetsCorrected, _: Event
) -> Changes:
    return _with(ticket, body.targets)


def _paused(ticket: Ticket, body: ev.TargetsPaused, event: Event) -> Changes:
    return _with(
        ticket,
        (changed(ticket.targets[n], state="paused", paused_at=event.at) for n in body.names),
    )


def _met(ticket: Ticket, body: ev.TargetsMet, event: Event) -> Changes:
    """A breached target that is met late stays breached, with the time it was met."""
    at = body.at or event.at

    def met(target: Target) -> Target:
        state = "breached" if target.state == "breached" else "met"
        return changed(target, state=state, met_at=at, warn_at=None, paused_at=None)

    return _with(ticket, (met(ticket.targets[name]) for name in body.names))


def _cancelled(ticket: Ticket, body: ev.TargetsCancelled, _: Event) -> Changes:
    return _with(
        ticket,
        (
            changed(ticket.targets[n], state="cancelled", warn_at=None, paused_at=None)
            for n in body.names
        ),
    )


def _warned(ticket: Ticket, body: ev.TargetWarned, event: Event) -> Changes:
    target = changed(
        ticket.targets[body.name], warn_at=None, warned_at=event.at if body.flag else None
    )
    changes = _with(ticket, (target,))
    return {**changes, "flags": ticket.flags | {"at_risk"}} if body.flag else changes


def _breached(ticket: Ticket, body: ev.TargetBreached, _: Event) -> Changes:
    target = changed(
        ticket.targets[body.name], state="breached", breached_at=body.due, warn_at=None
    )
    changes = _with(ticket, (target,))
    if body.flag:
        changes["flags"] = changes.get("flags", ticket.flags) | {"overdue"}
    return changes


TARGET_CHANGES: Final[Mapping[type, Callable[[Ticket, Any, Event], Changes]]] = {
    ev.TargetsStarted: _set,
    ev.TargetsResumed: _set,
    ev.TargetsCorrected: _set,
    ev.TargetsPaused: _paused,
    ev.TargetsMet: _met,
    ev.TargetsCancelled: _cancelled,
    ev.TargetWarned: _warned,
    ev.TargetBreached: _breached,
}

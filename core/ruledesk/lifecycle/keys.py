"""How an event looks to a ruleset: the kinds that it counts as, and the fields that it changed."""

from __future__ import annotations

from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import Status


def event_keys(event: Event) -> frozenset[str]:
    """Name the event kinds that an event counts as.

    ``noted`` is also ``noted.public`` where an agent's note is public; ``confirmed`` is also
    ``closed``, as it closes the ticket; target events are also ``<kind>.<target>``.
    """
    body = event.body
    keys = {body.kind}
    if isinstance(body, act.Note) and body.public and event.actor.startswith("agent:"):
        keys.add("noted.public")
    elif isinstance(body, ev.TargetWarned | ev.TargetBreached):
        keys.add(f"{body.kind}.{body.name}")
    elif event.status is Status.CLOSED:
        keys.add("closed")
    return frozenset(keys)


def event_target(event: Event) -> str:
    """Name the target that an event is about; empty for other events."""
    match event.body:
        case ev.TargetWarned(name=name) | ev.TargetBreached(name=name):
            return name
        case ev.TimersCleared(names=(timer,)):
            return timer_target(timer)
        case _:
            return ""


def timer_name(reaction: str, target: str = "") -> str:
    """Name the timer of a waiting reaction; one for each target that it waits about."""
    return f"{reaction}@{target}" if target else reaction


def timer_reaction(timer: str) -> str:
    """Return the reaction that a timer belongs to."""
    return timer.partition("@")[0]


def timer_target(timer: str) -> str:
    """Return the target that a timer is about; empty for none."""
    return timer.partition("@")[2]


def event_text(event: Event) -> str:
    """Return the words of an event, for messages: note, reason, solution, question."""
    body = event.body
    for name in ("text", "reason", "solution", "duty", "opinion", "note", "comment"):
        value = getattr(body, name, "")
        if isinstance(value, str) and value:
            return value
    return ""


def fields_changed(event: Event) -> frozenset[str]:
    """Name the ticket fields that an action changed and rules may read; empty for none."""
    match event.body:
        case act.Submit():
            return frozenset({"submitted"})
        case act.Acknowledge(category=category) if category:
            return frozenset({"category"})
        case act.Classify():
            names = ("category", "urgency", "impact", "priority")
            return frozenset(name for name in names if getattr(event.body, name))
        case act.ProvideInfo(fields=fields):
            return frozenset(fields)
        case act.Supervise() | ev.FlagsChanged():
            return frozenset({"flags"})
        case ev.TargetWarned(flag=True) | ev.TargetBreached(flag=True):
            return frozenset({"flags"})
        case act.Decline() | act.Reopen():
            return frozenset({"status", "reopens"})
        case _:
            return frozenset()

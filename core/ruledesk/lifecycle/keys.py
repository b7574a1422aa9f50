"""How an event looks to a ruleset: the kinds that it counts as, and the fields that it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.action import Body
from ruledesk.model.event import Event
from ruledesk.model.ticket import Call, Status, Task, Ticket

#: What a timer that is about a collaboration task has before the task's number.
_TASK: Final = "task:"
#: What rules may read of tasks that events about them change.
_TASK_FACTS: Final[Mapping[type[Body], frozenset[str]]] = {
    act.Collaborate: frozenset({"open_tasks"}),
    act.AnswerTask: frozenset({"open_tasks", "overdue_tasks"}),
    ev.TaskOverdue: frozenset({"overdue_tasks"}),
}


def event_keys(event: Event, before: Ticket | None = None) -> frozenset[str]:
    """Name the event kinds that an event counts as.

    ``noted`` is also ``noted.public`` where an agent's note is public; ``confirmed`` is also
    ``closed``, as it closes the ticket; target events are also ``<kind>.<target>``, queued messages
    ``sent.<template>``. The contact counts as ``answered`` where an agent hands in the ticket, or
    the telephone system first says so of its call.

    Args:
        event: The event.
        before: The ticket before it; without it, an answered call counts as answered just now.
    """
    body = event.body
    keys = {body.kind}
    if isinstance(body, act.Note) and body.public and event.actor.startswith("agent:"):
        keys.add("noted.public")
    elif isinstance(body, ev.TargetWarned | ev.TargetBreached):
        keys.add(f"{body.kind}.{body.name}")
    elif isinstance(body, ev.MessagesQueued):
        keys |= {f"sent.{message.about}" for message in body.messages}
    elif isinstance(body, act.Submit | ev.CallUpdated):
        keys |= {"answered"} if _answered(event, body.call, before) else set()
    elif event.status is Status.CLOSED:
        keys.add("closed")
    return frozenset(keys)


def _answered(event: Event, call: Call | None, before: Ticket | None) -> bool:
    """Whether somebody answered the contact, and nobody knew it before."""
    if isinstance(event.body, act.Submit) and event.actor.startswith("agent:"):
        # Who registers a call that rang out has not answered it.
        return call is None or call.answered_at is not None or call.ended_at is None
    known = before is not None and before.call is not None and before.call.answered_at is not None
    return call is not None and call.answered_at is not None and not known


def event_target(event: Event) -> str:
    """Name the target that an event is about; empty for other events."""
    match event.body:
        case ev.TargetWarned(name=name) | ev.TargetBreached(name=name):
            return name
        case ev.TimersCleared(names=(timer,)):
            return timer_target(timer)
        case _:
            return ""


def event_task(event: Event, ticket: Ticket) -> Task | None:
    """Return the collaboration task that an event is about; None for other events.

    Args:
        event: The event.
        ticket: The ticket after it, and before any later action.
    """
    match event.body:
        case act.Collaborate():
            number = len(ticket.tasks)
        case act.AnswerTask(task=number) | ev.TaskOverdue(task=number):
            pass
        case ev.TimersCleared(names=(timer,)):
            number = timer_task(timer)
        case _:
            return None
    return next((task for task in ticket.tasks if task.number == number), None)


def event_about(event: Event, ticket: Ticket) -> str:
    """Name what an event is about, so that each is reacted to by itself: a target, or a task."""
    task = event_task(event, ticket)
    return f"{_TASK}{task.number}" if task is not None else event_target(event)


def timer_name(reaction: str, about: str = "") -> str:
    """Name the timer of a waiting reaction; one for each target or task that it waits about."""
    return f"{reaction}@{about}" if about else reaction


def timer_reaction(timer: str) -> str:
    """Return the reaction that a timer belongs to."""
    return timer.partition("@")[0]


def timer_target(timer: str) -> str:
    """Return the target that a timer is about; empty for none."""
    about = timer_about(timer)
    return "" if about.startswith(_TASK) else about


def timer_task(timer: str) -> int:
    """Return the number of the task that a timer is about; 0 for none."""
    kind, _, number = timer_about(timer).partition(_TASK)
    return int(number) if not kind and number else 0


def timer_about(timer: str) -> str:
    """Return what a timer is about: a target, ``task:<number>``, or nothing."""
    return timer.partition("@")[2]


def event_text(event: Event) -> str:
    """Return the words of an event, for messages: note, reason, solution, question."""
    body = event.body
    for name in ("text", "reason", "solution", "duty", "opinion", "note", "comment", "article"):
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
        case act.Collaborate() | act.AnswerTask() | ev.TaskOverdue():
            return _TASK_FACTS[type(event.body)]
        case act.Decline() | act.Reopen():
            return frozenset({"status", "reopens"})
        case _:
            return frozenset()

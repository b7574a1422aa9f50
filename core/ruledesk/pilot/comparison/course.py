"""What one desk made of one ticket: at its first decision, and at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import field, frozen

from ruledesk.explain.rulebook import chosen
from ruledesk.model.decision import Decision
from ruledesk.model.event import (
    Decided,
    Event,
    FlagsChanged,
    MessagesQueued,
    TargetBreached,
    TargetsCorrected,
)
from ruledesk.model.ticket import Ticket

_DISPATCH = "dispatch"


@frozen
class Promise:
    """A target as the rules set it.

    Attributes:
        limit: The budget with the calendar that it runs on (``3wd``).
        due: The instant it is due.
    """

    limit: str
    due: datetime


@frozen
class View:
    """What is compared of a ticket at one moment; empty where there is nothing.

    Attributes:
        team: The team that the ticket is with.
        routed: The team that the rules chose; dispatch may spill it over to another one.
        flags: Sorted.
        targets: By name.
    """

    status: str = ""
    type: str = ""
    category: str = ""
    priority: str = ""
    team: str = ""
    routed: str = ""
    agent: str = ""
    flags: tuple[str, ...] = ()
    targets: Mapping[str, Promise] = field(factory=dict)


@frozen
class Course:
    """A ticket from its submission to the end of the recording, on one desk.

    Attributes:
        number: Its number there.
        line: Its business line.
        created_at: When it was handed in.
        first: As it stood once it was handed in, decided and dispatched.
        last: As it stood at the end.
        decisions: Those of the submission, in order.
        raised: By flag that a reaction raised or cleared at the submission, the reaction.
        rules: Every rule that decided or acted, to the end; the default of a stage is
            ``<stage>: default``.
        breached: How often each target was missed.
        messages: How many messages were queued, by template.
        incidents: What was wrong with evaluations: two rules where one may match, a fault.
    """

    number: str
    line: str
    created_at: datetime
    first: View
    last: View
    decisions: tuple[Decision, ...] = ()
    raised: Mapping[str, str] = field(factory=dict)
    rules: frozenset[str] = frozenset()
    breached: Mapping[str, int] = field(factory=dict)
    messages: Mapping[str, int] = field(factory=dict)
    incidents: frozenset[str] = frozenset()


def course_of(first: Ticket, last: Ticket | None, events: Sequence[Event]) -> Course:
    """Say what became of a ticket.

    Args:
        first: The ticket right after the step that handed it in.
        last: The ticket at the end; None where it was deleted.
        events: All its events, in order; none where it was deleted.
    """
    begun = [event for event in events if event.version <= first.version]
    decisions = tuple(_decisions(begun))
    return Course(
        number=first.number,
        line=first.line,
        created_at=first.created_at,
        first=_view(first, decisions),
        last=_view(last, tuple(_decisions(events))) if last is not None else View(status="deleted"),
        decisions=decisions,
        raised=_raised(begun),
        rules=frozenset(_rules(events)),
        breached=_breached(events),
        messages=_messages(events),
        incidents=frozenset(_incidents(events)),
    )


def _view(ticket: Ticket, decisions: Sequence[Decision]) -> View:
    return View(
        status=ticket.status.value,
        type=ticket.type,
        category=ticket.category,
        priority=ticket.priority,
        team=ticket.team,
        routed=_routed(decisions) or ticket.team,
        agent=ticket.agent,
        flags=tuple(sorted(ticket.flags)),
        targets={
            name: Promise(f"{one.limit} {one.calendar}".strip(), one.due)
            for name, one in ticket.targets.items()
        },
    )


def _routed(decisions: Sequence[Decision]) -> str:
    for decision in reversed(decisions):
        if decision.stage != _DISPATCH and decision.outcome.get("team"):
            return str(decision.outcome["team"])
    return ""


def _decisions(events: Iterable[Event]) -> Iterator[Decision]:
    for event in events:
        if isinstance(event.body, Decided):
            yield from event.body.decisions


def _raised(events: Iterable[Event]) -> dict[str, str]:
    return {
        flag: event.body.rule
        for event in events
        if isinstance(event.body, FlagsChanged)
        for flag in (*event.body.raised, *event.body.cleared)
    }


def _rules(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        body = event.body
        if isinstance(body, Decided):
            for decision in body.decisions:
                yield from _named(decision)
        elif isinstance(body, MessagesQueued):
            yield from (message.rule for message in body.messages)


def _named(decision: Decision) -> Iterator[str]:
    if decision.hit == "plugin":  # a dispatcher's choice is no rule's
        return
    names = tuple(chosen(decision))
    yield from names if names or not decision.outcome else (default_of(decision.stage),)


def default_of(stage: str) -> str:
    """Name the default of a stage; no rule can be called so."""
    return f"{stage}: default"


def _incidents(events: Iterable[Event]) -> Iterator[str]:
    for decision in _decisions(events):
        if decision.incident:
            unnamed = [rule for rule in decision.matched if rule not in decision.incident]
            rules = f" ({', '.join(unnamed)})" if len(unnamed) > 1 else ""
            yield f"{decision.stage}: {decision.incident}{rules}"


def _breached(events: Iterable[Event]) -> dict[str, int]:
    count: Counter[str] = Counter()
    for event in events:
        if isinstance(event.body, TargetBreached):
            count[event.body.name] += 1
        elif isinstance(event.body, TargetsCorrected):
            count.subtract(event.body.unbroken)
    return dict(+count)


def _messages(events: Iterable[Event]) -> dict[str, int]:
    return dict(
        Counter(
            message.about
            for event in events
            if isinstance(event.body, MessagesQueued)
            for message in event.body.messages
        )
    )

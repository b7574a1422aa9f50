"""Facts: what conditions may read of a ticket, by name, with its type and how it is read.

Only the fields that a program reads are projected. What is ambient (the reader's view of channel
hours, of counts, of plugins' facts, of the event at hand) comes in as `Surroundings`, so that a
decision's facts are complete: the recorded facts alone give the same answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from ruledesk.model.ticket import OPEN_STATUSES, Status, Ticket
from ruledesk.model.values import Value
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import Expression, FieldType
from ruledesk.rules.expression.walk import reads

TEXT: Final = FieldType("text")
INTEGER: Final = FieldType("integer")
BOOLEAN: Final = FieldType("boolean")
DATETIME: Final = FieldType("datetime")

#: Fields of a submission's form that the contract names, with their types.
FORM_FIELDS: Final[Mapping[str, FieldType]] = {
    "type": FieldType("enum"),
    "category": FieldType("tree"),
    "subject": TEXT,
    "description": TEXT,
    "phenomenon": TEXT,
    "impact_text": TEXT,
    "expected": TEXT,
    "occurred_at": DATETIME,
    "module": TEXT,
    "product": TEXT,
    "order": TEXT,
    "urgency": FieldType("enum"),
    "impact": FieldType("enum"),
    "affected_users": INTEGER,
    "loss": FieldType("money"),
    "expected_by": DATETIME,
    "priority": FieldType("enum"),
}
REQUESTER_FIELDS: Final = ("id", "name", "phone", "email", "level", "kind", "company", "region")

#: What else conditions may read.
_DERIVED: Final[Mapping[str, FieldType]] = {
    "number": TEXT,
    "line": TEXT,
    "channel": TEXT,
    "status": FieldType("enum", tuple(Status)),
    "flags": FieldType("set"),
    "team": TEXT,
    "agent": TEXT,
    "solution": TEXT,
    "steps": TEXT,
    "cautions": TEXT,
    "article": TEXT,
    "rating": INTEGER,
    "reopens": INTEGER,
    "created_at": DATETIME,
    "closed_at": DATETIME,
    "open": BOOLEAN,
    "open_tasks": INTEGER,
    "overdue_tasks": INTEGER,
    "missing_fields": INTEGER,
    "lacks": FieldType("set"),
    "reviews": INTEGER,
    "has_plan": BOOLEAN,
    "plan.approval": FieldType("enum", ("pending", "approved", "rejected")),
    "plan.eta": DATETIME,
    "call.answered": BOOLEAN,
    "call.waiting_seconds": INTEGER,
    "channel_open": BOOLEAN,
    "event.by": FieldType("enum", ("requester", "agent", "system")),
    "event.target": TEXT,
}

STANDARD: Final[Mapping[str, FieldType]] = {
    **FORM_FIELDS,
    **{f"requester.{name}": TEXT for name in REQUESTER_FIELDS},
    **_DERIVED,
}

Getter: TypeAlias = Callable[[Ticket, "Surroundings"], Value]


@frozen
class Surroundings:
    """What a condition may read that is not in the ticket; all of it is recorded when read.

    Attributes:
        channel_open: Whether the ticket's channel is within its service hours.
        event_by: Who did what is being reacted to.
        event_target: The target that it is about.
        counts: Looks up the tickets that a correlation counts, this one included; asked only
            when a condition reads the count.
        extra: Facts of plugins.
        changed: Names of the fields that the last action changed.
    """

    channel_open: bool = True
    event_by: str = "system"
    event_target: str = ""
    counts: Callable[[str], tuple[str, ...]] = lambda _: ()
    extra: Mapping[str, Value] = field(factory=dict)
    changed: frozenset[str] = frozenset()


def _attribute(name: str) -> Getter:
    def get(ticket: Ticket, _: Surroundings) -> Value:
        value: Value = getattr(ticket, name)
        return None if value == "" else value

    return get


def _requester(name: str) -> Getter:
    def get(ticket: Ticket, _: Surroundings) -> Value:
        return getattr(ticket.requester, name) or None

    return get


def _custom(name: str) -> Getter:
    return lambda ticket, _: ticket.custom.get(name)


def _score(name: str) -> Getter:
    return lambda ticket, _: ticket.scores.get(name)


def _target_state(name: str) -> Getter:
    def get(ticket: Ticket, _: Surroundings) -> Value:
        target = ticket.targets.get(name)
        return None if target is None else target.state

    return get


def _count(name: str) -> Getter:
    return lambda _, around: len(around.counts(name))


def _extra(name: str) -> Getter:
    return lambda _, around: around.extra.get(name)


_SPECIAL: Final[Mapping[str, Getter]] = {
    "status": lambda ticket, _: ticket.status.value,
    "flags": lambda ticket, _: tuple(sorted(ticket.flags)),
    "open": lambda ticket, _: ticket.status in OPEN_STATUSES,
    "open_tasks": lambda ticket, _: sum(1 for task in ticket.tasks if task.open),
    "overdue_tasks": lambda ticket, _: sum(
        1 for task in ticket.tasks if task.open and task.overdue_at is not None
    ),
    "missing_fields": lambda ticket, _: len(ticket.missing),
    "reviews": lambda ticket, _: len(ticket.reviews),
    "has_plan": lambda ticket, _: ticket.plan is not None,
    "plan.approval": lambda ticket, _: (ticket.plan.approval or None) if ticket.plan else None,
    "plan.eta": lambda ticket, _: ticket.plan.eta if ticket.plan else None,
    "call.answered": lambda ticket, _: (
        None if ticket.call is None else ticket.call.answered_at is not None
    ),
    "call.waiting_seconds": lambda ticket, _: (
        None if ticket.call is None else ticket.call.waiting_seconds
    ),
    CHANGED: lambda _, around: tuple(sorted(around.changed)) or None,
    "channel_open": lambda _, around: around.channel_open,
    "event.by": lambda _, around: around.event_by,
    "event.target": lambda _, around: around.event_target or None,
}

_PREFIXES: Final[Mapping[str, Callable[[str], Getter]]] = {
    "requester": _requester,
    "custom": _custom,
    "counts": _count,
    "scores": _score,
    "extra": _extra,
}


@cache
def getter(name: str) -> Getter:
    """Return how a declared field is read from a ticket and its surroundings."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    prefix, _, rest = name.partition(".")
    if prefix == "targets":
        return _target_state(rest.removesuffix(".state"))
    if rest:
        return _PREFIXES[prefix](rest)
    return _attribute(name)


class Projection:
    """Reads the facts of one program from a ticket."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._getters = tuple((name, getter(name)) for name in self.names)

    def __call__(self, ticket: Ticket, around: Surroundings) -> dict[str, Any]:
        """Project; missing values are left out.

        Args:
            ticket: The ticket.
            around: What is not in the ticket.

        Returns:
            Values by name.
        """
        facts: dict[str, Any] = {}
        for name, get in self._getters:
            value = get(ticket, around)
            if value is not None:
                facts[name] = value
        return facts


def holds_of(when: Expression, ticket: Ticket, around: Surroundings) -> bool:
    """Say whether a condition that is no rule's holds of a ticket.

    Args:
        when: A checked condition.
        ticket: The ticket.
        around: What is not in the ticket.
    """
    return holds(when, Projection(reads([when]))(ticket, around))

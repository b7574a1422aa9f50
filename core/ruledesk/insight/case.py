"""One ticket as statistics see it: what happened to it and when, without its texts.

A case comes from a ticket's events (`ruledesk.insight.history`) or from a row of somebody else's
records (`ruledesk.reports`); the figures do not ask which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.model.ticket import Status

#: ``open`` still runs and may be missed yet; ``cancelled`` is no longer owed.
PromiseState: TypeAlias = Literal["met", "breached", "open", "cancelled"]

#: Tickets that ended without work on a solution say nothing about how long work takes.
WITHDRAWN: Final = frozenset({Status.CANCELLED, Status.MERGED})
DONE: Final = frozenset({Status.CLOSED, Status.ARCHIVED})


@frozen
class Promise:
    """What became of a target on a ticket.

    Attributes:
        state: `breached` where it was ever missed, also if it was met later.
        due: When an open one is due; None while its clock waits.
        flags: Whether missing it makes the ticket overdue, as the policy says.
    """

    state: PromiseState
    due: datetime | None = None
    flags: bool = True


@frozen
class HandOver:
    """A ticket that went from one team to another (E1: time lost between departments).

    Attributes:
        at: When it was given to the next team.
        taken_at: When that team took it up, passed it on or ended it; None while it waits.
    """

    from_team: str
    to_team: str
    at: datetime
    taken_at: datetime | None


@frozen
class TeamTask:
    """A collaboration task: when another team was asked, and when it answered."""

    team: str
    at: datetime
    answered_at: datetime | None


@frozen
class Misroute:
    """A ticket that people gave to another team than the rules had chosen (E9).

    Attributes:
        rule: The routing rule; empty where the stage's default applied.
        from_team: The team that the rules chose.
        to_team: The team that got it.
        at: When it was handed over.
    """

    rule: str
    from_team: str
    to_team: str
    at: datetime


@frozen
class Case:
    """One ticket of a report.

    Attributes:
        requester: Who reported, by whatever identifies them; empty where nothing does.
        problem: What it is about, as finely as the ticket says: fault, category or type.
        responded_at: The first response of a person.
        resolved_at: The solution that stands; None where there is none (any more).
        promises: Targets by name.
        pooled: The team in whose pool it waited because nobody was free; empty for nobody's pool,
            None where somebody was found at once.
        verdict: What the last quality review came to (``good``, ``improve``); empty for none.
    """

    number: str
    created_at: datetime
    line: str = ""
    channel: str = ""
    type: str = ""
    category: str = ""
    problem: str = ""
    product: str = ""
    subject: str = ""
    priority: str = ""
    urgency: str = ""
    status: Status = Status.NEW
    team: str = ""
    agent: str = ""
    requester: str = ""
    requester_name: str = ""
    flags: frozenset[str] = frozenset()
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    promises: Mapping[str, Promise] = field(factory=dict)
    hand_overs: tuple[HandOver, ...] = ()
    tasks: tuple[TeamTask, ...] = ()
    reopens: int = 0
    rating: int | None = None
    scores: Mapping[str, int] = field(factory=dict)
    pooled: str | None = None
    misroute: Misroute | None = None
    verdict: str = ""

    @property
    def solved_at(self) -> datetime | None:
        """When work on it ended: resolved, else closed; None for withdrawn and open ones."""
        if self.status in WITHDRAWN:
            return None
        return self.resolved_at or self.closed_at

    @property
    def promised(self) -> bool:
        """Whether anything was promised whose breach makes a ticket overdue."""
        return any(p.flags and p.state != "cancelled" for p in self.promises.values())

    def overdue(self, as_of: datetime) -> bool:
        """Say whether such a promise was missed by then."""
        return any(p.flags and is_breached(p, as_of) for p in self.promises.values())


def is_breached(promise: Promise, as_of: datetime) -> bool:
    """Say whether a promise was missed; an open one is when it was due before `as_of`."""
    if promise.state == "open":
        return promise.due is not None and promise.due < as_of
    return promise.state == "breached"

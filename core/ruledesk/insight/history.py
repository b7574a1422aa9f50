"""From a ticket and its events to a case of the statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, TypeAlias

from ruledesk.insight.case import Case, HandOver, Misroute, Promise, PromiseState, TeamTask
from ruledesk.insight.routing import Routing
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import OVER_STATUSES, Target, Ticket

TeamsOf: TypeAlias = Callable[[str], tuple[str, ...]]

#: What shows that a team works on a ticket it was given.
TAKING: Final = (act.Acknowledge, act.Accept, act.Contact, act.MakePlan, act.Resolve)
_RESPONDING: Final = (act.Acknowledge, act.Accept, act.Contact, act.Resolve)


def no_teams(_agent: str) -> tuple[str, ...]:
    """Know nobody's teams: where only the events are at hand."""
    return ()


def case_of(ticket: Ticket, events: Iterable[Event], teams_of: TeamsOf = no_teams) -> Case:
    """Read a ticket's history.

    Args:
        ticket: As its events have made it.
        events: All of its events, in order.
        teams_of: The teams of an agent, by staff number.

    Returns:
        The case (E1, D12).
    """
    reading = _Reading(teams_of)
    for event in events:
        reading.add(event)
    reading.end(ticket)
    requester = ticket.requester
    return Case(
        number=ticket.number,
        created_at=ticket.created_at,
        line=ticket.line,
        channel=ticket.channel,
        type=ticket.type,
        category=ticket.category,
        problem=problem_of(
            str(ticket.custom.get("fault") or ""), ticket.product, ticket.category, ticket.type
        ),
        product=ticket.product,
        subject=ticket.subject or ticket.description[:80],
        priority=ticket.priority,
        urgency=ticket.urgency,
        status=ticket.status,
        team=ticket.team,
        agent=ticket.agent,
        requester=requester.id or requester.phone or requester.email or requester.name,
        requester_name=requester.name,
        flags=ticket.flags,
        responded_at=reading.responded_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        promises={
            name: _promise(target, reading.late.get(name))
            for name, target in ticket.targets.items()
        },
        hand_overs=tuple(reading.hand_overs),
        tasks=tuple(TeamTask(t.team, t.opened_at, t.answered_at) for t in ticket.tasks),
        reopens=ticket.reopens,
        rating=ticket.rating,
        scores=ticket.scores,
        pooled=reading.pooled,
        misroute=reading.misroute,
        verdict=ticket.reviews[-1].verdict if ticket.reviews else "",
    )


def problem_of(fault: str, product: str, category: str, type_: str) -> str:
    """Say what a ticket is about, as finely as it is known: a product's fault before a category."""
    if fault:
        return f"{product}: {fault}" if product else fault
    return category or type_


def _promise(target: Target, late: bool | None) -> Promise:
    """Sum a target up; `late` says whether its breach raised the flag, None where none happened."""
    if late is not None or target.breached_at is not None:
        return Promise("breached", flags=late is not False)
    states: dict[str, PromiseState] = {"met": "met", "cancelled": "cancelled"}
    state = states.get(target.state, "open")
    return Promise(state, target.due if target.state == "running" else None)


class _Reading:
    """What is found in one pass over the events of a ticket."""

    def __init__(self, teams_of: TeamsOf) -> None:
        self.responded_at: datetime | None = None
        self.late: dict[str, bool] = {}
        self.pooled: str | None = None
        self.hand_overs: list[HandOver] = []
        self.misroute: Misroute | None = None
        self._routing = Routing(teams_of)
        self._team = ""
        self._waiting: tuple[str, str, datetime] | None = None
        self._taken_at: datetime | None = None

    def add(self, event: Event) -> None:
        body = event.body
        self.misroute = self.misroute or self._routing.add(event)
        if isinstance(body, ev.TargetBreached):
            self.late[body.name] = body.flag or self.late.get(body.name, False)
        elif isinstance(body, ev.TargetsCorrected):
            for name in body.unbroken:
                self.late.pop(name, None)
        elif isinstance(body, ev.Pooled):
            self.pooled = body.team
        elif isinstance(body, ev.Assigned):
            self._assigned(body.team, event.at)
        elif event.actor.startswith("agent:"):
            self._worked(event)

    def _worked(self, event: Event) -> None:
        body = event.body
        public = isinstance(body, act.Note) and body.public
        if self.responded_at is None and (public or isinstance(body, _RESPONDING)):
            self.responded_at = event.at
        if isinstance(body, TAKING):
            self._taken_at = event.at
            self._close(event.at)

    def _assigned(self, team: str, at: datetime) -> None:
        if self._team and team and team != self._team:
            # Passed on before anybody took it up: the time was lost all the same.
            self._close(at)
            self._waiting = (self._team, team, at)
            if self._taken_at == at:  # accepting it is what brought it over
                self._close(at)
        self._team = team or self._team

    def _close(self, at: datetime | None) -> None:
        if self._waiting is not None:
            self.hand_overs.append(HandOver(*self._waiting, at))
            self._waiting = None

    def end(self, ticket: Ticket) -> None:
        over = ticket.status in OVER_STATUSES
        self._close(ticket.closed_at or (ticket.updated_at if over else None))

"""Who took part in a ticket, and as what (requirement A13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import define, field

from ruledesk.documents.paper import Paper
from ruledesk.model import action as act
from ruledesk.model.event import Assigned

#: What somebody who did this was to the ticket, in the order of the list.
_ROLES: Final[Mapping[type, str]] = {
    act.Submit: "registrar",
    act.Assign: "dispatcher",
    act.Resolve: "solver",
    act.AnswerTask: "collaborator",
    act.ApprovePlan: "approver",
    act.RejectPlan: "approver",
    act.Supervise: "supervisor",
    act.MakeReview: "reviewer",
}


@define
class _Part:
    first: datetime | None = None
    last: datetime | None = None
    roles: dict[str, None] = field(factory=dict)

    def did(self, at: datetime) -> None:
        self.first = self.first or at
        self.last = at


def people_rows(paper: Paper) -> Iterator[tuple[str, ...]]:
    """Yield everybody who did anything, or who the ticket was given to: person, part, times.

    The requester is no agent of the desk and is named elsewhere.
    """
    parts: dict[str, _Part] = {}
    for event in paper.events:
        body = event.body
        if isinstance(body, Assigned) and body.agent:
            role = "handler" if body.agent == paper.ticket.agent else "former"
            parts.setdefault(body.agent, _Part()).roles[role] = None
        kind, _, agent = event.actor.partition(":")
        if kind == "agent":
            part = parts.setdefault(agent, _Part())
            part.did(event.at)
            if type(body) in _ROLES:
                part.roles[_ROLES[type(body)]] = None
    _name_owners(paper, parts)
    for agent, part in parts.items():
        roles = part.roles or {"other": None}
        named = [paper.say(f"role.{role}") for role in roles]
        yield paper.agent(agent), paper.listed(named), paper.time(part.first), paper.time(part.last)


def _name_owners(paper: Paper, parts: dict[str, _Part]) -> None:
    for task in paper.ticket.tasks:
        if task.owner:
            parts.setdefault(task.owner, _Part()).roles["collaborator"] = None


def receiver(paper: Paper) -> str:
    """Name who took the ticket in: the agent who registered it, else how it came (C4)."""
    first = paper.events[0]
    if first.actor.startswith("agent:"):
        return paper.person(first.actor)
    call = paper.ticket.call
    if call is not None and call.agent:
        return paper.agent(call.agent)
    how = "by_requester" if first.actor == "requester" else "by_system"
    taken = next(
        (e for e in paper.events if isinstance(e.body, act.Acknowledge | act.Accept)), None
    )
    taker = f" → {paper.person(taken.actor)}" if taken is not None else ""
    return f"{paper.say(how)}{taker}"

"""What single actions bring about directly, before rules and reactions are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from ruledesk.lifecycle.estimate import latest_eta
from ruledesk.lifecycle.situation import Situation, agent_id, task_owner
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.action import ActionBody, Body
from ruledesk.model.ticket import Status, Ticket
from ruledesk.rules.facts import Surroundings, holds_of
from ruledesk.rules.form import CONTACT, CONTACTS
from ruledesk.rules.recipients import recipients


@frozen
class Happening:
    """A body to record, and the status that it leads to (None: as before)."""

    body: Body
    status: Status | None = None


def _assigned(ticket: Ticket, body: act.Assign, at: Situation) -> tuple[Happening, ...]:
    """By hand: the team, the agent, or both; an agent alone keeps the team or brings their own."""
    if not body.agent:
        return ()  # the team's dispatch finds the person: see unfold
    teams = at.directory.teams_of(body.agent)
    kept = ticket.team if ticket.team in teams or not teams else teams[0]
    return _given(ticket, ev.Assigned(body.team or kept, body.agent, reason=body.note))


def _accepted(ticket: Ticket, _: act.Accept, at: Situation) -> tuple[Happening, ...]:
    """Accepting somebody else's ticket, or one of the pool, is an assignment to oneself."""
    agent = agent_id(at.actor)
    if ticket.agent == agent and ticket.team:
        return ()
    teams = at.directory.teams_of(agent)
    team = ticket.team or (teams[0] if teams else "")
    return _given(ticket, ev.Assigned(team, agent, reason="accepted"))


def _given(ticket: Ticket, assigned: ev.Assigned) -> tuple[Happening, ...]:
    """The ticket has a team from now on, if only because somebody took it."""
    if assigned.team and "unrouted" in ticket.flags:
        return (Happening(assigned), Happening(ev.FlagsChanged(cleared=("unrouted",))))
    return (Happening(assigned),)


def _plan_submitted(ticket: Ticket, _: act.MakePlan, at: Situation) -> tuple[Happening, ...]:
    asked = at.policy.ruleset.policy.plan_approval
    if asked is None:
        return ()
    awaits = holds_of(asked, ticket, Surroundings())
    return (Happening(ev.PlanSubmitted()),) if awaits else ()


def handed_over(ticket: Ticket, body: act.Escalate, at: Situation) -> tuple[Happening, ...]:
    """Give an escalated ticket to the first person that it was escalated to, where it says so.

    The dispatch of a team follows from the event itself: see unfold.

    Args:
        ticket: The ticket.
        body: The escalation, by a person or a reaction.
        at: The situation.

    Returns:
        The assignment; nothing where nobody holds the role.
    """
    if not body.hand_over or body.to.startswith("team:"):
        return ()
    people = [one.to for one in recipients([body.to], ticket, at.directory) if one.person]
    if not people:
        return ()
    agent = agent_id(people[0])
    teams = at.directory.teams_of(agent)
    keeps = not body.to.startswith("agent:") or ticket.team in teams or not teams
    team = ticket.team if keeps else teams[0]
    return _given(ticket, ev.Assigned(team, agent, body.rule, body.reason))


def _with_owner(_: Ticket, body: act.Collaborate, at: Situation) -> act.Collaborate:
    return evolve(body, owner=task_owner(body, at.directory))


def _with_contact(ticket: Ticket, body: act.ProvideInfo, at: Situation) -> act.ProvideInfo:
    """Leave on record that one of the ruleset's ways to reach the requester was given (A4)."""
    contact = at.policy.ruleset.form.get(CONTACT)
    ways = contact.any_of if contact is not None else ()
    if CONTACT not in ticket.missing or not body.fields.keys() & set(ways or CONTACTS):
        return body
    return evolve(body, fills=(CONTACT,))


def _with_override(ticket: Ticket, body: act.MakePlan, at: Situation) -> act.MakePlan:
    """Leave on record that the plan goes beyond the limit; it is a supervisor's, as was checked."""
    latest = None if body.eta is None else latest_eta(ticket, at)
    beyond = latest is not None and body.eta is not None and body.eta > latest
    return evolve(body, overrides=latest if beyond else None)


_Completed = Callable[[Ticket, Any, Situation], ActionBody]
#: What the desk itself adds to an action before it is recorded.
COMPLETED: Final[Mapping[type[ActionBody], _Completed]] = {
    act.Collaborate: _with_owner,
    act.ProvideInfo: _with_contact,
    act.MakePlan: _with_override,
}
_Consequence = Callable[[Ticket, Any, Situation], tuple[Happening, ...]]
CONSEQUENCES: Final[Mapping[type[ActionBody], _Consequence]] = {
    act.Assign: _assigned,
    act.Accept: _accepted,
    act.MakePlan: _plan_submitted,
    act.Escalate: handed_over,
}

"""The situation in which an action is decided: everything ambient, given as arguments.

Nothing in the pure middle reads a clock, a store or a plugin by itself. What it is told here it
records in the events, so that the same recording gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ruledesk.model.action import Collaborate
from ruledesk.model.event import PluginFaulted
from ruledesk.model.people import Candidate, Directory, Line, Workload
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.compiled import CompiledRuleset


@frozen
class Situation:
    """What surrounds an action.

    Attributes:
        now: The desk's clock, in UTC.
        actor: ``requester``, ``agent:<id>`` or ``system``.
        capacities: What the actor may act as; see `ruledesk.lifecycle.table.Row.by`.
        line: The ticket's business line.
        policy: The line's ruleset, compiled.
        directory: Everybody on the desk.
        timezone: The desk's time zone, for numbers and messages.
        locale: The language of messages whose reader has not chosen one.
        desk: The desk's name, for messages.
        workloads: What agents carry now.
        correlated: The store's correlation index.
        choose: Calls a dispatcher by name.
        plugin_facts: Facts of plugins about a ticket.
        faults: Plugins that failed on the way; recorded with the ticket.
        other: Looks up another ticket, None where there is none.
    """

    now: datetime
    actor: str
    capacities: frozenset[str]
    line: Line
    policy: CompiledRuleset
    directory: Directory
    timezone: ZoneInfo
    locale: str
    desk: str
    workloads: Callable[[Sequence[str]], Mapping[str, Workload]]
    correlated: Callable[[str, datetime], Sequence[str]]
    choose: Callable[[str, Ticket, Sequence[Candidate]], str]
    plugin_facts: Callable[[Ticket], Mapping[str, Value]]
    faults: list[PluginFaulted] = field(factory=list)
    other: Callable[[str], Ticket | None] = lambda _: None


def agent_id(actor: str) -> str:
    """Return the staff number of an agent; empty for anybody else."""
    return actor.removeprefix("agent:") if actor.startswith("agent:") else ""


def task_owner(body: Collaborate, directory: Directory) -> str:
    """Return who answers for a collaboration task (B10).

    The agent named, else the team's head, else the first of a team without one; empty where the
    team has nobody.
    """
    team = directory.teams.get(body.team)
    if body.agent or team is None:
        return body.agent
    return team.head or next(iter(team.agents), "")


def actor_kind(actor: str) -> str:
    """Return ``requester``, ``agent`` or ``system``."""
    return "agent" if actor.startswith("agent:") else actor


def capacities(
    actor: str, ticket: Ticket | None, directory: Directory, edit: str
) -> frozenset[str]:
    """Say what an actor may act as, toward a ticket.

    Args:
        actor: Who acts.
        ticket: On what; None before it exists.
        directory: Everybody on the desk.
        edit: The ruleset's ``edit``: ``own``, ``team`` or ``any`` (E6).

    Returns:
        Capacities; empty for an agent that the desk does not know.
    """
    if not actor.startswith("agent:"):
        return frozenset({actor})
    agent = directory.agents.get(agent_id(actor))
    if agent is None:
        return frozenset()
    found = {"agent", *agent.roles}
    if ticket is None:
        return frozenset(found)
    team = directory.teams.get(ticket.team)
    if team is not None and team.head == agent.id:
        found.add("supervisor")
    if agent.id != ticket.agent:
        found.add("colleague")
    if _edits(agent.id, ticket, directory, edit):
        found.add("editor")
    mine = directory.teams_of(agent.id)
    if any(task.open and task.team in mine for task in ticket.tasks):
        found.add("task-team")
    if edit != "own" or agent.roles or found & {"editor", "task-team"}:
        found.add("writer")
    return frozenset(found)


def _edits(agent: str, ticket: Ticket, directory: Directory, edit: str) -> bool:
    """Whether the ruleset lets an agent work on a ticket; a ticket in the pool is its team's."""
    if edit == "any" or ticket.agent == agent:
        return True
    if not ticket.team:
        return True
    mine = ticket.team in directory.teams_of(agent)
    return mine and (edit == "team" or not ticket.agent)

"""Dispatch: from a route to a person, the team's pool, or nobody's pool (D7, C7, E3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from attrs import frozen

from ruledesk.model.people import Agent, Candidate, Directory, Workload
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.ruleset import DispatchPolicy

Choose: TypeAlias = Callable[[str, Ticket, Sequence[Candidate]], str]
Workloads: TypeAlias = Callable[[Sequence[str]], Mapping[str, Workload]]


@frozen
class Placement:
    """Where a ticket goes.

    Attributes:
        team: The team; empty where no team is known.
        agent: The person; empty for the pool.
        strategy: The dispatcher that chose.
        reason: Why, in the words of the record.
        facts: What each person asked about carries: ``open/capacity``, ``away``, ``lacks …``.
    """

    team: str
    agent: str
    strategy: str
    reason: str
    facts: Mapping[str, Value]


@frozen
class Request:
    """What a route asks for."""

    team: str
    agent: str = ""
    skills: tuple[str, ...] = ()
    strategy: str = ""
    spill: bool | None = None

    @classmethod
    def of(cls, outcome: Mapping[str, Value]) -> Request:
        """Read the outcome of the stage ``route``."""
        spill = outcome.get("spill")
        return cls(
            team=str(outcome.get("team") or ""),
            agent=str(outcome.get("agent") or ""),
            skills=cast("tuple[str, ...]", outcome.get("skills") or ()),
            strategy=str(outcome.get("strategy") or ""),
            spill=None if spill is None else bool(spill),
        )


def place(
    ticket: Ticket,
    request: Request,
    policy: DispatchPolicy,
    directory: Directory,
    workloads: Workloads,
    choose: Choose,
) -> Placement:
    """Find the person for a ticket: in the team, else (where the policy spills) elsewhere.

    Args:
        ticket: The ticket.
        request: What the route asks for; its team exists.
        policy: The ruleset's dispatch policy.
        directory: Everybody on the desk.
        workloads: What people carry now.
        choose: Calls the dispatcher of that name.

    Returns:
        The placement; without an agent where nobody is free, or the policy gives to teams only.
    """
    strategy = request.strategy or policy.strategy
    team = directory.teams[request.team]
    if not policy.automatic and not request.agent:
        return Placement(team.name, "", "", "the team accepts by itself", {})
    facts: dict[str, Value] = {}
    wanted = (request.agent,) if request.agent else team.agents
    free = _free(wanted, request, directory, workloads, facts)
    where = team.name
    spill = policy.spill if request.spill is None else request.spill
    if not free and spill:
        others = [a for a in _everybody(directory) if a not in wanted]
        free = _free(others, request, directory, workloads, facts)
        where = "elsewhere"
    if not free:
        return Placement(team.name, "", strategy, "nobody is free", facts)
    chosen = free[0].agent.id if len(free) == 1 else choose(strategy, ticket, free)
    return Placement(team.name, chosen, strategy, f"{strategy} in {where}", facts)


def _everybody(directory: Directory) -> list[str]:
    """Everyone who works in some team, in the order of the configuration."""
    return list(dict.fromkeys(a for team in directory.teams.values() for a in team.agents))


def _free(
    agents: Iterable[str],
    request: Request,
    directory: Directory,
    workloads: Workloads,
    facts: dict[str, Value],
) -> list[Candidate]:
    known = [directory.agents[a] for a in agents if a in directory.agents]
    loads = workloads([agent.id for agent in known])
    free = []
    for agent in known:
        load = loads.get(agent.id, Workload())
        obstacle = _obstacle(agent, load, request)
        facts[f"agent.{agent.id}"] = obstacle or f"{load.open}/{agent.capacity}"
        if not obstacle:
            free.append(Candidate(agent, load))
    return free


def _obstacle(agent: Agent, load: Workload, request: Request) -> str:
    if agent.away:
        return "away"
    lacking = [skill for skill in request.skills if skill not in agent.skills]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    return f"full {load.open}/{agent.capacity}" if load.open >= agent.capacity else ""

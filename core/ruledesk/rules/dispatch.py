"""Dispatch: from a route to a person, the team's pool, or nobody's pool (D7, C7, E3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Formatter
from typing import Final, TypeAlias, cast

from attrs import evolve, frozen

from ruledesk.model.people import Agent, Candidate, Directory, Workload
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.facts import Surroundings, getter
from ruledesk.rules.ruleset import DispatchPolicy

Choose: TypeAlias = Callable[[str, Ticket, Sequence[Candidate]], str]
Workloads: TypeAlias = Callable[[Sequence[str]], Mapping[str, Workload]]

_NOWHERE: Final = Surroundings()


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
    """What a route asks for: all `skills`; of those who have them, who has a `prefer` one first."""

    team: str
    agent: str = ""
    skills: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    strategy: str = ""
    spill: bool | None = None
    automatic: bool | None = None
    fallback: str = ""

    @classmethod
    def of(cls, outcome: Mapping[str, Value]) -> Request:
        """Read the outcome of the stage ``route``."""
        spill, automatic = outcome.get("spill"), outcome.get("automatic")
        return cls(
            team=str(outcome.get("team") or ""),
            agent=str(outcome.get("agent") or ""),
            skills=cast("tuple[str, ...]", outcome.get("skills") or ()),
            prefer=cast("tuple[str, ...]", outcome.get("prefer") or ()),
            strategy=str(outcome.get("strategy") or ""),
            spill=None if spill is None else bool(spill),
            automatic=None if automatic is None else bool(automatic),
            fallback=str(outcome.get("fallback") or ""),
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
        The placement; without an agent where the policy gives to teams only, or where nobody is
        free and it does not fall back on the team's head.
    """
    strategy = request.strategy or policy.strategy
    team = directory.teams[request.team]
    automatic = policy.automatic if request.automatic is None else request.automatic
    if not automatic and not request.agent:
        return Placement(team.name, "", "", "the team accepts by itself", {})
    request = evolve(request, skills=skills_for(ticket, request.skills))
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
        fallback = request.fallback or policy.fallback
        if fallback == "head" and team.head in directory.agents:
            reason = "nobody is free; the head answers for it"
            return Placement(team.name, team.head, strategy, reason, facts)
        return Placement(team.name, "", strategy, "nobody is free", facts)
    free, knows = preferred(free, skills_for(ticket, request.prefer))
    chosen = free[0].agent.id if len(free) == 1 else choose(strategy, ticket, free)
    reason = f"{strategy} in {where}" + (f", who know {', '.join(knows)}" if knows else "")
    return Placement(team.name, chosen, strategy, reason, facts)


def preferred(
    free: Sequence[Candidate], skills: Iterable[str]
) -> tuple[list[Candidate], list[str]]:
    """Keep those who know what the ticket is about best, where anybody does (C7, E3).

    Args:
        free: Who may get the ticket.
        skills: What is preferred, the most important first.

    Returns:
        Of the free, those who have the first skill that any of them has, of those the ones who
        have the next, and so on; and the skills that decided.
    """
    left, knows = list(free), list[str]()
    for skill in skills:
        able = [one for one in left if skill in one.agent.skills]
        if able:
            left, knows = able, [*knows, skill]
    return left, knows


def skills_for(ticket: Ticket, skills: Iterable[str]) -> tuple[str, ...]:
    """Put the ticket's values in place of the names in braces (C7).

    Args:
        ticket: The ticket.
        skills: As the route has them: ``refrigerator``, ``{product}``, ``{custom.model}``.

    Returns:
        The skills asked for; without those whose value the ticket does not have.
    """
    found: dict[str, None] = {}
    for skill in skills:
        found.update(dict.fromkeys(_filled(ticket, skill)))
    return tuple(found)


def _filled(ticket: Ticket, skill: str) -> Iterable[str]:
    texts = [""]
    for literal, name, _, _ in Formatter().parse(skill):
        values: tuple[Value, ...] = ("",)
        if name is not None:
            value = getter(name)(ticket, _NOWHERE)
            values = value if isinstance(value, tuple) else () if value is None else (value,)
        texts = [f"{text}{literal}{value}" for text in texts for value in values]
    return texts


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

"""What a ruleset names and a desk lacks: teams, people, roles, skills, ways to send."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import frozen

from ruledesk.calendar.china import coverage_problem
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.findings import Finding, Level
from ruledesk.errors import Problem, suggestion
from ruledesk.hooks.registry import Registry
from ruledesk.model.message import VIAS
from ruledesk.model.values import Value
from ruledesk.rules.ruleset import Reaction, Ruleset

_ROUTE: Final = "route"


@frozen
class Named:
    """Something of the desk that a ruleset names.

    Attributes:
        kind: ``team``, ``agent``, ``role``, ``skill``, ``strategy`` or ``via``.
        name: Its name.
        by: The rule or key that names it.
    """

    kind: str
    name: str
    by: str


def check_ruleset(
    line: str, ruleset: Ruleset, config: DeskConfig, registry: Registry, today: date
) -> Iterator[Finding]:
    """Compare a line's ruleset with the desk.

    Args:
        line: The line.
        ruleset: Its ruleset.
        config: The desk.
        registry: What its plugins provide.
        today: The date at the desk.

    Yields:
        Warnings for people and ways that are not there (the tickets stay in the pool, the
        supervisor is told), an error for a dispatcher that is not installed, and a warning where
        the public holidays of a calendar run out.
    """
    available = _available(config, registry)
    told: dict[tuple[str, str], list[str]] = {}
    for one in named(ruleset):
        if one.name not in available[one.kind]:
            told.setdefault((one.kind, one.name), []).append(one.by)
    for (kind, name), by in told.items():
        where = f"lines.{line}: {ruleset.id}: {kind} ({_first(by)})"
        yield _missing(kind, name, where, available[kind])
    for name, calendar in ruleset.calendars.items():
        where = f"lines.{line}: {ruleset.id}: calendars.{name}"
        problem = coverage_problem(calendar, today, where)
        if problem is not None and _used(name, ruleset):
            yield Finding("warning", problem)


def named(ruleset: Ruleset) -> Iterator[Named]:
    """List what a ruleset names of a desk, in its order; the same thing as often as it is named."""
    yield from _of_routes(ruleset)
    yield Named("strategy", ruleset.dispatch.strategy, "dispatch.strategy")
    for reaction in ruleset.reactions:
        yield from _of_reaction(reaction)
    for policy in ruleset.actions.values():
        for team in policy.teams:
            yield Named("team", team, f"actions.{policy.name}")
        for role in policy.roles:
            yield Named("role", role, f"actions.{policy.name}")


def _of_routes(ruleset: Ruleset) -> Iterator[Named]:
    for stage in ruleset.stages:
        if stage.name != _ROUTE:
            continue
        for rule in stage.rules:
            yield from _of_outcome(rule.set, rule.name)
        yield from _of_outcome(stage.default, f"stages.{stage.name}.default")


def _of_outcome(outcome: Mapping[str, Value], by: str) -> Iterator[Named]:
    for kind in ("team", "agent", "strategy"):
        name = outcome.get(kind)
        if isinstance(name, str) and name:
            yield Named(kind, name, by)
    skills = outcome.get("skills")
    for skill in skills if isinstance(skills, tuple) else ():
        if "{" not in skill:  # else it is the ticket's own value
            yield Named("skill", skill, by)


def _of_reaction(reaction: Reaction) -> Iterator[Named]:
    recipients = [to for send in reaction.send for to in send.to]
    for recipient in (*recipients, reaction.escalate_to):
        kind, _, name = recipient.partition(":")
        if name:
            yield Named(kind, name, reaction.name)
    if reaction.assign_team:
        yield Named("team", reaction.assign_team, reaction.name)
    for send in reaction.send:
        for via in send.via:
            yield Named("via", via, reaction.name)


def _available(config: DeskConfig, registry: Registry) -> Mapping[str, Collection[str]]:
    agents = config.directory.agents.values()
    roles = {role for agent in agents for role in agent.roles}
    if config.directory.holding("head"):
        roles.add("head")
    return {
        "team": config.directory.teams,
        "agent": config.directory.agents,
        "role": roles,
        "skill": {skill for agent in agents for skill in agent.skills},
        "strategy": registry.dispatchers.names(),
        "via": _handled(config),
    }


def _handled(config: DeskConfig) -> set[str]:
    """Name the ways that some notifier handles; one that names none handles all."""
    handled: set[str] = set()
    for table in config.notifiers.values():
        handled.update(table.get("via") or VIAS)
    return handled


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "team": (
        "the desk has no such team; what is routed to it stays in the pool",
        "服务台没有此团队，派往该团队的工单将留在待领池",
    ),
    "agent": ("the desk has no such agent", "服务台没有此处理人"),
    "role": (
        "nobody on the desk has this role, so nobody is told",
        "服务台没有人担任此角色，因此无人收到通知",
    ),
    "skill": (
        "nobody on the desk has this skill; the tickets stay in the pool",
        "服务台没有人具备此技能，工单将留在待领池",
    ),
    "strategy": ("no installed plugin provides this dispatcher", "没有已安装的插件提供此派单方式"),
    "via": (
        "no notifier handles this way, so the messages are not sent",
        "没有通知方式处理此途径，消息不会发出",
    ),
}


def _missing(kind: str, name: str, where: str, there: Collection[str]) -> Finding:
    en, zh = _WORDS[kind]
    level: Level = "error" if kind == "strategy" else "warning"
    return Finding(level, Problem(en, zh, where, name, suggestion(name, there)))


def _first(by: list[str]) -> str:
    names = list(dict.fromkeys(by))
    return names[0] if len(names) == 1 else f"{names[0]}, +{len(names) - 1}"


def _used(calendar: str, ruleset: Ruleset) -> bool:
    used = {ruleset.policy.calendar, *(target.calendar for target in ruleset.targets.values())}
    used.update(target.opens for target in ruleset.targets.values())
    return calendar in used | {channel.hours for channel in ruleset.channels.values()}

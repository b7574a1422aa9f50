"""Teams and agents of ``desk.toml``: who is who, and that nobody is named who is not there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ruledesk.errors import Problem, suggestion
from ruledesk.model.people import Agent, Directory, Team
from ruledesk.rules.recipients import ROLES
from ruledesk.toml import Table

#: Roles that an agent lists; ``head`` is named by the team.
_ROLES: Final = tuple(role for role in ROLES if role != "head")
_CONTACTS: Final = ("phone", "email", "chat")
# Names become part of ``agent:<id>`` and ``team:<name>``, in lists and in addresses.
_NAME: Final = re.compile(r"[^\s:,/]+")
_LOCALES: Final = ("zh-CN", "en")


def read_directory(root: Table) -> tuple[Directory, tuple[Problem, ...]]:
    """Read the tables ``agents`` and ``teams``.

    Args:
        root: The document; problems are added to its collection.

    Returns:
        The directory, and warnings: people whom only a team names, agents who are in no team,
        teams with nobody in them.
    """
    people, groups = root.children("agents"), root.children("teams")
    agents = {id_: _read_agent(id_, table) for id_, table in people.items()}
    teams = {name: _read_team(name, table) for name, table in groups.items()}
    unlisted = tuple(_unlisted(root, teams, agents))
    # A team may name people of whom nothing more need be said; the defaults are theirs.
    for team in teams.values():
        for id_ in (team.head, *team.agents):
            if id_:
                agents.setdefault(id_, Agent(id_, name=id_))
    for id_, table in people.items():
        _check_person(table, "superior", agents[id_].superior, agents)
    directory = Directory(agents=agents, teams=teams)
    return directory, (*unlisted, *_teamless(root, directory), *_empty(root, directory))


def _read_agent(id_: str, table: Table) -> Agent:
    _check_name(table, id_)
    contacts = table.table("contacts")
    known = {kind: contacts.text(kind) for kind in _CONTACTS if kind in contacts}
    for kind in _CONTACTS:
        contacts.value(kind)
    contacts.done()
    agent = Agent(
        id=id_,
        name=table.text("name") or id_,
        capacity=table.integer("capacity", 5, minimum=0),
        skills=table.texts("skills"),
        region=table.text("region"),
        roles=_read_roles(table),
        away=table.flag("away"),
        superior=table.text("superior"),
        locale=_read_locale(table),
        contacts=known,
    )
    table.no_doubles("skills", agent.skills)
    table.done()
    return agent


def _read_roles(table: Table) -> tuple[str, ...]:
    roles = table.texts("roles")
    if "head" in roles:
        table.problem(
            "roles",
            "a head is named by the team, not by a role",
            "负责人由团队的 head 指定，不在 roles 中",
            "head",
            ('[teams.NAME] head = "…"',),
        )
        return tuple(role for role in roles if role != "head")
    return table.enums("roles", _ROLES)


def _read_locale(table: Table) -> str:
    locale = table.text("locale")
    if locale and locale[:2] not in ("zh", "en"):
        table.problem("locale", "unknown locale", "未知的语言", locale, _LOCALES)
    return locale


def _read_team(name: str, table: Table) -> Team:
    _check_name(table, name)
    team = Team(
        name=name,
        head=table.text("head"),
        agents=table.texts("agents"),
        title=table.text("title"),
        by_hand=table.flag("by_hand"),
    )
    for id_ in filter(None, (team.head, *team.agents)):
        _check_name(table, id_)
    table.no_doubles("agents", team.agents)
    table.done()
    return team


def _check_name(table: Table, name: str) -> None:
    if not _NAME.fullmatch(name):
        table.problem(
            "",
            "a name without spaces, colons, commas and slashes is needed",
            "名称不能含空格、冒号、逗号或斜杠",
            name,
        )


def _check_person(table: Table, key: str, id_: str, agents: Collection[str]) -> None:
    if id_ and id_ not in agents:
        near = suggestion(id_, agents) or (f"[agents.{id_}]",)
        table.problem(key, "unknown agent", "未知的处理人", id_, near)


def _unlisted(root: Table, teams: Mapping[str, Team], agents: Collection[str]) -> Iterator[Problem]:
    """Point at people whom only a team names: they get the defaults, unless it is a slip."""
    for name, team in teams.items():
        named = (("head", team.head), *(("agents", id_) for id_ in team.agents))
        for key, id_ in named:
            if id_ and id_ not in agents:
                near = suggestion(id_, agents) or (f"[agents.{id_}]",)
                where = root.field("teams", name, key)
                yield Problem(
                    "has no table of their own and gets the defaults",
                    "没有自己的配置表，使用默认值",
                    where,
                    id_,
                    near,
                )


def _teamless(root: Table, directory: Directory) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "is in no team and gets no ticket from the rules",
            "不在任何团队中，规则不会派单给此人",
            root.field("agents", id_),
        )
        for id_, agent in directory.agents.items()
        if not agent.roles and not directory.teams_of(id_)
    )


def _empty(root: Table, directory: Directory) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "has nobody in it; its tickets stay in the pool",
            "团队中没有人，其工单将留在待领池",
            root.field("teams", name),
        )
        for name, team in directory.teams.items()
        if not team.agents and not team.head
    )

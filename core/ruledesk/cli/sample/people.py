"""Sample people: for every team that a ruleset names, a head and two agents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Final

from attrs import evolve

from ruledesk.desk.check_ruleset import named
from ruledesk.errors import Locale
from ruledesk.model.people import Agent, Directory, Team
from ruledesk.rules.ruleset import Ruleset

_NAMES: Final[dict[Locale, tuple[str, ...]]] = {
    "zh": (
        "李敏", "王磊", "陈静", "刘洋", "杨帆", "周婷", "赵丽", "孙强", "马超", "朱红",
        "胡军", "郭晓", "林海", "何平", "高翔", "罗兰", "郑毅", "梁伟", "吴刚", "谢芳",
    ),
    "en": (
        "Alice", "Ben", "Carla", "David", "Emma", "Frank", "Grace", "Henry", "Irene", "Jack",
        "Karen", "Louis", "Maria", "Nick", "Olivia", "Paul", "Quinn", "Rosa", "Simon", "Tina",
    ),
}  # fmt: skip
_DEFAULT_TEAM: Final = "customer-service"
_AGENTS_A_TEAM: Final = 2


def staff_for(ruleset: Ruleset, locale: Locale) -> Directory:
    """Make up people, so that every team, role and skill that a ruleset names is there.

    Args:
        ruleset: The ruleset.
        locale: The language of the names.

    Returns:
        A directory; staff numbers are ``A100`` (head), ``A101``, ``A102``, ``A200`` …
    """
    wanted = _wanted(ruleset)
    names = cycle(_NAMES[locale])
    agents: dict[str, Agent] = {}
    teams: dict[str, Team] = {}
    for number, name in enumerate(wanted["team"] or [_DEFAULT_TEAM], start=1):
        ids = [f"A{number}{place:02}" for place in range(_AGENTS_A_TEAM + 1)]
        agents.update({id_: _person(id_, next(names)) for id_ in ids})
        teams[name] = Team(name, head=ids[0], agents=tuple(ids[1:]))
    first = next(iter(teams.values())).agents[0]
    agents[first] = evolve(agents[first], skills=tuple(wanted["skill"]))
    for id_, roles in _roles(wanted["role"]):
        agents[id_] = evolve(_person(id_, next(names)), roles=roles)
    for id_ in wanted["agent"]:
        agents.setdefault(id_, _person(id_, next(names)))
    return Directory(agents, teams)


def _wanted(ruleset: Ruleset) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {kind: [] for kind in ("team", "agent", "role", "skill")}
    for one in named(ruleset):
        if one.kind in wanted and one.name not in wanted[one.kind]:
            wanted[one.kind].append(one.name)
    return wanted


def _roles(wanted: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield who holds which roles: a supervisor always, the others where the ruleset names them."""
    yield "S001", ("supervisor", "administrator")
    others = [role for role in wanted if role not in ("supervisor", "administrator", "head")]
    for number, role in enumerate(others, start=2):
        yield f"S{number:03}", (role,)


def _person(id_: str, name: str) -> Agent:
    digits = "".join(char for char in id_ if char.isdigit()).rjust(8, "0")[-8:]
    contacts = {"phone": f"139{digits}", "email": f"{id_.lower()}@example.com"}
    return Agent(id=id_, name=name, contacts=contacts)

"""The text of a new ``desk.toml``, with comments in the language of its people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ruledesk.desk.config import DEFAULT_STORAGE
from ruledesk.errors import Locale
from ruledesk.model.people import Agent, Directory, Team
from ruledesk.rules.ruleset import Ruleset

_COMMENTS: Final[Mapping[str, Mapping[Locale, tuple[str, ...]]]] = {
    "desk": {
        "en": ("A service desk. `ruledesk check` says whether all is well.",),
        "zh": ("服务台配置。修改后用 `ruledesk check` 检查。",),
    },
    "storage": {
        "en": ("where tickets are kept; memory: keeps them only while the desk runs",),
        "zh": ("工单保存位置；memory: 仅在运行期间保留",),
    },
    "lines": {
        "en": (
            "A business line and the ruleset that it is run by: the name of a shipped one,",
            'or a path such as "./rulesets/mine.toml".',
        ),
        "zh": ('业务线及其规则集：随附规则集的名称，或文件路径（如 "./rulesets/mine.toml"）。',),
    },
    "teams": {
        "en": ("Teams that the ruleset routes to. A team's head may do what a supervisor may.",),
        "zh": ("规则集派单所用的团队；团队负责人（head）拥有主管权限。",),
    },
    "agents": {
        "en": (
            "Sample people: put your own here. capacity: how many open tickets at most;",
            "away = true: on leave; roles: supervisor, technical-lead, director, administrator.",
        ),
        "zh": (
            "示例人员，请改为实际人员。capacity：最多在办工单数；away = true：休假；",
            "roles 可为 supervisor、technical-lead、director、administrator。",
        ),
    },
    "channels": {
        "en": ("Channels that tickets come in by, each with the line they go to.",),
        "zh": ("受理渠道，以及各渠道工单所属的业务线。",),
    },
    "notifiers": {
        "en": ("Messages go to a file until real ways are set up; `via` narrows which.",),
        "zh": ("在接入真实通知方式之前，消息写入文件；可用 via 限定途径。",),
    },
}


def desk_toml(name: str, ruleset: Ruleset, staff: Directory, locale: Locale) -> str:
    """Write a desk's description.

    Args:
        name: What the desk is called.
        ruleset: The ruleset of its one line, which is named after it.
        staff: Its people.
        locale: The language of the comments, and of the desk.

    Returns:
        A TOML document.
    """
    lines = [
        *_head(name, locale),
        *_line(ruleset, locale),
        *_people(staff, locale),
        *_channels(ruleset.name, locale),
    ]
    return "\n".join(lines) + "\n"


def _comment(topic: str, locale: Locale) -> Iterator[str]:
    for line in _COMMENTS[topic][locale]:
        yield f"# {line}"


def _text(value: str) -> str:
    """Write a TOML string: JSON's escapes are TOML's too, but TOML wants DEL escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _head(name: str, locale: Locale) -> Iterator[str]:
    yield from _comment("desk", locale)
    yield ""
    yield "[desk]"
    yield f"name = {_text(name)}"
    yield 'timezone = "Asia/Shanghai"'
    yield f"locale = {_text('zh-CN' if locale == 'zh' else 'en')}"
    yield from _comment("storage", locale)
    yield f"storage = {_text(DEFAULT_STORAGE)}"
    yield ""


def _line(ruleset: Ruleset, locale: Locale) -> Iterator[str]:
    yield from _comment("lines", locale)
    yield f"[lines.{ruleset.name}]"
    yield f"ruleset = {_text(ruleset.name)}"
    yield f"title = {_text(ruleset.title.in_(locale))}"
    yield ""


def _people(staff: Directory, locale: Locale) -> Iterator[str]:
    yield from _comment("teams", locale)
    for team in staff.teams.values():
        yield from _team(team)
    yield from _comment("agents", locale)
    for agent in staff.agents.values():
        yield from _agent(agent)


def _team(team: Team) -> Iterator[str]:
    yield f"[teams.{team.name}]"
    yield f"head = {_text(team.head)}"
    yield f"agents = {_texts(team.agents)}"
    yield ""


def _agent(agent: Agent) -> Iterator[str]:
    yield f"[agents.{agent.id}]"
    yield f"name = {_text(agent.name)}"
    yield f"capacity = {agent.capacity}"
    if agent.skills:
        yield f"skills = {_texts(agent.skills)}"
    if agent.roles:
        yield f"roles = {_texts(agent.roles)}"
    contacts = ", ".join(f"{kind} = {_text(value)}" for kind, value in agent.contacts.items())
    yield f"contacts = {{ {contacts} }}"
    yield ""


def _channels(line: str, locale: Locale) -> Iterator[str]:
    yield from _comment("channels", locale)
    for channel in ("web", "phone"):
        yield f"[channels.{channel}]"
        yield f"line = {_text(line)}"
        yield ""
    yield from _comment("notifiers", locale)
    yield "[notifiers.file]"
    yield 'path = "data/messages.jsonl"'

"""Rendering message templates. Names were checked at load; a missing value reads as a dash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from ruledesk.model.people import Directory, Line
from ruledesk.model.ticket import STATUS_LABELS, Status, Task, Ticket
from ruledesk.rules.facts import Surroundings, getter
from ruledesk.rules.ruleset import Ruleset, Template

_MISSING = "—"
_AROUND = Surroundings()


@frozen
class Scene:
    """What a template can speak of.

    Attributes:
        ticket: The ticket after the event.
        text: The words of the event: note, reason, solution; a task's duty.
        target: The target that the event is about; empty for none.
        task: The collaboration task that the event is about; None for none.
    """

    ruleset: Ruleset
    ticket: Ticket
    directory: Directory
    line: Line
    timezone: ZoneInfo
    desk: str
    text: str = ""
    target: str = ""
    task: Task | None = None


def render(template: Template, scene: Scene, locale: str) -> tuple[str, str]:
    """Render a template.

    Args:
        template: The template.
        scene: What it speaks of.
        locale: The reader's language.

    Returns:
        Subject and text.
    """
    return (
        _filled(template.subject.in_(locale), scene, locale),
        _filled(template.text.in_(locale), scene, locale),
    )


def speaks_of(template: Template, name: str) -> bool:
    """Say whether a template holds a name in braces, in either language."""
    bodies = (template.subject, template.text)
    parsed = (_parsed(body) for text in bodies for body in (text.en, text.zh))
    return any(found == name for pieces in parsed for _, found in pieces)


@lru_cache(maxsize=2048)
def _parsed(body: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(body))


def _filled(body: str, scene: Scene, locale: str) -> str:
    pieces: list[str] = []
    for literal, name in _parsed(body):
        pieces.append(literal)
        if name is not None:
            pieces.append(_value(name, scene, locale))
    return "".join(pieces)


def _value(name: str, scene: Scene, locale: str) -> str:
    ticket = scene.ticket
    match name:
        case "number":
            return ticket.number
        case "text":
            return scene.text or _MISSING
        case "desk":
            return scene.desk
        case "missing" | "lacks" | "scores":
            return _list(name, scene, locale)
        case "agent.name":
            agent = scene.directory.agents.get(ticket.agent)
            return (agent.name or agent.id) if agent else _MISSING
        case "team.title" | "team":
            team = scene.directory.teams.get(ticket.team)
            return (team.title or team.name) if team else ticket.team or _MISSING
        case "line.title":
            return scene.line.title or scene.line.name
        case "due":
            return _local(_next_due(scene), scene)
    if name.startswith("due."):
        target = ticket.targets.get(name[4:])
        return _local(target.due if target else None, scene)
    return _shown(name, getter(name)(ticket, _AROUND), scene, locale)


def _shown(name: str, value: Any, scene: Scene, locale: str) -> str:
    if value is None or value in ("", ()):
        return _MISSING
    if isinstance(value, datetime):
        return _local(value, scene)
    if isinstance(value, tuple):
        return ", ".join(value)
    field = scene.ruleset.form.get(name)
    if field is not None and value in field.words:
        return field.words[value].in_(locale)
    if name == "status":
        return STATUS_LABELS[Status(value)][locale.startswith("zh")]
    if name == "category" and value in scene.ruleset.categories:
        return scene.ruleset.categories[value].in_(locale)
    return str(value)


def _list(name: str, scene: Scene, locale: str) -> str:
    """Name fields that are missing, or the scores of the survey, by their labels."""
    if name == "scores":
        return _listed((label.in_(locale) for label in scene.ruleset.survey.values()), locale)
    ticket = scene.ticket
    return _labels(ticket.missing if name == "missing" else ticket.lacks, scene, locale)


def _labels(names: tuple[str, ...], scene: Scene, locale: str) -> str:
    form = scene.ruleset.form
    fields = ((name, form.get(name) or form.get(f"custom.{name}")) for name in names)
    return _listed(
        ((field.label.in_(locale) if field else "") or name for name, field in fields), locale
    )


def _listed(words: Iterable[str], locale: str) -> str:
    return ("、" if locale.startswith("zh") else ", ").join(words) or _MISSING


def _next_due(scene: Scene) -> datetime | None:
    """The due time of the task or target that the event is about, else of the next one running."""
    if scene.task is not None:
        return scene.task.due
    targets = scene.ticket.targets
    if scene.target in targets:
        return targets[scene.target].due
    return min((t.due for t in targets.values() if t.state == "running"), default=None)


def _local(moment: datetime | None, scene: Scene) -> str:
    if moment is None:
        return _MISSING
    return moment.astimezone(scene.timezone).strftime("%Y-%m-%d %H:%M")

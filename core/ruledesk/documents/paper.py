"""A ticket with all that a document needs to name what is on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from attrs import frozen

from ruledesk.documents.words import CHANNELS, WORDS
from ruledesk.model.event import Event
from ruledesk.model.people import Directory, Line
from ruledesk.model.ticket import STATUS_LABELS, Ticket
from ruledesk.model.values import Text
from ruledesk.rules.ruleset import Ruleset

_UNITS = ((86_400, "d", "天"), (3_600, "h", "小时"), (60, "min", "分钟"))


@frozen
class Paper:
    """What a document is made of.

    Attributes:
        ticket: As its events have made it.
        events: All of them, in order.
        ruleset: What decided last, for labels; None where it is not kept.
        directory: Everybody on the desk.
        lines: Business lines by name.
        desk: What the desk is called.
        zone: The desk's time zone.
        locale: ``en`` or ``zh``.
        now: When the document is made.
    """

    ticket: Ticket
    events: Sequence[Event]
    ruleset: Ruleset | None
    directory: Directory
    lines: Mapping[str, Line]
    desk: str
    zone: tzinfo
    locale: str
    now: datetime

    def say(self, key: str, **values: object) -> str:
        """Say a word or sentence of the documents."""
        text = WORDS[key].in_(self.locale)
        return text.format(**values) if values else text

    def text(self, text: Text) -> str:
        """Choose the language."""
        return text.in_(self.locale)

    def listed(self, words: Iterable[str]) -> str:
        """Write words one after the other."""
        return (", " if self.locale == "en" else "、").join(words)

    def time(self, instant: datetime | None) -> str:
        """Write an instant in local time, to the minute; nothing for none."""
        return "" if instant is None else f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def span(self, since: datetime, until: datetime | None) -> str:
        """Write how long it was from one instant to another, to the minute; nothing for no end."""
        return "" if until is None else self.duration((until - since).total_seconds())

    def duration(self, seconds: float) -> str:
        """Write a duration, to the minute."""
        rest, parts = int(seconds), []
        for size, en, zh in _UNITS:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {en}" if self.locale == "en" else f"{count}{zh}")
        return " ".join(parts) or ("< 1 min" if self.locale == "en" else "不足1分钟")

    # -- names --------------------------------------------------------------------------------

    def person(self, actor: str) -> str:
        """Name who did something: ``requester``, ``system`` or ``agent:<id>``."""
        kind, _, id_ = actor.partition(":")
        if kind == "agent":
            return self.agent(id_)
        if kind == "requester":
            name = self.ticket.requester.name
            called = self.say("the_requester")
            return f"{called} {name}" if name else called
        return self.say("system") if kind == "system" else actor

    def agent(self, id_: str) -> str:
        """Name an agent, with the staff number."""
        known = self.directory.agents.get(id_)
        if known is None or not known.name:
            return id_
        return f"{known.name} ({id_})" if self.locale == "en" else f"{known.name}（{id_}）"

    def team(self, name: str) -> str:
        """Name a team."""
        known = self.directory.teams.get(name)
        return known.title if known and known.title else name

    def line(self) -> str:
        """Name the ticket's business line."""
        known = self.lines.get(self.ticket.line)
        return known.title if known and known.title else self.ticket.line

    def channel(self) -> str:
        """Name the channel by which the ticket came."""
        named = CHANNELS.get(self.ticket.channel)
        return self.text(named) if named else self.ticket.channel

    def recipient(self, to: str) -> str:
        """Name whom a message went to, or to whom a ticket was escalated."""
        kind, _, name = to.partition(":")
        return self.team(name) if kind == "team" else self.person(to)

    def label(self, name: str) -> str:
        """Name a field: as the ruleset does, else in the document's own word."""
        form = self.ruleset.form if self.ruleset else {}
        field = form.get(name) or form.get(f"custom.{name}")
        if field is not None and (field.label.en or field.label.zh):
            return self.text(field.label)
        plain = name.removeprefix("custom.")
        return self.say(plain) if plain in WORDS else plain

    def value(self, name: str, value: Any) -> str:
        """Write a field's value: words by their labels, times local; nothing for none."""
        if value is None or value in ("", ()):
            return ""
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, tuple | list | frozenset):
            return ", ".join(self.value(name, one) for one in sorted(map(str, value)))
        if isinstance(value, bool):
            return ("yes" if value else "no") if self.locale == "en" else ("是" if value else "否")
        return self._word(name, value)

    def _word(self, name: str, value: Any) -> str:
        if name == "status":
            return STATUS_LABELS[value][self.locale == "zh"]
        if self.ruleset is None:
            return str(value)
        if name == "category" and value in self.ruleset.categories:
            return self.text(self.ruleset.categories[value])
        field = self.ruleset.form.get(name)
        if field is not None and isinstance(value, str) and value in field.words:
            return self.text(field.words[value])
        return f"{value:g}" if isinstance(value, float) else str(value)

    def target(self, name: str) -> str:
        """Name a target."""
        known = self.ruleset.targets.get(name) if self.ruleset else None
        return self.text(known.label) if known and known.label.en else name

    def scores(self) -> Mapping[str, str]:
        """Name the scores of the survey: the ruleset's, and any others that were given."""
        asked = self.ruleset.survey if self.ruleset else {}
        named = {name: self.text(label) for name, label in asked.items()}
        return named | {name: name for name in self.ticket.scores if name not in named}

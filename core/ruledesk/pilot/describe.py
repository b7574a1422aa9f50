"""Says in a few words what an event did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

import attrs
from attrs import frozen

from ruledesk.errors import Locale
from ruledesk.model.action import ActionBody, Submit
from ruledesk.model.event import (
    Assigned,
    CallUpdated,
    Decided,
    DuplicateReceived,
    Event,
    FlagsChanged,
    MessageFailed,
    MessagesQueued,
    PersonErased,
    PluginFaulted,
    TargetBreached,
    TargetsCancelled,
    TargetsCorrected,
    TargetsMet,
    TargetsPaused,
    TargetsResumed,
    TargetsStarted,
    TargetWarned,
    TaskOverdue,
    TimersSet,
)
from ruledesk.model.message import Message
from ruledesk.model.ticket import Target
from ruledesk.pilot.plain import clean, plain, short
from ruledesk.pilot.words import word

#: Stages whose outcome an event of its own tells: who got the ticket, which clocks began.
_TOLD_ELSEWHERE: Final = ("targets.", "dispatch", "route", "on.")
_NOT_TOLD: Final = (
    "line",
    "channel",
    "requester",
    "fields",
    "attachments",
    "call",
    "source",
    "raw",
)


@frozen
class Said:
    """One thing that happened.

    Attributes:
        text: What.
        rule: The rule that decided it; empty where a person did.
        style: How a terminal shows it.
    """

    text: str
    rule: str = ""
    style: str = ""


@frozen
class Teller:
    """Says what events did, in a language and a time zone.

    Attributes:
        locale: The language.
        zone: The desk's time zone.
        details: Whether timers and recorded facts are told too.
    """

    locale: Locale
    zone: tzinfo
    details: bool = False

    def word(self, key: str) -> str:
        """Say a word."""
        return word(key, self.locale)

    def time(self, at: datetime) -> str:
        """Say a time, without its year; seconds only where there are any."""
        local = at.astimezone(self.zone)
        return local.strftime("%m-%d %H:%M:%S" if local.second else "%m-%d %H:%M")

    def actor(self, actor: str) -> str:
        """Say who did it."""
        return clean(actor.removeprefix("agent:")) if ":" in actor else self.word(actor)

    def event(self, event: Event) -> Iterator[Said]:
        """Say what an event did, a line for each thing; nothing for what is of no interest."""
        body = event.body
        if isinstance(body, ActionBody):
            yield self.action(event, body)
            return
        tell = _TELL.get(type(body))
        if tell is not None:
            yield from tell(self, body)
        if event.status is not None:
            yield Said(f"→ {self.word(event.status)}", style="bold")

    def action(self, event: Event, body: ActionBody) -> Said:
        """Say what was done by somebody."""
        parts = [self.word(f"kind.{body.kind}")]
        if isinstance(body, Submit):
            parts.append(self.submission(body))
        for field in attrs.fields(type(body)):
            value = getattr(body, field.name)
            if field.name not in (*_NOT_TOLD, "rule") and value not in ("", None, False, (), {}):
                parts.append(f"{field.name}: {short(_text(value, self.zone))}")
        if event.status is not None:
            parts.append(f"→ {self.word(event.status)}")
        return Said("  ".join(part for part in parts if part), getattr(body, "rule", ""), "bold")

    def submission(self, body: Submit) -> str:
        """Say how a ticket came, and with what words."""
        words = body.fields.get("subject") or body.fields.get("description") or ""
        text = f"{self.word('by')} {clean(body.channel)}"
        return f"{text}: {short(str(words))}" if words else text


def _text(value: Any, zone: tzinfo) -> str:
    data = plain(value, zone)
    if isinstance(data, list):
        return ", ".join(_text(part, zone) for part in data)
    if isinstance(data, dict):
        return ", ".join(f"{key} {_text(part, zone)}" for key, part in data.items())
    return str(data)


def _decided(teller: Teller, body: Decided) -> Iterator[Said]:
    for decision in body.decisions:
        if decision.incident:
            yield Said(f"{decision.stage}: {clean(decision.incident)}", decision.rule, "red")
        if not decision.outcome or decision.stage.startswith(_TOLD_ELSEWHERE):
            continue
        outcome = ", ".join(
            f"{key} = {short(_text(value, teller.zone))}" for key, value in decision.outcome.items()
        )
        yield Said(outcome, decision.rule or teller.word("default"))
        if teller.details:
            facts = ", ".join(
                f"{key} = {short(_text(value, teller.zone), 30)}"
                for key, value in sorted(decision.facts.items())
                if value is not None
            )
            yield Said(f"  {facts}", style="dim")


def _assigned(teller: Teller, body: Assigned) -> Iterator[Said]:
    whom = " / ".join(clean(part) for part in (body.team, body.agent) if part)
    if not body.agent:
        whom = f"{whom} ({teller.word('pool')})" if whom else teller.word("pool")
    yield Said(f"→ {whom}", " · ".join(part for part in (body.rule, short(body.reason)) if part))


def _flags(_: Teller, body: FlagsChanged) -> Iterator[Said]:
    signs = [f"+{flag}" for flag in body.raised] + [f"-{flag}" for flag in body.cleared]
    yield Said(" ".join(signs), body.rule, "yellow")


def _started(
    teller: Teller, body: TargetsStarted | TargetsResumed | TargetsCorrected
) -> Iterator[Said]:
    for target in body.targets:
        yield Said(_due(teller, target), target.rule)


def _due(teller: Teller, target: Target) -> str:
    return f"{target.name}: {teller.word('due')} {teller.time(target.due)} ({target.limit})"


def _named(key: str, style: str = "") -> Callable[[Teller, Any], Iterator[Said]]:
    def tell(teller: Teller, body: Any) -> Iterator[Said]:
        yield Said(f"{', '.join(body.names)}: {teller.word(key)}", style=style)

    return tell


def _warned(teller: Teller, body: TargetWarned) -> Iterator[Said]:
    yield Said(f"{body.name}: {teller.word('at risk')}", style="yellow")


def _breached(teller: Teller, body: TargetBreached) -> Iterator[Said]:
    yield Said(f"{body.name}: {teller.word('overdue')} {teller.time(body.due)}", style="red")


def _late_task(teller: Teller, body: TaskOverdue) -> Iterator[Said]:
    task = f"{teller.word('task')} {body.task}"
    yield Said(f"{task}: {teller.word('overdue')} {teller.time(body.due)}", style="red")


def _timers(teller: Teller, body: TimersSet) -> Iterator[Said]:
    if teller.details:
        for name, at in sorted(body.timers.items()):
            yield Said(f"{teller.word('timer')} {name} {teller.time(at)}", style="dim")


def _messages(teller: Teller, body: MessagesQueued) -> Iterator[Said]:
    ways: dict[tuple[str, str, str], list[str]] = {}
    for message in body.messages:
        key = (_reader(teller, message), message.about, message.rule)
        ways.setdefault(key, []).append(message.via)
    for (reader, about, rule), vias in ways.items():
        yield Said(f"✉ {reader} · {' + '.join(vias)} · {about}", rule, "cyan")


def _reader(teller: Teller, message: Message) -> str:
    to = teller.actor(message.to) if message.to == "requester" else clean(message.to)
    return f"{to} ({clean(message.on_behalf)})" if message.on_behalf else to


def _failed(teller: Teller, body: MessageFailed) -> Iterator[Said]:
    text = f"{teller.word('kind.message_failed')}: {body.message} {short(body.error)}"
    yield Said(text, style="red")


def _call(teller: Teller, body: CallUpdated) -> Iterator[Said]:
    call = body.call
    text = f"{teller.word('kind.call_updated')} {clean(call.id)}"
    if call.waiting_seconds is not None:
        text += f", {call.waiting_seconds} s"
    yield Said(text)


def _again(teller: Teller, body: DuplicateReceived) -> Iterator[Said]:
    yield Said(f"{teller.word('kind.duplicate_received')} · {clean(body.channel)}")


def _fault(teller: Teller, body: PluginFaulted) -> Iterator[Said]:
    text = f"{teller.word('kind.plugin_faulted')}: {body.plugin} {body.hook} {short(body.error)}"
    yield Said(text, style="red")


def _erased(teller: Teller, body: PersonErased) -> Iterator[Said]:
    yield Said(f"{teller.word('kind.person_erased')}: {short(body.reason)}")


_TELL: Final[Mapping[type, Callable[[Teller, Any], Iterator[Said]]]] = {
    Decided: _decided,
    Assigned: _assigned,
    FlagsChanged: _flags,
    TargetsStarted: _started,
    TargetsResumed: _started,
    TargetsCorrected: _started,
    TargetsPaused: _named("paused"),
    TargetsMet: _named("met", "green"),
    TargetsCancelled: _named("no longer owed"),
    TargetWarned: _warned,
    TargetBreached: _breached,
    TaskOverdue: _late_task,
    TimersSet: _timers,
    MessagesQueued: _messages,
    MessageFailed: _failed,
    CallUpdated: _call,
    DuplicateReceived: _again,
    PluginFaulted: _fault,
    PersonErased: _erased,
}

"""A ticket's history as lines of a log: when, who, what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ruledesk.documents.paper import Paper
from ruledesk.documents.words import KINDS, VIAS
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event, MessagesQueued


def log_rows(paper: Paper, kinds: frozenset[str] | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the log: time, person, what, text.

    Args:
        paper: The ticket.
        kinds: The kinds of event wanted; None for all that have a name in a log.
    """
    for event in paper.events:
        kind = event.body.kind
        if kind in KINDS and (kinds is None or kind in kinds):
            yield (
                paper.time(event.at),
                paper.person(event.actor),
                paper.text(KINDS[kind]),
                _text(event, paper),
            )


def told_rows(paper: Paper) -> Iterator[tuple[str, ...]]:
    """Yield what the requester was told: time, way, text (C10)."""
    for event in paper.events:
        if not isinstance(event.body, MessagesQueued):
            continue
        for message in event.body.messages:
            if message.to == "requester":
                yield paper.time(event.at), paper.text(VIAS[message.via]), message.text


def _text(event: Event, paper: Paper) -> str:
    kind = type(event.body)
    if kind in _WORDS:
        return str(getattr(event.body, _WORDS[kind]))
    say = _TEXTS.get(kind)
    return say(event.body, paper) if say is not None else ""


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _labelled(paper: Paper, *pairs: tuple[str, str]) -> str:
    colon = ": " if paper.locale == "en" else "："
    return _joined(*(f"{paper.label(key)}{colon}{value}" for key, value in pairs if value))


def _fields(fields: Mapping[str, Any], paper: Paper) -> str:
    return _labelled(paper, *((name, paper.value(name, value)) for name, value in fields.items()))


def _assigned(body: ev.Assigned, paper: Paper) -> str:
    who = paper.agent(body.agent) if body.agent else paper.say("nobody")
    return f"{paper.team(body.team)} · {who}"


def _opened(body: act.Collaborate, paper: Paper) -> str:
    head = f"{paper.team(body.team)}: {body.duty}"
    owner = body.owner or body.agent
    return _joined(
        head,
        _labelled(
            paper, ("owner", paper.agent(owner) if owner else ""), ("due", paper.time(body.due))
        ),
    )


def _planned(body: act.MakePlan, paper: Paper) -> str:
    pairs = (("cause", body.cause), ("planned_solution", body.solution),
             ("eta", paper.time(body.eta)))  # fmt: skip
    return _labelled(paper, *pairs)


def _resolved(body: act.Resolve, paper: Paper) -> str:
    pairs = (("steps", body.steps), ("cautions", body.cautions), ("article", body.article))
    return _joined(body.solution, _labelled(paper, *pairs))


def _rated(body: act.Rate, paper: Paper) -> str:
    names = paper.scores()
    given = [f"{names.get(name, name)} {score}" for name, score in body.scores.items()]
    rating = _rating(body.rating, paper)
    return _joined(rating, ", ".join(given), body.comment)


def _rating(rating: int | None, paper: Paper) -> str:
    return "" if rating is None else _labelled(paper, ("rating", str(rating)))


def _classified(body: act.Classify, paper: Paper) -> str:
    names = ("category", "urgency", "impact", "priority")
    given = {name: getattr(body, name) for name in names}
    return _joined(_fields({n: v for n, v in given.items() if v}, paper), body.reason)


def _reviewed(body: act.MakeReview, paper: Paper) -> str:
    return _joined(body.text, _labelled(paper, ("improvement", body.improvement)))


#: Where an event's own words are all there is to say: the attribute that holds them.
_WORDS: Final[Mapping[type, str]] = {
    act.Assign: "note",
    act.Note: "text",
    act.ApprovePlan: "reason",
    act.RejectPlan: "reason",
    act.Decline: "reason",
    act.Supervise: "reason",
    act.Merge: "into",
    act.LinkTo: "other",
    act.Close: "reason",
    act.Reopen: "reason",
    act.Cancel: "reason",
    act.Archive: "reason",
    ev.DuplicateReceived: "channel",
    ev.MessageFailed: "error",
    ev.PersonErased: "reason",
}
_TEXTS: Final[Mapping[type, Callable[[Any, Paper], str]]] = {
    act.Acknowledge: lambda b, p: _joined(b.opinion, p.value("category", b.category)),
    act.Contact: lambda b, p: _joined(p.text(VIAS[b.via]) if b.via in VIAS else b.via, b.text),
    act.RequestInfo: lambda b, p: _joined(", ".join(map(p.label, b.missing)), b.text),
    act.ProvideInfo: lambda b, p: _joined(_fields(b.fields, p), b.text),
    act.Classify: _classified,
    act.Collaborate: _opened,
    act.AnswerTask: lambda b, p: f"{p.say('task')} {b.task}: {b.text}",
    act.MakePlan: _planned,
    act.Resolve: _resolved,
    act.Confirm: lambda b, p: _joined(_rating(b.rating, p), b.comment),
    act.Rate: _rated,
    act.Escalate: lambda b, p: _joined(p.recipient(b.to), b.reason),
    act.MakeReview: _reviewed,
    ev.Assigned: _assigned,
    ev.Pooled: lambda b, p: p.team(b.team),
    ev.TaskOverdue: lambda b, p: f"{p.say('task')} {b.task} ({p.time(b.due)})",
    ev.TargetBreached: lambda b, p: f"{p.target(b.name)} ({p.time(b.due)})",
}

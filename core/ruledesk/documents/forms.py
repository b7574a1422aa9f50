"""The handling report and the three forms, each from a ticket (requirements A13, C14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

from ruledesk.documents import parts
from ruledesk.documents.log import log_rows, told_rows
from ruledesk.documents.model import Choice, Document, Facts, Passage, Section
from ruledesk.documents.paper import Paper
from ruledesk.documents.people import people_rows, receiver
from ruledesk.insight.history import case_of
from ruledesk.model import action as act
from ruledesk.model.ticket import VERDICTS
from ruledesk.rules.labels import flag

Form: TypeAlias = Literal["handling", "registration", "progress", "survey"]

#: What counts as progress on the tracking form (C10).
_PROGRESS: Final = frozenset(
    {"submitted", "acknowledged", "assigned", "accepted", "contacted", "info_requested",
     "info_provided", "noted", "task_opened", "task_answered", "planned", "plan_approved",
     "plan_rejected", "escalated", "supervised", "resolved", "declined", "confirmed", "closed",
     "reopened", "cancelled", "target_breached", "task_overdue"}
)  # fmt: skip
_LOG_HEAD: Final = ("time", "who", "what", "text")


def make_document(form: Form, paper: Paper) -> Document:
    """Make a document.

    Args:
        form: Which one.
        paper: The ticket, with the names of what is on it.

    Returns:
        The document, in the paper's language.
    """
    make, signatures = _FORMS[form]
    ticket = paper.ticket
    footer = paper.say(
        "footer", t=paper.time(paper.now), zone=str(paper.zone), ruleset=ticket.ruleset
    )
    return Document(
        title=paper.say(form),
        subtitle=f"{paper.desk} · {ticket.number}",
        sections=tuple(section for section in make(paper) if section.parts),
        signatures=tuple(paper.say(f"sign.{name}") for name in signatures),
        locale=paper.locale,
        footer=footer,
    )


# -- 问题处理报告 ---------------------------------------------------------------------------------


def _handling(paper: Paper) -> Iterable[Section]:
    yield _ticket(paper)
    yield parts.requester(paper)
    yield parts.problem(paper)
    yield _times(paper)
    head = ("person", "role", "from", "to")
    yield parts.section(paper, "people", parts.table(paper, head, people_rows(paper)))
    yield parts.plan(paper)
    yield parts.tasks(paper)
    yield parts.solution(paper)
    yield parts.targets(paper)
    yield _satisfaction(paper)
    yield _reviews(paper)
    yield parts.section(paper, "timeline", parts.table(paper, _LOG_HEAD, log_rows(paper)))


def _ticket(paper: Paper) -> Section:
    ticket = paper.ticket
    rows = [
        ("number", ticket.number),
        ("line", paper.line()),
        ("channel", paper.channel()),
        *((n, paper.value(n, getattr(ticket, n))) for n in ("type", "category", "subject")),
        *((n, paper.value(n, getattr(ticket, n))) for n in ("urgency", "priority", "status")),
        ("team", paper.team(ticket.team)),
        ("agent", paper.agent(ticket.agent) if ticket.agent else paper.say("nobody")),
        ("opinion", ticket.opinion),
        ("flags", paper.listed([paper.text(flag(one)) for one in sorted(ticket.flags)])),
    ]
    return parts.section(paper, "ticket", parts.facts(paper, rows))


def _times(paper: Paper) -> Section:
    """Say how long it took: on the wall clock, the requester's own time told apart."""
    ticket = paper.ticket
    case = case_of(ticket, paper.events)
    waited = max((target.paused_seconds for target in ticket.targets.values()), default=0)
    rows = [
        ("created_at", paper.time(ticket.created_at)),
        ("first_response", _after(paper, case.responded_at)),
        ("resolved_at", paper.time(ticket.resolved_at)),
        ("closed_at", paper.time(ticket.closed_at)),
        ("handling_time", paper.span(ticket.created_at, case.solved_at)),
        ("until_closed", paper.span(ticket.created_at, ticket.closed_at)),
        ("waited", paper.duration(waited) if waited else ""),
        ("reopens", str(ticket.reopens) if ticket.reopens else ""),
    ]
    return parts.section(paper, "times", parts.facts(paper, rows))


def _after(paper: Paper, at: datetime | None) -> str:
    if at is None:
        return ""
    return f"{paper.time(at)} ({paper.span(paper.ticket.created_at, at)})"


def _satisfaction(paper: Paper) -> Section:
    ticket = paper.ticket
    rating = _stars(paper, ticket.rating) if ticket.rating is not None else paper.say("no_score")
    scores = [
        (name, _stars(paper, ticket.scores[key]))
        for key, name in paper.scores().items()
        if key in ticket.scores
    ]
    given = Facts(((paper.say("rating"), rating), *scores))
    reasons = [e.body.reason for e in paper.events if isinstance(e.body, act.Decline)]
    return parts.section(
        paper,
        "satisfaction",
        given,
        *(Passage(paper.say("declined"), reason) for reason in reasons if reason),
        Passage(paper.say("comment"), ticket.comment) if ticket.comment else None,
    )


def _stars(paper: Paper, score: int) -> str:
    return paper.say("times_of", n=score, best=5)


def _reviews(paper: Paper) -> Section:
    head = ("time", "by", "verdict", "finding", "improvement")
    rows = (
        (
            paper.time(one.at),
            paper.person(one.by),
            VERDICTS[one.verdict][paper.locale == "zh"] if one.verdict in VERDICTS else one.verdict,
            one.text,
            one.improvement,
        )
        for one in paper.ticket.reviews
    )
    return parts.section(paper, "reviews", parts.table(paper, head, rows))


# -- 登记表 ---------------------------------------------------------------------------------------


def _registration(paper: Paper) -> Iterable[Section]:
    ticket = paper.ticket
    receipt = [
        ("number", ticket.number),
        ("received_at", paper.time(ticket.created_at)),
        ("receiver", receiver(paper)),
        ("channel", paper.channel()),
        ("line", paper.line()),
    ]
    yield parts.section(paper, "receipt", parts.facts(paper, receipt, keep=True))
    yield parts.requester(paper, keep=True)
    need = [
        ("type", paper.value("type", ticket.type)),
        ("category", paper.value("category", ticket.category)),
        ("urgency", paper.value("urgency", ticket.urgency)),
        ("priority", paper.value("priority", ticket.priority)),
        ("expected_by", paper.time(ticket.expected_by) or paper.say("asap")),
        ("team", paper.team(ticket.team)),
        ("agent", paper.agent(ticket.agent) if ticket.agent else ""),
    ]
    yield parts.section(paper, "ticket", parts.facts(paper, need, keep=True))
    yield parts.problem(paper)


# -- 进度跟踪表 -----------------------------------------------------------------------------------


def _progress(paper: Paper) -> Iterable[Section]:
    ticket = paper.ticket
    due = min((t.due for t in ticket.targets.values() if t.state == "running"), default=None)
    state = [
        ("number", ticket.number),
        ("subject", ticket.subject),
        ("type", paper.value("type", ticket.type)),
        ("priority", paper.value("priority", ticket.priority)),
        ("status", paper.value("status", ticket.status)),
        ("team", paper.team(ticket.team)),
        ("agent", paper.agent(ticket.agent) if ticket.agent else paper.say("nobody")),
        ("next_due", paper.time(due)),
    ]
    yield parts.section(paper, "state", parts.facts(paper, state))
    yield parts.plan(paper)
    yield parts.tasks(paper)
    rows = log_rows(paper, _PROGRESS)
    yield parts.section(paper, "progress_log", parts.table(paper, _LOG_HEAD, rows))
    told = parts.table(paper, ("time", "via", "text"), told_rows(paper))
    yield parts.section(paper, "messages", told)
    yield parts.targets(paper)


# -- 满意度调查表 ---------------------------------------------------------------------------------


def _survey(paper: Paper) -> Iterable[Section]:
    ticket = paper.ticket
    rows = [
        ("number", ticket.number),
        ("name", ticket.requester.name),
        ("phone", ticket.requester.phone),
        ("type", paper.value("type", ticket.type)),
        ("agent", paper.agent(ticket.agent) if ticket.agent else ""),
        ("resolved_at", paper.time(ticket.resolved_at)),
    ]
    yield parts.section(paper, "ticket", parts.facts(paper, rows))
    yield parts.solution(paper)
    asked = [Choice(label, ticket.scores.get(name)) for name, label in paper.scores().items()]
    if ticket.rating is not None or not asked:
        asked.append(Choice(paper.say("overall"), ticket.rating))
    yield parts.section(
        paper,
        "questions",
        *asked,
        Passage(paper.say("comment"), ticket.comment),
        Facts(((paper.say("returned_at"), _rated_at(paper)),)),
    )


def _rated_at(paper: Paper) -> str:
    given = [e.at for e in paper.events if isinstance(e.body, act.Rate | act.Confirm)]
    return paper.time(given[-1]) if given else ""


_FORMS: Final[Mapping[str, tuple[Callable[[Paper], Iterable[Section]], tuple[str, ...]]]] = {
    "handling": (_handling, ("handler", "supervisor")),
    "registration": (_registration, ("receiver", "requester")),
    "progress": (_progress, ("handler", "supervisor")),
    "survey": (_survey, ("requester",)),
}
FORMS: Final[tuple[Form, ...]] = ("handling", "registration", "progress", "survey")

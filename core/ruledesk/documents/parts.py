"""Sections that several documents share."""

from __future__ import annotations

from collections.abc import Iterable

from ruledesk.documents.model import Facts, Part, Passage, Section, Table
from ruledesk.documents.paper import Paper
from ruledesk.model.ticket import Task

_PLAIN = ("module", "product", "order", "impact", "affected_users", "loss", "occurred_at")
_STORY = ("description", "phenomenon", "impact_text", "expected")
_REQUESTER = (
    ("name", "name"), ("requester_id", "id"), ("kind", "kind"), ("level", "level"),
    ("phone", "phone"), ("email", "email"), ("company", "company"), ("region", "region"),
)  # fmt: skip


def section(paper: Paper, key: str, *parts: Part | None) -> Section:
    """Make a section of the parts that there are."""
    return Section(paper.say(key), tuple(part for part in parts if part is not None))


def facts(paper: Paper, rows: Iterable[tuple[str, str]], *, keep: bool = False) -> Facts | None:
    """Make facts of keys and values; empty values are left out unless they are kept to fill in."""
    found = tuple((paper.label(key), value) for key, value in rows if value or keep)
    return Facts(found) if found else None


def table(paper: Paper, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table | None:
    """Make a table; None without rows."""
    found = tuple(rows)
    return Table(tuple(map(paper.say, head)), found) if found else None


def requester(paper: Paper, *, keep: bool = False) -> Section:
    """Say who reported."""
    person = paper.ticket.requester
    rows = (
        (key, paper.value(f"requester.{name}", getattr(person, name))) for key, name in _REQUESTER
    )
    return section(paper, "requester", facts(paper, rows, keep=keep))


def problem(paper: Paper) -> Section:
    """Say what the matter is, in the requester's words, with the ruleset's own fields."""
    ticket = paper.ticket
    plain = [(name, paper.value(name, getattr(ticket, name))) for name in _PLAIN]
    own = [(f"custom.{name}", paper.value(f"custom.{name}", value))
           for name, value in ticket.custom.items()]  # fmt: skip
    story = [Passage(paper.label(name), text) for name in _STORY if (text := getattr(ticket, name))]
    files = ", ".join(one.name for one in ticket.attachments)
    missing = ", ".join(map(paper.label, ticket.missing))
    rest = [("attachments", files), ("missing", missing)]
    return section(paper, "problem", facts(paper, plain + own), *story, facts(paper, rest))


def tasks(paper: Paper) -> Section:
    """List the collaboration tasks (A11, B10)."""
    head = ("task", "team", "duty", "owner", "due", "answered_at", "answer")
    rows = (
        (
            str(task.number),
            paper.team(task.team),
            task.duty,
            paper.agent(task.owner) if task.owner else "",
            _deadline(paper, task),
            paper.time(task.answered_at) or paper.say("not_yet"),
            task.answer or "",
        )
        for task in paper.ticket.tasks
    )
    return section(paper, "tasks", table(paper, head, rows))


def _deadline(paper: Paper, task: Task) -> str:
    due = paper.time(task.due)
    return due if task.overdue_at is None else f"{due} · {paper.say('state.breached')}"


def targets(paper: Paper) -> Section:
    """List the targets with what became of them."""
    head = ("target", "limit", "due", "result", "met_at")
    rows = (
        (
            paper.target(target.name),
            target.limit,
            paper.time(target.due),
            paper.say(f"state.{'breached' if target.breached_at else target.state}"),
            paper.time(target.met_at),
        )
        for target in paper.ticket.targets.values()
    )
    return section(paper, "targets", table(paper, head, rows))


def plan(paper: Paper) -> Section:
    """Say what was planned, and whether it was approved (A10, C9)."""
    made = paper.ticket.plan
    if made is None:
        return Section(paper.say("plan"), ())
    approval = paper.say(f"approval.{made.approval}") if made.approval else ""
    if made.approval_reason:
        approval += f" – {made.approval_reason}"
    rows = (("planned_by", paper.person(made.by)), ("eta", paper.time(made.eta)),
            ("approval", approval))  # fmt: skip
    return section(
        paper,
        "plan",
        Passage(paper.say("cause"), made.cause) if made.cause else None,
        Passage(paper.say("planned_solution"), made.solution) if made.solution else None,
        facts(paper, rows),
    )


def solution(paper: Paper) -> Section:
    """Say how it was solved (A12, C11)."""
    ticket = paper.ticket
    passages = [
        Passage(paper.say(name), text)
        for name in ("solution", "steps", "cautions")
        if (text := getattr(ticket, name))
    ]
    return section(paper, "solution", *passages, facts(paper, [("article", ticket.article)]))

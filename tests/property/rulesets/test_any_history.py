"""Whatever people do to the tickets of a shipped ruleset, its history holds; both engines agree."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given, note, settings
from hypothesis import strategies as st

from ruledesk.codec import event_line
from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.table import actions_in
from ruledesk.model.event import Decided, PluginFaulted
from ruledesk.model.people import Directory
from ruledesk.model.ticket import TERMINAL_STATUSES, Status, Target, Ticket
from ruledesk.rules.ruleset import Ruleset
from ruledesk.targets.ledger import Ledger
from ruledesk.testing.strategies import submissions

SETTINGS = settings(settings.get_profile("any history"))
START = datetime(2026, 9, 29, 1, 0, tzinfo=UTC)  # two days before a week of holidays
CUSTOMER = {"id": "C1", "name": "张伟", "phone": "13800000001"}
WAITS = (0, 0.01, 0.2, 0.5, 1, 5, 26, 80, 200)
MOST_STEPS = 14
OVER = {Status.CLOSED, *TERMINAL_STATUSES}


def small(staff: Directory) -> Directory:
    """People who are soon full."""
    return evolve(staff, agents={one.id: evolve(one, capacity=1) for one in staff.agents.values()})


# -- what is done -----------------------------------------------------------------------------


@frozen
class Step:
    """One step, to be done again on another desk."""

    at: datetime
    intake: Intake | None = None
    number: str = ""
    action: str = ""
    by: str = ""
    fields: Mapping[str, Any] = {}


def done(desk: Desk, step: Step) -> str:
    """Do a step, and all that is due by then; returns what was refused."""
    desk.advance(step.at)
    refused = tried(desk, step)
    desk.advance(step.at)  # a limit that is a shorter one now may have run out
    return refused


def tried(desk: Desk, step: Step) -> str:
    try:
        if step.intake is not None:
            desk.take(step.intake, step.at)
        elif step.action:
            fields = dict(step.fields)
            desk.act(step.number, step.action, by=step.by, fields=fields, at=step.at)
    except Refused as refused:
        assert step.intake is None, f"the form admits it: {refused}"
        assert all(problem.field and problem.zh for problem in refused.problems), refused
        return f"{refused.text('en')} {refused.text('zh')}"
    return ""


def words(ruleset: Ruleset, field: str) -> st.SearchStrategy[str]:
    return st.sampled_from(("", *ruleset.form[field].type.values))


def arguments(
    ruleset: Ruleset, desk: Desk, action: str, numbers: list[str], now: datetime
) -> st.SearchStrategy[dict[str, Any]]:
    """What an action is done with, mostly as the ruleset asks."""
    staff = desk.config.directory
    teams = st.sampled_from(sorted(staff.teams))
    agents = st.sampled_from(("", *sorted(staff.agents)))
    later = st.sampled_from((1, 3, 30)).map(lambda h: (now + timedelta(hours=h)).isoformat())
    others = st.sampled_from(numbers)
    ratings = st.sampled_from((None, 1, 3, 5))
    reasons = st.just("客户要求 as asked")
    scores = st.dictionaries(st.sampled_from(sorted(ruleset.survey) or ["any"]), st.integers(1, 5))
    classes = {one: words(ruleset, one) for one in ("category", "urgency", "impact", "priority")}
    of_action: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "acknowledge": {"opinion": reasons, "category": words(ruleset, "category")},
        "assign": {"team": teams, "agent": agents, "note": reasons},
        "contact": {"via": st.sampled_from(("phone", "email")), "text": reasons},
        "request_info": {"missing": st.just(["product"]), "text": reasons},
        "provide_info": {"text": reasons},
        "classify": {**classes, "reason": reasons},
        "note": {"text": reasons, "public": st.booleans()},
        "collaborate": {"team": teams, "duty": reasons, "due": later},
        "answer_task": {"task": st.integers(1, 2), "text": reasons},
        "plan": {"cause": reasons, "solution": reasons, "eta": later},
        "approve_plan": {"reason": reasons},
        "reject_plan": {"reason": reasons},
        "resolve": {"solution": reasons, "steps": reasons, "cautions": reasons},
        "confirm": {"rating": ratings},
        "decline": {"reason": reasons},
        "rate": {"rating": ratings, "scores": scores},
        "escalate": {
            "to": st.sampled_from(("head", "superior", "role:director", "role:supervisor")),
            "reason": reasons,
            "hand_over": st.booleans(),
        },
        "supervise": {"reason": reasons},
        "merge": {"into": others},
        "link": {"other": others},
        "review": {"verdict": st.sampled_from(("good", "improve")), "text": reasons},
        **{
            name: {"reason": reasons} for name in ("close", "reopen", "cancel", "archive", "delete")
        },
    }
    return st.fixed_dictionaries(of_action.get(action, {}))


def actors(desk: Desk, ticket: Ticket) -> st.SearchStrategy[str]:
    """Mostly those who may: the handler, the team, the requester, who stands above."""
    staff = desk.config.directory
    team = staff.teams.get(ticket.team)
    near = [f"agent:{one}" for one in (ticket.agent, team.head if team else "") if one]
    members = [f"agent:{one}" for one in (team.agents if team else ())]
    roles = [f"agent:{one.id}" for one in staff.agents.values() if one.roles]
    return st.sampled_from([*near, *near, *members, *roles, "requester", "system"])


def next_step(desk: Desk, ruleset: Ruleset, now: datetime, data: st.DataObject) -> Step:
    """Draw something that may be done in the status that a ticket has."""
    numbers = sorted({event.ticket for event in desk.store.all_events()})
    due = desk.next_due()
    exact = [due] if due is not None and due > now else []
    waits = st.sampled_from([*(now + timedelta(hours=hours) for hours in WAITS), *exact])
    at = data.draw(waits)
    kind = data.draw(st.sampled_from(("act", "act", "act", "act", "submit", "wait")))
    if kind == "wait":
        return Step(at)
    if kind == "submit" or not numbers:  # all of them deleted
        return Step(at, intake=data.draw(submissions(ruleset, at, line="line")))
    number = data.draw(st.sampled_from(numbers))
    desk.advance(at)
    ticket = desk.ticket(number)
    action = data.draw(st.sampled_from(actions_in(ticket.status) or ("note",)))
    by = data.draw(actors(desk, ticket))
    return Step(
        at,
        number=number,
        action=action,
        by=by,
        fields=data.draw(arguments(ruleset, desk, action, numbers, at)),
    )


# -- what must hold ---------------------------------------------------------------------------


def check_ledger(ruleset: Ruleset, target: Target, now: datetime) -> None:
    calendar = ruleset.calendars[target.calendar or ruleset.policy.calendar]
    ledger = Ledger.of(target, calendar, now)
    running = sum(one.seconds for one in ledger.segments if one.kind == "running")
    assert ledger.used_seconds == pytest.approx(running, abs=1e-3)
    for before, after in zip(ledger.segments, ledger.segments[1:], strict=False):
        assert before.end == after.start
    assert target.paused_seconds >= 0
    if target.state in ("running", "met", "breached"):
        assert ledger.due == target.due
    if target.state == "met":
        assert ledger.left_seconds >= 0
    if target.state == "breached":
        assert target.breached_at is not None
        assert target.breached_at >= target.due
    if target.state == "running":
        assert target.due > now


def check(desk: Desk, now: datetime) -> None:
    ruleset = desk.rulesets["line"]
    by_ticket: dict[str, list[Any]] = {}
    for event in desk.store.all_events():
        by_ticket.setdefault(event.ticket, []).append(event)
    for number, events in by_ticket.items():
        ticket = desk.ticket(number)
        assert replay(events) == ticket
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        for event in events:
            assert not isinstance(event.body, PluginFaulted), event.body
            if isinstance(event.body, Decided):
                assert not any(one.incident for one in event.body.decisions), event.body
        assert ticket.priority in ruleset.form["priority"].type.values
        assert bool(ticket.team) or "unrouted" in ticket.flags
        assert ("incomplete" in ticket.flags) is bool(ticket.unfilled or ticket.lacks)
        for target in ticket.targets.values():
            check_ledger(ruleset, target, now)


@pytest.mark.requirement("F1", "F2", "F3")
@SETTINGS
@given(data=st.data())
def test_any_history_holds_on_both_engines(shipped: Any, data: st.DataObject) -> None:
    options = {"change": data.draw(st.sampled_from((lambda staff: staff, small)))}
    with shipped.open(**options) as desk:
        steps, refused = lived(desk, data)
        told = history(desk)
    with shipped.open(**options, engine="durable") as other:
        assert [done(other, step) for step in steps] == refused
        assert history(other) == told


def lived(desk: Desk, data: st.DataObject) -> tuple[list[Step], list[str]]:
    """Draw steps and do them; returns them, and what was refused at each."""
    ruleset = desk.rulesets["line"]
    first = data.draw(submissions(ruleset, START, line="line"))
    said = {**first.fields.get("requester", {}), **CUSTOMER}
    steps = [Step(START, intake=evolve(first, fields={**first.fields, "requester": said}))]
    note(f"{steps[0]}")
    refused = [done(desk, steps[0])]
    for _ in range(data.draw(st.integers(1, MOST_STEPS))):
        step = next_step(desk, ruleset, steps[-1].at, data)
        note(f"{step}")
        desk.advance(step.at)
        before = count(desk)
        refused.append(done(desk, step))
        assert not refused[-1] or count(desk) == before, refused[-1]
        steps.append(step)
        check(desk, step.at)
    return steps, refused


def count(desk: Desk) -> int:
    return sum(1 for _ in desk.store.all_events())


def history(desk: Desk) -> bytes:
    return b"".join(map(event_line, desk.store.all_events()))

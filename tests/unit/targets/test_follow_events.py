"""Targets on a desk: started, paused, met, broken, run on, and what they add up to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.model.ticket import Status, Target, Ticket

DeskWith = Callable[..., Desk]
H = timedelta(hours=1)


@pytest.fixture
def ticket(desk: Desk, start: datetime) -> Ticket:
    return submit(desk, start)


def submit(desk: Desk, at: datetime, **fields: Any) -> Ticket:
    given = {"type": "repair", "description": "x", "requester": {"phone": "1"}, **fields}
    return desk.submit(by="requester", line="main", channel="web", fields=given, at=at)


def act(desk: Desk, ticket: Ticket, action: str, at: datetime, by: str = "", **f: Any) -> Ticket:
    return desk.act(ticket.number, action, by=by or "agent:S100", fields=f, at=at)


def kinds(desk: Desk, ticket: Ticket) -> list[str]:
    return [event.body.kind for event in desk.store.events(ticket.number, after=ticket.version)]


def overlay(**changes: str) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in changes.items())
    return f"[targets.response]\n{lines}\n"


# -- started and met ------------------------------------------------------------------------------


@pytest.mark.requirement("F1")
def test_started_at_submission(ticket: Ticket, start: datetime) -> None:
    assert set(ticket.targets) == {"response", "resolution", "update"}
    response = ticket.targets["response"]
    assert (response.state, response.started_at, response.due) == ("running", start, start + 4 * H)
    assert (response.warn_at, response.calendar, response.rule) == (
        start + 2 * H,
        "",
        "response-p3",
    )
    resolution = ticket.targets["resolution"]
    assert resolution.calendar == "business"
    assert resolution.due == datetime.fromisoformat("2026-03-12T10:00:00+08:00")


@pytest.mark.parametrize(
    ("action", "fields", "met"),
    [
        ("acknowledge", {}, True),
        ("accept", {}, True),
        ("contact", {"text": "x"}, True),
        ("note", {"text": "x", "public": True}, True),
        ("note", {"text": "x"}, False),
        ("plan", {"solution": "x"}, False),
    ],
)
def test_what_meets_the_response(
    action: str, fields: dict[str, Any], met: bool, desk: Desk, ticket: Ticket, start: datetime
) -> None:
    after = act(desk, ticket, action, start + H, **fields).targets["response"]
    assert after.state == ("met" if met else "running")
    assert after.met_at == (start + H if met else None)


def test_the_requesters_note_meets_nothing(desk: Desk, ticket: Ticket, start: datetime) -> None:
    after = act(desk, ticket, "note", start + H, by="requester", text="?", public=True)
    assert {target.state for target in after.targets.values()} == {"running"}
    assert after.targets["update"].started_at == start


def test_a_target_that_is_met_is_not_met_again(desk: Desk, ticket: Ticket, start: datetime) -> None:
    act(desk, ticket, "accept", start + H)
    after = act(desk, ticket, "contact", start + 2 * H)
    assert after.targets["response"].met_at == start + H


# -- broken ---------------------------------------------------------------------------------------


@pytest.mark.requirement("D13")
def test_warned_then_broken(desk: Desk, ticket: Ticket, start: datetime) -> None:
    desk.advance(start + 2 * H - timedelta(seconds=1))
    assert desk.ticket(ticket.number).flags == frozenset()
    desk.advance(start + 2 * H)
    assert desk.ticket(ticket.number).flags == {"at_risk"}
    desk.advance(start + 4 * H - timedelta(seconds=1))
    assert desk.ticket(ticket.number).targets["response"].state == "running"
    desk.advance(start + 4 * H)
    broken = desk.ticket(ticket.number)
    assert broken.flags == {"overdue"}
    assert broken.targets["response"].state == "breached"
    assert broken.targets["response"].breached_at == start + 4 * H
    told = [m.message for m in desk.store.messages(ticket.number) if m.message.about == "overdue"]
    assert {m.to for m in told} == {f"agent:{ticket.agent}", "agent:A100"}
    assert "2026-03-09 14:00" in told[0].text


@pytest.mark.requirement("D13")
def test_met_late_stays_broken(desk: Desk, ticket: Ticket, start: datetime) -> None:
    desk.advance(start + 5 * H)
    late = act(desk, ticket, "accept", start + 5 * H).targets["response"]
    assert (late.state, late.met_at, late.breached_at) == ("breached", start + 5 * H, start + 4 * H)


@pytest.mark.requirement("D13")
def test_a_promise_is_broken_even_where_no_clock_ticked(
    desk: Desk, ticket: Ticket, start: datetime
) -> None:
    late = act(desk, ticket, "accept", start + 5 * H).targets["response"]
    assert (late.state, late.met_at, late.breached_at) == ("breached", start + 5 * H, start + 4 * H)
    order = [
        k for k in kinds(desk, ticket) if k in ("target_warned", "target_breached", "accepted")
    ]
    assert order == ["target_warned", "target_breached", "accepted"]


def test_exactly_at_the_due_time_is_in_time(desk: Desk, ticket: Ticket, start: datetime) -> None:
    desk.advance(start + 4 * H, inclusive=False)
    done = act(desk, ticket, "accept", start + 4 * H).targets["response"]
    assert (done.state, done.met_at) == ("met", start + 4 * H)
    desk.advance(start + 4 * H)
    assert desk.ticket(ticket.number).targets["response"].state == "met"


def test_a_breach_that_raises_no_flag(desk: Desk, ticket: Ticket, start: datetime) -> None:
    act(desk, ticket, "accept", start)
    act(desk, ticket, "resolve", start, solution="x")
    assert desk.ticket(ticket.number).targets["confirmation"].state == "running"
    desk.advance(start + 24 * H)
    closed = desk.ticket(ticket.number)
    assert closed.targets["confirmation"].state == "breached"
    assert "overdue" not in closed.flags


# -- paused ---------------------------------------------------------------------------------------


@pytest.mark.requirement("F1")
def test_the_clock_waits_for_the_requester(desk: Desk, ticket: Ticket, start: datetime) -> None:
    asked = act(desk, ticket, "request_info", start + H, text="?")
    assert asked.targets["response"].state == "paused"
    assert asked.targets["response"].paused_at == start + H
    assert asked.targets["update"].state == "running"
    desk.advance(start + 9 * H)
    told = act(desk, ticket, "provide_info", start + 9 * H, by="requester", text="!")
    response = told.targets["response"]
    assert (response.state, response.paused_at) == ("running", None)
    assert response.paused_seconds == 8 * 3600
    assert response.due == start + 12 * H
    assert response.warn_at == start + 10 * H
    # Eight hours from 11:00 to 19:00, of which the resolution's calendar counts seven.
    assert told.targets["resolution"].pauses == ((start + H, start + 9 * H),)


def test_several_pauses_add_up(desk: Desk, ticket: Ticket, start: datetime) -> None:
    for hour in (1, 3):
        act(desk, ticket, "request_info", start + hour * H, text="?")
        act(desk, ticket, "provide_info", start + (hour + 1) * H, by="requester", text="!")
    response = desk.ticket(ticket.number).targets["response"]
    assert len(response.pauses) == 2
    assert response.paused_seconds == 2 * 3600
    spent = response.due - response.started_at - sum((b - a for a, b in response.pauses), 0 * H)
    assert spent == 4 * H


def test_met_while_the_clock_waits(desk: Desk, ticket: Ticket, start: datetime) -> None:
    act(desk, ticket, "request_info", start + H, text="?")
    met = act(desk, ticket, "contact", start + 30 * H).targets["response"]
    assert (met.state, met.met_at, met.paused_seconds) == ("met", start + 30 * H, 29 * 3600)
    assert met.met_at is not None
    assert met.met_at <= met.due


def test_met_by_the_end_while_the_clock_waits(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(
        overlay(met_by='["closed"]', pauses_in='["awaiting_confirmation", "waiting_requester"]')
    )
    ticket = submit(desk, start)
    act(desk, ticket, "request_info", start + H, text="?")
    asked = act(desk, ticket, "resolve", start + 2 * H, solution="x")
    assert asked.targets["response"].state == "paused"
    met = act(desk, ticket, "confirm", start + 20 * H, by="requester").targets["response"]
    assert (met.state, met.paused_at, met.paused_seconds) == ("met", None, 19 * 3600)
    assert met.due == start + 23 * H


def test_no_clock_runs_after_the_end(desk: Desk, start: datetime) -> None:
    for action in ("cancel", "close", "merge"):
        ticket, other = submit(desk, start), submit(desk, start)
        act(desk, ticket, "request_info", start, text="?")
        fields = {"into": other.number} if action == "merge" else {}
        over = act(desk, ticket, action, start + H, **fields)
        states = {target.state for target in over.targets.values()}
        assert states == {"cancelled"}, action
        assert not any(target.paused_at for target in over.targets.values())


# -- run on, repeat -------------------------------------------------------------------------------


@pytest.mark.requirement("D11")
def test_declined_runs_on(desk: Desk, ticket: Ticket, start: datetime) -> None:
    solved = act(desk, ticket, "resolve", start + 2 * H, solution="x").targets["resolution"]
    assert (solved.state, solved.met_at) == ("met", start + 2 * H)
    again = act(desk, ticket, "decline", start + 5 * H, by="requester", reason="no")
    resolution = again.targets["resolution"]
    assert (resolution.state, resolution.met_at) == ("running", None)
    assert resolution.pauses == ((start + 2 * H, start + 5 * H),)
    assert resolution.started_at == start
    assert again.targets["confirmation"].state == "met"


@pytest.mark.requirement("D10")
def test_progress_every_day(desk: Desk, ticket: Ticket, start: datetime) -> None:
    noted = act(desk, ticket, "note", start + 10 * H, text="x").targets["update"]
    assert (noted.state, noted.started_at, noted.due) == (
        "running",
        start + 10 * H,
        start + 34 * H,
    )
    desk.advance(start + 34 * H)
    assert desk.ticket(ticket.number).targets["update"].state == "breached"
    again = act(desk, ticket, "note", start + 40 * H, text="x").targets["update"]
    assert (again.state, again.due) == ("running", start + 64 * H)
    ended = act(desk, ticket, "resolve", start + 41 * H, solution="x").targets["update"]
    assert (ended.state, ended.met_at) == ("met", start + 41 * H)


def test_a_repetition_waits_where_its_clock_would(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with('[targets.update]\npauses_in = ["waiting_requester"]\n')
    ticket = submit(desk, start)
    act(desk, ticket, "request_info", start + H, text="?")
    noted = act(desk, ticket, "note", start + 2 * H, text="rang twice").targets["update"]
    assert (noted.state, noted.started_at, noted.paused_at) == (
        "paused",
        start + 2 * H,
        start + 2 * H,
    )
    told = act(desk, ticket, "provide_info", start + 50 * H, by="requester", text="!")
    assert told.targets["update"].due == start + 74 * H


def test_a_target_ended_by_something_else_is_cancelled(
    desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(overlay(ends='["planned"]'))
    ticket = submit(desk, start)
    after = act(desk, ticket, "plan", start + H, solution="x").targets["response"]
    assert (after.state, after.warn_at) == ("cancelled", None)
    desk.advance(start + 10 * H)
    assert desk.ticket(ticket.number).targets["response"].state == "cancelled"


def test_reopened_runs_on(desk: Desk, ticket: Ticket, start: datetime) -> None:
    act(desk, ticket, "resolve", start + H, solution="x")
    closed = act(desk, ticket, "confirm", start + 2 * H, by="requester")
    assert closed.status is Status.CLOSED
    again = act(desk, ticket, "reopen", start + 5 * H, by="requester", reason="x")
    assert again.targets["resolution"].state == "running"
    assert again.targets["resolution"].pauses == ((start + H, start + 5 * H),)


# -- set anew -------------------------------------------------------------------------------------


@pytest.mark.requirement("F1")
@pytest.mark.requirement("F2")
def test_another_priority_keeps_start_and_pauses(
    desk: Desk, ticket: Ticket, start: datetime
) -> None:
    act(desk, ticket, "request_info", start + H, text="?")
    act(desk, ticket, "provide_info", start + 2 * H, by="requester", text="!")
    at = start + 2 * H
    raised = act(desk, ticket, "classify", at, priority="P0", reason="worse").targets
    for name, limit, due in (("response", "15m", H / 4), ("resolution", "4h", 5 * H)):
        target: Target = raised[name]
        assert (target.limit, target.started_at, target.due) == (limit, start, start + due)
        assert target.pauses == ((start + H, start + 2 * H),)
    assert raised["update"].limit == "24h"
    decided = [
        d
        for event in desk.store.events(ticket.number, after=ticket.version)
        for d in getattr(event.body, "decisions", ())
        if d.stage == "targets.response"
    ]
    assert decided[-1].rule == "response-p0"
    assert decided[-1].facts == {"priority": "P0"}


def test_another_priority_while_the_clock_waits(
    desk: Desk, ticket: Ticket, start: datetime
) -> None:
    act(desk, ticket, "request_info", start + H, text="?")
    act(desk, ticket, "classify", start + 2 * H, priority="P0")
    told = act(desk, ticket, "provide_info", start + 10 * H, by="requester", text="!")
    resolution = told.targets["resolution"]
    assert (resolution.state, resolution.due) == ("running", start + 13 * H)


def test_a_limit_already_past_is_broken_at_once(
    desk: Desk, ticket: Ticket, start: datetime
) -> None:
    at = start + 3 * H
    desk.advance(at)
    act(desk, ticket, "classify", at, priority="P0", reason="worse")
    desk.advance(at)
    broken = desk.ticket(ticket.number).targets["response"]
    assert broken.state == "breached"
    assert broken.breached_at == start + timedelta(minutes=15)


def test_no_limit_any_more_is_no_target(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with('[[targets.resolution.limits]]\nname = "resolution-p0"\noff = true\n')
    ticket = submit(desk, start)
    after = act(desk, ticket, "classify", start + H, priority="P0")
    assert after.targets["resolution"].state == "cancelled"
    assert after.targets["response"].limit == "15m"

"""Targets measured on the contact: the call's own times decide, whenever the desk hears of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.model.event import CallUpdated, TargetsMet
from ruledesk.model.ticket import Call, Ticket

DeskWith = Callable[..., Desk]
S = timedelta(seconds=1)
OVERLAY = """
[targets.answer]
clock = "contact"
met_by = ["answered", "accepted"]
[[targets.answer.limits]]
name = "answer-10s"
when = 'channel in ["phone", "chat"]'
within = "10s"
[targets.first]
met_by = ["answered"]
flags = false
[[targets.first.limits]]
name = "first-1h"
within = "1h"
[[reactions]]
name = "greet"
on = ["answered"]
send = [{ to = ["requester"], via = ["sms"], template = "progress" }]
[[reactions]]
name = "late-answer"
on = ["target_breached.answer"]
send = [{ to = ["role:supervisor"], via = ["message"], template = "overdue" }]
"""


@pytest.fixture
def hotline(desk_with: DeskWith) -> Desk:
    return desk_with(OVERLAY)


def submit(
    desk: Desk, at: datetime, call: Call | None, by: str = "agent:S101", channel: str = "phone"
) -> Ticket:
    fields: dict[str, Any] = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
    return desk.take(Intake(by, "main", channel, fields, call=call), at)


def told(desk: Desk, ticket: Ticket, about: str) -> int:
    return sum(m.message.about == about for m in desk.store.messages(ticket.number))


@pytest.mark.requirement("C2")
@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "met"), (8, "met"), (10, "met"), (10.4, "met"), (11, "breached")]
)
def test_measured_from_ring_to_answer(
    seconds: float, state: str, hotline: Desk, start: datetime
) -> None:
    call = Call("c", "1", start, start + seconds * S)
    ticket = submit(hotline, start + 180 * S, call)
    target = ticket.targets["answer"]
    assert (target.state, target.started_at, target.due) == (state, start, start + 10 * S)
    # In whole seconds, as the call's waiting time is told everywhere.
    assert target.met_at == start + int(seconds) * S
    assert target.breached_at == (start + 10 * S if state == "breached" else None)
    assert ("overdue" in ticket.flags) == (state == "breached")
    assert told(hotline, ticket, "overdue") == (1 if state == "breached" else 0)
    assert ticket.call is not None
    assert ticket.call.waiting_seconds is not None
    assert (ticket.call.waiting_seconds <= 10) == (state == "met")


@pytest.mark.requirement("C2")
@pytest.mark.parametrize("call", [None, Call("c"), Call("c", started_at=None)])
def test_an_agent_who_hands_it_in_has_answered(
    call: Call | None, hotline: Desk, start: datetime
) -> None:
    ticket = submit(hotline, start, call)
    target = ticket.targets["answer"]
    assert (target.state, target.met_at) == ("met", start)
    first = ticket.targets["first"]
    assert (first.state, first.met_at) == ("met", start)
    assert told(hotline, ticket, "progress") == 1


def test_what_is_not_known_yet_is_held_against_nobody(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start + 90 * S, Call("c", "1", start))
    assert ticket.targets["answer"].state == "met"
    hotline.record(
        ticket.number, [CallUpdated(Call("c", "1", start, start + 7 * S))], start + 95 * S
    )
    target = hotline.ticket(ticket.number).targets["answer"]
    assert (target.state, target.started_at, target.met_at) == ("met", start, start + 7 * S)
    assert hotline.ticket(ticket.number).targets["first"].met_at == start + 90 * S


def test_the_call_may_say_that_the_answer_was_late(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start + 90 * S, Call("c", "1", start))
    call = Call("c", "1", start, start + 31 * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + 95 * S)
    after = hotline.ticket(ticket.number)
    target = after.targets["answer"]
    assert (target.state, target.breached_at) == ("breached", start + 10 * S)
    assert target.met_at == start + 31 * S
    assert "overdue" in after.flags


@pytest.mark.requirement("C2")
@pytest.mark.parametrize(("answer", "state"), [(9, "met"), (12, "breached")])
def test_answered_after_the_ticket_was_made(
    answer: int, state: str, hotline: Desk, start: datetime
) -> None:
    ticket = submit(hotline, start + 2 * S, Call("c", "1", start), by="requester")
    assert ticket.targets["answer"].state == "running"
    assert told(hotline, ticket, "progress") == 0
    hotline.advance(start + 30 * S)  # the news comes late: the clock has run out meanwhile
    assert hotline.ticket(ticket.number).targets["answer"].state == "breached"
    call = Call("c", "1", start, start + answer * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + 30 * S)
    after = hotline.ticket(ticket.number)
    target = after.targets["answer"]
    assert (target.state, target.met_at) == (state, start + answer * S)
    assert ("overdue" in after.flags) == (state == "breached")
    assert (
        told(hotline, ticket, "overdue") == 1
    )  # what was said cannot be taken back, nor is it said twice
    assert told(hotline, ticket, "progress") == 1
    hotline.record(
        ticket.number,
        [CallUpdated(call.__class__(**{**call.__dict__, "ended_at": start + 60 * S}))],
        start + 60 * S,
    )
    assert hotline.ticket(ticket.number).targets == after.targets
    assert told(hotline, ticket, "progress") == 1


def test_an_answer_in_time_is_one_event(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start + S, Call("c", "1", start), by="requester")
    call = Call("c", "1", start, start + 6 * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + 7 * S)
    events = hotline.store.events(ticket.number, after=ticket.version)
    moved = [e.body.names for e in events if isinstance(e.body, TargetsMet)]
    assert sorted(moved) == [("answer",), ("first",)]
    assert "targets_corrected" not in [e.body.kind for e in events]


def test_overdue_for_another_reason_stays(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start, Call("c", "1", start), by="requester", channel="chat")
    hotline.advance(start + timedelta(hours=5))
    assert hotline.ticket(ticket.number).targets["response"].state == "breached"
    call = Call("c", "1", start, start + 3 * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + timedelta(hours=5))
    after = hotline.ticket(ticket.number)
    assert after.targets["answer"].state == "met"
    assert "overdue" in after.flags


@pytest.mark.requirement("C2")
@pytest.mark.parametrize(
    ("ended", "state"), [(4, "cancelled"), (10, "cancelled"), (25, "breached")]
)
def test_a_call_that_nobody_answered(
    ended: int, state: str, hotline: Desk, start: datetime
) -> None:
    call = Call("c", "1", start, None, start + ended * S)
    ticket = submit(hotline, start + ended * S, call, by="requester")
    target = ticket.targets["answer"]
    assert (target.state, target.met_at) == (state, None)
    assert target.breached_at == (start + 10 * S if state == "breached" else None)


def test_who_registers_a_missed_call_has_not_answered_it(hotline: Desk, start: datetime) -> None:
    call = Call("c", "1", start, None, start + 25 * S)
    ticket = submit(hotline, start + timedelta(hours=1), call)
    target = ticket.targets["answer"]
    assert (target.state, target.breached_at) == ("breached", start + 10 * S)
    assert (target.met_at, ticket.targets["first"].state) == (None, "running")
    assert told(hotline, ticket, "progress") == 0


def test_hung_up_while_the_ticket_waited(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start + S, Call("c", "1", start), by="requester")
    call = Call("c", "1", start, None, start + 6 * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + 7 * S)
    assert hotline.ticket(ticket.number).targets["answer"].state == "cancelled"


def test_without_a_call_the_clock_is_the_tickets(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start, None, by="requester", channel="chat")
    assert ticket.targets["answer"].due == start + 10 * S
    after = hotline.act(ticket.number, "accept", by="agent:A101", at=start + 9 * S)
    assert after.targets["answer"].state == "met"


def test_a_contact_is_not_measured_again(hotline: Desk, start: datetime) -> None:
    ticket = submit(hotline, start, None, by="requester", channel="web")
    assert "answer" not in ticket.targets
    call = Call("c", "1", start, start + 60 * S)
    hotline.record(ticket.number, [CallUpdated(call)], start + 60 * S)
    assert "answer" not in hotline.ticket(ticket.number).targets

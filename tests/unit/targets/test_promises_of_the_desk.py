"""Promises that the desk keeps by itself: at the very instant they are due, it is in time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from ruledesk.desk.clockwork import LATE
from ruledesk.desk.service import Desk
from ruledesk.model.ticket import Status, Ticket

DeskWith = Callable[..., Desk]
H = timedelta(hours=1)


def overlay(wait: str, limit: str, when: str = "True") -> str:
    return f"""
[targets.survey]
starts = ["resolved"]
met_by = ["sent.survey"]
[[targets.survey.limits]]
name = "survey-in-time"
within = "{limit}"
[[reactions]]
name = "send-survey"
on = ["resolved"]
after = "{wait}"
when = '{when}'
send = [{{ to = ["requester"], via = ["sms"], template = "survey" }}]
[templates.survey]
text = {{ en = "How was it?", zh = "请评价" }}
"""


def resolved(desk: Desk, at: datetime) -> Ticket:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=at)
    desk.act(ticket.number, "accept", by="agent:S100", at=at)
    given = {"solution": "x"}
    return desk.act(ticket.number, "resolve", by="agent:S100", fields=given, at=at)


@pytest.mark.requirement("C12", "E5")
@pytest.mark.parametrize("limit", ["2h", "24h"])
def test_sent_at_the_very_instant(limit: str, desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(overlay(limit, limit))
    ticket = resolved(desk, start)
    hours = int(limit.removesuffix("h"))
    desk.advance(start + hours * H)
    target = desk.ticket(ticket.number).targets["survey"]
    assert (target.state, target.met_at) == ("met", start + hours * H)
    assert "target_breached" not in [
        e.body.kind
        for e in desk.store.events(ticket.number)
        if getattr(e.body, "name", "") == "survey"
    ]


@pytest.mark.requirement("C12")
def test_sent_after_its_time_it_is_late(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(overlay("3h", "2h"))
    ticket = resolved(desk, start)
    desk.advance(start + 3 * H)
    target = desk.ticket(ticket.number).targets["survey"]
    assert (target.state, target.breached_at) == ("breached", start + 2 * H)
    assert target.met_at == start + 3 * H


def test_a_desk_that_was_down_was_late(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(overlay("2h", "2h"))
    ticket = resolved(desk, start)
    desk.sweep(start + 5 * H, late=LATE)
    target = desk.ticket(ticket.number).targets["survey"]
    assert (target.state, target.met_at) == ("breached", start + 5 * H)
    assert target.breached_at == start + 2 * H


def test_a_live_desk_that_looks_a_moment_later_is_in_time(
    desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(overlay("2h", "2h"))
    ticket = resolved(desk, start)
    desk.sweep(start + 2 * H + LATE / 2, late=LATE)
    target = desk.ticket(ticket.number).targets["survey"]
    assert (target.state, target.met_at) == ("met", start + 2 * H)


def test_what_looks_at_targets_sees_the_breach_first(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(overlay("2h", "2h", 'targets.survey.state == "breached"'))
    ticket = resolved(desk, start)
    desk.advance(start + 2 * H)
    target = desk.ticket(ticket.number).targets["survey"]
    assert (target.state, target.met_at) == ("breached", start + 2 * H)


@pytest.mark.requirement("A12")
def test_closing_by_default_keeps_no_promise_of_the_requester(
    desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(overlay("24h", "24h"))
    ticket = resolved(desk, start)
    desk.advance(start + 24 * H)
    closed = desk.ticket(ticket.number)
    assert closed.status is Status.CLOSED
    assert closed.targets["confirmation"].breached_at == start + 24 * H
    assert closed.targets["survey"].state == "met"
    assert "overdue" not in closed.flags

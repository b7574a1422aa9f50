"""What reactions do in the desk's name: ready plans, questions; and by every way there is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.model.message import Message
from ruledesk.model.ticket import Status, Ticket

DeskWith = Callable[..., Desk]
H = timedelta(hours=1)
PLAN = """
[targets.interim]
met_by = ["planned"]
[[targets.interim.limits]]
name = "interim-24h"
within = "24h"
[[reactions]]
name = "emergency-plan"
on = ["submitted", "classified"]
when = 'urgency == "urgent"'
act = "plan"
[reactions.plan]
cause = { en = "Under analysis", zh = "分析中" }
solution = { en = "Switch to the spare", zh = "切换备用" }
within = "4h"
[[reactions]]
name = "tell-plan"
on = ["planned"]
send = [{ to = ["requester"], via = ["sms"], template = "progress" }]
"""


def submit(desk: Desk, at: datetime, **fields: Any) -> Ticket:
    given = {"type": "repair", "description": "x", "requester": {"phone": "1"}, **fields}
    return desk.submit(by="requester", line="main", channel="web", fields=given, at=at)


def messages(desk: Desk, ticket: Ticket, about: str) -> list[Message]:
    sent = [delivery.message for delivery in desk.store.messages(ticket.number)]
    return [message for message in sent if message.about == about]


# -- a ready plan -----------------------------------------------------------------------------


@pytest.mark.requirement("B9")
def test_a_ready_plan_is_recorded_with_its_limit(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(PLAN)
    ticket = submit(desk, start, urgency="urgent", type="complaint")
    assert ticket.plan is not None
    assert (ticket.plan.by, ticket.plan.cause) == ("system", "Under analysis")
    assert (ticket.plan.solution, ticket.plan.eta) == ("Switch to the spare", start + 4 * H)
    # Complaint plans of people wait for approval; this one was given with the ruleset.
    assert ticket.plan.approval == ""
    assert ticket.status is Status.NEW
    event = next(e for e in desk.store.events(ticket.number) if e.body.kind == "planned")
    assert (event.actor, event.body.rule) == ("system", "emergency-plan")  # type: ignore[attr-defined]
    assert [m.text for m in messages(desk, ticket, "progress")] == [
        f"{ticket.number}: Switch to the spare"
    ]
    assert submit(desk, start, urgency="normal").plan is None


@pytest.mark.requirement("B9", "E8")
def test_it_keeps_no_promise_of_people(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(PLAN)
    ticket = submit(desk, start, urgency="urgent")
    assert {ticket.targets[name].state for name in ("interim", "update")} == {"running"}
    assert ticket.targets["update"].started_at == start
    fields = {"solution": "y"}
    after = desk.act(ticket.number, "plan", by="agent:A101", fields=fields, at=start + H)
    assert after.targets["interim"].state == "met"


def test_a_persons_plan_stands(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(PLAN)
    ticket = submit(desk, start)
    desk.act(ticket.number, "plan", by="agent:A101", fields={"solution": "mine"}, at=start)
    fields = {"urgency": "urgent", "reason": "worse"}
    after = desk.act(ticket.number, "classify", by="agent:A101", fields=fields, at=start + H)
    assert after.plan is not None
    assert (after.plan.solution, after.plan.by) == ("mine", "agent:A101")


def test_a_ready_plan_in_working_time_and_in_chinese(desk_with: DeskWith, start: datetime) -> None:
    people = {"desk": {"name": "x", "timezone": "Asia/Shanghai", "locale": "zh-CN"}}
    desk = desk_with(PLAN.replace('"4h"', '"9wh"'), people)
    ticket = submit(desk, start, urgency="urgent")
    assert ticket.plan is not None
    assert ticket.plan.solution == "切换备用"
    assert ticket.plan.eta == start + timedelta(days=1)


# -- a question -------------------------------------------------------------------------------

ASK = """
[[reactions]]
name = "ask"
on = ["submitted"]
act = "request_info"
reason = "please complete"
[[reactions]]
name = "tell-missing"
on = ["info_requested"]
send = [{ to = ["requester"], via = ["sms"], template = "progress" }]
"""


@pytest.mark.requirement("A4")
def test_the_requester_is_asked_for_what_is_missing(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(ASK)
    assert submit(desk, start).status is Status.NEW  # it lacks nothing
    incomplete = desk.take(_lenient({"description": "x", "requester": {"phone": "1"}}), start)
    assert incomplete.missing == ("type",)
    assert (incomplete.status, incomplete.resumes) == (Status.WAITING_REQUESTER, Status.NEW)
    assert [m.text for m in messages(desk, incomplete, "progress")] == [
        f"{incomplete.number}: please complete"
    ]
    assert incomplete.targets["response"].state == "paused"
    fields = {"fields": {"type": "repair"}}
    after = desk.act(incomplete.number, "provide_info", by="requester", fields=fields, at=start + H)
    assert (after.status, after.missing) == (Status.NEW, ())


def _lenient(fields: dict[str, Any]) -> Intake:
    return Intake("requester", "main", "email", fields, lenient=True)


# -- by every way -----------------------------------------------------------------------------

EVERY = """
[[reactions]]
name = "alarm"
on = ["submitted"]
send = [{ to = ["team", "requester", "role:director"], via = ["every"], template = "overdue" }]
"""


@pytest.mark.requirement("B9")
def test_by_every_way_that_has_an_address(desk_with: DeskWith, start: datetime) -> None:
    people = {
        "agents": {
            "A100": {"contacts": {"phone": "139", "email": "a@b.cn", "chat": "wx1"}},
            "A101": {"contacts": {"email": "l@b.cn"}},
            "A102": {},
            "S100": {},
            "S101": {},
            "E101": {},
        }
    }
    desk = desk_with(EVERY, people)
    ticket = submit(desk, start)
    ways: dict[str, set[str]] = {}
    for message in messages(desk, ticket, "overdue"):
        ways.setdefault(message.to, set()).add(message.via)
        assert message.address or message.to == "role:director"
    assert ways == {
        "agent:A100": {"message", "popup", "sms", "phone", "email", "chat"},
        "agent:A101": {"message", "popup", "email"},
        "agent:A102": {"message", "popup"},
        "requester": {"message", "popup", "sms", "phone"},
        "role:director": {"message"},  # nobody is there: the loss is seen
    }

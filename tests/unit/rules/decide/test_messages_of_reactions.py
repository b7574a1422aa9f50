"""Whom the desk tells by itself, and in which words."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from ruledesk.desk.service import Desk
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket

Submitted = Callable[..., Ticket]
Messages = Callable[..., list[Delivery]]
Kinds = Callable[[Desk, Ticket], list[str]]
DeskWith = Callable[..., Desk]


# -- recipients -----------------------------------------------------------------------------------


def test_one_is_not_sent_ones_own_words(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "tell-team"
on = ["noted"]
send = [{ to = ["team", "requester"], via = ["message"], template = "progress" }]
"""
    )
    ticket = submitted(desk, start)
    desk.act(ticket.number, "note", by="agent:A101", fields={"text": "x"}, at=start)
    told = [m.message for m in messages(desk, ticket) if m.message.rule == "tell-team"]
    assert {m.to: m.on_behalf for m in told} == {
        "agent:A102": "team:after-sales",
        "agent:A100": "team:after-sales",
        "requester": "",
    }
    desk.act(ticket.number, "note", by="requester", fields={"text": "y"}, at=start)
    told = [m.message for m in messages(desk, ticket) if m.message.rule == "tell-team"]
    assert [m.to for m in told if m.text.endswith("y")] == [
        "agent:A101",
        "agent:A102",
        "agent:A100",
    ]


@pytest.mark.requirement("A4")
def test_who_answers_in_part_is_asked_for_the_rest_at_once(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[templates.still_missing]
text = { en = "still: {missing}", zh = "仍缺：{missing}" }
[templates.echo]
text = { en = "still: {missing}", zh = "仍缺：{missing}，您说：{text}" }
[[reactions]]
name = "ask-again"
on = ["info_provided"]
when = "missing_fields > 0"
send = [
  { to = ["requester"], via = ["sms"], template = "still_missing" },
  { to = ["requester"], via = ["sms"], template = "echo" },
]
"""
    )
    ticket = submitted(desk, start)
    asked = {"missing": ["product", "order"], "text": "?"}
    desk.act(ticket.number, "request_info", by="agent:A101", fields=asked, at=start)
    given = {"fields": {"product": "KG-1"}}
    desk.act(ticket.number, "provide_info", by="requester", fields=given, at=start)
    told = [m.message for m in messages(desk, ticket) if m.message.rule == "ask-again"]
    assert [(m.about, m.to, m.text) for m in told] == [
        ("still_missing", "requester", "still: order")
    ]
    desk.act(ticket.number, "provide_info", by="agent:A101", fields=given, at=start)
    about = [m.message.about for m in messages(desk, ticket) if m.message.rule == "ask-again"]
    assert about == ["still_missing", "still_missing", "echo"]


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("to", "via", "error"),
    [
        ("requester", "email", "no address of requester"),
        ("role:director", "message", "no address of role:director"),
        ("team:nobody-here", "message", "no address of team:nobody-here"),
    ],
)
def test_a_message_that_reaches_nobody_fails_visibly(
    to: str,
    via: str,
    error: str,
    desk_with: DeskWith,
    start: datetime,
    submitted: Submitted,
    messages: Messages,
    kinds: Kinds,
) -> None:
    desk = desk_with(
        f"""
[[reactions]]
name = "tell"
on = ["submitted"]
send = [{{ to = ["{to}"], via = ["{via}"], template = "overdue" }}]
"""
    )
    ticket = submitted(desk, start)
    desk.deliver(start)
    (delivery,) = [m for m in messages(desk, ticket) if m.message.rule == "tell"]
    assert delivery.state == "failed"
    assert error in delivery.error
    assert (delivery.message.to, delivery.message.via) == (to, via)
    assert kinds(desk, ticket)[-1] == "message_failed"
    assert desk.store.next_delivery() is None


def test_of_several_ways_those_with_an_address_are_taken(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "tell"
on = ["submitted"]
send = [{ to = ["requester"], via = ["email", "sms"], template = "overdue" }]
"""
    )
    ticket = submitted(desk, start)
    told = [m.message for m in messages(desk, ticket) if m.message.rule == "tell"]
    assert [(m.via, m.address) for m in told] == [("sms", "13800000001")]


def test_a_role_stands_for_those_who_hold_it(
    desk: Desk, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    ticket = submitted(desk, start, type="batch", fault="F1")  # no route: pooled
    (delivery,) = messages(desk, ticket, "assigned")
    message = delivery.message
    assert (message.to, message.on_behalf, message.rule) == (
        "agent:S100",
        "role:supervisor",
        "tell-supervisor",
    )


def test_messages_are_numbered_without_gaps(
    desk: Desk, start: datetime, resolved: Submitted, messages: Messages
) -> None:
    ticket = resolved(desk, start)
    desk.advance(start + timedelta(days=9))
    ids = [m.message.id for m in messages(desk, ticket)]
    assert len(ids) > 3
    assert ids == [f"{ticket.number}/{n}" for n in range(1, len(ids) + 1)]
    assert desk.ticket(ticket.number).messages == len(ids)


# -- templates ------------------------------------------------------------------------------------


TEMPLATE = """
[templates.full]
subject = { en = "Ticket {number}", zh = "工单 {number}" }
text = { en = "{requester.name}|{type}|{category}|{urgency}|{affected_users}|{product}|{team}|\
{agent.name}|{due}|{due.resolution}|{due.confirmation}|{created_at}|{desk}|{text}|{missing}|{flags}",\
 zh = "{type}|{urgency}|{missing}|{due.response}" }
[[reactions]]
name = "tell"
on = ["info_requested"]
send = [{ to = ["requester", "head"], via = ["sms"], template = "full" }]
"""


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    ("locale", "subject", "text"),
    [
        (
            "en",
            "Ticket R20260309001",
            # The next due time is that of the update: the other clocks wait for the requester.
            "张|Repair|Other|一般|3|—|after-sales|Li|2026-03-10 10:00|2026-03-12 10:00|—|"
            "2026-03-09 10:00|Test desk|which one?|product, description|—",
        ),
        ("zh-CN", "工单 R20260309001", "维修|一般|product、description|2026-03-09 14:00"),
    ],
)
def test_templates(
    locale: str,
    subject: str,
    text: str,
    desk_with: DeskWith,
    start: datetime,
    submitted: Submitted,
    messages: Messages,
) -> None:
    described = {"desk": {"name": "Test desk", "timezone": "Asia/Shanghai", "locale": locale}}
    desk = desk_with(TEMPLATE, described)
    ticket = submitted(desk, start, affected_users=3)
    desk.act(
        ticket.number,
        "request_info",
        by="agent:A101",
        fields={"missing": ["product", "description"], "text": "which one?"},
        at=start,
    )
    told = [m.message for m in messages(desk, ticket, "full")]
    assert {m.locale for m in told} == {locale}
    assert {m.subject for m in told} == {subject}
    assert {m.text for m in told} == {text}
    assert [m.to for m in told] == ["requester", "agent:A100"]


def test_everybody_reads_their_own_language(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    people = {
        "agents": {
            "A100": {"name": "Wang", "locale": "zh-CN"},
            "A101": {"skills": ["refrigerator"]},
            "A102": {},
            "S100": {"roles": ["supervisor"]},
            "S101": {},
            "E101": {},
        }
    }
    desk = desk_with(TEMPLATE, people)
    ticket = submitted(desk, start)
    desk.act(ticket.number, "request_info", by="agent:A101", fields={"text": "?"}, at=start)
    told = {m.message.to: m.message.subject for m in messages(desk, ticket, "full")}
    assert told == {
        "requester": "Ticket R20260309001",
        "agent:A100": "工单 R20260309001",
    }


@pytest.mark.requirement("F5")
def test_a_message_tells_the_status_by_its_label(
    desk_with: DeskWith, start: datetime, resolved: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "state"
on = ["resolved"]
send = [{ to = ["requester"], via = ["sms"], template = "state" }]
[templates.state]
text = { en = "{status}: {solution}", zh = "{status}：{solution}" }
"""
    )
    ticket = resolved(desk, start)
    (delivery,) = messages(desk, ticket, "state")
    assert delivery.message.text in ("待反馈：已更换", "awaiting confirmation: 已更换")

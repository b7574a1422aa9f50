"""Web forms as they arrive, and who reports by whatever way (E2, C3)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Refused
from ruledesk.hooks.kinds import RawInput

Send = Callable[..., Receipt]
Calls = Callable[..., list[Receipt]]
H = timedelta(hours=1)


@pytest.mark.requirement("E2")
def test_a_form(desk: Desk, start: datetime, form: Send) -> None:
    receipt = form(desk, start, affected_users="7", fault="E4")
    ticket = desk.ticket(receipt.ticket)
    assert receipt == Receipt("ticket", ticket.number)
    assert (ticket.channel, ticket.line) == ("web", "main")
    assert ticket.description == "冰箱不制冷 🧊"
    assert (ticket.affected_users, ticket.custom) == (7, {"fault": "E4"})
    assert ticket.requester.phone == "13800000001"
    assert desk.store.blob(ticket.raw) is not None


@pytest.mark.requirement("E2")
def test_the_same_form_twice_is_one_ticket(desk: Desk, start: datetime, form: Send) -> None:
    one = form(desk, start, idempotency_key="k1")
    assert form(desk, start + H, idempotency_key="k1").ticket == one.ticket
    assert form(desk, start, idempotency_key="k2").ticket != one.ticket
    assert desk.store.counts()["tickets"] == 2


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"affected_users": "7"}, "affected_users"),
        ({"affected_users": True}, "affected_users"),
        ({"affected_users": 1.0}, "affected_users"),
        ({"affected_users": 1_000_001}, "affected_users"),
        ({"loss": "12.5"}, "loss"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-03-09T10:00:00"}, "occurred_at"),
        ({"type": "Reparatur"}, "type"),
        ({"type": None}, "type"),
        ({"description": "  "}, "description"),
        ({"description": "x" * 1_000_000}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"description": ["x"]}, "description"),
        ({"colour": "blue"}, "colour"),
        ({"phone": ""}, "contact"),
        ({"fault": "x" * 41}, "fault"),
        ({"type": "batch"}, "fault"),
    ],
)
def test_what_a_json_form_is_refused_for(
    fields: dict[str, Any], field: str, desk: Desk, start: datetime, as_json: Send
) -> None:
    with pytest.raises(Refused) as refused:
        as_json(desk, start, **fields)
    (problem,) = refused.value.problems
    assert problem.field.removeprefix("custom.") == field
    assert problem.en
    assert problem.zh
    assert len(problem.text()) < 2000
    assert desk.store.counts()["tickets"] == 0


def test_a_typed_in_number_that_is_none(desk: Desk, start: datetime, form: Send) -> None:
    with pytest.raises(Refused, match="affected_users") as refused:
        form(desk, start, affected_users="several")
    assert refused.value.problems[0].value == "several"


def test_emoji_and_every_plane_are_text(desk: Desk, start: datetime, as_json: Send) -> None:
    text = "🧊👩‍🔧 𠮷 ﷺ \u202e مرحبا\n\ttab"
    ticket = desk.ticket(as_json(desk, start, description=text).ticket)
    assert ticket.description == text


def test_an_unknown_channel_and_line(desk: Desk, start: datetime, form: Send) -> None:
    with pytest.raises(InvalidInput) as error:
        desk.receive("pigeon", RawInput(b""), at=start)
    assert error.value.problems[0].field == "channel"
    assert "web" in error.value.problems[0].accepted
    with pytest.raises(Refused) as refused:
        form(desk, start, line="nowhere")
    assert refused.value.problems[0].accepted == ("main",)


# -- who reports ----------------------------------------------------------------------------------


@pytest.mark.requirement("A2")
@pytest.mark.requirement("D3")
def test_the_same_person_by_form_mail_and_phone(
    desk: Desk, start: datetime, form: Send, mail: Send, call: Calls
) -> None:
    one = desk.ticket(form(desk, start, email="Zhang@Example.com").ticket).requester
    two = desk.ticket(mail(desk, start).ticket).requester
    call(desk, start, "newCall")
    three = desk.ticket(call(desk, start + H, "hangup")[0].ticket).requester
    assert one.id
    assert one.id == two.id == three.id
    assert three.name == "张"


@pytest.mark.requirement("D3")
@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("13800000001", "+86 138-0000-0001"),
        ("008613800000001", "13800000001"),
        ("+8613800000001", "0086 138 0000 0001"),
    ],
)
def test_a_mobile_number_is_known_with_and_without_the_countrys_code(
    first: str, again: str, desk: Desk, start: datetime, form: Send
) -> None:
    one = desk.ticket(form(desk, start, phone=first).ticket).requester
    two = desk.ticket(form(desk, start, phone=again, name="").ticket).requester
    other = desk.ticket(form(desk, start, phone="+86 138-0000-0002").ticket).requester
    assert (two.id, two.name) == (one.id, "张")
    assert two.phone == again.replace(" ", "").replace("-", "")
    assert other.id != one.id


def test_a_submission_adds_to_the_record_and_never_overwrites_it(
    desk: Desk, start: datetime, form: Send
) -> None:
    form(desk, start, **{"requester.company": "Acme"})
    other = desk.ticket(form(desk, start, name="李", **{"requester.level": "vip"}).ticket)
    assert (other.requester.name, other.requester.company) == ("李", "Acme")
    known = desk.store.requester(phone="13800000001")
    assert known is not None
    assert (known.name, known.company, known.level) == ("张", "Acme", "vip")

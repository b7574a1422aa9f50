"""Web forms, mails and calls as they arrive: one ticket each, and nothing lost (E2, C3, D3)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Problem, Refused
from ruledesk.hooks.kinds import FollowUp, RawInput
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.action import Note
from ruledesk.model.ticket import Call, Link, Status, Ticket

Desks = Callable[..., Desk]
FORM = {"type": "repair", "description": "冰箱不制冷 🧊", "name": "张", "phone": "138 0000-0001"}
H = timedelta(hours=1)


def form(desk: Desk, at: datetime, **fields: Any) -> Receipt:
    body = urlencode({**FORM, **fields}).encode()
    raw = RawInput(body, "application/x-www-form-urlencoded")
    (receipt,) = desk.receive("web", raw, at=at)
    return receipt


def as_json(desk: Desk, at: datetime, **fields: Any) -> Receipt:
    raw = RawInput(json.dumps({**FORM, **fields}).encode(), "application/json")
    (receipt,) = desk.receive("web", raw, at=at)
    return receipt


def mail(
    desk: Desk,
    at: datetime,
    text: str = "The fridge is warm.",
    *,
    id: str = "m1",  # noqa: A002
    sender: str = "zhang@example.com",
    subject: str = "Fridge",
    reply_to: str = "",
) -> Receipt:
    head = [
        f"From: Zhang <{sender}>",
        "To: desk@example.com",
        f"Subject: {subject}",
        f"Message-ID: <{id}@example.com>",
        "Content-Type: text/plain; charset=utf-8",
    ]
    if reply_to:
        head.append(f"In-Reply-To: <{reply_to}@example.com>")
    raw = RawInput("\r\n".join([*head, "", text, ""]).encode(), "message/rfc822")
    (receipt,) = desk.receive("email", raw, at=at)
    return receipt


def call(desk: Desk, at: datetime, event: str, id: str = "c1", **fields: Any) -> list[Receipt]:  # noqa: A002
    body = {"event": event, "callId": id, "from": "13800000001", "at": at.isoformat(), **fields}
    return list(
        desk.receive("phone", RawInput(json.dumps(body).encode(), "application/json"), at=at)
    )


# -- web ------------------------------------------------------------------------------------------


@pytest.mark.requirement("E2")
def test_a_form(desk: Desk, start: datetime) -> None:
    receipt = form(desk, start, affected_users="7", fault="E4")
    ticket = desk.ticket(receipt.ticket)
    assert receipt == Receipt("ticket", ticket.number)
    assert (ticket.channel, ticket.line) == ("web", "main")
    assert ticket.description == "冰箱不制冷 🧊"
    assert (ticket.affected_users, ticket.custom) == (7, {"fault": "E4"})
    assert ticket.requester.phone == "13800000001"
    assert desk.store.blob(ticket.raw) is not None


@pytest.mark.requirement("E2")
def test_the_same_form_twice_is_one_ticket(desk: Desk, start: datetime) -> None:
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
    fields: dict[str, Any], field: str, desk: Desk, start: datetime
) -> None:
    with pytest.raises(Refused) as refused:
        as_json(desk, start, **fields)
    (problem,) = refused.value.problems
    assert problem.field.removeprefix("custom.") == field
    assert problem.en
    assert problem.zh
    assert len(problem.text()) < 2000
    assert desk.store.counts()["tickets"] == 0


def test_a_typed_in_number_that_is_none(desk: Desk, start: datetime) -> None:
    with pytest.raises(Refused, match="affected_users") as refused:
        form(desk, start, affected_users="several")
    assert refused.value.problems[0].value == "several"


def test_emoji_and_every_plane_are_text(desk: Desk, start: datetime) -> None:
    text = "🧊👩‍🔧 𠮷 ﷺ \u202e مرحبا\n\ttab"
    ticket = desk.ticket(as_json(desk, start, description=text).ticket)
    assert ticket.description == text


def test_an_unknown_channel_and_line(desk: Desk, start: datetime) -> None:
    with pytest.raises(InvalidInput) as error:
        desk.receive("pigeon", RawInput(b""), at=start)
    assert error.value.problems[0].field == "channel"
    assert "web" in error.value.problems[0].accepted
    with pytest.raises(Refused) as refused:
        form(desk, start, line="nowhere")
    assert refused.value.problems[0].accepted == ("main",)


# -- mail -----------------------------------------------------------------------------------------


@pytest.mark.requirement("C3")
def test_a_mail_is_taken_though_the_form_asks_for_more(desk: Desk, start: datetime) -> None:
    receipt = mail(desk, start)
    ticket = desk.ticket(receipt.ticket)
    assert ticket.flags >= {"incomplete"}
    assert ticket.missing == ("type",)
    assert (ticket.subject, ticket.requester.email) == ("Fridge", "zhang@example.com")
    assert ticket.description == "The fridge is warm."


@pytest.mark.requirement("E2")
def test_the_same_mail_twice(desk: Desk, start: datetime) -> None:
    one = mail(desk, start)
    two = mail(desk, start + H)
    assert two.ticket == one.ticket
    assert desk.store.counts()["tickets"] == 1


def test_a_long_mail_is_cut_to_the_form(desk: Desk, start: datetime) -> None:
    ticket = desk.ticket(mail(desk, start, "冰" * 9000).ticket)
    assert ticket.description == "冰" * 2000
    kept = desk.store.blob(ticket.raw)
    assert kept is not None
    assert kept.decode().count("冰") == 9000


@pytest.mark.parametrize("status", ["new", "waiting", "closed", "archived"])
def test_an_answer_to_a_ticket(status: str, desk: Desk, start: datetime) -> None:
    number = mail(desk, start).ticket
    ways: dict[str, list[str]] = {
        "new": [],
        "waiting": ["request_info"],
        "closed": ["close"],
        "archived": ["close", "archive"],
    }
    for action in ways[status]:
        desk.act(number, action, by="agent:S100", at=start)
    before = desk.ticket(number)
    receipt = mail(desk, start + H, "It is a KG-1.", id="m2", reply_to="m1")
    after = desk.ticket(number)
    if status == "archived":
        assert receipt.kind == "ticket"
        assert receipt.reason == f"{number} is archived"
        fresh = desk.ticket(receipt.ticket)
        assert fresh.links == (Link(number, "follow-up"),)
        assert fresh.description == "It is a KG-1."
        assert fresh.requester.id == before.requester.id
        assert after.status is Status.ARCHIVED
    else:
        assert receipt == Receipt("follow_up", number)
        expected = {"new": Status.NEW, "waiting": Status.NEW, "closed": Status.CLOSED}[status]
        assert after.status is expected
        event = desk.store.events(number, after=before.version)[0]
        assert event.body.kind == ("info_provided" if status == "waiting" else "noted")
        assert event.body.text == "It is a KG-1."  # type: ignore[attr-defined]
        assert event.actor == "requester"
    stored = dict(desk.store.counts())
    again = mail(desk, start + 2 * H, "It is a KG-1.", id="m2", reply_to="m1")
    assert again == Receipt("ignored", receipt.ticket, "received twice")
    assert dict(desk.store.counts()) == stored


def test_an_answer_by_somebody_else_says_so(desk: Desk, start: datetime) -> None:
    number = mail(desk, start).ticket
    mail(desk, start, "Me too.", id="m2", reply_to="m1", sender="li@example.com")
    (event,) = [e for e in desk.store.events(number) if e.body.kind == "noted"]
    assert event.body.text == "[li@example.com] Me too."  # type: ignore[attr-defined]


def test_an_answer_does_not_turn_back_the_clock(desk: Desk, start: datetime) -> None:
    number = mail(desk, start).ticket
    desk.act(number, "note", by="requester", fields={"text": "x"}, at=start + H)
    mail(desk, start, "late", id="m2", reply_to="m1")
    assert desk.ticket(number).updated_at == start + H


class OddFollowUps:
    """A channel that follows up on what it is told."""

    def __init__(self, follow_up: FollowUp) -> None:
        class Odd:
            name = "odd"

            def __init__(self, settings: Any) -> None:
                pass

            def receive(self, raw: RawInput, context: Any) -> list[FollowUp]:
                return [follow_up]

        self.channel = Odd

    @hookimpl
    def ruledesk_channels(self) -> list[type]:
        return [self.channel]


@pytest.mark.requirement("F3")
def test_a_follow_up_on_nothing_is_a_ticket(open_desk: Desks, start: datetime) -> None:
    plugin = OddFollowUps(FollowUp("G000", "still\0warm\ud800", "li@example.com", source="s1"))
    desk = open_desk(plugins={"odd": plugin})
    (receipt,) = desk.receive("odd", RawInput(b"x"), at=start)
    assert (receipt.kind, receipt.reason) == ("ticket", "there is no ticket G000")
    ticket = desk.ticket(receipt.ticket)
    assert ticket.description == "still\ufffdwarm\ufffd"
    assert ticket.requester.email == "li@example.com"


# -- calls ----------------------------------------------------------------------------------------


@pytest.mark.requirement("D3")
def test_a_call_that_is_answered_and_registered(desk: Desk, start: datetime) -> None:
    assert call(desk, start, "newCall")[0] == Receipt("call")
    call(desk, start + timedelta(seconds=8), "answer", agent="S101")
    fields = {"type": "complaint", "description": "rude", "call": "c1", "requester": {"name": "张"}}
    ticket = desk.submit(
        by="agent:S101",
        line="main",
        channel="phone",
        fields=fields,
        at=start + timedelta(minutes=1),
    )
    assert ticket.call is not None
    assert ticket.call.waiting_seconds == 8
    assert ticket.requester.phone == "13800000001"
    (ended,) = call(desk, start + timedelta(minutes=3, seconds=8), "hangup")
    assert ended == Receipt("call", ticket.number)
    seen = desk.ticket(ticket.number).call
    assert seen is not None
    assert seen.talking_seconds == 180
    assert desk.store.counts()["tickets"] == 1


@pytest.mark.requirement("D3")
@pytest.mark.requirement("F3")
def test_a_missed_call_is_one_ticket(desk: Desk, start: datetime) -> None:
    call(desk, start, "newCall")
    call(desk, start, "newCall")
    ended = call(desk, start + timedelta(seconds=20), "hangup")
    ticket = desk.ticket(ended[0].ticket)
    assert (ended[0].kind, ended[0].reason) == ("ticket", "missed call")
    assert "13800000001" in ticket.description
    assert ticket.requester.phone == "13800000001"
    assert ticket.call is not None
    assert ticket.call.waiting_seconds == 20
    for event in ("hangup", "newCall", "hangup"):
        call(desk, start + timedelta(seconds=30), event)
    assert desk.store.counts()["tickets"] == 1


def test_events_of_a_call_out_of_order(desk: Desk, start: datetime) -> None:
    second = timedelta(seconds=1)
    call(desk, start + 5 * second, "answer", agent="S101")
    call(desk, start, "newCall")
    (ended,) = call(desk, start + 65 * second, "hangup")
    assert ended.kind == "call"
    found = desk.store.call("c1")
    assert found is not None
    assert (found[0].waiting_seconds, found[0].talking_seconds, found[1]) == (5, 60, "")
    assert desk.store.counts()["tickets"] == 0


def test_two_calls_at_once_do_not_mix(desk: Desk, start: datetime) -> None:
    call(desk, start, "newCall", "c1")
    call(desk, start, "newCall", "c2", **{"from": "13800000002"})
    missed = call(desk, start + timedelta(seconds=9), "hangup", "c2")
    call(desk, start + timedelta(seconds=9), "answer", "c1")
    assert desk.ticket(missed[0].ticket).requester.phone == "13800000002"
    assert desk.store.counts()["tickets"] == 1


def test_a_registration_of_a_call_nobody_reported(desk: Desk, start: datetime) -> None:
    def register(**fields: Any) -> Ticket:
        given = {"type": "repair", "description": "x", "requester": {"phone": "1"}, **fields}
        return desk.submit(by="agent:S101", line="main", channel="phone", fields=given, at=start)

    ticket = register(call="c9")
    assert ticket.call is not None
    assert (ticket.call.id, ticket.call.started_at) == ("c9", None)
    with pytest.raises(Refused, match="call"):
        register(call=9)


# -- who reports ----------------------------------------------------------------------------------


@pytest.mark.requirement("A2")
@pytest.mark.requirement("D3")
def test_the_same_person_by_form_mail_and_phone(desk: Desk, start: datetime) -> None:
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
    first: str, again: str, desk: Desk, start: datetime
) -> None:
    one = desk.ticket(form(desk, start, phone=first).ticket).requester
    two = desk.ticket(form(desk, start, phone=again, name="").ticket).requester
    other = desk.ticket(form(desk, start, phone="+86 138-0000-0002").ticket).requester
    assert (two.id, two.name) == (one.id, "张")
    assert two.phone == again.replace(" ", "").replace("-", "")
    assert other.id != one.id


def test_a_submission_adds_to_the_record_and_never_overwrites_it(
    desk: Desk, start: datetime
) -> None:
    form(desk, start, **{"requester.company": "Acme"})
    other = desk.ticket(form(desk, start, name="李", **{"requester.level": "vip"}).ticket)
    assert (other.requester.name, other.requester.company) == ("李", "Acme")
    known = desk.store.requester(phone="13800000001")
    assert known is not None
    assert (known.name, known.company, known.level) == ("张", "Acme", "vip")


# -- two threads at once --------------------------------------------------------------------------


@pytest.fixture
def just_before(monkeypatch: pytest.MonkeyPatch) -> Callable[[Desk, Call, str], None]:
    """Saves a call just before the next transaction begins, as another thread may."""

    def arrange(desk: Desk, known: Call, number: str) -> None:
        begin = desk.store.transaction

        def late() -> Any:
            monkeypatch.setattr(desk.store, "transaction", begin)
            with begin() as transaction:
                transaction.save_call(known, number)
            return begin()

        monkeypatch.setattr(desk.store, "transaction", late)

    return arrange


@pytest.mark.requirement("D3")
def test_a_registration_knows_what_was_just_said_of_its_call(
    desk: Desk, start: datetime, just_before: Callable[[Desk, Call, str], None]
) -> None:
    call(desk, start, "newCall")
    ended = Call("c1", "13800000001", start, start, start + timedelta(minutes=2))
    just_before(desk, ended, "")
    fields = {"type": "complaint", "description": "rude", "call": "c1"}
    ticket = desk.submit(by="agent:S101", line="main", channel="phone", fields=fields, at=start)
    assert ticket.call == ended
    assert desk.store.call("c1") == (ended, ticket.number)


@pytest.mark.requirement("D3")
def test_the_end_of_a_call_finds_the_ticket_just_registered(
    desk: Desk, start: datetime, just_before: Callable[[Desk, Call, str], None]
) -> None:
    call(desk, start, "newCall")
    call(desk, start, "answer", agent="S101")
    found = desk.store.call("c1")
    assert found is not None
    ticket = form(desk, start, type="complaint", description="rude")
    just_before(desk, found[0], ticket.ticket)
    assert call(desk, start + timedelta(minutes=1), "hangup") == [Receipt("call", ticket.ticket)]


@pytest.mark.requirement("E2")
def test_the_same_answer_in_two_threads_is_one_note(desk: Desk, start: datetime) -> None:
    ticket = form(desk, start, type="complaint", description="rude")
    note = Note(text="still waiting", source="mail:<a@b>")
    first = desk.do(ticket.ticket, note, by="requester", at=start)
    again = desk.do(ticket.ticket, note, by="requester", at=start)
    assert again.version == first.version


class _Closed:
    """Refuses every note."""

    @hookimpl
    def ruledesk_before_action(self, action: Any) -> Problem | None:
        return Problem("no notes today", "今日不收留言") if isinstance(action, Note) else None


@pytest.mark.requirement("F3")
def test_an_answer_that_is_refused_is_a_ticket_beside(open_desk: Desks, start: datetime) -> None:
    desk = open_desk(plugins={"closed": _Closed()})
    first = mail(desk, start)
    answer = mail(desk, start + H, "Still warm.", id="m2", reply_to="m1")
    assert answer.kind == "ticket"
    assert "no notes today" in answer.reason
    beside = desk.ticket(answer.ticket)
    assert "Still warm." in beside.description
    assert Link(first.ticket, "follow-up") in beside.links
    assert beside.requester.id == desk.ticket(first.ticket).requester.id


@pytest.mark.requirement("F3")
def test_an_answer_to_a_finished_ticket_by_somebody_else_is_theirs(
    desk: Desk, start: datetime
) -> None:
    first = mail(desk, start)
    desk.act(first.ticket, "cancel", by="requester", at=start)
    answer = mail(desk, start + H, id="m2", reply_to="m1", sender="other@example.com")
    beside = desk.ticket(answer.ticket)
    assert beside.requester.email == "other@example.com"
    assert beside.requester.id != desk.ticket(first.ticket).requester.id


@pytest.mark.requirement("F3")
def test_a_missed_call_survives_a_crash_before_its_ticket(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> Ticket:
        raise MemoryError

    call(desk, start, "newCall")
    with monkeypatch.context() as patch:
        patch.setattr(desk, "take", crash)
        with pytest.raises(MemoryError):
            call(desk, start + H, "hangup")
    (receipt,) = call(desk, start + H, "hangup")
    assert receipt.kind == "ticket"
    taken = desk.ticket(receipt.ticket).call
    assert taken is not None
    assert taken.ended_at == start + H
    assert desk.store.call("c1") == (taken, receipt.ticket)


def test_a_ticket_beside_is_linked_in_the_same_commit(desk: Desk, start: datetime) -> None:
    first = mail(desk, start)
    desk.act(first.ticket, "cancel", by="requester", at=start)
    commits: list[str] = []
    append = desk.store.transaction

    def counted() -> Any:
        commits.append("one")
        return append()

    desk.store.transaction = counted  # type: ignore[method-assign]
    answer = mail(desk, start + H, id="m2", reply_to="m1")
    assert commits == ["one"]
    assert Link(first.ticket, "follow-up") in desk.ticket(answer.ticket).links
    assert Link(answer.ticket, "follow-up") in desk.ticket(first.ticket).links

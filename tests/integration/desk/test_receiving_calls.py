"""Calls as the telephone system tells of them: one ticket each (D3)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.model.ticket import Call, Ticket

Send = Callable[..., Receipt]
Calls = Callable[..., list[Receipt]]
H = timedelta(hours=1)


@pytest.mark.requirement("D3")
def test_a_call_that_is_answered_and_registered(desk: Desk, start: datetime, call: Calls) -> None:
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
def test_a_missed_call_is_one_ticket(desk: Desk, start: datetime, call: Calls) -> None:
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


def test_events_of_a_call_out_of_order(desk: Desk, start: datetime, call: Calls) -> None:
    second = timedelta(seconds=1)
    call(desk, start + 5 * second, "answer", agent="S101")
    call(desk, start, "newCall")
    (ended,) = call(desk, start + 65 * second, "hangup")
    assert ended.kind == "call"
    found = desk.store.call("c1")
    assert found is not None
    assert (found[0].waiting_seconds, found[0].talking_seconds, found[1]) == (5, 60, "")
    assert desk.store.counts()["tickets"] == 0


def test_two_calls_at_once_do_not_mix(desk: Desk, start: datetime, call: Calls) -> None:
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
    desk: Desk, start: datetime, just_before: Callable[[Desk, Call, str], None], call: Calls
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
    desk: Desk,
    start: datetime,
    just_before: Callable[[Desk, Call, str], None],
    form: Send,
    call: Calls,
) -> None:
    call(desk, start, "newCall")
    call(desk, start, "answer", agent="S101")
    found = desk.store.call("c1")
    assert found is not None
    ticket = form(desk, start, type="complaint", description="rude")
    just_before(desk, found[0], ticket.ticket)
    assert call(desk, start + timedelta(minutes=1), "hangup") == [Receipt("call", ticket.ticket)]


@pytest.mark.requirement("D3")
@pytest.mark.parametrize("registered", [True, False])
def test_an_answer_that_another_process_just_heard_of_is_kept(
    desk: Desk,
    start: datetime,
    just_before: Callable[[Desk, Call, str], None],
    form: Send,
    call: Calls,
    registered: bool,
) -> None:
    """Neither is the call missed then, nor does anybody forget who answered it."""
    call(desk, start, "newCall")
    number = form(desk, start, type="complaint", description="rude").ticket if registered else ""
    just_before(desk, Call("c1", "13800000001", start, start + H, agent="S101"), number)
    assert call(desk, start + 2 * H, "hangup") == [Receipt("call", number)]
    known = Call("c1", "13800000001", start, start + H, start + 2 * H, "S101")
    assert desk.store.call("c1") == (known, number)
    if registered:
        assert desk.ticket(number).call == known


@pytest.mark.requirement("F3")
def test_a_missed_call_survives_a_crash_before_its_ticket(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch, call: Calls
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

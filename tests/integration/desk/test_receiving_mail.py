"""Mails and answers to tickets as they arrive: nothing lost (E2, F3)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.errors import Problem
from ruledesk.hooks.kinds import FollowUp, RawInput
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.action import Note
from ruledesk.model.ticket import Link, Status

Send = Callable[..., Receipt]
Desks = Callable[..., Desk]
H = timedelta(hours=1)


@pytest.mark.requirement("C3")
def test_a_mail_is_taken_though_the_form_asks_for_more(
    desk: Desk, start: datetime, mail: Send
) -> None:
    receipt = mail(desk, start)
    ticket = desk.ticket(receipt.ticket)
    assert ticket.flags >= {"incomplete"}
    assert ticket.missing == ("type",)
    assert (ticket.subject, ticket.requester.email) == ("Fridge", "zhang@example.com")
    assert ticket.description == "The fridge is warm."


@pytest.mark.requirement("E2")
def test_the_same_mail_twice(desk: Desk, start: datetime, mail: Send) -> None:
    one = mail(desk, start)
    two = mail(desk, start + H)
    assert two.ticket == one.ticket
    assert desk.store.counts()["tickets"] == 1


def test_a_long_mail_is_cut_to_the_form(desk: Desk, start: datetime, mail: Send) -> None:
    ticket = desk.ticket(mail(desk, start, "冰" * 9000).ticket)
    assert ticket.description == "冰" * 2000
    kept = desk.store.blob(ticket.raw)
    assert kept is not None
    assert kept.decode().count("冰") == 9000


@pytest.mark.parametrize("status", ["new", "waiting", "closed", "archived"])
def test_an_answer_to_a_ticket(status: str, desk: Desk, start: datetime, mail: Send) -> None:
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


def test_an_answer_by_somebody_else_says_so(desk: Desk, start: datetime, mail: Send) -> None:
    number = mail(desk, start).ticket
    mail(desk, start, "Me too.", id="m2", reply_to="m1", sender="li@example.com")
    (event,) = [e for e in desk.store.events(number) if e.body.kind == "noted"]
    assert event.body.text == "[li@example.com] Me too."  # type: ignore[attr-defined]


def test_an_answer_does_not_turn_back_the_clock(desk: Desk, start: datetime, mail: Send) -> None:
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


@pytest.mark.requirement("E2")
def test_the_same_answer_in_two_threads_is_one_note(
    desk: Desk, start: datetime, form: Send
) -> None:
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
def test_an_answer_that_is_refused_is_a_ticket_beside(
    open_desk: Desks, start: datetime, mail: Send
) -> None:
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
    desk: Desk, start: datetime, mail: Send
) -> None:
    first = mail(desk, start)
    desk.act(first.ticket, "cancel", by="requester", at=start)
    answer = mail(desk, start + H, id="m2", reply_to="m1", sender="other@example.com")
    beside = desk.ticket(answer.ticket)
    assert beside.requester.email == "other@example.com"
    assert beside.requester.id != desk.ticket(first.ticket).requester.id


def test_a_ticket_beside_is_linked_in_the_same_commit(
    desk: Desk, start: datetime, mail: Send
) -> None:
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

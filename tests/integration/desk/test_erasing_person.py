"""Erasing a person at a desk: who may, when not, cut off in the middle, and what is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk import hookimpl
from ruledesk.desk.erasing import Erasing, erasures
from ruledesk.desk.person import Person, find_person
from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound, Refused
from ruledesk.hooks.kinds import File
from ruledesk.lifecycle.erasing import MARK, UNSENT
from ruledesk.model.event import PersonErased
from ruledesk.model.ticket import Ticket

pytestmark = pytest.mark.requirement("C13")

DeskWith = Callable[..., Desk]
PEOPLE: dict[str, Any] = {
    "teams": {"after-sales": {"head": "A100", "agents": ["A101"]}},
    "agents": {"A100": {"roles": ["supervisor"]}, "A101": {}, "X100": {"roles": ["administrator"]}},
}
START = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
LATER = START + timedelta(days=3)
ADMIN = "agent:X100"


def submit(desk: Desk, n: int = 0, **who: str) -> str:
    who = who or {"name": "Zhang Wei", "phone": "138 0000 0001", "email": "Z@x.cn"}
    fields = {"type": "repair", "description": "my words", "requester": who}
    at = START + timedelta(minutes=n)
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at).number


def over(desk: Desk, n: int = 0, **who: str) -> str:
    number = submit(desk, n, **who)
    desk.act(number, "cancel", by="requester", fields={"reason": "words"}, at=LATER)
    return number


def erase(desk: Desk, person: Person | None = None, **more: Any) -> Any:
    given = {"reason": "request of 9 March", "by": ADMIN, "now": LATER, **more}
    person = person or find_person(desk.store, phone="+8613800000001")
    return Erasing(desk).erase(person, **given)


@pytest.mark.parametrize("by", ["agent:A100", "agent:A101", "agent:X999", "requester", "system"])
def test_only_an_administrator_may(desk_with: DeskWith, by: str) -> None:
    desk = desk_with("", PEOPLE)
    number = over(desk)
    with pytest.raises(Refused) as refused:
        erase(desk, by=by)
    assert refused.value.problems[0].accepted == ("agent:X100",)
    assert desk.ticket(number).requester.name == "Zhang Wei"
    assert list(erasures(desk.store)) == []


@pytest.mark.parametrize(
    "reason", ["", "  ", "Zhang Wei asked", "of 13800000001", "Z@X.CN", "C000001"]
)
def test_the_reason_stays_and_names_nobody(desk_with: DeskWith, reason: str) -> None:
    desk = desk_with("", PEOPLE)
    over(desk)
    with pytest.raises(Refused) as refused:
        erase(desk, reason=reason)
    assert refused.value.problems[0].field == "reason"


def test_not_while_a_ticket_is_open(desk_with: DeskWith) -> None:
    desk = desk_with("", PEOPLE)
    one, other = over(desk), submit(desk, 1)
    before = desk.store.events(one)
    with pytest.raises(Refused) as refused:
        erase(desk)
    assert refused.value.problems[0].value == other
    assert desk.store.events(one) == before
    plan = Erasing(desk).plan(find_person(desk.store, id="C000001"))
    assert (plan.tickets, plan.open) == ((one,), (other,))
    desk.act(other, "cancel", by="requester", at=LATER)
    assert erase(desk).tickets == 2


@pytest.mark.parametrize("ended", [True, False])
def test_a_ticket_that_comes_in_meanwhile(desk_with: DeskWith, ended: bool) -> None:
    """It is erased, too, or holds the end up; in no case does it name somebody forgotten."""
    desk = desk_with("", PEOPLE)
    over(desk)
    erasing = Erasing(desk)
    page, late = erasing._page, []

    def nothing_left(requester: str) -> tuple[Ticket, ...]:
        found = page(requester)
        if not found and not late:  # somebody writes right after the last look
            late.append((over if ended else submit)(desk, 1, phone="13800000001"))
        return found

    erasing._page = nothing_left  # type: ignore[method-assign]
    person = find_person(desk.store, phone="13800000001")
    given = {"reason": "request of 9 March", "by": ADMIN, "now": LATER}
    if ended:
        done = erasing.erase(person, **given)
        assert done.tickets == 2
        assert desk.ticket(late[0]).requester.id == done.pseudonym
        assert desk.store.requester(id=person.id) is None
        return
    with pytest.raises(Refused) as refused:
        erasing.erase(person, **given)
    assert refused.value.problems[0].value == late[0]
    assert desk.store.requester(id=person.id) is not None
    assert [one.finished for one in erasures(desk.store)] == [None]


def test_somebody_erased_meanwhile_is_erased_once(desk_with: DeskWith) -> None:
    """Two administrators have looked the person up; the second one comes too late."""
    desk = desk_with("", PEOPLE)
    over(desk)
    person = find_person(desk.store, phone="13800000001")
    erase(desk, person)
    with pytest.raises(NotFound):
        erase(desk, person)
    assert [one.tickets for one in erasures(desk.store)] == [1]


def test_the_person_is_found_and_then_no_more(desk_with: DeskWith) -> None:
    desk = desk_with("", PEOPLE)
    number = over(desk)
    ways = [{"id": "C000001"}, {"phone": "0086 138-0000-0001"}, {"email": " z@X.cn"}]
    assert {find_person(desk.store, **way).id for way in ways} == {"C000001"}
    erase(desk)
    for way in ways:
        with pytest.raises(NotFound):
            find_person(desk.store, **way)
    with pytest.raises(Refused):
        find_person(desk.store)
    with pytest.raises(Refused):
        find_person(desk.store, id="C000001", phone="138")
    again = submit(desk, 9000)
    assert desk.ticket(again).requester.id == "C000002", "somebody new, who has no past"
    assert desk.ticket(number).requester.id == "erased-000001"


def test_what_is_told_and_logged(desk_with: DeskWith) -> None:
    told: list[Any] = []

    class Keeps:
        RULEDESK_API = "1.0"

        @hookimpl
        def ruledesk_after_event(self, ticket: Any, event: Any) -> None:
            if isinstance(event.body, PersonErased):
                told.append((ticket.number, ticket.requester.id, event.actor))

    desk = desk_with("", PEOPLE, plugins={"keeps": Keeps()})
    numbers = [over(desk, n) for n in range(3)]
    done = erase(desk)
    assert sorted(told) == [(number, "erased-000001", ADMIN) for number in numbers]
    assert list(erasures(desk.store)) == [done]
    assert (done.tickets, done.by, done.finished) == (3, ADMIN, LATER)
    last = desk.store.events(numbers[0])[-1]
    assert (last.actor, last.body) == (ADMIN, PersonErased("request of 9 March"))
    other = over(desk, 20, phone="139")
    assert erase(desk, find_person(desk.store, phone="139")).pseudonym == "erased-000002"
    assert desk.ticket(other).requester.id == "erased-000002"
    assert [one.tickets for one in erasures(desk.store)] == [3, 1]


def test_files_raw_inputs_and_waiting_messages(desk_with: DeskWith) -> None:
    """What is kept besides the events goes; another ticket's file of the same bytes stays."""
    desk = desk_with("", PEOPLE, deliver=True)
    file = File("my face.txt", b"my file", "text/plain")
    number, theirs = submit(desk), submit(desk, 1, phone="139")
    desk.act(number, "note", by="requester", fields={"text": "x"}, at=START, files=[file])
    own = desk.store.put_blob(b"own")
    shared = desk.ticket(number).attachments[0].sha256
    desk.act(theirs, "note", by="requester", fields={"text": "x"}, at=LATER, files=[file])
    desk.act(number, "note", by="agent:A101", fields={"text": "told", "public": True}, at=LATER)
    desk.act(number, "cancel", by="requester", at=LATER)
    assert any(one.state == "waiting" for one in desk.store.messages(number))
    erase(desk)
    (attachment,) = desk.ticket(number).attachments
    assert (attachment.name, attachment.sha256, attachment.size) == (MARK, "", 7)
    assert desk.store.blob(shared) == b"my file"
    assert desk.store.blob(own) == b"own"
    assert {one.error for one in desk.store.messages(number)} == {UNSENT}
    assert {one.message.text for one in desk.store.messages(number)} == {MARK}
    assert not [d for d in desk.store.pending(LATER) if d.message.ticket == number]


def test_cut_off_in_the_middle_it_is_finished_by_running_it_again(desk_with: DeskWith) -> None:
    """The same pseudonym on all tickets; the log says meanwhile that it is not finished."""

    class CutOffError(Exception):
        pass

    desk = desk_with("", PEOPLE)
    numbers = {over(desk, n) for n in range(4)}
    erasing, done = Erasing(desk), []
    rewrite = erasing._rewrite

    def breaking(*arguments: Any) -> Any:
        if len(done) == 2:
            raise CutOffError
        done.append(1)
        return rewrite(*arguments)

    erasing._rewrite = breaking  # type: ignore[method-assign]
    person = find_person(desk.store, id="C000001")
    with pytest.raises(CutOffError):
        erasing.erase(person, reason="asked for", by=ADMIN, now=LATER)
    (entry,) = erasures(desk.store)
    assert entry.finished is None
    assert desk.store.count({"requester": ("C000001",)}) == 2
    finished = erase(desk, find_person(desk.store, phone="13800000001"), reason="once more")
    assert (finished.tickets, finished.pseudonym) == (4, "erased-000001")
    assert finished.reason == "asked for"
    assert {desk.ticket(one).requester.id for one in numbers} == {"erased-000001"}
    assert list(erasures(desk.store)) == [finished]
    with pytest.raises(NotFound):
        find_person(desk.store, id="C000001")


def test_somebody_of_whom_there_are_only_tickets(desk_with: DeskWith) -> None:
    """Cut off behind the last ticket, the id is still known, to finish it."""
    desk = desk_with("", PEOPLE)
    over(desk, id="E7", phone="137")
    with desk.store.transaction() as transaction:
        transaction.forget_requester("E7")
    person = find_person(desk.store, id="E7")
    erasing = Erasing(desk)
    erasing._end = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
    with pytest.raises(ZeroDivisionError):
        erasing.erase(person, reason="asked for", by=ADMIN, now=LATER)
    assert erase(desk, find_person(desk.store, id="E7")).tickets == 1
    assert desk.store.document("erasing") == {}


def test_a_retention_is_counted_as_before(desk_with: DeskWith) -> None:
    """Erasing is nothing that happens to a ticket: it is over since it was over."""
    desk = desk_with('[policy]\nretention = "30d"\n', PEOPLE)
    number = over(desk)
    erase(desk, now=LATER + timedelta(days=20))
    assert desk.ticket(number).updated_at == LATER
    fields = {"reason": "期满"}
    desk.act(number, "delete", by=ADMIN, fields=fields, at=LATER + timedelta(days=30))

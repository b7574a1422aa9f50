"""Several processes on one store, each with several threads, want the same thing at once."""

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.hooks.kinds import RawInput
from ruledesk.model.ticket import Ticket
from ruledesk.testing.crash.children import Child, Say
from ruledesk.testing.desks import make_desk

PROCESSES, THREADS, TURNS = 4, 4, 3
RACERS = PROCESSES * THREADS
Work = Callable[[Desk, str, Say], None]
Race = Callable[[Work], list[str]]
Open = Callable[[], AbstractContextManager[Desk]]


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return f"{url}&blobs={tmp_path / 'blobs'}"


@pytest.fixture
def opened(full_description: dict[str, Any], url: str, tmp_path: Path) -> Open:
    """Opens the desk before or after the race: no process may inherit a connection."""
    notifiers = {"notifiers": {"file": {"path": str(tmp_path / "sent.jsonl")}}}
    description = {**full_description, **notifiers}

    @contextmanager
    def make() -> Iterator[Desk]:
        desk = make_desk(description, storage=url, folder=tmp_path, deliver=True)
        try:
            yield desk
        finally:
            desk.close()

    return make


@pytest.fixture
def race(opened: Open) -> Race:
    """Lets all racers do something at the same moment; returns what they said."""

    def run(work: Work) -> list[str]:
        waiting, go = os.pipe()

        def process(name: int) -> Callable[[Say], None]:
            def child(say: Say) -> None:
                os.close(go)
                logging.getLogger("ruledesk.desk").addHandler(_Saying(say))
                with opened() as desk:
                    say("ready")
                    os.read(waiting, 1)  # ends when the parent closes its end
                    _with_threads(work, desk, name, say)

            return child

        children = [Child(process(name)) for name in range(PROCESSES)]
        os.close(waiting)
        try:
            assert all(child.listen_for(1, "ready") for child in children)
        except BaseException:
            for child in children:  # they would wait for ever, and with them their database
                child.kill()
            raise
        finally:
            os.close(go)
        said = [line for child in children for line in child.rest() if line != "ready"]
        assert [child.status for child in children] == [0] * PROCESSES
        assert not [line for line in said if line.startswith("logged ")]
        return said

    return run


class _Saying(logging.Handler):
    """Says what is logged as an error."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.ERROR)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"logged {self.format(record)[:1000]!r}")


def _with_threads(work: Work, desk: Desk, name: int, say: Say) -> None:
    barrier, failures = Barrier(THREADS), []

    def racer(thread: int) -> None:
        barrier.wait()
        try:
            work(desk, f"{name}.{thread}", say)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [Thread(target=racer, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def submit(desk: Desk, at: datetime, **fields: Any) -> Ticket:
    given = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}, **fields}
    return desk.submit(by="requester", line="main", channel="web", fields=given, at=at)


@pytest.mark.requirement("A5", "C14")
def test_numbers_have_no_gap_and_no_double(race: Race, opened: Open, start: datetime) -> None:
    def work(desk: Desk, name: str, say: Say) -> None:
        for turn in range(TURNS):
            fields = {"requester": {"phone": f"138{name[0]}{name[2]}{turn}00000"}}
            say(submit(desk, start, **fields).number)
            with pytest.raises(Refused):  # gives its number back, were it given one
                submit(desk, start, description="")

    said = race(work)
    wanted = [f"R20260309{n:03}" for n in range(1, RACERS * TURNS + 1)]
    assert sorted(said) == wanted
    with opened() as desk:
        assert desk.store.counts()["tickets"] == len(wanted)
        ids = {desk.ticket(number).requester.id for number in wanted}
        assert len(ids) == len(wanted)


@pytest.mark.requirement("A2")
def test_one_person_is_one_requester(race: Race, opened: Open, start: datetime) -> None:
    race(lambda desk, _, say: say(submit(desk, start).number))
    with opened() as desk:
        assert len({one.requester.id for one in _all(desk)}) == 1


@pytest.mark.requirement("C14")
def test_each_accepted_action_is_in_the_history_once(
    race: Race, opened: Open, start: datetime
) -> None:
    with opened() as first:
        number, by = (ticket := submit(first, start)).number, f"agent:{ticket.agent}"

    def work(desk: Desk, name: str, say: Say) -> None:
        for turn in range(TURNS):
            text = f"{name}/{turn}"
            # Clocks of several processes: who comes later may have begun earlier.
            at = start + timedelta(milliseconds=RACERS - int(name[2]) * 4)
            after = desk.act(number, "note", by=by, fields={"text": text, "public": True}, at=at)
            say(f"{text} {after.version}")

    said = race(work)
    with opened() as desk:
        noted = [event for event in desk.store.events(number) if event.body.kind == "noted"]
        texts = Counter(event.body.text for event in noted)  # type: ignore[attr-defined]
        assert texts == Counter(line.split()[0] for line in said)
        assert set(texts.values()) == {1}
        assert len(texts) == RACERS * TURNS
        ids = [delivery.message.id for delivery in desk.store.messages(number)]
        assert len(set(ids)) == len(ids)
        assert [event.at for event in noted] == sorted(event.at for event in noted)


@pytest.mark.requirement("B6", "F3")
def test_one_deadline_is_one_breach_and_one_message(
    race: Race, opened: Open, start: datetime, tmp_path: Path
) -> None:
    with opened() as first:
        numbers = [submit(first, start).number for _ in range(6)]
    later = start + timedelta(days=2)

    def work(desk: Desk, _: str, say: Say) -> None:
        # What another one has in hand is left to it; who records a failed message moves nothing.
        while desk.store.due(later):
            desk.advance(later)

    race(work)
    with opened() as desk:
        assert desk.store.due(later) == []
        for number in numbers:
            kinds = Counter(
                event.body.name  # type: ignore[attr-defined]
                for event in desk.store.events(number)
                if event.body.kind == "target_breached"
            )
            assert kinds["response"] == 1
            assert {delivery.state for delivery in desk.store.messages(number)} <= {
                "sent",
                "failed",
            }
        sent = [
            json.loads(line)["id"] for line in (tmp_path / "sent.jsonl").read_text().splitlines()
        ]
        assert len(sent) == len(set(sent))
        assert len(sent) == sum(
            delivery.state == "sent"
            for number in numbers
            for delivery in desk.store.messages(number)
        )


@pytest.mark.requirement("A3")
def test_one_mail_received_by_all_is_one_ticket(race: Race, opened: Open, start: datetime) -> None:
    def mail(name: str, reply_to: str = "") -> RawInput:
        message = EmailMessage()
        message["From"], message["To"] = "Zhang <zhang@example.com>", "desk@example.com"
        message["Subject"], message["Message-ID"] = "Fridge", f"<{name}@example.com>"
        if reply_to:
            message["In-Reply-To"] = f"<{reply_to}@example.com>"
        message.set_content(f"The fridge is warm, says {name}.")
        return RawInput(message.as_bytes(), "message/rfc822")

    def work(desk: Desk, _: str, say: Say) -> None:
        for raw in (mail("m1"), mail("m2", "m1")):
            (receipt,) = desk.receive("email", raw, at=start)
            say(receipt.ticket)

    said = race(work)
    assert len(said) == 2 * RACERS
    assert len(set(said)) == 1
    with opened() as desk:
        kinds = Counter(event.body.kind for event in desk.store.events(said[0]))
        assert kinds["submitted"] == 1
        assert kinds["noted"] + kinds["info_provided"] == 1


@pytest.mark.requirement("D7", "E3")
def test_nobody_is_given_more_than_the_capacity(race: Race, opened: Open, start: datetime) -> None:
    def work(desk: Desk, name: str, say: Say) -> None:
        for turn in range(TURNS):
            phone = {"phone": f"138{name[0]}{name[2]}{turn}00000"}
            say(submit(desk, start, requester=phone).agent or "-")

    given = Counter(race(work))
    with opened() as desk:
        agents = desk.config.directory.agents
        free = {agent.id: agent.capacity for agent in agents.values() if given[agent.id]}
        assert {agent: count for agent, count in given.items() if agent != "-"} == {
            agent: min(capacity, given[agent]) for agent, capacity in free.items()
        }
        assert {given["A101"], given["A102"]} == {2}


@pytest.mark.requirement("E8")
def test_each_report_knows_which_one_it_is(race: Race, opened: Open, start: datetime) -> None:
    def work(desk: Desk, name: str, say: Say) -> None:
        phone = {"phone": f"138{name[0]}{name[2]}000000"}
        fields = {"type": "batch", "fault": "E-17", "requester": phone}
        say(submit(desk, start, **fields).number)

    race(work)
    with opened() as desk:
        counted = Counter("batch_fault" in ticket.flags for ticket in _all(desk))
        assert counted == {True: RACERS - 2, False: 2}


def _all(desk: Desk) -> list[Ticket]:
    numbers = dict.fromkeys(event.ticket for event in desk.store.all_events())
    return [desk.ticket(number) for number in numbers]

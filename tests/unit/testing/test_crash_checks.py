"""What the crash tests look for is found where it is: each kind of loss, by its name."""

from __future__ import annotations

import pytest

from ruledesk.desk.delivering import LEASE
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.desk import description
from ruledesk.testing.crash.said import Acknowledged, Told
from ruledesk.testing.crash.stage import START
from ruledesk.testing.crash.workers import Deliveries, of_outbox, of_targets
from ruledesk.testing.crash.writing import Writer
from ruledesk.testing.desks import make_desk


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(description(tmp_path), folder=tmp_path, deliver=True)
    yield desk
    desk.close()


@pytest.fixture
def told(desk):
    """What a writer said of three lives on the desk."""
    said = []
    writer = Writer(desk, "w", said.append, lambda: START)
    for _ in range(3):
        writer.life()
    told = Told()
    told.add(said)
    assert problems(desk.store, told) == []
    assert len(told.acknowledged) == 11
    return told


class Altered:
    """A store one of whose answers is altered."""

    def __init__(self, store, name, answer):
        self._store = store
        self._name = name
        self._answer = answer

    def __getattr__(self, name):
        method = getattr(self._store, name)
        return (lambda *args: self._answer(method(*args))) if name == self._name else method


def the_only(found):
    assert len(found) == 1, found
    return found[0]


def test_an_acknowledged_event_that_is_gone(desk, told):
    word, given = next(iter(told.acknowledged.items()))
    told.acknowledged[word] = Acknowledged(given.number, 99, given.digest)
    assert the_only(problems(desk.store, told)).endswith("events of 99: lost")


def test_an_acknowledged_ticket_that_is_another_one(desk, told):
    word, given = next(iter(told.acknowledged.items()))
    told.acknowledged[word] = Acknowledged(given.number, given.version, "0" * 16)
    assert the_only(problems(desk.store, told)).endswith("is not as it was acknowledged")


def test_a_step_whose_word_is_nowhere(desk, told):
    told.begun.add("note:w-99")
    told.acknowledged["note:w-99"] = next(iter(told.acknowledged.values()))
    assert the_only(problems(desk.store, told)) == "note:w-99: was acknowledged, and is not stored"


def test_a_refused_step_that_is_stored_all_the_same(desk, told):
    told.refused.add("note:w-2")
    assert the_only(problems(desk.store, told)) == "note:w-2: was said not to be stored, and is"


def test_a_step_that_nobody_wrote(desk, told):
    told.begun.remove("note:w-2")
    assert the_only(problems(desk.store, told)) == "note:w-2: is stored, and nobody wrote it"


def test_a_step_that_is_stored_twice(desk, told):
    number = told.acknowledged["note:w-2"].number
    desk.act(number, "note", by="agent:H00", fields={"text": "x note:w-2."}, at=START)
    assert "note:w-2: stored 2 times" in problems(desk.store, told)


def test_a_number_that_is_missing(desk, told):
    first = next(iter(desk.store.all_events())).ticket
    store = Altered(desk.store, "all_events", lambda all_: [e for e in all_ if e.ticket != first])
    found = problems(store, told)
    assert any("2 numbers up to 3, missing [1]" in problem for problem in found)
    assert any(problem.startswith("counts are") for problem in found)


def test_a_history_with_a_hole(desk, told):
    store = Altered(desk.store, "all_events", lambda all_: [e for e in all_ if e.version != 3])
    assert any("versions [1, 2, 4" in problem for problem in problems(store, told))


def test_a_view_that_is_not_what_the_events_say(desk, told):
    other = desk.store.ticket(next(iter(desk.store.all_events())).ticket)
    store = Altered(desk.store, "ticket", lambda _: other)
    assert sum("is not what its" in problem for problem in problems(store, told)) == 2


def test_a_message_that_is_not_in_the_outbox(desk, told):
    store = Altered(desk.store, "messages", lambda kept: kept[1:])
    assert sum("in the outbox, its events" in problem for problem in problems(store, told)) == 3


def test_messages_lost_and_doubled(desk, told):
    desk.advance(START + LEASE)
    numbers = {given.number for given in told.acknowledged.values()}
    ids = [one.message.id for number in sorted(numbers) for one in desk.store.messages(number)]
    assert of_outbox(desk.store, Deliveries(ids)) == []
    assert of_outbox(desk.store, Deliveries(ids[1:])) == [f"{ids[0]}: sent, written 0 times"]
    twice = Deliveries([*ids, ids[0]])
    assert of_outbox(desk.store, twice) == [f"{ids[0]}: written 2 times, cut off 0 times"]
    twice.cut[ids[0]] += 1
    assert of_outbox(desk.store, twice) == []
    assert of_outbox(desk.store, Deliveries([*ids, "X/1"])) == [
        "X/1: written 1 times, cut off 0 times"
    ]


def test_a_message_that_still_waits(desk, told):
    first = next(iter(desk.store.all_events())).ticket
    found = of_outbox(desk.store, Deliveries())
    assert f"{first}/1: waiting, written 0 times" in found


def test_targets_that_passed_not_at_all(desk, told):
    assert the_only(of_targets(desk.store)) == "0 targets passed, of 3 tickets"

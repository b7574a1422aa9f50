"""A store that answers from memory finds out when an index says something wrong."""

from __future__ import annotations

import pytest

from ruledesk.model.values import changed
from ruledesk.storage.image import differences
from ruledesk.testing.samples import START, delivery, sample_ticket, store_ticket
from ruledesk.testing.storage_snapshots import fill_with_all
from ruledesk_plugins.memory import MemoryStore

pytestmark = pytest.mark.requirement("F3")

SPOIL = {
    "tickets T2": lambda s: s.tickets.rows.pop("T2"),
    "tickets by team": lambda s: s.tickets._single[2][""].discard("T2"),
    "tickets by flag": lambda s: s.tickets._flags["x"].add("T2"),
    "order by created_at": lambda s: s.tickets._orders["created_at"]._valued.remove(
        (s.tickets.rows["T2"].created_at, "T2")
    ),
    "order by over_at": lambda s: s.tickets._orders["over_at"]._without.add("T9"),
    "order by number order": lambda s: s.tickets._orders["number"]._valued._blocks[0].reverse(),
    "correlations": lambda s: s.tickets._keys["k"].append((START, "T2")),
    "open tickets of": lambda s: s.tickets._held.update({"A1": 1}),
    "outbox T1/2": lambda s: s.outbox._waiting.pop("T1/2"),
    "order of the outbox by time": lambda s: s.outbox._by_time.add((START, 9, "T9/1")),
    "order of the outbox ready": lambda s: s.outbox._ready.add((9, "T9/1")),
    "requesters by phone 138": lambda s: s.requesters._phones.pop("138"),
    "sources s2": lambda s: s._sources.remove("T2", "s2"),
    "counts events": lambda s: setattr(s, "_events", 0),
}


@pytest.fixture
def store():
    store = MemoryStore()
    fill_with_all(store)
    call = store.call("c1") or ()
    with store.transaction() as transaction:
        transaction.save_call(changed(call[0], id="c2"), "T2")
    yield store
    store.close()


def test_what_is_right_is_no_fault(store) -> None:
    assert list(store.faults()) == []


@pytest.mark.parametrize("where", SPOIL)
def test_a_wrong_index_is_named(store, where) -> None:
    SPOIL[where](store._state)
    fields = [problem.field for problem in store.faults()]
    assert fields
    assert any(field.startswith(where) for field in fields)


def test_a_lost_record_is_found(store) -> None:
    """The indexes know of more than is kept."""
    del store._log[next(iter(store._log))]
    assert any(problem.field == "counts events" for problem in store.faults())


def test_problems_say_what_was_found_and_what_is_right() -> None:
    (problem,) = differences({"calls": {"c1": 1}}, {"calls": {"c1": 2}})
    assert (problem.field, problem.value, problem.accepted) == ("calls c1", 1, ("2",))
    assert problem.zh


def test_leases_and_repeated_questions_are_no_fault(store) -> None:
    store_ticket(store, sample_ticket("T8"), messages=[delivery("T8", 1)])
    store.claim(START, START)
    store.pending(START)
    assert list(store.faults()) == []

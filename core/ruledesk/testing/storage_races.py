"""What a store does when several want the same thing at once: everything happens once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from threading import Barrier
from typing import TypeVar

from ruledesk.model.event import Assigned, Event
from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, Transaction
from ruledesk.testing.samples import (
    START,
    delivery,
    noted,
    sample_ticket,
    store_ticket,
    submitted,
)
from ruledesk.testing.storage_factory import commit

T = TypeVar("T")

_MANY = 16


class _Abandoned(Exception):  # noqa: N818 -- never seen
    """Ends a block that is to leave nothing behind."""


def at_once(workers: int, work: Callable[[int], T]) -> list[T]:
    """Call `work` with 0, 1, … in as many threads, which begin together; returns the results."""
    barrier = Barrier(workers)

    def begin(n: int) -> T:
        barrier.wait(30)
        return work(n)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(begin, range(workers)))


def _move(transaction: Transaction) -> str:
    """Let the clock of the ticket that is due first end; returns its number, empty for none."""
    ticket = transaction.claim_due(START)
    if ticket is None:
        return ""
    after, event = noted(changed(ticket, timers={}))
    transaction.append(after, [event], expected_version=ticket.version)
    return ticket.number


class RaceSuite:
    """Several at once on one store (A5, D7, E2, E8, F3)."""

    def test_one_due_ticket_is_moved_once(self, store: Store) -> None:
        """Of all who ask for the same deadline, one has it."""
        store_ticket(store, sample_ticket("T1", timers={"close": START}))
        moved = at_once(4, lambda _: commit(store, _move))
        assert sorted(moved) == ["", "", "", "T1"]
        assert len(store.events("T1")) == 2

    def test_many_due_tickets_are_shared(self, store: Store) -> None:
        """Each of them is moved once, by whoever is free."""
        for n in range(12):
            store_ticket(store, sample_ticket(f"T{n:02d}", timers={"close": START}))

        def work(_: int) -> list[str]:
            moved: list[str] = []
            while number := commit(store, _move):
                moved.append(number)
            return moved

        moved = at_once(4, work)
        assert sorted(chain.from_iterable(moved)) == [f"T{n:02d}" for n in range(12)]
        assert store.next_due() is None

    def test_one_message_is_claimed_once(self, store: Store) -> None:
        """Of all who ask for messages, one is given each."""
        queued = [delivery("T1", n) for n in range(1, 7)]
        store_ticket(store, sample_ticket("T1"), messages=queued)
        until = START + timedelta(minutes=1)

        def work(_: int) -> list[str]:
            mine: list[str] = []
            while claimed := store.claim(START, until, 2):
                mine += [one.message.id for one in claimed]
            return mine

        claimed = at_once(4, work)
        assert sorted(chain.from_iterable(claimed)) == [one.message.id for one in queued]

    def test_writers_of_one_ticket_lose_nothing(self, store: Store) -> None:
        """Every change is there, each on top of the one before."""
        store_ticket(store, sample_ticket("T1"))

        def note(transaction: Transaction, text: str) -> None:
            ticket = store.ticket("T1")
            assert ticket is not None
            after, event = noted(ticket, text)
            transaction.append(after, [event], expected_version=ticket.version)

        def work(n: int) -> None:
            for m in range(3):
                commit(store, note, f"{n}-{m}")

        at_once(_MANY, work)
        events = store.events("T1")
        assert [event.version for event in events] == list(range(1, 3 * _MANY + 2))
        texts = {event.body.text for event in events[1:]}  # type: ignore[attr-defined]
        assert texts == {f"{n}-{m}" for n in range(_MANY) for m in range(3)}

    def test_writers_who_read_before_conflict(self, store: Store) -> None:
        """A version that was read outside of a block is checked: who comes late begins again."""
        store_ticket(store, sample_ticket("T1"))

        def work(n: int) -> None:
            def note(transaction: Transaction) -> None:
                ticket = pending.pop() if pending else store.ticket("T1")
                assert ticket is not None
                after, event = noted(ticket, str(n))
                transaction.append(after, [event], expected_version=ticket.version)

            pending = [store.ticket("T1")]
            commit(store, note)

        at_once(_MANY, work)
        assert len(store.events("T1")) == _MANY + 1
        ticket = store.ticket("T1")
        assert ticket is not None
        assert ticket.version == _MANY + 1

    def test_a_sequence_has_no_double_and_no_gap(self, store: Store) -> None:
        """Numbers of blocks that failed are given again (A5)."""

        def number(transaction: Transaction, fails: bool) -> int:
            taken = transaction.next_in_sequence("T")
            if fails:
                raise _Abandoned
            ticket = sample_ticket(f"T{taken:03d}")
            transaction.append(ticket, [submitted(ticket)], expected_version=0)
            return taken

        def work(_: int) -> list[int]:
            taken: list[int] = []
            for fails in (False, True, False):
                with suppress(_Abandoned):
                    taken.append(commit(store, number, fails))
            return taken

        taken = at_once(_MANY, work)
        assert sorted(chain.from_iterable(taken)) == list(range(1, 2 * _MANY + 1))
        assert dict(store.counts())["tickets"] == 2 * _MANY

    def test_one_source_is_one_ticket(self, store: Store) -> None:
        """What a block was told of a source holds until it ends (E2)."""

        def submit(transaction: Transaction, n: int) -> str:
            known = store.by_source("<mail@example.org>")
            if known is not None:
                return known
            ticket = sample_ticket(f"T{n}")
            event = submitted(ticket, "<mail@example.org>")
            transaction.append(ticket, [event], expected_version=0)
            return ticket.number

        numbers = at_once(8, lambda n: commit(store, submit, n))
        assert len(set(numbers)) == 1
        assert dict(store.counts())["tickets"] == 1

    def test_correlated_tickets_count_each_other(self, store: Store) -> None:
        """What a block was told of a group holds until it ends (E8)."""

        def submit(transaction: Transaction, n: int) -> int:
            before = len(store.correlated("k", START))
            ticket = sample_ticket(f"T{n}", n, correlation_keys=("k",))
            transaction.append(ticket, [submitted(ticket)], expected_version=0)
            return before

        counted = at_once(8, lambda n: commit(store, submit, n))
        assert sorted(counted) == list(range(8))

    def test_work_is_spread_evenly(self, store: Store) -> None:
        """What a block was told of loads holds until it ends (D7)."""
        agents = ["A1", "A2", "A3", "A4"]

        def submit(transaction: Transaction, n: int) -> None:
            loads = store.workloads(agents)
            agent = min(agents, key=lambda a: (loads[a].open, loads[a].last_assigned))
            ticket = sample_ticket(f"T{n}", agent=agent, version=2)
            events = [submitted(ticket), Event(f"T{n}", 2, START, "system", Assigned("it", agent))]
            transaction.append(ticket, events, expected_version=0)

        at_once(8, lambda n: commit(store, submit, n))
        loads = store.workloads(agents)
        assert [loads[agent].open for agent in agents] == [2, 2, 2, 2]

    def test_one_person_is_one_requester(self, store: Store) -> None:
        """What a block was told of a person or a call holds until it ends (A2, D3)."""

        def meet(transaction: Transaction, n: int) -> tuple[str, str]:
            person = store.requester(phone="138")
            if person is None:
                person = Requester(f"R{n}", phone="138")
                transaction.save_requester(person)
            known = store.call("c1")
            if known is None:
                known = Call("c1", f"caller {n}"), ""
                transaction.save_call(*known)
            return person.id, known[0].caller

        met = at_once(8, lambda n: commit(store, meet, n))
        assert len(set(met)) == 1

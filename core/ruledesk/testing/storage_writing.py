"""What a store does with transactions: all or nothing, once, in order."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings

from ruledesk.errors import Conflict
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Status, Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing import values
from ruledesk.testing.samples import (
    START,
    delivery,
    noted,
    sample_ticket,
    store_ticket,
    submitted,
)
from ruledesk.testing.storage_machine import StoreFactory

_QUICK = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class WritingSuite:
    """Transactions, and reading back what they stored (A5, F3)."""

    def test_sequence_begins_at_one_and_has_no_gaps(self, store: Store) -> None:
        """Numbers follow each other, per key, within a transaction and across them (A5)."""
        with store.transaction() as transaction:
            assert [transaction.next_in_sequence("a") for _ in range(2)] == [1, 2]
            assert transaction.next_in_sequence("b") == 1
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("a") == 3

    def test_failed_block_leaves_nothing(self, store: Store) -> None:
        """An exception gives numbers back and stores nothing, and comes out unchanged (A5)."""
        ticket = sample_ticket("T1")
        with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
            transaction.next_in_sequence("a")
            queued = [delivery("T1", 1)]
            transaction.append(
                ticket, [submitted(ticket, "s")], expected_version=0, messages=queued
            )
            transaction.save_requester(Requester("R1", phone="1"))
            transaction.save_call(Call("c"), "T1")
            transaction.save_document("d", {})
            raise ZeroDivisionError
        assert store.ticket("T1") is None
        assert not store.events("T1")
        assert not list(store.all_events())
        assert store.by_source("s") is None
        assert not store.messages("T1")
        assert store.requester(id="R1", phone="1") is None
        assert store.call("c") is None
        assert store.document("d") is None
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("a") == 1

    def test_stale_version_conflicts(self, store: Store) -> None:
        """Events on a version that is no longer the stored one are refused, all of the block."""
        first = store_ticket(store, sample_ticket("T1"))
        second, event = noted(first)
        with store.transaction() as transaction:
            transaction.append(second, [event], expected_version=1)
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.save_document("d", {})
            transaction.append(second, [event], expected_version=1)
        assert len(store.events("T1")) == 2
        assert store.document("d") is None

    def test_number_is_taken_once(self, store: Store) -> None:
        """A new ticket with the number of another is refused (A5)."""
        store_ticket(store, sample_ticket("T1"))
        with pytest.raises(Conflict):
            store_ticket(store, sample_ticket("T1", 5))
        assert dict(store.counts())["tickets"] == 1

    def test_unknown_ticket_has_no_later_version(self, store: Store) -> None:
        """Events beyond the first need the ticket to exist."""
        ticket, event = noted(sample_ticket("T1"))
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.append(ticket, [event], expected_version=1)

    def test_two_appends_in_one_block(self, store: Store) -> None:
        """A block may append to several tickets, and twice to one."""
        first = sample_ticket("T1")
        second, event = noted(first)
        other = sample_ticket("T2")
        with store.transaction() as transaction:
            transaction.append(first, [submitted(first)], expected_version=0)
            transaction.append(other, [submitted(other)], expected_version=0)
            transaction.append(second, [event], expected_version=1)
        assert store.ticket("T1") == second
        assert [e.version for e in store.events("T1")] == [1, 2]
        assert [e.ticket for e in store.all_events()] == ["T1", "T2", "T1"]

    def test_block_reads_what_is_committed(self, store: Store) -> None:
        """Questions inside a block are answered from what is stored (E2, E8)."""
        store_ticket(store, sample_ticket("T1", correlation_keys=("k",)), source="s")
        with store.transaction() as transaction:
            ticket = sample_ticket("T2", 1, correlation_keys=("k",))
            transaction.append(ticket, [submitted(ticket, "s2")], expected_version=0)
            assert list(store.correlated("k", START)) == ["T1"]
            assert store.by_source("s") == "T1"
        assert list(store.correlated("k", START)) == ["T1", "T2"]

    def test_threads_share_a_sequence(self, store: Store) -> None:
        """Numbers are unique and without gaps when several threads take them (A5)."""
        threads = [Thread(target=submit_some, args=(store, 10)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        page = store.query(TicketQuery(sort="number", descending=False, limit=100))
        assert [t.number for t in page.tickets] == [f"T{n:03d}" for n in range(1, 41)]

    def test_unknown_things_are_none(self, store: Store) -> None:
        """What is not stored is answered with nothing, not with an error."""
        assert store.ticket("T9") is None
        assert not store.events("T9")
        assert not store.messages("T9")
        assert store.call("c9") is None
        assert store.document("d9") is None
        assert store.blob("0" * 64) is None
        assert store.blob("../../etc/passwd") is None
        assert store.requester() is None
        assert store.next_due() is None
        assert store.next_delivery() is None

    def test_values_come_back_equal(self, store_factory: StoreFactory) -> None:
        """Tickets, events and messages are read as they were written, also after re-opening."""

        @_QUICK
        @given(values.tickets(), values.bodies(), values.deliveries())
        def check(ticket: Ticket, body: object, queued: Delivery) -> None:
            ticket = changed(ticket, number="T1", version=1)
            event = Event("T1", 1, START, "system", body, Status.NEW)  # type: ignore[arg-type]
            message = changed(queued.message, id="T1/1", ticket="T1")
            queued = changed(queued, message=message)
            store = store_factory.fresh()
            with store.transaction() as transaction:
                transaction.append(ticket, [event], expected_version=0, messages=[queued])
            if store_factory.reopen is not None:
                store = store_factory.reopen(store)
            assert store.ticket("T1") == ticket
            assert list(store.events("T1")) == [event]
            assert list(store.messages("T1")) == [queued]
            store.close()

        check()

    def test_events_after(self, store: Store) -> None:
        """Events are read from a version on."""
        first = store_ticket(store, sample_ticket("T1"))
        second, event = noted(first)
        third, last = noted(second, "two")
        with store.transaction() as transaction:
            transaction.append(third, [event, last], expected_version=1)
        assert [e.version for e in store.events("T1")] == [1, 2, 3]
        assert list(store.events("T1", 2)) == [last]
        assert list(store.events("T1", 3)) == []

    def test_stream_of_events_survives_commits(self, store: Store) -> None:
        """A stream that was begun goes on while more is stored."""
        for n in range(5):
            store_ticket(store, sample_ticket(f"T{n}", n))
        stream = store.all_events()
        seen = [next(stream).ticket]
        store_ticket(store, sample_ticket("T9", 9))
        seen += [event.ticket for event in stream]
        assert seen[:5] == [f"T{n}" for n in range(5)]
        assert seen[5:] in ([], ["T9"])


def submit_some(store: Store, count: int) -> None:
    """Store tickets numbered by a sequence, each tried again while it conflicts."""
    done = 0
    while done < count:
        try:
            with store.transaction() as transaction:
                n = transaction.next_in_sequence("T")
                ticket = sample_ticket(f"T{n:03d}", n)
                transaction.append(ticket, [submitted(ticket)], expected_version=0)
        except Conflict:
            continue
        done += 1

"""What a store does for who works off its deadlines and its outbox: claims, leases, waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest

from ruledesk.model.ticket import Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket
from ruledesk.testing.storage_deletion import delete
from ruledesk.testing.storage_factory import commit

_MINUTE = timedelta(minutes=1)
#: Longer than any test waits; who is not woken fails at the shorter one.
_LONG, _PATIENCE = 120.0, 30.0


class WorkSuite:
    """Claims of due tickets, leases of messages, and waiting for either (F3)."""

    def test_due_tickets_are_claimed_in_order(self, store: Store) -> None:
        """The earliest comes first, ties by number; what is not due yet is left."""
        for number, minute in (("T1", 2), ("T3", 1), ("T2", 1), ("T4", 5)):
            due = START + minute * _MINUTE
            store_ticket(store, sample_ticket(number, timers={"close": due}))
        done: list[str] = []
        while (ticket := commit(store, lambda t: t.claim_due(START + 2 * _MINUTE))) is not None:
            done.append(ticket.number)
            settle(store, ticket)
        assert done == ["T2", "T3", "T1"]
        assert store.next_due() == START + 5 * _MINUTE

    def test_claimed_ticket_is_stored_in_the_same_block(self, store: Store) -> None:
        """What is claimed is the ticket as it stands, and the block may go on with it."""
        first = store_ticket(store, sample_ticket("T1", timers={"close": START}))
        with store.transaction() as transaction:
            claimed = transaction.claim_due(START)
            assert claimed == first
            assert store.ticket("T1") == first
            after, event = noted(changed(first, timers={}))
            transaction.append(after, [event], expected_version=1)
        assert store.ticket("T1") == after
        assert commit(store, lambda t: t.claim_due(START)) is None

    def test_failed_block_frees_its_ticket(self, store: Store) -> None:
        """What a block had in hand when it failed is there for the next one."""
        first = store_ticket(store, sample_ticket("T1", timers={"close": START}))
        with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
            assert transaction.claim_due(START) == first
            raise ZeroDivisionError
        assert commit(store, lambda t: t.claim_due(START)) == first

    def test_nothing_is_due(self, store: Store) -> None:
        """None of no tickets, of those that need no clock, and of deleted ones."""
        assert commit(store, lambda t: t.claim_due(START)) is None
        store_ticket(store, sample_ticket("T1"))
        delete(store, store_ticket(store, sample_ticket("T2", timers={"close": START})))
        assert commit(store, lambda t: t.claim_due(START)) is None

    def test_messages_are_leased_in_order(self, store: Store) -> None:
        """Who asks next is given the next one, until the lease of the first runs out."""
        queued = [delivery("T1", 1, 1), delivery("T1", 2), delivery("T1", 3)]
        store_ticket(store, sample_ticket("T1"), messages=queued)
        until = START + 2 * _MINUTE
        assert list(store.claim(START, until)) == [queued[1]]
        assert list(store.claim(START, until, 5)) == [queued[2]]
        assert list(store.claim(START, until)) == []
        assert list(store.claim(START + _MINUTE, START + 3 * _MINUTE, 5)) == [queued[0]]
        assert list(store.claim(until, until + _MINUTE, 5)) == [queued[1], queued[2]]
        assert list(store.pending(until)) == queued
        assert list(store.messages("T1")) == queued

    def test_saving_a_message_ends_its_lease(self, store: Store) -> None:
        """A message that failed is tried again at its own time, whatever its lease was."""
        queued = delivery("T1", 1)
        store_ticket(store, sample_ticket("T1"), messages=[queued])
        store.claim(START, START + 9 * _MINUTE)
        again = changed(queued, attempts=1, error="busy", not_before=START + _MINUTE)
        commit(store, lambda t: t.save_delivery(again))
        assert store.next_delivery() == START + _MINUTE
        assert list(store.claim(START, START + _MINUTE)) == []
        assert list(store.claim(START + _MINUTE, START + 2 * _MINUTE)) == [again]
        sent = changed(again, state="sent", attempts=2)
        commit(store, lambda t: t.save_delivery(sent))
        assert list(store.claim(START + 9 * _MINUTE, START + 9 * _MINUTE)) == []
        assert store.next_delivery() is None

    def test_next_delivery_respects_leases(self, store: Store) -> None:
        """There is nothing to send before the first lease runs out, or another one's time."""
        queued = [delivery("T1", 1), delivery("T1", 2, 5)]
        store_ticket(store, sample_ticket("T1"), messages=queued)
        assert store.next_delivery() == START
        store.claim(START, START + 2 * _MINUTE)
        assert store.next_delivery() == START + 2 * _MINUTE
        store.claim(START + 2 * _MINUTE, START + 7 * _MINUTE)
        assert store.next_delivery() == START + 5 * _MINUTE

    def test_lease_of_a_deleted_ticket_is_gone(self, store: Store) -> None:
        """Of a ticket that was deleted while its message was being sent, nothing is left."""
        ticket = store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1)])
        store.claim(START, START + _MINUTE)
        delete(store, ticket)
        assert store.next_delivery() is None
        assert list(store.claim(START + _MINUTE, START + 2 * _MINUTE)) == []

    def test_a_queued_message_ends_the_wait(self, store: Store) -> None:
        """Who waits for messages is told of one by whoever queues it."""
        waiting = started(store, lambda: bool(store.pending(START)))
        store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1)])
        waiting.join(_PATIENCE)
        assert not waiting.is_alive()

    def test_an_earlier_deadline_ends_the_wait(self, store: Store) -> None:
        """Who waits for a deadline is told when there is an earlier one."""
        first = store_ticket(store, sample_ticket("T1", timers={"close": START + 9 * _MINUTE}))
        waiting = started(store, lambda: store.next_due() == START)
        after, event = noted(changed(first, timers={"close": START}))
        commit(store, lambda t: t.append(after, [event], expected_version=1))
        waiting.join(_PATIENCE)
        assert not waiting.is_alive()

    def test_the_wait_ends_by_itself(self, store: Store) -> None:
        """Nobody waits longer than asked for."""
        store.wait(0.01)
        store.wait(0)


def settle(store: Store, ticket: Ticket) -> None:
    """Store that nothing is due on a ticket any more."""
    after, event = noted(changed(ticket, timers={}))
    commit(store, lambda t: t.append(after, [event], expected_version=ticket.version))


def started(store: Store, is_there: Callable[[], bool]) -> Thread:
    """Start a thread that waits until something is there, told by nobody but the store."""

    def wait() -> None:
        while not is_there():
            store.wait(_LONG)

    thread = Thread(target=wait, daemon=True)
    thread.start()
    return thread

"""What a store does with a deletion: the ticket is gone, and its number is never given again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ruledesk.errors import Conflict, InvalidInput, NotFound
from ruledesk.model.ticket import Attachment, Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket, submitted


def tombstone(ticket: Ticket, **changes: object) -> Tombstone:
    """Make what stays of a ticket."""
    made = Tombstone(
        number=ticket.number,
        line=ticket.line,
        version=ticket.version,
        created_at=ticket.created_at,
        closed_at=ticket.closed_at,
        deleted_at=START + timedelta(days=1),
        by="agent:A1",
        reason="保存期限已满",
    )
    return changed(made, **changes)


def delete(store: Store, ticket: Ticket) -> Tombstone:
    """Delete a ticket as it stands; returns what stays of it."""
    left = tombstone(store.ticket(ticket.number) or ticket)
    with store.transaction() as transaction:
        transaction.delete_ticket(ticket.number, left)
    return left


def store_with_blobs(store: Store, number: str, raw: str, *files: str) -> Ticket:
    """Store a new ticket whose first event names a raw input and files that were kept."""
    ticket = sample_ticket(number)
    attached = tuple(Attachment("a.txt", "text/plain", 1, name) for name in files)
    event = submitted(ticket, f"source-{number}")
    event = changed(event, body=changed(event.body, raw=raw, attachments=attached))
    with store.transaction() as transaction:
        transaction.append(changed(ticket, attachments=attached), [event], expected_version=0)
    return ticket


class DeletionSuite:
    """Deleting tickets for good (C13, A5)."""

    def test_deleted_ticket_is_gone_from_every_answer(self, store: Store) -> None:
        """No question finds a deleted ticket; the others are as before (C13)."""
        kept = store_ticket(store, sample_ticket("T1", 1), source="one")
        running = {"timers": {"close": START}, "correlation_keys": ("k",), "agent": "A1"}
        gone = sample_ticket("T2", 2, flags=frozenset({"overdue"}), subject="secret", **running)
        store_ticket(store, gone, source="two", messages=[delivery("T2", 1), delivery("T2", 2)])
        left = delete(store, gone)
        now = START + timedelta(days=9)
        assert store.ticket("T2") is None
        assert not store.events("T2")
        assert not store.messages("T2")
        assert [event.ticket for event in store.all_events()] == ["T1"]
        assert store.query(TicketQuery()).tickets == (kept,)
        assert store.query(TicketQuery(text="secret")).tickets == ()
        assert store.count({"flag": ["overdue"]}) == 0
        assert store.count({"agent": ["A1"]}) == 0
        assert list(store.due(now)) == []
        assert store.next_due() is None
        assert store.by_source("two") is None
        assert store.by_source("one") == "T1"
        assert list(store.correlated("k", START)) == []
        assert list(store.pending(now)) == []
        assert store.next_delivery() is None
        assert store.workloads(["A1"])["A1"].open == 0
        assert dict(store.counts()) == {"tickets": 1, "events": 1, "messages": 0}
        assert store.tombstone("T2") == left
        assert store.tombstone("T1") is None
        assert list(store.tombstones()) == [left]

    def test_number_of_a_deleted_ticket_is_never_taken(self, store: Store) -> None:
        """A new ticket cannot have it, and no event can be added to it (A5)."""
        first = store_ticket(store, sample_ticket("T1"))
        delete(store, first)
        with pytest.raises(Conflict):
            store_ticket(store, sample_ticket("T1", 5))
        second, event = noted(first)
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.append(second, [event], expected_version=1)
        with pytest.raises(NotFound), store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(first))
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}

    def test_sequences_go_on_after_a_deletion(self, store: Store) -> None:
        """Numbers that were taken are not given back (A5)."""
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("a") == 1
        delete(store, store_ticket(store, sample_ticket("T1")))
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("a") == 2

    def test_only_the_version_that_was_read_is_deleted(self, store: Store) -> None:
        """A ticket on which something happened meanwhile is not deleted."""
        first = store_ticket(store, sample_ticket("T1"))
        second, event = noted(first)
        with store.transaction() as transaction:
            transaction.append(second, [event], expected_version=1)
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(first))
        third, more = noted(second)
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.append(third, [more], expected_version=2)
            transaction.delete_ticket("T1", tombstone(third))
        assert store.ticket("T1") == second
        assert store.tombstone("T1") is None

    def test_unknown_tickets_and_foreign_tombstones_are_refused(self, store: Store) -> None:
        """What is deleted is there, and the tombstone is its own."""
        ticket = store_ticket(store, sample_ticket("T1"))
        with pytest.raises(NotFound), store.transaction() as transaction:
            transaction.delete_ticket("T9", tombstone(ticket, number="T9"))
        with pytest.raises(InvalidInput), store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(ticket, number="T2"))
        assert store.ticket("T1") == ticket

    def test_failed_block_deletes_nothing(self, store: Store) -> None:
        """A block that fails after a deletion leaves the ticket with all that it has."""
        ticket = store_ticket(store, sample_ticket("T1"), source="s", messages=[delivery("T1", 1)])
        with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(ticket))
            raise ZeroDivisionError
        assert store.ticket("T1") == ticket
        assert len(store.messages("T1")) == 1
        assert store.by_source("s") == "T1"
        assert store.tombstone("T1") is None

    def test_a_block_may_delete_several_and_store_others(self, store: Store) -> None:
        """A block is one commit, also with deletions in it."""
        first, second = (store_ticket(store, sample_ticket(f"T{n}", n)) for n in (1, 2))
        third = sample_ticket("T3", 3)
        with store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(first))
            transaction.append(third, [submitted(third)], expected_version=0)
            transaction.delete_ticket("T2", tombstone(second))
        assert [event.ticket for event in store.all_events()] == ["T3"]
        assert [left.number for left in store.tombstones()] == ["T1", "T2"]

    def test_calls_of_a_deleted_ticket_go_with_it(self, store: Store) -> None:
        """What is known of its calls is forgotten; other calls and the requester stay (D3)."""
        ticket = store_ticket(store, sample_ticket("T1"))
        with store.transaction() as transaction:
            transaction.save_call(Call("c1", "138"), "T1")
            transaction.save_call(Call("c2", "139"), "")
            transaction.save_requester(Requester("R1", phone="138"))
        delete(store, ticket)
        assert store.call("c1") is None
        assert store.call("c2") == (Call("c2", "139"), "")
        assert store.requester(phone="138") == Requester("R1", phone="138")

    def test_blobs_go_with_the_last_ticket_that_names_them(self, store: Store) -> None:
        """Bytes that only the deleted ticket named are gone; shared ones stay (C13)."""
        own, shared, raw = (store.put_blob(text) for text in (b"own", b"shared", b"raw"))
        nobodys = store.put_blob(b"nobody's")
        first = store_with_blobs(store, "T1", raw, own, shared)
        store.put_blob(b"shared")
        second = store_with_blobs(store, "T2", "", shared)
        delete(store, first)
        assert store.blob(own) is None
        assert store.blob(raw) is None
        assert store.blob(shared) == b"shared"
        assert store.blob(nobodys) == b"nobody's"
        delete(store, second)
        assert store.blob(shared) is None

    def test_bytes_on_their_way_into_a_ticket_stay(self, store: Store) -> None:
        """Bytes kept for a ticket that is about to be stored outlive another's deletion (F3)."""
        name = store.put_blob(b"same")
        first = store_with_blobs(store, "T1", "", name)
        assert store.put_blob(b"same") == name
        delete(store, first)
        store_with_blobs(store, "T2", "", name)
        assert store.blob(name) == b"same"

    def test_bytes_can_be_kept_again(self, store: Store) -> None:
        """What was removed with a ticket can come again with another."""
        first = store_with_blobs(store, "T1", "", store.put_blob(b"same"))
        delete(store, first)
        name = store.put_blob(b"same")
        store_with_blobs(store, "T2", "", name)
        assert store.blob(name) == b"same"

    def test_a_source_that_two_tickets_carry(self, store: Store) -> None:
        """The identity leads to the ticket that is left (E2)."""
        first = store_ticket(store, sample_ticket("T1", 1), source="s")
        second = store_ticket(store, sample_ticket("T2", 2), source="s")
        assert store.by_source("s") == "T1"
        delete(store, first)
        assert store.by_source("s") == "T2"
        delete(store, second)
        assert store.by_source("s") is None

    def test_a_message_of_a_deleted_ticket_cannot_be_settled(self, store: Store) -> None:
        """Who had it in hand is told that it is gone."""
        queued = delivery("T1", 1)
        ticket = store_ticket(store, sample_ticket("T1"), messages=[queued])
        delete(store, ticket)
        with pytest.raises(NotFound), store.transaction() as transaction:
            transaction.save_delivery(changed(queued, state="sent"))

    def test_stream_of_events_survives_a_deletion(self, store: Store) -> None:
        """A stream that was begun goes on; what follows comes in order."""
        tickets = [store_ticket(store, sample_ticket(f"T{n}", n)) for n in range(4)]
        stream = store.all_events()
        seen = [next(stream).ticket]
        delete(store, tickets[1])
        seen += [event.ticket for event in stream]
        assert seen in (["T0", "T2", "T3"], ["T0", "T1", "T2", "T3"])


def deletable(store: Store) -> Ticket:
    """Store tickets, one of which has everything that a ticket can have."""
    ticket = store_with_blobs(store, "T1", store.put_blob(b"geheim"), store.put_blob(b"file"))
    store_ticket(store, sample_ticket("T2", 2), messages=[delivery("T2", 1)])
    later, event = noted(changed(ticket, description="geheim 机密", agent="A1"), "geheim 机密")
    with store.transaction() as transaction:
        transaction.append(
            later, [event], expected_version=1, messages=[delivery("T1", 1), delivery("T1", 2)]
        )
        transaction.save_call(Call("c1"), "T1")
    with store.transaction() as transaction:
        transaction.save_delivery(changed(delivery("T1", 1), state="sent"))
    return later

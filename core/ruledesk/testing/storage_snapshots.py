"""What a store does when it is copied: a whole view of one instant, taken over whole or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.model.values import changed
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.interface import Store, Transaction
from ruledesk.storage.record import Blob, Record, SequenceTaken, Unreadable
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket, submitted
from ruledesk.testing.storage_deletion import delete, store_with_blobs, tombstone
from ruledesk.testing.storage_factory import StoreFactory, commit
from ruledesk.testing.storage_records import holdings
from ruledesk.testing.storage_rewriting import erased, personal

_ORDER = (
    Event,
    Ticket,
    Delivery,
    RequesterSaved,
    CallSaved,
    SequenceTaken,
    DocumentSaved,
    Tombstone,
    Blob,
)


def _append(transaction: Transaction) -> None:
    ticket = sample_ticket("T9")
    transaction.append(ticket, [submitted(ticket)], expected_version=0)


_FIRST: dict[str, Callable[[Transaction], object]] = {
    "ticket": _append,
    "requester": lambda t: t.save_requester(Requester("R9")),
    "call": lambda t: t.save_call(Call("c9"), ""),
    "sequence": lambda t: t.next_in_sequence("x"),
    "document": lambda t: t.save_document("d9", {}),
}


def fill_with_all(store: Store) -> None:
    """Store something of every kind, some of it changed, erased or deleted since."""
    first = store_with_blobs(store, "T1", store.put_blob(b"raw"), store.put_blob(b"file"))
    store_ticket(store, sample_ticket("T2", 2, timers={"close": START}), source="s2")
    second, event = noted(changed(first, subject="冰箱"))
    queued = [delivery("T1", 1), delivery("T1", 2, 3)]
    with store.transaction() as transaction:
        transaction.append(second, [event], expected_version=1, messages=queued)
        transaction.next_in_sequence("T")
        transaction.save_call(Call("c1", "138"), "T1")
        transaction.save_document("d1", {"名": [1, None, {"b": 2.5}]})
    with store.transaction() as transaction:
        transaction.save_delivery(changed(queued[0], state="sent", attempts=2, notifier="file"))
        transaction.save_requester(Requester("R2", phone="138"))
        transaction.save_requester(Requester("R1", "李", phone="138"))
        transaction.next_in_sequence("T")
    personal(store, "T3")
    erased(store, "T3")
    gone = [store_with_blobs(store, f"T{n}", store.put_blob(b"gone %d" % n)) for n in (5, 4)]
    with store.transaction() as transaction:
        for ticket in gone:
            transaction.delete_ticket(ticket.number, tombstone(ticket))
    store.put_blob(b"of no ticket")


class SnapshotSuite:
    """Snapshots, and stores filled from them (F3)."""

    def test_a_filled_store_holds_the_same(self, store_factory: StoreFactory, store: Store) -> None:
        """Every record and every order is there, before and after it was opened again."""
        fill_with_all(store)
        other = store_factory.fresh()
        with store.snapshot() as records:
            other.load(records)
        held = holdings(store)
        assert {kind.__name__ for kind in _ORDER} == held.keys()
        assert holdings(other) == held
        assert other.requester(phone="138") == Requester("R1", "李", phone="138")
        assert dict(other.counts()) == dict(store.counts())
        if store_factory.reopen is not None:
            other = store_factory.reopen(other)
            assert holdings(other) == held
        assert list(other.faults()) == []
        store_ticket(other, sample_ticket("T7"))
        assert commit(other, lambda t: t.next_in_sequence("T")) == 3
        other.close()

    def test_kinds_come_in_order(self, store: Store) -> None:
        """Whoever reads a snapshot can rely on what comes before what."""
        fill_with_all(store)
        with store.snapshot() as records:
            kinds = [_ORDER.index(type(record)) for record in records]
        assert kinds == sorted(kinds)

    def test_snapshot_of_an_empty_store(self, store_factory: StoreFactory, store: Store) -> None:
        """It is empty, and can be loaded."""
        other = store_factory.fresh()
        with store.snapshot() as records:
            other.load(records)
        assert holdings(other) == {}
        other.close()

    def test_commits_do_not_show_in_a_snapshot(self, store: Store) -> None:
        """Others go on writing while it is read, and it stays as it was when it began."""
        fill_with_all(store)
        before = holdings(store)
        with store.snapshot() as records:
            seen = [next(records)]
            store_ticket(store, sample_ticket("T8"), messages=[delivery("T8", 1)])
            ticket = store.ticket("T2")
            assert ticket is not None
            delete(store, ticket)
            erased(store, "T1")
            commit(store, lambda t: t.forget_requester("R1"))
            commit(store, lambda t: t.save_document("d1", {}))
            commit(store, lambda t: t.next_in_sequence("T"))
            seen += records
        found = [repr(record) for record in seen if not isinstance(record, Blob | Unreadable)]
        held = [repr(one) for kind in before if kind != "Blob" for one in before[kind]]
        assert sorted(found) == sorted(held)

    def test_a_snapshot_may_be_left_early(self, store: Store) -> None:
        """Whoever stops reading leaves nothing open that would be in the way."""
        fill_with_all(store)
        with store.snapshot() as records:
            next(records)
        with store.snapshot():
            pass
        store_ticket(store, sample_ticket("T8"))
        assert list(store.faults()) == []

    @pytest.mark.parametrize("kind", _FIRST)
    def test_only_an_empty_store_is_filled(self, store: Store, kind: str) -> None:
        """What is stored is never mixed with what comes."""
        commit(store, _FIRST[kind])
        before = holdings(store)
        ticket = sample_ticket("T1")
        with pytest.raises(InvalidInput):
            store.load([submitted(ticket), ticket])
        assert holdings(store) == before

    def test_what_cannot_be_read_is_not_loaded(self, store: Store) -> None:
        """A damaged source is refused by name, and nothing of it is stored."""
        ticket = sample_ticket("T1")
        damaged: list[Record] = [submitted(ticket), Unreadable("event", "T1/2", "crc"), ticket]
        with pytest.raises(InvalidInput) as caught:
            store.load(damaged)
        assert "T1/2" in str(caught.value)
        self.check_empty(store)

    def test_a_source_that_fails_leaves_nothing(self, store: Store) -> None:
        """All is loaded or nothing, and the store can be filled afterwards."""
        ticket = sample_ticket("T1")

        def records() -> Iterator[Record]:
            yield submitted(ticket)
            yield ticket
            yield delivery("T1", 1)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.load(records())
        self.check_empty(store)

    @staticmethod
    def check_empty(store: Store) -> None:
        """Check that a store holds nothing, and can be filled and written to."""
        assert holdings(store) == {}
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}
        ticket = sample_ticket("T1")
        store.load([submitted(ticket), ticket, delivery("T1", 1)])
        assert store.ticket("T1") == ticket
        after, event = noted(ticket)
        commit(store, lambda t: t.append(after, [event], expected_version=1))
        assert list(store.faults()) == []

"""What a store does when a person is erased: other words in the place of what was stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ruledesk.errors import Conflict
from ruledesk.model.action import Note
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket
from ruledesk.testing.storage_deletion import delete, store_with_blobs
from ruledesk.testing.storage_factory import commit

_NOBODY = Requester("erased-1")


def personal(store: Store, number: str = "T1", *blobs: str) -> Ticket:
    """Store a ticket of three events and two messages, with a person's words in all of them."""
    first = store_with_blobs(store, number, *(blobs or ("",)))
    first = changed(first, description="secret one", timers={"close": START})
    second, event = noted(first, "secret two")
    third, last = noted(changed(second, subject="secret three"), "secret three")
    queued = [delivery(number, 1), delivery(number, 2, 1)]
    worded = [changed(one, message=changed(one.message, text="secret")) for one in queued]
    with store.transaction() as transaction:
        transaction.append(third, [event, last], expected_version=1, messages=worded)
    return third


def erased(store: Store, number: str, **changes: object) -> Ticket:
    """Erase a person from a ticket, and note that; returns the ticket."""
    old = store.ticket(number)
    assert old is not None
    events = [without_words(event) for event in store.events(number)]
    events.append(Event(number, old.version + 1, START, "agent:A1", Note("erased")))
    messages = [without_text(one) for one in store.messages(number)]
    ticket = changed(
        old, version=len(events), requester=_NOBODY, subject="", description="", attachments=()
    )
    ticket = changed(ticket, **changes)

    commit(
        store,
        lambda t: t.rewrite(ticket, events, expected_version=old.version, messages=messages),
    )
    return ticket


def without_words(event: Event) -> Event:
    """Make what stays of an event."""
    if event.version == 1:
        kept = {"requester": _NOBODY, "raw": "", "attachments": (), "source": ""}
        return changed(event, body=changed(event.body, **kept))
    return changed(event, body=Note("erased"))


def without_text(queued: Delivery) -> Delivery:
    """Make what stays of a message."""
    return changed(queued, message=changed(queued.message, text="", address=""))


class RewritingSuite:
    """Erasing a person, while what was counted stays (C13)."""

    def test_no_answer_has_the_old_words(self, store: Store) -> None:
        """Events, ticket, messages, search and every key are those of the new words (C13)."""
        personal(store)
        other = store_ticket(store, sample_ticket("T2", 2))
        after = erased(store, "T1")
        assert store.ticket("T1") == after
        assert store.query(TicketQuery(text="secret")).tickets == ()
        assert store.count({"requester": ["erased-1"]}) == 1
        assert store.count({"requester": ["R1"]}) == 1
        assert store.by_source("source-T1") is None
        said = [*store.events("T1"), *store.all_events(), *store.messages("T1")]
        assert "secret" not in repr(said)
        assert "张伟" not in repr(store.events("T1"))
        assert [one.message.text for one in store.pending(START + timedelta(minutes=1))] == ["", ""]
        assert store.ticket("T2") == other
        assert dict(store.counts()) == {"tickets": 2, "events": 5, "messages": 2}

    def test_events_keep_their_place(self, store: Store) -> None:
        """The stream of all events is in the order of commit, the new ones at its end."""
        first = store_ticket(store, sample_ticket("T1"))
        store_ticket(store, sample_ticket("T2"))
        second, event = noted(first, "secret")
        commit(store, lambda t: t.append(second, [event], expected_version=1))
        store_ticket(store, sample_ticket("T3"))
        erased(store, "T1")
        places = [(event.ticket, event.version) for event in store.all_events()]
        assert places == [("T1", 1), ("T2", 1), ("T1", 2), ("T3", 1), ("T1", 3)]
        assert store.events("T1", 1)[0].body == Note("erased")

    def test_twice_and_further(self, store: Store) -> None:
        """A ticket that was rewritten goes on, can be rewritten again, and deleted."""
        personal(store)
        first = erased(store, "T1")
        after, event = noted(first, "one more")
        commit(
            store,
            lambda t: t.append(
                after, [event], expected_version=first.version, messages=[delivery("T1", 3)]
            ),
        )
        assert store.events("T1")[-1] == event
        assert [one.message.id for one in store.messages("T1")] == ["T1/1", "T1/2", "T1/3"]
        again = erased(store, "T1")
        assert [event.version for event in store.events("T1")] == [1, 2, 3, 4, 5, 6]
        assert [one.message.text for one in store.messages("T1")] == ["", "", ""]
        assert store.ticket("T1") == again
        delete(store, again)
        assert list(store.all_events()) == []
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}

    def test_only_the_version_that_was_read_is_rewritten(self, store: Store) -> None:
        """What happened meanwhile is not lost; a deleted ticket is not brought back."""
        first = store_ticket(store, sample_ticket("T1"))
        events = list(store.events("T1"))
        second, event = noted(first)
        commit(store, lambda t: t.append(second, [event], expected_version=1))
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.rewrite(first, events, expected_version=1, messages=[])
        assert store.ticket("T1") == second
        delete(store, second)
        with pytest.raises(Conflict), store.transaction() as transaction:
            transaction.rewrite(first, events, expected_version=1, messages=[])
        assert store.ticket("T1") is None

    def test_failed_block_rewrites_nothing(self, store: Store) -> None:
        """A block that fails afterwards leaves every word, and the requester."""
        ticket = personal(store)
        commit(store, lambda t: t.save_requester(Requester("R1", phone="138")))
        events, messages = list(store.events("T1")), list(store.messages("T1"))
        with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
            transaction.rewrite(
                changed(ticket, subject=""), events, expected_version=3, messages=messages
            )
            transaction.forget_requester("R1")
            raise ZeroDivisionError
        assert store.ticket("T1") == ticket
        assert list(store.events("T1")) == events
        assert list(store.messages("T1")) == messages
        assert store.requester(phone="138") == Requester("R1", phone="138")

    def test_blobs_go_unless_another_ticket_names_them(self, store: Store) -> None:
        """The raw input and the files of the erased ticket are gone; shared ones stay (C13)."""
        raw, own = store.put_blob(b"raw"), store.put_blob(b"own")
        shared = store.put_blob(b"shared")
        personal(store, "T1", raw, own, shared)
        store.put_blob(b"shared")
        second = store_with_blobs(store, "T2", "", shared)
        erased(store, "T1")
        assert store.blob(raw) is None
        assert store.blob(own) is None
        assert store.blob(shared) == b"shared"
        delete(store, second)
        assert store.blob(shared) is None

    def test_calls_go(self, store: Store) -> None:
        """What is known of the ticket's calls is forgotten, and nothing of others' (C13, D3)."""
        personal(store)
        commit(store, lambda t: t.save_call(Call("c1", "138"), "T1"))
        commit(store, lambda t: t.save_call(Call("c2", "139"), ""))
        erased(store, "T1")
        assert store.call("c1") is None
        assert store.call("c2") == (Call("c2", "139"), "")

    def test_a_message_in_hand_does_not_bring_words_back(self, store: Store) -> None:
        """Whoever was sending a message stores where it stands, not what it said (C13)."""
        personal(store)
        (held,) = store.claim(START, START + timedelta(minutes=5))
        erased(store, "T1")
        assert list(store.claim(START, START + timedelta(minutes=5))) == [], "it is still held"
        commit(store, lambda t: t.save_delivery(changed(held, state="sent", attempts=1)))
        stored = store.messages("T1")[0]
        assert (stored.state, stored.attempts, stored.message.text) == ("sent", 1, "")
        assert "secret" not in repr(store.messages("T1"))

    def test_clock_and_loads_follow(self, store: Store) -> None:
        """Every index says what the new ticket says."""
        personal(store)
        erased(store, "T1", timers={"close": START + timedelta(minutes=3)}, agent="A9")
        assert store.next_due() == START + timedelta(minutes=3)
        assert store.workloads(["A9"])["A9"].open == 1

    def test_forgotten_requester(self, store: Store) -> None:
        """Nobody is found by number or address any more; others who share them are (C13)."""
        li = Requester("R1", "李", phone="138", email="li@example.org")
        for one in (changed(li, id="R2"), li):
            commit(store, lambda t, person: t.save_requester(person), one)
        assert store.requester(phone="138") == li
        commit(store, lambda t: t.forget_requester("R1"))
        assert store.requester(id="R1") is None
        assert store.requester(phone="138") == changed(li, id="R2")
        commit(store, lambda t: t.forget_requester("R2"))
        commit(store, lambda t: t.forget_requester("nobody"))
        assert store.requester(id="R2", phone="138", email="li@example.org") is None
        commit(store, lambda t: t.save_requester(li))
        assert store.requester(email="li@example.org") == li

    def test_the_last_word_of_a_block_on_a_requester(self, store: Store) -> None:
        """Saved and forgotten is forgotten; forgotten and saved is saved."""
        first, second = Requester("R1", phone="1"), Requester("R1", phone="2")
        with store.transaction() as transaction:
            transaction.save_requester(first)
            transaction.forget_requester("R1")
        assert store.requester(id="R1", phone="1") is None
        commit(store, lambda t: t.save_requester(first))
        with store.transaction() as transaction:
            transaction.forget_requester("R1")
            transaction.save_requester(second)
        assert store.requester(phone="1") is None
        assert store.requester(phone="2") == second

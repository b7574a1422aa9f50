"""What a store answers besides: clock, outbox, groups, people, blobs."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from ruledesk.model.event import Assigned, DuplicateReceived, Event
from ruledesk.model.ticket import Call, Requester, Status, Target, Task
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket


class RelationSuite:
    """Due tickets, the outbox, and what is found by key (D3, D7, E2, E8)."""

    def test_due(self, store: Store) -> None:
        """Tickets are due by timers and running targets, earliest first, ties by number."""
        at = [START + timedelta(minutes=n) for n in range(5)]
        running = Target("response", "running", START, "2h", "", at[3], "r", warn_at=at[1])
        met = attrs.evolve(running, state="met")
        store_ticket(store, sample_ticket("T1", timers={"close": at[2]}))
        store_ticket(store, sample_ticket("T3", targets={"response": running}))
        store_ticket(store, sample_ticket("T2", timers={"a": at[1], "b": at[4]}))
        store_ticket(store, sample_ticket("T4", targets={"response": met}))
        assert list(store.due(at[0])) == []
        assert list(store.due(at[1])) == ["T2", "T3"]
        assert list(store.due(at[4])) == ["T2", "T3", "T1"]
        assert list(store.due(at[4], 1)) == ["T2"]
        assert store.next_due() == at[1]

    def test_due_tasks(self, store: Store) -> None:
        """Open tasks are due at their deadline, until it was told or the ticket is over (A11)."""
        at = [START + timedelta(minutes=n) for n in range(4)]
        task = Task(1, "finance", "pay", at[1], START, "agent:A1")
        other = changed(task, number=2, due=at[3])
        answered = changed(task, answered_at=at[0], answered_by="agent:A2")
        told = changed(task, overdue_at=at[1])
        store_ticket(store, sample_ticket("T1", tasks=(other, task)))
        store_ticket(store, sample_ticket("T2", tasks=(answered, told, changed(task, due=None))))
        store_ticket(store, sample_ticket("T3", tasks=(task,), status=Status.CLOSED))
        store_ticket(store, sample_ticket("T4", tasks=(answered, told, other)))
        assert store.next_due() == at[1]
        assert list(store.due(at[2])) == ["T1"]
        assert list(store.due(at[3])) == ["T1", "T4"]

    def test_pending(self, store: Store) -> None:
        """Messages come in order of queueing once their time has come, until they are settled."""
        queued = [delivery("T1", 1, 5), delivery("T1", 2, 1), delivery("T1", 3, 1)]
        store_ticket(store, sample_ticket("T1"), messages=queued)
        now = START + timedelta(minutes=1)
        assert [d.message.id for d in store.pending(now)] == ["T1/2", "T1/3"]
        assert [d.message.id for d in store.pending(now, 1)] == ["T1/2"]
        assert store.next_delivery() == now
        sent = changed(queued[1], state="sent", attempts=1, notifier="file")
        later = changed(queued[2], attempts=1, not_before=now + timedelta(hours=1), error="busy")
        with store.transaction() as transaction:
            transaction.save_delivery(sent)
            transaction.save_delivery(later)
        assert list(store.pending(now)) == []
        assert list(store.messages("T1")) == [queued[0], sent, later]
        assert list(store.pending(now + timedelta(hours=2))) == [queued[0], later]
        assert list(store.pending(now)) == []
        assert store.next_delivery() == START + timedelta(minutes=5)
        assert dict(store.counts())["messages"] == 3

    def test_by_source(self, store: Store) -> None:
        """A ticket is found by the channel identity of any of its events (E2)."""
        ticket = store_ticket(store, sample_ticket("T1"), source="<a@example.org>")
        body = DuplicateReceived("email", "<b@example.org>", "")
        event = Event("T1", 2, START, "system", body)
        with store.transaction() as transaction:
            transaction.append(changed(ticket, version=2), [event], expected_version=1)
        assert store.by_source("<a@example.org>") == "T1"
        assert store.by_source("<b@example.org>") == "T1"
        assert store.by_source("<c@example.org>") is None
        assert store.by_source("") is None

    def test_correlated(self, store: Store) -> None:
        """Tickets of a group are named from an instant on, oldest first (E8)."""
        for n, keys in enumerate([("a", "b"), ("a",), ("b",), ("a", "a")]):
            store_ticket(store, sample_ticket(f"T{n}", 10 - n, correlation_keys=keys))
        assert list(store.correlated("a", START)) == ["T3", "T1", "T0"]
        assert list(store.correlated("a", START + timedelta(minutes=9))) == ["T1", "T0"]
        assert list(store.correlated("c", START)) == []

    def test_correlation_follows_changes(self, store: Store) -> None:
        """A ticket counts in the groups that its latest keys say (E8)."""
        ticket = store_ticket(store, sample_ticket("T1", correlation_keys=("a", "b")))
        after, event = noted(changed(ticket, correlation_keys=("b", "c")))
        with store.transaction() as transaction:
            transaction.append(after, [event], expected_version=1)
        assert list(store.correlated("a", START)) == []
        assert list(store.correlated("b", START)) == ["T1"]
        assert list(store.correlated("c", START)) == ["T1"]

    def test_workloads(self, store: Store) -> None:
        """Open tickets count for their agent, and the latest assignment is the greatest (D7)."""
        for n, agent in enumerate(["A1", "A2", "A1"]):
            ticket = store_ticket(store, sample_ticket(f"T{n}", n))
            event = Event(ticket.number, 2, START, "system", Assigned("it", agent))
            with store.transaction() as transaction:
                transaction.append(
                    changed(ticket, version=2, agent=agent), [event], expected_version=1
                )
        loads = store.workloads(["A1", "A2", "A3"])
        assert [loads[a].open for a in ("A1", "A2", "A3")] == [2, 1, 0]
        assert loads["A1"].last_assigned > loads["A2"].last_assigned > 0
        assert loads["A3"].last_assigned == 0
        ticket = store.ticket("T0") or ticket
        after, event = noted(changed(ticket, status=Status.CLOSED))
        with store.transaction() as transaction:
            transaction.append(after, [event], expected_version=2)
        assert store.workloads(["A1"])["A1"].open == 1

    def test_requesters(self, store: Store) -> None:
        """A requester is found by id, else phone, else e-mail, as saved last (A2, D3)."""
        li = Requester("R1", "李", phone="138", email="li@example.org")
        wu = Requester("R2", "吴", phone="139")
        with store.transaction() as transaction:
            transaction.save_requester(li)
            transaction.save_requester(wu)
        assert store.requester(id="R1") == li
        assert store.requester(phone="139") == wu
        assert store.requester(email="li@example.org") == li
        assert store.requester(id="R9", phone="139", email="li@example.org") == wu
        assert store.requester(phone="000") is None
        moved = changed(li, phone="137")
        with store.transaction() as transaction:
            transaction.save_requester(moved)
        assert store.requester(phone="137") == moved
        assert store.requester(phone="138") is None

    def test_calls(self, store: Store) -> None:
        """A call is kept as last saved, with its ticket once it has one (D3)."""
        call = Call("c1", "138", START)
        with store.transaction() as transaction:
            transaction.save_call(call, "")
        assert store.call("c1") == (call, "")
        answered = changed(call, answered_at=START + timedelta(seconds=7))
        with store.transaction() as transaction:
            transaction.save_call(answered, "T1")
        assert store.call("c1") == (answered, "T1")

    def test_documents(self, store: Store) -> None:
        """A document is kept as last saved, and is nobody's to change."""
        document = {"名": ["a", 1, 2.5, None, True, {"b": {}}]}
        with store.transaction() as transaction:
            transaction.save_document("d", document)
        document["名"].clear()
        read = store.document("d")
        assert read == {"名": ["a", 1, 2.5, None, True, {"b": {}}]}
        with store.transaction() as transaction:
            transaction.save_document("d", {"v": 2})
        assert store.document("d") == {"v": 2}

    @pytest.mark.parametrize("content", [b"", b"\0\xff" * 1000, "邮件".encode()])
    def test_blobs(self, store: Store, content: bytes) -> None:
        """Bytes are found by their SHA-256; keeping them twice is keeping them once."""
        name = store.put_blob(content)
        assert len(name) == 64
        assert store.put_blob(content) == name
        assert store.blob(name) == content

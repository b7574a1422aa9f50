"""Threads that read see whole commits while another writes and the file is compacted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal

import pytest

from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket
from ruledesk_plugins.memory import MemoryStore
from ruledesk_plugins.tinydb import TinyDBStore

TICKETS = 60


@pytest.fixture(params=["memory", "tinydb"])
def store(request, tmp_path):
    store = MemoryStore() if request.param == "memory" else TinyDBStore(tmp_path / "desk.json")
    yield store
    store.close()


def write(store, done):
    try:
        for n in range(TICKETS):
            number = f"T{n:03d}"
            ticket = sample_ticket(number, n, correlation_keys=("k",), timers={"a": START})
            ticket = store_ticket(store, ticket, messages=[delivery(number, 1)])
            after, event = noted(ticket)
            with store.transaction() as transaction:
                transaction.append(after, [event], expected_version=1)
            if n % 20 == 19 and hasattr(store, "compact"):
                assert store.compact()
    finally:
        done.set()


def read(store, done):
    rounds = 0
    while not done.is_set() or rounds == 0:
        rounds += 1
        tickets = store.query(TicketQuery(sort="number", descending=False, limit=100)).tickets
        for ticket in tickets[-3:]:
            assert len(store.events(ticket.number)) >= ticket.version
            assert len(store.messages(ticket.number)) == 1
        assert len(list(store.all_events())) >= sum(t.version for t in tickets)
        counts = store.counts()
        assert counts["events"] >= len(tickets)
        assert len(store.due(START, 1000)) >= len(tickets)
        assert len(store.correlated("k", START)) >= len(tickets)
        assert len(store.pending(START, 1000)) >= len(tickets)
    return rounds


def test_readers_beside_a_writer(store):
    done = Signal()
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read, store, done) for _ in range(2)]
        pool.submit(write, store, done).result()
        assert all(reader.result() for reader in readers)
    assert store.counts() == {"tickets": TICKETS, "events": 2 * TICKETS, "messages": TICKETS}

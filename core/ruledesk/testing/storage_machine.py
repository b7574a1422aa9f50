"""A machine that does the same things to a store and to a reference, and compares the answers."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.samples import START
from ruledesk.testing.storage_factory import StoreFactory
from ruledesk.testing.storage_histories import AGENTS, CHANGES, MINUTES, QUERIES, instant
from ruledesk.testing.storage_machine_base import Machine
from ruledesk.testing.storage_machine_work import WorkingMachine
from ruledesk.testing.storage_machine_writes import WritingMachine
from ruledesk.testing.storage_records import holdings

__all__ = ["CHANGES", "QUERIES", "StoreFactory", "StoreMachine"]


class StoreMachine(WritingMachine, WorkingMachine):
    """Drives a store and a `ReferenceStore` side by side.

    Args:
        factory: Where the store comes from.
    """

    def teardown(self) -> None:
        """Whatever was done, nothing is damaged."""
        try:
            assert list(self.store.faults()) == []
        finally:
            self.store.close()

    @precondition(Machine.has_tickets)
    @rule()
    def reopen(self) -> None:
        """Close the store and open it again, where it can be."""
        if self.factory.reopen is not None:
            self.end_leases()
            self.store = self.factory.reopen(self.store)

    @precondition(Machine.has_tickets)
    @rule()
    def move(self) -> None:
        """Go on with another store of the same kind that was filled from this one."""
        self.end_leases()
        other = self.factory.fresh()
        with self.store.snapshot() as records:
            other.load(records)
        assert holdings(other) == holdings(self.store)
        assert list(other.faults()) == []
        self.store.close()
        self.store = other

    # -- what is asked ----------------------------------------------------------------------------

    @rule(query=QUERIES)
    def query(self, query: TicketQuery) -> None:
        """Read all pages of a query, and count what it filters."""
        found: list[Ticket] = []
        page = self.store.query(query)
        while True:
            assert len(page.tickets) <= query.limit
            found += page.tickets
            if not page.next:
                break
            assert len(page.tickets) == query.limit, "only the last page may be short"
            page = self.store.query(_after(query, page.next))
        assert found == self.reference.query(query)
        assert self.store.count(query.where) == self.reference.count(query.where)

    @rule(minute=MINUTES, limit=st.integers(1, 5))
    def clock(self, minute: int, limit: int) -> None:
        """Ask what is due and what may be sent."""
        now = instant(minute)
        assert list(self.store.due(now, limit)) == self.reference.due(now)[:limit]
        assert list(self.store.pending(now, limit)) == self.reference.pending(now)[:limit]

    @rule(minute=MINUTES)
    def relations(self, minute: int) -> None:
        """Ask for sources, correlations, requesters, calls and documents."""
        since = instant(minute)
        for key in ("k1", "k2", "k3"):
            assert list(self.store.correlated(key, since)) == self.reference.correlated(key, since)
        for source in ("s1", "s2", "s3"):
            assert self.store.by_source(source) == self.reference.by_source(source)
        for name in ("c1", "c2"):
            assert self.store.call(name) == self.reference.calls.get(name)
        for key in ("d1", "d2"):
            assert self.store.document(key) == self.reference.documents.get(key)
        self._compare_requesters()

    @precondition(Machine.has_tickets)
    @rule(data=st.data(), after=st.integers(0, 3))
    def history(self, data: st.DataObject, after: int) -> None:
        """Read a ticket, its events and its messages, and the whole log."""
        ticket = self.any_ticket(data)
        number = ticket.number
        assert self.store.ticket(number) == ticket
        assert list(self.store.events(number, after)) == self.reference.events(number, after)
        assert list(self.store.messages(number)) == self.reference.messages(number)
        assert list(self.store.all_events()) == self.reference.log
        assert list(self.store.tombstones()) == list(self.reference.tombstones.values())

    @invariant()
    def kept_figures(self) -> None:
        """Counts, next instants and workloads agree after every step."""
        assert dict(self.store.counts()) == self.reference.counts()
        assert self.store.next_due() == self.reference.next_due()
        assert self.store.next_delivery() == self.reference.next_delivery()
        grouped = list(self.store.correlated("k1", START))
        assert grouped == self.reference.correlated("k1", START)
        agents = [*AGENTS[1:], "never"]
        loads = self.store.workloads(agents)
        assert [loads[a].open for a in agents] == [self.reference.open_of(a) for a in agents]
        if self.reference.tombstones:
            return  # assignments of deleted tickets may be forgotten
        never = [a for a in agents if loads[a].last_assigned == 0]
        assert never == [a for a in agents if self.reference.last_assigned(a) == 0]
        turns = sorted(agents, key=lambda a: loads[a].last_assigned)
        assert turns == sorted(agents, key=self.reference.last_assigned)

    def _compare_requesters(self) -> None:
        known = self.reference.requesters
        for name in ("R1", "R2"):
            assert self.store.requester(id=name) == known.get(name)
            for n in (1, 2):
                phone, email = f"{name}-{n}", f"{name}@{n}"
                with_phone = [r for r in known.values() if r.phone == phone]
                with_email = [r for r in known.values() if r.email == email]
                assert [r for r in [self.store.requester(phone=phone)] if r] == with_phone
                assert [r for r in [self.store.requester(email=email)] if r] == with_email


def _after(query: TicketQuery, cursor: str) -> TicketQuery:
    return attrs.evolve(query, after=cursor)

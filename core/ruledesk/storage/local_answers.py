"""What a store of one process answers from its indexes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import Any

from ruledesk.errors import StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import FilterField, Page, TicketQuery
from ruledesk.storage.paging import page_of
from ruledesk.storage.state import IndexedState
from ruledesk.storage.wakeup import WakeUp


class LocalAnswers(ABC):
    """The questions of `ruledesk.storage.interface.Store`, of what is committed.

    Whoever asks waits for no disk, and for no block that is open.
    """

    def __init__(self) -> None:
        self._state = IndexedState()
        self._reading = RLock()
        self._unusable: StorageFault | None = None
        self._work = WakeUp()

    # -- what a subclass provides -----------------------------------------------------------------

    @abstractmethod
    def _ticket(self, number: str) -> Ticket:
        """Return the view of a ticket that exists."""

    @abstractmethod
    def _messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""

    @abstractmethod
    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""

    @abstractmethod
    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""

    @abstractmethod
    def document(self, key: str) -> Mapping[str, Any] | None:
        """Return a stored document."""

    @abstractmethod
    def put_blob(self, content: bytes) -> str:
        """Keep bytes; durable on return. Returns their SHA-256 in hex."""

    @abstractmethod
    def blob(self, sha256: str) -> bytes | None:
        """Return kept bytes."""

    # -- answers ----------------------------------------------------------------------------------

    def ticket(self, number: str) -> Ticket | None:
        """Return a ticket as its events have made it."""
        with self._reading:
            self._check()
            return self._ticket(number) if number in self._state.tickets.rows else None

    def query(self, query: TicketQuery) -> Page:
        """Return one page of tickets.

        Raises:
            InvalidInput: The query has an unknown filter, order, cursor or length.
        """
        with self._reading:
            self._check()
            numbers, after = page_of(self._state.tickets, query)
            return Page(tuple(map(self._ticket, numbers)), after)

    def count(self, where: Mapping[FilterField, Sequence[str]]) -> int:
        """Count tickets as `TicketQuery.where` filters them."""
        with self._reading:
            self._check()
            return self._state.tickets.count(where)

    def due(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Name the tickets due at or before `now`, earliest first, ties by number."""
        names: list[str] = []
        with self._reading:
            self._check()
            for at, number in self._state.tickets.order("next_due").valued():
                if at > now or len(names) >= limit:
                    break
                names.append(number)
        return names

    def next_due(self) -> datetime | None:
        """Return the earliest `next_due` of all tickets."""
        with self._reading:
            self._check()
            first = self._state.tickets.order("next_due").first()
            return None if first is None else first[0]

    def by_source(self, source: str) -> str | None:
        """Return the number of the ticket one of whose events carries this channel identity."""
        with self._reading:
            self._check()
            return self._state.by_source(source)

    def correlated(self, key: str, since: datetime) -> Sequence[str]:
        """Name the tickets with a correlation key created at or after `since`, oldest first."""
        with self._reading:
            self._check()
            return self._state.tickets.correlated(key, since)

    def workloads(self, agents: Sequence[str]) -> Mapping[str, Workload]:
        """Say what each of these agents carries."""
        with self._reading:
            self._check()
            return self._state.workloads(agents)

    def requester(self, *, id: str = "", phone: str = "", email: str = "") -> Requester | None:  # noqa: A002
        """Find a requester by the first of these that is given and known."""
        with self._reading:
            self._check()
            return self._state.requesters.find(id, phone, email)

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        """Return a call and its ticket's number (empty while it has none)."""
        with self._reading:
            self._check()
            return self._state.calls.get(id)

    def pending(self, now: datetime, limit: int = 100) -> Sequence[Delivery]:
        """Return waiting deliveries whose time has come, in order of queueing."""
        with self._reading:
            self._check()
            return self._state.outbox.pending(now, limit)

    def claim(self, now: datetime, until: datetime, limit: int = 1) -> Sequence[Delivery]:
        """Take waiting deliveries whose time has come; see `Store.claim`.

        Leases are in this process's memory: they end with it.
        """
        with self._reading:
            self._check()
            return self._state.outbox.claim(now, until, limit)

    def next_delivery(self) -> datetime | None:
        """Return when the next waiting delivery may be claimed: its `not_before`, or its lease."""
        with self._reading:
            self._check()
            return self._state.outbox.next()

    def wait(self, seconds: float) -> None:
        """Wait until a commit queues a message or makes something due earlier, or the store closes.

        Args:
            seconds: How long at most.
        """
        self._check()
        self._work.wait(seconds)

    def messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""
        with self._reading:
            self._check()
            return self._messages(ticket)

    def tombstone(self, number: str) -> Tombstone | None:
        """Return what stays of a deleted ticket."""
        with self._reading:
            self._check()
            return self._state.tombstones.get(number)

    def tombstones(self) -> Iterator[Tombstone]:
        """Stream what stays of all deleted tickets, in the order of deletion."""
        with self._reading:
            self._check()
            return iter(list(self._state.tombstones.values()))

    def counts(self) -> Mapping[str, int]:
        """Return how many tickets, events and messages are stored."""
        with self._reading:
            self._check()
            return self._state.counts()

    def _check(self) -> None:
        if self._unusable is not None:
            raise StorageFault(*self._unusable.problems)

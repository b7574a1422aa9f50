"""What stores of one process have in common: locking, transactions, answers from the indexes.

A subclass keeps the bodies (tickets, events, messages, documents, blobs) and makes commits last;
everything that an index can answer is answered here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock, RLock, get_ident
from typing import Any

from ruledesk.errors import StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import Appended, Change, TicketDeleted
from ruledesk.storage.fresh import FreshBlobs
from ruledesk.storage.interface import FilterField, Page, TicketQuery, blobs
from ruledesk.storage.paging import page_of
from ruledesk.storage.staging import StagedTransaction
from ruledesk.storage.state import IndexedState


class LocalStore(ABC):
    """A `Store` whose indexes are in this process's memory.

    One transaction runs at a time. Whoever reads, in the transaction or beside it, sees what is
    committed, and waits for no disk.
    """

    def __init__(self) -> None:
        self._state = IndexedState()
        self._fresh = FreshBlobs()
        self._reading = RLock()
        self._writing = Lock()
        self._writer: int | None = None
        self._unusable: StorageFault | None = None

    # -- what a subclass provides -----------------------------------------------------------------

    @abstractmethod
    def _persist(self, change: Change) -> Any:
        """Make a change last; nothing is changed if it raises.

        Returns:
            What `_keep` needs to know of it.
        """

    @abstractmethod
    def _keep(self, change: Change, stored: Any) -> None:
        """Take over the bodies of a change that lasts; `stored` is what `_persist` returned."""

    @abstractmethod
    def _ticket(self, number: str) -> Ticket:
        """Return the view of a ticket that exists."""

    @abstractmethod
    def _remove_blob(self, name: str) -> None:
        """Remove kept bytes; where that fails, say so in the log, since the commit lasts."""

    @abstractmethod
    def _messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""

    # -- writing ----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[StagedTransaction]:
        """Begin a unit of work; see `Store.transaction`.

        Raises:
            StorageFault: This thread has one open already, or the store cannot write.
        """
        self._outside()
        with self._writing:
            self._check()
            self._writer = get_ident()
            staged = StagedTransaction(self._state, self._known, self._messages)
            try:
                try:
                    yield staged
                finally:
                    change = staged.finish()
                if change:
                    self._commit(change)
            finally:
                self._writer = None

    def _commit(self, change: Change) -> None:
        try:
            stored = self._persist(change)
        except Exception:
            raise  # nothing was changed
        except BaseException:
            self._interrupted()
            raise
        try:
            with self._reading:
                self._state.apply(change)
                self._keep(change, stored)
            self._settle_blobs(change)
        except BaseException:
            self._interrupted()
            raise

    def _settle_blobs(self, change: Change) -> None:
        """Take away the blobs of deleted tickets that nobody needs any more."""
        for step in change.steps:
            if isinstance(step, Appended):
                self._fresh.named(blobs(step.events))
            elif isinstance(step, TicketDeleted):
                self._fresh.drop(step.blobs, self._state.needs_blob, self._remove_blob)

    def _interrupted(self) -> None:
        """Answer nothing more: what is stored and what is in memory may differ."""
        self._unusable = StorageFault.of(
            "the store was interrupted in a commit; open it again",
            "存储在提交时被中断,请重新打开",
        )

    def _outside(self) -> None:
        if self._writer == get_ident():
            raise StorageFault.of(
                "a transaction is open already in this thread", "此线程已有未结束的事务"
            )

    def _known(self, delivery: Delivery) -> bool:
        message = delivery.message
        with self._reading:
            if message.id in self._state.outbox:
                return True
            return any(d.message.id == message.id for d in self._messages(message.ticket))

    def _check(self) -> None:
        if self._unusable is not None:
            raise StorageFault(*self._unusable.problems)

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

    def next_delivery(self) -> datetime | None:
        """Return the earliest `not_before` of the waiting deliveries."""
        with self._reading:
            self._check()
            return self._state.outbox.next()

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

    # -- bodies -----------------------------------------------------------------------------------

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

    def close(self) -> None:
        """Release what is held; the store is not used again.

        Raises:
            StorageFault: This thread has a transaction open.
        """
        self._outside()
        with self._writing, self._reading:
            if self._unusable is None:
                self._fresh.settle(self._state.needs_blob, self._remove_blob)
                self._unusable = StorageFault.of("the store is closed", "存储已关闭")

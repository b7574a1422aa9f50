"""The store: the questions and the transactions of `ruledesk.storage.interface.Store`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import uuid4

from ruledesk.errors import Conflict, Problem, StorageFault
from ruledesk.jobs.queue import JobQueue
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import FilterField, Page, TicketQuery
from ruledesk.storage.record import Record
from ruledesk_plugins.sql import lists, reading, writes
from ruledesk_plugins.sql.blobs import BlobFolder, BlobKeeper
from ruledesk_plugins.sql.block import Block, lock_of
from ruledesk_plugins.sql.engine import PATIENCE, Database
from ruledesk_plugins.sql.faults import faults
from ruledesk_plugins.sql.loading import load
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.snapshot import snapshot
from ruledesk_plugins.sql.ticket_ids import TicketIds
from ruledesk_plugins.sql.tickets import TicketCache
from ruledesk_plugins.sql.transaction import SQLTransaction
from ruledesk_plugins.sql.waking import Waking
from ruledesk_plugins.sql.writing import Writer, Written

T = TypeVar("T")


class _Mine(threading.local):
    """What the calling thread has open."""

    block: Block | None = None
    transaction: SQLTransaction | None = None


class SQLStore:
    """A `Store` on SQLite or PostgreSQL.

    Threads share it. Each question outside a block takes a connection of its own and gives it back
    at once; a block has one from its first question to its end.

    Args:
        database: Where; its tables are there, at the revision of this release.
        folder: Where blobs are.
        waking: How it hears of commits of others.
        jobs: The server that keeps background jobs, as libpq reads it; empty to leave them to
            the desk.
    """

    def __init__(
        self, database: Database, folder: BlobFolder, waking: Waking, jobs: str = ""
    ) -> None:
        self.database: Final = database
        self.folder: Final = folder
        self._waking = waking
        self._jobs = jobs
        self._cache = TicketCache()
        self._ids = TicketIds(database)
        self._holder = uuid4().hex
        self._blobs = BlobKeeper(database, folder, self._holder)
        self._mine = _Mine()
        # Of one process, one thread writes to SQLite and the others queue here, not spinning there.
        self._writing = threading.Lock() if database.dialect == "sqlite" else None

    # -- writing ----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[SQLTransaction]:
        """Begin a unit of work; see `Store.transaction`.

        Raises:
            Conflict: Something that the block has read or writes was changed meanwhile.
            Unavailable: The database cannot be reached, and nothing is stored.
            StorageFault: This thread has one open already, or the store cannot write.
        """
        self._outside()
        with self._turn():
            block = Block(self.database)
            transaction = SQLTransaction(block, self._cache)
            self._mine.block, self._mine.transaction = block, transaction
            try:
                try:
                    yield transaction
                finally:
                    transaction.finish()
                written = self._commit(block, transaction)
            finally:
                self._mine.block = self._mine.transaction = None
                block.roll_back()
        if written is not None:
            self._after(written)
            if None in transaction.staged.requesters.values():
                self._leave_nothing()

    def _leave_nothing(self) -> None:
        """Take the words of a person who was erased out of the write-ahead log, too.

        Where a reader still needs the log, this is left to the next checkpoint, or to `close`.
        """
        if self.database.dialect == "sqlite":
            with suppress(StorageFault), self.database.session() as session:
                session.checkpoint()

    def _commit(self, block: Block, transaction: SQLTransaction) -> Written | None:
        if not transaction.staged:
            with self.database.translating():
                block.leave()
            return None
        writer = Writer(block, transaction.staged, self._holder, lambda: self._ids.take(block))
        with self.database.translating():
            written = writer.write()
            if written.wakes and block.dialect == "postgresql":
                written.batch.add(writes.NOTIFY, [{}])
            block.commit(written.batch, written.proof)
        return written

    def _after(self, written: Written) -> None:
        for head, ticket in written.heads:
            self._cache.keep(head, ticket)
        for number in written.gone:
            self._cache.drop(number)
        if written.left:
            self._blobs.settle(sorted(set(written.left)), self._alone)
        if written.wakes:
            self._waking.ring()

    def _alone(self, change: Callable[[Session], Any]) -> None:
        """Run something in a transaction of its own, or in the one that this thread has open."""
        if self._mine.block is not None:
            self._mine.block.ask(change)
            return
        begin = self.database.begin
        with self._turn(), self.database.session() as session, session.transaction(begin):
            change(session)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writing is None:
            yield
            return
        if not self._writing.acquire(timeout=PATIENCE):
            raise Conflict.of(
                "another transaction of this process does not end",
                "本进程的另一事务未结束",
                field=self.database.where,
            )
        try:
            yield
        finally:
            self._writing.release()

    def _outside(self) -> None:
        if self._mine.block is not None:
            raise StorageFault.of(
                "a transaction is open already in this thread", "此线程已有未结束的事务"
            )

    # -- tickets and events -----------------------------------------------------------------------

    def _read(self, question: Callable[[Session], T], locks: Iterable[int] = ()) -> T:
        """Ask; in a block so that the answer holds until it ends."""
        block = self._mine.block
        if block is not None:
            return block.ask(question, locks)
        return self.database.read(question)

    def ticket(self, number: str) -> Ticket | None:
        """Return a ticket as its events have made it."""
        transaction = self._mine.transaction
        if transaction is not None:
            return transaction.read_ticket(number)
        return self.database.read(lambda session: self._cache.read(session, number))

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        if self._mine.block is not None:
            self.ticket(number)  # locks it
        return self._read(lambda session: reading.events_of(session, number, max(after, 0)))

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""

        def page(after: int, size: int) -> tuple[list[Event], int]:
            return self._read(lambda session: reading.log_page(session, after, size))

        return reading.paged(page)

    def query(self, query: TicketQuery) -> Page:
        """Return one page of tickets.

        Raises:
            InvalidInput: The query has an unknown filter, order, cursor or length.
        """
        found, after = self._read(lambda session: lists.page(session.connection, query))
        return Page(tuple(self._cache.decoded(*one) for one in found), after)

    def count(self, where: Mapping[FilterField, Sequence[str]]) -> int:
        """Count tickets as `TicketQuery.where` filters them."""
        return self._read(lambda session: lists.count(session.connection, where))

    def due(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Name the tickets due at or before `now`, earliest first, ties by number."""
        return self._read(lambda session: reading.due(session, now, limit))

    def next_due(self) -> datetime | None:
        """Return the earliest `next_due` of all tickets."""
        return self._read(reading.next_due)

    # -- groups and people ------------------------------------------------------------------------

    def by_source(self, source: str) -> str | None:
        """Return the number of the ticket one of whose events carries this channel identity."""
        return self._read(
            lambda session: reading.by_source(session, source), (lock_of("source", source),)
        )

    def correlated(self, key: str, since: datetime) -> Sequence[str]:
        """Name the tickets with a correlation key created at or after `since`, oldest first."""
        return self._read(
            lambda session: reading.correlated(session, key, since), (lock_of("key", key),)
        )

    def workloads(self, agents: Sequence[str]) -> Mapping[str, Workload]:
        """Say what each of these agents carries."""
        block = self._mine.block
        if block is not None and block.dialect == "postgresql":
            found = block.ask(lambda session: reading.locked_workloads(session, agents))
        else:
            found = self._read(lambda session: reading.workloads(session, agents))
        return {agent: found.get(agent, Workload()) for agent in agents}

    def requester(self, *, id: str = "", phone: str = "", email: str = "") -> Requester | None:  # noqa: A002
        """Find a requester by the first of these that is given and known."""
        given = (("requester", id), ("phone", phone), ("email", email))
        return self._read(
            lambda session: reading.requester(session, id, phone, email),
            [lock_of(kind, key) for kind, key in given if key],
        )

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        """Return a call and its ticket's number (empty while it has none)."""
        return self._read(lambda session: reading.call(session, id), (lock_of("call", id),))

    # -- outbox -----------------------------------------------------------------------------------

    def pending(self, now: datetime, limit: int = 100) -> Sequence[Delivery]:
        """Return waiting deliveries whose time has come, in order of queueing."""
        return self._read(lambda session: reading.pending(session, now, limit))

    def claim(self, now: datetime, until: datetime, limit: int = 1) -> Sequence[Delivery]:
        """Take waiting deliveries whose time has come; see `Store.claim`."""
        found: list[tuple[Any, ...]] = []

        def take(session: Session) -> None:
            found[:] = session.rows(writes.CLAIM, now=now, until=until, limit=limit)

        self._alone(take)
        return [reading.delivery_of(row) for _, *row in sorted(found)]

    def next_delivery(self) -> datetime | None:
        """Return when the next waiting delivery may be claimed."""
        return self._read(reading.next_delivery)

    def wait(self, seconds: float) -> None:
        """Wait until another commit may have made something due; see `Store.wait`."""
        self._open()
        self._waking.wait(seconds)

    def messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""
        return self._read(lambda session: reading.messages(session, ticket))

    # -- the rest ---------------------------------------------------------------------------------

    def tombstone(self, number: str) -> Tombstone | None:
        """Return what stays of a deleted ticket."""
        return self._read(lambda session: reading.tombstone(session, number))

    def tombstones(self) -> Iterator[Tombstone]:
        """Stream what stays of all deleted tickets, in the order of deletion."""

        def page(after: int, size: int) -> tuple[list[Tombstone], int]:
            return self._read(lambda session: reading.tombstone_page(session, after, size))

        return reading.paged(page)

    def document(self, key: str) -> Mapping[str, Any] | None:
        """Return a stored document."""
        return self._read(lambda session: reading.document(session, key))

    def counts(self) -> Mapping[str, int]:
        """Return how many tickets, events and messages are stored."""
        return self._read(lambda session: lists.totals(session.connection))

    def put_blob(self, content: bytes) -> str:
        """Keep bytes; durable on return. Returns their SHA-256 in hex."""
        return self._blobs.put(content, self._alone)

    def blob(self, sha256: str) -> bytes | None:
        """Return kept bytes."""
        self._open()
        return self.folder.get(sha256)

    def sweep(self, now: datetime) -> int:
        """Remove attachments that are left over, where a process died that was to do it.

        Args:
            now: The desk's clock.

        Returns:
            How many were left over.
        """
        return self._blobs.sweep(now, self._alone)

    # -- everything -------------------------------------------------------------------------------

    def job_queue(self) -> JobQueue | None:
        """Make the queue of background jobs; see `ruledesk.jobs.queue.HasJobQueue`."""
        if not self._jobs:
            return None
        from ruledesk_plugins.sql.jobs import PostgresJobs  # noqa: PLC0415 - of the extra

        return PostgresJobs(self._jobs)

    @contextmanager
    def snapshot(self) -> Iterator[Iterator[Record]]:
        """Stream everything that is stored, as it was at one instant; see `Store.snapshot`."""
        try:
            with snapshot(self._blobs, self.folder) as records:
                yield records
        finally:
            self._blobs.settle(self._blobs.left(), self._alone)

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty store; see `Store.load`."""
        self._outside()
        with self._turn():
            load(self.database, self.folder, records)

    def faults(self) -> Iterator[Problem]:
        """Look for damage in what is kept beside the records; see `Store.faults`."""
        return faults(self.database, self.folder)

    def close(self) -> None:
        """Release what is held; the store is not used again.

        Raises:
            StorageFault: This thread has a transaction open.
        """
        self._outside()
        if self.database.closed:
            return
        try:
            with self._turn() if self._writing else nullcontext():
                pass  # whoever writes has ended
            self._blobs.close(self._alone)
        finally:
            self._waking.close()
            self.database.close()

    def _open(self) -> None:
        if self.database.closed:
            raise StorageFault.of("the store is closed", "存储已关闭")


__all__ = ["SQLStore"]

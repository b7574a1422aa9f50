"""Filling an empty store with the records of another one, in one transaction."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any, Final

from sqlalchemy import Table, literal_column, select, text

from ruledesk.codec import canonical
from ruledesk.errors import InvalidInput
from ruledesk.model.event import Assigned, Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.interface import blobs, sources
from ruledesk.storage.record import Blob, Record, SequenceTaken, Unreadable
from ruledesk.storage.row import row_of
from ruledesk_plugins.sql import lists, writes
from ruledesk_plugins.sql.batch import Batch
from ruledesk_plugins.sql.blobs import BlobFolder
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.reading import DIGEST
from ruledesk_plugins.sql.rows import (
    call_row,
    delivery_row,
    document_row,
    event_row,
    requester_row,
    ticket_row,
    tombstone_row,
)
from ruledesk_plugins.sql.schema import (
    calls,
    deliveries,
    documents,
    events,
    requesters,
    sequences,
    tickets,
    tombstones,
)
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.ticket_ids import BLOCK

_BATCH: Final = 1000
#: Tickets whose last digest is remembered; that of others is asked for.
_REMEMBERED: Final = 100_000
_KEPT: Final[tuple[Table, ...]] = (
    events, tickets, deliveries, requesters, calls, sequences, documents, tombstones,
)  # fmt: skip

_ANY: Final = {
    table.name: Statement(select(*table.primary_key.columns).limit(literal_column("1")))
    for table in _KEPT
}


def load(database: Database, folder: BlobFolder, records: Iterable[Record]) -> None:
    """Fill an empty store; see `ruledesk.storage.interface.Store.load`.

    Args:
        database: Where.
        folder: Where blobs are.
        records: What `snapshot` yields, in that order.

    Raises:
        InvalidInput: The store is not empty, or a record is `Unreadable`.
    """
    kept: list[str] = []
    try:
        with database.session() as session, session.transaction(database.begin):
            _check_empty(session)
            _Loader(session, folder, kept).load(records)
    except BaseException:
        for name in kept:
            folder.remove(name)
        raise


def _check_empty(session: Session) -> None:
    if session.dialect == "postgresql":
        session.sql("LOCK TABLE tickets, events IN EXCLUSIVE MODE")
    for table, statement in _ANY.items():
        if session.row(statement) is not None:
            raise InvalidInput.of(
                "is not empty: it can only be filled once", "不为空,只能填充一次",
                field="storage", value=table,
            )  # fmt: skip


class _Loader:
    """Writes records in batches.

    Args:
        session: In a transaction.
        folder: Where blobs are.
        kept: Takes the names of blobs that were not there before.
    """

    def __init__(self, session: Session, folder: BlobFolder, kept: list[str]) -> None:
        self._session = session
        self._folder = folder
        self._kept = kept
        self._heads: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._assigned: dict[str, int] = {}
        self._held: Counter[str] = Counter()
        self._turns = 0
        self._ids = 0

    def load(self, records: Iterable[Record]) -> None:
        """Write all records, and what is kept beside them."""
        for kind, same in groupby(records, key=type):
            for some in _batches(same, 1 if kind is Blob else _BATCH):
                self._write(some)
        batch = Batch(self._session.dialect)
        batch.add(
            writes.PUT_LOAD,
            [
                {"agent": a, "open": self._held[a], "last_assigned": self._assigned.get(a, 0)}
                for a in sorted(self._held.keys() | self._assigned.keys())
            ],
        )
        self._session.write(batch)
        if self._session.dialect == "postgresql":
            connection = self._session.connection
            connection.execute(text(f"SELECT setval('ticket_ids', {self._ids // BLOCK + 1})"))
            connection.execute(text(f"SELECT setval('turns', nextval('turns') + {self._turns})"))
        lists.fill(self._session.connection)
        if self._ids > _BATCH:
            for table in _KEPT:  # else plans are made for tables that are empty
                self._session.sql(f"ANALYZE {table.name}")

    def _write(self, some: list[Any]) -> None:
        if isinstance(some[0], Blob):
            self._blobs(some)
            return
        batch = Batch(self._session.dialect)
        first = some[0]
        if isinstance(first, Event):
            self._events(batch, some)
        elif isinstance(first, Ticket):
            self._tickets(batch, some)
        elif isinstance(first, Unreadable):
            raise InvalidInput(first.problem)
        else:
            _records(batch, some)
        self._session.write(batch)

    def _events(self, batch: Batch, some: list[Event]) -> None:
        rows = []
        for event in some:
            before = "" if event.version == 1 else self._head(event.ticket, event.version - 1)
            row = event_row(event, before)
            self._remember(event.ticket, event.version, row["digest"])
            rows.append(row)
            if isinstance(event.body, Assigned) and event.body.agent:
                self._turns += 1
                self._assigned[event.body.agent] = self._turns
        batch.add(writes.INSERT_EVENT, rows)
        carried = dict.fromkeys((s, event.ticket) for event in some for s in sources((event,)))
        batch.add(writes.INSERT_SOURCE, [{"source": s, "ticket": t} for s, t in carried])
        named = dict.fromkeys((name, event.ticket) for event in some for name in blobs((event,)))
        batch.add(writes.NAME_BLOB, [{"blob": name, "ticket": t} for name, t in named])

    def _tickets(self, batch: Batch, some: list[Ticket]) -> None:
        rows, keys = [], []
        for ticket in some:
            row = row_of(ticket)
            self._ids += 1
            rows.append(ticket_row(self._ids, ticket, row, self._head(row.number, row.version)))
            keys += [
                {"key": key, "created_at": row.created_at, "ticket": row.number} for key in row.keys
            ]
            if row.holder:
                self._held[row.holder] += 1
        batch.add(writes.INSERT_TICKET, rows)
        batch.add(writes.INSERT_CORRELATION, keys)

    def _blobs(self, some: list[Blob]) -> None:
        for blob in some:
            if self._folder.get(blob.name) is None:
                self._kept.append(blob.name)
            self._folder.put(blob.name, blob.content)

    def _head(self, ticket: str, version: int) -> str:
        """Return the digest of an event that was written before."""
        known = self._heads.get(ticket)
        if known is not None and known[0] == version:
            return known[1]
        found = self._session.row(DIGEST, ticket=ticket, version=version)
        if found is None:
            raise InvalidInput.of("is missing", "缺失", field=f"event {ticket}/{version}")
        digest: str = found[0]
        return digest

    def _remember(self, ticket: str, version: int, digest: str) -> None:
        self._heads[ticket] = (version, digest)
        self._heads.move_to_end(ticket)
        if len(self._heads) > _REMEMBERED:
            self._heads.popitem(last=False)


def _batches(records: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while some := list(islice(records, size)):
        yield some


def _records(batch: Batch, some: list[Any]) -> None:
    """Write records that nothing else is derived from."""
    match some[0]:
        case Delivery():
            batch.add(writes.INSERT_DELIVERY, [delivery_row(one) for one in some])
        case RequesterSaved():
            batch.add(writes.PUT_REQUESTER, [requester_row(one.requester) for one in some])
        case CallSaved():
            batch.add(writes.PUT_CALL, [call_row(one.call, one.ticket) for one in some])
        case SequenceTaken():
            batch.add(writes.PUT_SEQUENCE, [{"key": o.key, "last": o.last} for o in some])
        case DocumentSaved():
            rows = [document_row(one.key, canonical(one.document)) for one in some]
            batch.add(writes.PUT_DOCUMENT, rows)
        case Tombstone():
            batch.add(writes.INSERT_TOMBSTONE, [tombstone_row(one) for one in some])


__all__ = ["load"]

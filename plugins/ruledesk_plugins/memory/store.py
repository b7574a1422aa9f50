"""The store in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    DocumentSaved,
    RequesterSaved,
    Rewritten,
    TicketDeleted,
)
from ruledesk.storage.filling import StateFiller
from ruledesk.storage.interface import Store
from ruledesk.storage.local import LocalStore
from ruledesk.storage.record import Blob, Record, SequenceTaken


class MemoryStore(LocalStore):
    """A `Store` that keeps everything in memory and forgets it when closed."""

    def __init__(self) -> None:
        super().__init__()
        self._tickets: dict[str, Ticket] = {}
        self._events: dict[str, list[Event]] = {}
        #: In the order of commit; a ticket is forgotten or rewritten without looking at the others.
        self._log: dict[tuple[str, int], Event] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._outbox: dict[str, dict[str, None]] = {}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._blobs: dict[str, bytes] = {}

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        with self._reading:
            self._check()
            return self._events.get(number, [])[max(after, 0) :]

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""
        with self._reading:
            self._check()
            log = list(self._log.values())  # a stream that was begun goes on over these
        yield from log

    def document(self, key: str) -> Mapping[str, Any] | None:
        """Return a stored document."""
        with self._reading:
            self._check()
            return copy.deepcopy(self._documents.get(key))

    def put_blob(self, content: bytes) -> str:
        """Keep bytes. Returns their SHA-256 in hex."""
        name = sha256(content).hexdigest()
        self._fresh.keep(name)
        with self._reading:
            self._check()
            self._blobs.setdefault(name, bytes(content))
        return name

    def blob(self, sha256: str) -> bytes | None:
        """Return kept bytes."""
        with self._reading:
            self._check()
            return self._blobs.get(sha256)

    def _persist(self, change: Change) -> None:
        """Nothing in memory lasts."""

    def _keep(self, change: Change, stored: None) -> None:  # noqa: ARG002
        for step in change.steps:
            match step:
                case Appended(ticket, events, messages):
                    self._tickets[ticket.number] = ticket
                    self._events.setdefault(ticket.number, []).extend(events)
                    self._note(events)
                    for delivery in messages:
                        self._queue(delivery)
                case DeliverySaved(delivery):
                    self._queue(delivery)
                case DocumentSaved(key, document):
                    self._documents[key] = document
                case TicketDeleted(tombstone):
                    self._forget(tombstone.number)
                case Rewritten():
                    self._rewrite(step)
                case _:
                    pass  # requesters and calls are part of the indexed state

    def _forget(self, number: str) -> None:
        del self._tickets[number]
        for event in self._events.pop(number):
            del self._log[number, event.version]
        for message in self._outbox.pop(number, ()):
            del self._deliveries[message]

    def _rewrite(self, step: Rewritten) -> None:
        number, events = step.ticket.number, step.events
        self._tickets[number] = step.ticket
        self._events[number] = list(events)
        self._note(events)  # what is there already keeps its place
        for delivery in step.messages:
            self._queue(delivery)

    def _capture(self) -> AbstractContextManager[Iterator[Record]]:
        state = self._state
        kept: list[Iterable[Record]] = [
            list(self._log.values()),
            list(self._tickets.values()),
            list(self._deliveries.values()),
            [RequesterSaved(requester) for requester in state.requesters.all()],
            [CallSaved(call, ticket) for call, ticket in state.calls.values()],
            [SequenceTaken(key, last) for key, last in state.sequences.items()],
        ]
        documents = list(self._documents.items())
        tombstones = list(state.tombstones.values())
        blobs = list(self._blobs.items())

        def stream() -> Iterator[Record]:
            yield from chain.from_iterable(kept)
            for key, document in documents:
                yield DocumentSaved(key, copy.deepcopy(document))
            yield from tombstones
            for name, content in blobs:
                yield Blob(name, content)

        return nullcontext(stream())

    def _is_empty(self) -> bool:
        return self._state.is_empty() and not self._documents

    def _load(self, records: Iterable[Record]) -> None:
        new = MemoryStore()
        filler = StateFiller(new._state)
        for record in records:
            filler.take(record)
            new._take(record)
        filler.finish()
        with self._reading:
            self._state, self._tickets, self._events = new._state, new._tickets, new._events
            self._log, self._documents = new._log, new._documents
            self._deliveries, self._outbox = new._deliveries, new._outbox
            self._blobs |= new._blobs

    def _take(self, record: Record) -> None:
        match record:
            case Event():
                self._events.setdefault(record.ticket, []).append(record)
                self._note((record,))
            case Ticket():
                self._tickets[record.number] = record
            case Delivery():
                self._queue(record)
            case DocumentSaved(key, document):
                self._documents[key] = copy.deepcopy(document)
            case Blob(name, content):
                self._blobs[name] = content
            case _:
                pass  # the rest is part of the indexed state

    def _note(self, events: Iterable[Event]) -> None:
        self._log.update(((event.ticket, event.version), event) for event in events)

    def _remove_blob(self, name: str) -> None:
        self._blobs.pop(name, None)

    def _queue(self, delivery: Delivery) -> None:
        message = delivery.message
        self._deliveries[message.id] = delivery
        self._outbox.setdefault(message.ticket, {})[message.id] = None

    def _ticket(self, number: str) -> Ticket:
        return self._tickets[number]

    def _messages(self, ticket: str) -> Sequence[Delivery]:
        return [self._deliveries[message] for message in self._outbox.get(ticket, ())]


class MemoryBackend:
    """Opens ``memory:``; each opening is a new, empty store."""

    scheme: ClassVar[str] = "memory"

    @staticmethod
    def open(url: str, folder: Path) -> Store:  # noqa: ARG004 -- there is no file
        """Make a store.

        Args:
            url: ``memory:``.
            folder: Not used.

        Raises:
            InvalidInput: Something follows ``memory:``.
        """
        if url != "memory:":
            raise InvalidInput.of(
                "names no storage",
                "不是存储地址",
                field="storage",
                value=url,
                accepted=("memory:",),
            )
        return MemoryStore()

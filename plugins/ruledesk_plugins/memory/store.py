"""The store in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.storage.change import (
    Appended,
    Change,
    DeliverySaved,
    DocumentSaved,
    TicketDeleted,
)
from ruledesk.storage.interface import Store
from ruledesk.storage.local import LocalStore


class MemoryStore(LocalStore):
    """A `Store` that keeps everything in memory and forgets it when closed."""

    def __init__(self) -> None:
        super().__init__()
        self._tickets: dict[str, Ticket] = {}
        self._events: dict[str, list[Event]] = {}
        self._log: list[Event] = []
        self._outbox: dict[str, dict[str, Delivery]] = {}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._blobs: dict[str, bytes] = {}

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        with self._reading:
            self._check()
            return self._events.get(number, [])[max(after, 0) :]

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""
        self._check()
        log = self._log  # only ever grows; a deletion makes another one
        for place in count():
            if place >= len(log):
                return
            yield log[place]

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
                    self._log.extend(events)
                    for delivery in messages:
                        self._queue(delivery)
                case DeliverySaved(delivery):
                    self._queue(delivery)
                case DocumentSaved(key, document):
                    self._documents[key] = document
                case TicketDeleted(tombstone):
                    self._forget(tombstone.number)
                case _:
                    pass  # requesters and calls are part of the indexed state

    def _forget(self, number: str) -> None:
        del self._tickets[number], self._events[number]
        self._outbox.pop(number, None)
        # A new list: a stream that was begun goes on over the old one.
        self._log = [event for event in self._log if event.ticket != number]

    def _remove_blob(self, name: str) -> None:
        self._blobs.pop(name, None)

    def _queue(self, delivery: Delivery) -> None:
        message = delivery.message
        self._outbox.setdefault(message.ticket, {})[message.id] = delivery

    def _ticket(self, number: str) -> Ticket:
        return self._tickets[number]

    def _messages(self, ticket: str) -> Sequence[Delivery]:
        return list(self._outbox.get(ticket, {}).values())


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

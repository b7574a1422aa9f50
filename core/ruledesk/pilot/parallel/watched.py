"""A store that tells what each commit added, in order, so that parts of a replay can be joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import Store, Transaction


class _Watching:
    """A transaction that remembers what it is given."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.events: list[Event] = []
        self.deleted: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def append(
        self,
        ticket: Ticket,
        events: Sequence[Event],
        *,
        expected_version: int,
        messages: Sequence[Delivery] = (),
    ) -> None:
        self._transaction.append(
            ticket, events, expected_version=expected_version, messages=messages
        )
        self.events.extend(events)

    def delete_ticket(self, number: str, tombstone: Tombstone) -> None:
        self._transaction.delete_ticket(number, tombstone)
        self.deleted.append(number)


class WatchedStore:
    """Another store, and what was committed to it since `taken` was asked last.

    Args:
        store: The store, which nobody else writes to.

    Attributes:
        deleted: Numbers of the tickets deleted so far.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._new: list[Event] = []
        self.deleted: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Begin a unit of work; see `Store.transaction`."""
        with self._store.transaction() as transaction:
            watching = _Watching(transaction)
            yield watching
        self._new.extend(watching.events)
        self.deleted.update(watching.deleted)

    def taken(self) -> tuple[Event, ...]:
        """Return the events committed since this was asked last, in order."""
        new, self._new = tuple(self._new), []
        return new

"""The store: the one small interface behind which tickets are kept.

Every question has a shape that an index can answer; nothing here asks for “all tickets”. A commit
is atomic: events, the ticket's view, messages for the outbox, sequence numbers and requesters are
stored together or not at all. A store that returned from `Transaction` without an error has made
them durable.

What a question was answered inside a transaction's block, by the same thread, stays true until the
block ends: of a ticket, a source, a correlation, a requester, a call, of what agents carry. A store
of several processes locks what was looked at; where two lock each other out, one gets `Conflict`
and begins again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from attrs import field, frozen

from ruledesk.errors import Problem
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery, Message
from ruledesk.model.people import Workload
from ruledesk.model.ticket import OVER_STATUSES, Call, Requester, Ticket, tasks_awaited
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.record import Record

#: Fields that a query may filter and sort by; every store keeps them indexed.
FilterField: TypeAlias = Literal[
    "line",
    "status",
    "team",
    "agent",
    "priority",
    "channel",
    "type",
    "category",
    "requester",
    "flag",
]
SortField: TypeAlias = Literal[
    "created_at", "updated_at", "next_due", "priority", "number", "over_at"
]


@frozen
class TicketQuery:
    """A page of tickets.

    Attributes:
        where: Field to accepted values; all must hold. ``requester`` is a requester's id, ``flag``
            asks for a raised flag.
        text: Substring sought, ignoring case, in number, subject and description; empty for any.
        created_from: Earliest creation, inclusive.
        created_to: Latest creation, exclusive.
        sort: What the page is ordered by; tickets without a value come last, ties by number.
        descending: Whether the greatest comes first.
        limit: Length of the page, 1 to 500.
        after: `Page.next` of the page before; empty for the first.
    """

    where: Mapping[FilterField, Sequence[str]] = field(factory=dict)
    text: str = ""
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: SortField = "created_at"
    descending: bool = True
    limit: int = 50
    after: str = ""


@frozen
class Page:
    """Tickets in order, and where to go on; `next` is empty on the last page."""

    tickets: tuple[Ticket, ...]
    next: str = ""


class Transaction(Protocol):
    """Changes that are stored together when the ``with`` block ends, or not at all."""

    def next_in_sequence(self, key: str) -> int:
        """Take the next number of a sequence, from 1; given back if the block fails (A5)."""

    def append(
        self,
        ticket: Ticket,
        events: Sequence[Event],
        *,
        expected_version: int,
        messages: Sequence[Delivery] = (),
    ) -> None:
        """Store a ticket's new events, the view they lead to, and the messages they cause.

        Args:
            ticket: The ticket after `events`, at version ``expected_version + len(events)``.
            events: The new events, in order.
            expected_version: The version that was read; 0 for a new ticket.
            messages: For the outbox.

        Raises:
            Conflict: The stored version is another one (at the latest when the block ends), or
                the number is that of a deleted ticket.
        """

    def save_requester(self, requester: Requester) -> None:
        """Store a requester by id; found by phone, e-mail and id from then on."""

    def save_call(self, call: Call, ticket: str) -> None:
        """Store what is known of a call, and its ticket's number once it has one (else empty)."""

    def save_delivery(self, delivery: Delivery) -> None:
        """Store where a message of the outbox stands after an attempt."""

    def delete_ticket(self, number: str, tombstone: Tombstone) -> None:
        """Remove a ticket for good (C13), and never take its number for a new one.

        What goes: the ticket, its events, its messages (also waiting ones), what is known of its
        calls, and the blobs that no other ticket names. What stays is the tombstone.

        Args:
            number: The ticket's number.
            tombstone: What stays of it, with the version that was read.

        Raises:
            NotFound: There is no such ticket.
            Conflict: The stored version is another one (at the latest when the block ends), or
                the same block has stored events of the ticket.
        """

    def claim_due(self, now: datetime) -> Ticket | None:
        """Take the ticket whose `next_due` is the earliest and not after `now`, ties by number.

        Tickets that another process has in hand are left out; nobody else changes the one that is
        returned until the block ends, and when its process dies it is free at once.
        """

    def rewrite(
        self,
        ticket: Ticket,
        events: Sequence[Event],
        *,
        expected_version: int,
        messages: Sequence[Delivery],
    ) -> None:
        """Put other words in the place of all that is stored of a ticket: a person is erased.

        Events keep their place in `Store.all_events`; those beyond `expected_version` are new.
        Blobs that the ticket no longer names go, unless another one names them; what is known of
        its calls goes. Nothing of the old words stays in what the store can be asked.

        Args:
            ticket: The ticket that `events` lead to.
            events: Its whole history, from version 1.
            expected_version: The version that was read.
            messages: All its deliveries, by the same ids and in the same order as before.

        Raises:
            Conflict: The stored version is another one (at the latest when the block ends).
        """

    def forget_requester(self, id: str) -> None:  # noqa: A002
        """Remove a requester; nothing is found by the phone number or address any more."""

    def save_document(self, key: str, document: Mapping[str, Any]) -> None:
        """Store a small JSON document by key (resolved rulesets by hash, the desk's own marks)."""


class Store(Protocol):
    """What a storage plugin provides. Instants are aware and in UTC."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a unit of work; it is committed when the block ends without an exception."""

    def ticket(self, number: str) -> Ticket | None:
        """Return a ticket as its events have made it."""

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit; what is stored meanwhile may be left out."""

    def query(self, query: TicketQuery) -> Page:
        """Return one page of tickets."""

    def count(self, where: Mapping[FilterField, Sequence[str]]) -> int:
        """Count tickets as `TicketQuery.where` filters them."""

    def due(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Name the tickets whose `next_due` is not after `now`, earliest first, ties by number."""

    def next_due(self) -> datetime | None:
        """Return the earliest `next_due` of all tickets."""

    def by_source(self, source: str) -> str | None:
        """Return the number of the ticket one of whose events carries this channel identity."""

    def correlated(self, key: str, since: datetime) -> Sequence[str]:
        """Name the tickets with a correlation key created at or after `since`, oldest first."""

    def workloads(self, agents: Sequence[str]) -> Mapping[str, Workload]:
        """Say what each of these agents carries; agents never assigned have an empty workload.

        Assignments of tickets that were deleted since may be forgotten.
        """

    def requester(self, *, id: str = "", phone: str = "", email: str = "") -> Requester | None:  # noqa: A002
        """Find a requester by the first of these that is given and known."""

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        """Return a call and its ticket's number (empty while it has none)."""

    def pending(self, now: datetime, limit: int = 100) -> Sequence[Delivery]:
        """Return waiting deliveries whose `not_before` is not after `now`, in order of queueing."""

    def claim(self, now: datetime, until: datetime, limit: int = 1) -> Sequence[Delivery]:
        """Take waiting deliveries whose time has come, in order of queueing.

        Nobody else is given them before `until`, so that a slow send holds a lease and no
        transaction; `Transaction.save_delivery` ends the lease. Of what is claimed by a process
        that dies, the lease runs out.

        Args:
            now: The desk's clock.
            until: When the lease runs out.
            limit: How many at most.
        """

    def next_delivery(self) -> datetime | None:
        """Return when the next waiting delivery may be claimed: its `not_before`, or its lease."""

    def wait(self, seconds: float) -> None:
        """Wait until another commit may have made something due earlier, or queued a message.

        Args:
            seconds: How long at most. It may be less for no reason.
        """

    def messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""

    def tombstone(self, number: str) -> Tombstone | None:
        """Return what stays of a deleted ticket."""

    def tombstones(self) -> Iterator[Tombstone]:
        """Stream what stays of all deleted tickets, in the order of deletion."""

    def document(self, key: str) -> Mapping[str, Any] | None:
        """Return a document stored by `Transaction.save_document`."""

    def put_blob(self, content: bytes) -> str:
        """Keep raw input or an attachment; durable on return. Returns its SHA-256 in hex."""

    def blob(self, sha256: str) -> bytes | None:
        """Return kept bytes."""

    def counts(self) -> Mapping[str, int]:
        """Return how many tickets, events and messages are stored (kept, not counted anew)."""

    def snapshot(self) -> AbstractContextManager[Iterator[Record]]:
        """Stream everything that is stored, as it was at one instant, while others go on writing.

        Yields, within the block: events in the order of commit, tickets, deliveries in the order
        of queueing, requesters in the order of saving, calls, sequences, documents, tombstones in
        the order of deletion, blobs. What cannot be read is yielded as `Unreadable`.
        """

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty store with what another one's `snapshot` gave: all of it, or nothing.

        Raises:
            InvalidInput: The store is not empty, or a record is `Unreadable`.
        """

    def faults(self) -> Iterator[Problem]:
        """Look for damage in what this store keeps beside the records: indexes, checksums.

        `ruledesk.storage.verify` compares the records with each other, for every store alike.
        """

    def close(self) -> None:
        """Release files and locks; the store is not used again."""


def over_at(ticket: Ticket) -> datetime | None:
    """Return since when nobody works on a ticket any more, None while somebody does (C13)."""
    if ticket.status not in OVER_STATUSES:
        return None
    return ticket.closed_at or ticket.updated_at or ticket.created_at


def next_due(ticket: Ticket) -> datetime | None:
    """Return the instant at which a ticket next needs the clock, None when it never does.

    Stores keep it beside the ticket and index it; it is derived from the ticket alone.
    """
    instants = [
        *ticket.timers.values(),
        *(
            min(target.warn_at or target.due, target.due)
            for target in ticket.targets.values()
            if target.state == "running"
        ),
        *(due for due, _ in tasks_awaited(ticket)),
    ]
    return min(instants, default=None)


def sources(events: Sequence[Event]) -> Iterator[str]:
    """Yield the channel identities that events carry."""
    for event in events:
        source = getattr(event.body, "source", "")
        if source:
            yield source


def blobs(events: Sequence[Event]) -> Iterator[str]:
    """Yield the names of the blobs that events carry: raw inputs and attachments.

    An attachment whose bytes were erased with a person names none.
    """
    for event in events:
        raw = getattr(event.body, "raw", "")
        if raw:
            yield raw
        for attachment in getattr(event.body, "attachments", ()):
            if attachment.sha256:
                yield attachment.sha256


__all__ = [
    "Delivery",
    "FilterField",
    "Message",
    "Page",
    "Record",
    "SortField",
    "Store",
    "TicketQuery",
    "Tombstone",
    "Transaction",
    "blobs",
    "next_due",
    "over_at",
    "sources",
]

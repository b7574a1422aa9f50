"""Everything that a store answers from memory: the indexes, and how a commit changes them.

Stores that keep their data in one process share it (memory, TinyDB). Adding a ticket costs the
same whatever is stored already. Not safe for several threads by itself; `LocalStore` guards it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ruledesk.model.event import Assigned, Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Requester
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    RequesterForgotten,
    RequesterSaved,
    Rewritten,
    Step,
    TicketDeleted,
)
from ruledesk.storage.interface import blobs, sources
from ruledesk.storage.naming import CallIndex, Naming
from ruledesk.storage.outbox_index import OutboxIndex
from ruledesk.storage.row import row_of
from ruledesk.storage.ticket_index import TicketIndex


class RequesterIndex:
    """Requesters by id, phone and e-mail; where two share one, the one saved last is found."""

    def __init__(self) -> None:
        self._by_id: dict[str, Requester] = {}
        self._phones: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._emails: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def put(self, requester: Requester) -> None:
        """Note a requester as known from here on."""
        self.forget(requester.id)
        self._by_id[requester.id] = requester
        if requester.phone:
            self._phones[requester.phone][requester.id] = None
        if requester.email:
            self._emails[requester.email][requester.id] = None

    def forget(self, id: str) -> None:  # noqa: A002
        """Forget a requester; nothing happens where there is none of this id."""
        old = self._by_id.pop(id, None)
        if old is not None:
            self._forget(self._phones, old.phone, old.id)
            self._forget(self._emails, old.email, old.id)

    def all(self) -> Iterator[Requester]:
        """Iterate over the requesters in the order in which they were saved last."""
        return iter(self._by_id.values())

    def find(self, id: str, phone: str, email: str) -> Requester | None:  # noqa: A002
        """Find a requester by the first of these that is given and known."""
        if id and id in self._by_id:
            return self._by_id[id]
        for index, key in ((self._phones, phone), (self._emails, email)):
            holders = index.get(key) if key else None
            if holders:
                return self._by_id[next(reversed(holders))]
        return None

    def image(self) -> dict[str, Mapping[Any, Any]]:
        """Return what `ruledesk.storage.image` compares."""
        return {
            "requesters": dict(self._by_id),
            "requesters by phone": {key: tuple(holders) for key, holders in self._phones.items()},
            "requesters by e-mail": {key: tuple(holders) for key, holders in self._emails.items()},
        }

    @staticmethod
    def _forget(index: defaultdict[str, dict[str, None]], key: str, holder: str) -> None:
        holders = index.get(key)
        if holders is not None:
            holders.pop(holder, None)
            if not holders:
                del index[key]


class IndexedState:
    """The state of a store after all its commits, as far as questions are answered from it."""

    def __init__(self) -> None:
        self.tickets = TicketIndex()
        self.outbox = OutboxIndex()
        self.requesters = RequesterIndex()
        self.calls = CallIndex()
        self.sequences: dict[str, int] = {}
        self.tombstones: dict[str, Tombstone] = {}
        self._sources = Naming()
        self._blobs = Naming()
        self._assigned: dict[str, int] = {}
        self._assignments = 0
        self._events = 0
        self._messages = 0

    def apply(self, change: Change) -> None:
        """Take a commit over. The transaction has checked it; this cannot fail."""
        for step in change.steps:
            self._step(step)
        self.sequences.update(change.sequences)

    def note_event(
        self, ticket: str, source: str, assigned: str, blobs: Iterable[str] = ()
    ) -> None:
        """Take an event over.

        Args:
            ticket: The ticket's number.
            source: The channel identity that it carries; empty for none.
            assigned: The agent, where the event assigns the ticket to one; else empty.
            blobs: Names of the blobs that it carries.
        """
        self._events += 1
        if source:
            self._sources.add(ticket, source)
        for name in blobs:
            self._blobs.add(ticket, name)
        if assigned:
            self._assignments += 1
            self._assigned[assigned] = self._assignments

    def note_events(self, events: Iterable[Event]) -> None:
        """Take events over, in the order of commit."""
        for event in events:
            body = event.body
            source = next(sources((event,)), "")
            agent = body.agent if isinstance(body, Assigned) else ""
            self.note_event(event.ticket, source, agent, blobs((event,)))

    def note_message(self, delivery: Delivery) -> None:
        """Take a message over that is queued new."""
        self._messages += 1
        self.outbox.put(delivery)

    def load_messages(self, total: int, waiting: Iterable[Delivery]) -> None:
        """Take over how many messages there are, and those that wait, in order of queueing."""
        self._messages = total
        for delivery in waiting:
            self.outbox.put(delivery)

    def note_deletions(self, numbers: Iterable[str], events: int, messages: int) -> None:
        """Forget what deleted tickets' events and messages had said.

        Args:
            numbers: The tickets' numbers.
            events: How many events they had.
            messages: How many messages they had; the waiting ones are the outbox's matter.
        """
        self._events -= events
        self._messages -= messages
        for number in numbers:
            self._sources.forget(number)
            self._blobs.forget(number)

    def blobs_of(self, number: str) -> tuple[str, ...]:
        """Name the blobs that a ticket's events carry."""
        return self._blobs.of(number)

    def needs_blob(self, name: str) -> bool:
        """Say whether a ticket names a blob."""
        return name in self._blobs

    def version(self, number: str) -> int:
        """Return the number of a ticket's events; 0 where there is no such ticket."""
        row = self.tickets.rows.get(number)
        return 0 if row is None else row.version

    def by_source(self, source: str) -> str | None:
        """Return the number of the first ticket one of whose events carries this identity."""
        return self._sources.first(source)

    def workloads(self, agents: Sequence[str]) -> dict[str, Workload]:
        """Say what each of these agents carries."""
        return {
            agent: Workload(self.tickets.held(agent), self._assigned.get(agent, 0))
            for agent in agents
        }

    def next_work(self) -> tuple[datetime | None, datetime | None]:
        """Return when the next ticket is due, and when the next message may be claimed."""
        first = self.tickets.order("next_due").first()
        return (None if first is None else first[0]), self.outbox.next()

    def is_earlier(self, was: tuple[datetime | None, datetime | None]) -> bool:
        """Say whether there is work earlier than `next_work` said before."""
        return any(
            now is not None and (then is None or now < then)
            for then, now in zip(was, self.next_work(), strict=True)
        )

    def counts(self) -> Mapping[str, int]:
        """Return how many tickets, events and messages there are."""
        return {
            "tickets": len(self.tickets.rows),
            "events": self._events,
            "messages": self._messages,
        }

    def is_empty(self) -> bool:
        """Say whether nothing is stored, nor was."""
        kept = (self.sequences, self.calls, self.tombstones, self.tickets.rows)
        return not any(kept) and next(self.requesters.all(), None) is None

    def image(self) -> dict[str, Mapping[Any, Any]]:
        """Return what `ruledesk.storage.image` compares.

        Whose turn it is at assignments is left out once tickets were deleted, as their
        assignments may be forgotten.
        """
        turns = sorted(self._assigned, key=self._assigned.__getitem__)
        return {
            **self.requesters.image(),
            "calls": dict(self.calls),
            "sequences": dict(self.sequences),
            "tombstones": dict(self.tombstones),
            "sources": {source: frozenset(tickets) for source, tickets in self._sources.items()},
            "blobs": {name: frozenset(tickets) for name, tickets in self._blobs.items()},
            "assignments": {} if self.tombstones else dict(enumerate(turns)),
            "counts": dict(self.counts()),
        }

    def _step(self, step: Step) -> None:
        match step:
            case Appended(ticket, events, messages):
                self.note_events(events)
                self.tickets.put(row_of(ticket))
                for delivery in messages:
                    self.note_message(delivery)
            case DeliverySaved(delivery):
                self.outbox.put(delivery)
            case RequesterSaved(requester):
                self.requesters.put(requester)
            case CallSaved(call, ticket):
                self.calls[call.id] = (call, ticket)
            case TicketDeleted(tombstone, messages, calls):
                self._delete(tombstone, messages, calls)
            case Rewritten():
                self._rewrite(step)
            case RequesterForgotten(name):
                self.requesters.forget(name)
            case _:
                pass  # documents are not answered from here

    def _delete(self, tombstone: Tombstone, messages: Sequence[str], calls: Sequence[str]) -> None:
        number = tombstone.number
        self.tombstones[number] = tombstone
        self.tickets.remove(number)
        for message in messages:
            self.outbox.forget(message)
        for call in calls:
            self.calls.forget(call)
        self.note_deletions((number,), tombstone.version, len(messages))

    def _rewrite(self, step: Rewritten) -> None:
        number, kept = step.ticket.number, step.events[: len(step.before)]
        for index, names in ((self._sources, sources), (self._blobs, blobs)):
            now = dict.fromkeys(names(kept))
            for name in set(names(step.before)).difference(now):
                index.remove(number, name)
            for name in now:
                index.add(number, name)
        for call in step.calls:
            self.calls.forget(call)
        self.note_events(step.new)
        self.tickets.put(row_of(step.ticket))
        for delivery in step.messages:
            self.outbox.replace(delivery)

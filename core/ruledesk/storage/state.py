"""Everything that a store answers from memory: the indexes, and how a commit changes them.

Stores that keep their data in one process share it (memory, TinyDB). Adding a ticket costs the
same whatever is stored already. Not safe for several threads by itself; `LocalStore` guards it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence

from ruledesk.model.event import Assigned, Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Call, Requester
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    RequesterSaved,
    Step,
    TicketDeleted,
)
from ruledesk.storage.interface import blobs, sources
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
        old = self._by_id.get(requester.id)
        if old is not None:
            self._forget(self._phones, old.phone, old.id)
            self._forget(self._emails, old.email, old.id)
        self._by_id[requester.id] = requester
        if requester.phone:
            self._phones[requester.phone][requester.id] = None
        if requester.email:
            self._emails[requester.email][requester.id] = None

    def find(self, id: str, phone: str, email: str) -> Requester | None:  # noqa: A002
        """Find a requester by the first of these that is given and known."""
        if id and id in self._by_id:
            return self._by_id[id]
        for index, key in ((self._phones, phone), (self._emails, email)):
            holders = index.get(key) if key else None
            if holders:
                return self._by_id[next(reversed(holders))]
        return None

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
        self.calls: dict[str, tuple[Call, str]] = {}
        self.sequences: dict[str, int] = {}
        self.tombstones: dict[str, Tombstone] = {}
        self._sources: dict[str, str] = {}
        #: Tickets behind the first one that carry the same source; hardly ever any.
        self._doubles: dict[str, list[str]] = {}
        self._blobs: dict[str, tuple[str, ...]] = {}
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
        if source and self._sources.setdefault(source, ticket) != ticket:
            self._doubles.setdefault(source, []).append(ticket)
        for name in blobs:
            named_by = self._blobs.get(name, ())
            if ticket not in named_by:
                self._blobs[name] = (*named_by, ticket)
        if assigned:
            self._assignments += 1
            self._assigned[assigned] = self._assignments

    def note_message(self, delivery: Delivery) -> None:
        """Take a message over that is queued new."""
        self._messages += 1
        self.outbox.put(delivery)

    def load_messages(self, total: int, waiting: Iterable[Delivery]) -> None:
        """Take over how many messages there are, and those that wait, in order of queueing."""
        self._messages = total
        for delivery in waiting:
            self.outbox.put(delivery)

    def note_deletions(self, numbers: Container[str], events: int, messages: int) -> None:
        """Forget what deleted tickets' events and messages had said; looks through all there are.

        Args:
            numbers: The tickets' numbers.
            events: How many events they had.
            messages: How many messages they had; the waiting ones are the outbox's matter.
        """
        self._events -= events
        self._messages -= messages
        self._doubles = {
            source: others
            for source, tickets in self._doubles.items()
            if (others := [ticket for ticket in tickets if ticket not in numbers])
        }
        for source in [one for one, ticket in self._sources.items() if ticket in numbers]:
            left = self._doubles.get(source)
            if left:
                self._sources[source] = left[0]
            else:
                del self._sources[source]
        self._blobs = {
            name: naming
            for name, tickets in self._blobs.items()
            if (naming := tuple(ticket for ticket in tickets if ticket not in numbers))
        }

    def blobs_of(self, number: str) -> tuple[str, ...]:
        """Name the blobs that a ticket's events carry; looks at all blobs there are."""
        return tuple(name for name, tickets in self._blobs.items() if number in tickets)

    def needs_blob(self, name: str) -> bool:
        """Say whether a ticket names a blob."""
        return name in self._blobs

    def version(self, number: str) -> int:
        """Return the number of a ticket's events; 0 where there is no such ticket."""
        row = self.tickets.rows.get(number)
        return 0 if row is None else row.version

    def by_source(self, source: str) -> str | None:
        """Return the number of the first ticket one of whose events carries this identity."""
        return self._sources.get(source)

    def workloads(self, agents: Sequence[str]) -> dict[str, Workload]:
        """Say what each of these agents carries."""
        return {
            agent: Workload(self.tickets.held(agent), self._assigned.get(agent, 0))
            for agent in agents
        }

    def counts(self) -> Mapping[str, int]:
        """Return how many tickets, events and messages there are."""
        return {
            "tickets": len(self.tickets.rows),
            "events": self._events,
            "messages": self._messages,
        }

    def _step(self, step: Step) -> None:
        match step:
            case Appended(ticket, events, messages):
                self._note_events(events)
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
            case _:
                pass  # documents are not answered from here

    def _delete(self, tombstone: Tombstone, messages: Sequence[str], calls: Sequence[str]) -> None:
        number = tombstone.number
        self.tombstones[number] = tombstone
        self.tickets.remove(number)
        for message in messages:
            self.outbox.forget(message)
        for call in calls:
            self.calls.pop(call, None)
        self.note_deletions((number,), tombstone.version, len(messages))

    def _note_events(self, events: Sequence[Event]) -> None:
        for event in events:
            body = event.body
            source = next(sources((event,)), "")
            agent = body.agent if isinstance(body, Assigned) else ""
            self.note_event(event.ticket, source, agent, blobs((event,)))

"""A store that answers by looking at everything: what the others are compared with in tests.

Slow, and plainly right. It has no transactions: a caller applies what a commit changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ruledesk.model.event import Assigned, Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import OPEN_STATUSES, Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import FilterField, TicketQuery, next_due, over_at, sources


class ReferenceStore:
    """Everything as plain dictionaries and lists."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.log: list[Event] = []
        self.outbox: dict[str, Delivery] = {}
        self.sequences: dict[str, int] = {}
        self.requesters: dict[str, Requester] = {}
        self.calls: dict[str, tuple[Call, str]] = {}
        self.documents: dict[str, Mapping[str, Any]] = {}
        self.tombstones: dict[str, Tombstone] = {}
        self.leases: dict[str, datetime] = {}

    def append(
        self, ticket: Ticket, events: Sequence[Event], messages: Sequence[Delivery] = ()
    ) -> None:
        """Take new events, view and messages over."""
        self.tickets[ticket.number] = ticket
        self.log.extend(events)
        self.outbox.update({delivery.message.id: delivery for delivery in messages})

    def delete(self, number: str, tombstone: Tombstone) -> None:
        """Forget a ticket and all that is its."""
        del self.tickets[number]
        self.log = [event for event in self.log if event.ticket != number]
        self.outbox = {n: d for n, d in self.outbox.items() if d.message.ticket != number}
        self.leases = {n: until for n, until in self.leases.items() if n in self.outbox}
        self._forget_calls(number)
        self.tombstones[number] = tombstone

    def rewrite(
        self, ticket: Ticket, events: Sequence[Event], messages: Sequence[Delivery]
    ) -> None:
        """Put other words in the place of a ticket's."""
        number = ticket.number
        before = len(self.events(number))
        self.tickets[number] = ticket
        self.log = [events[e.version - 1] if e.ticket == number else e for e in self.log]
        self.log.extend(events[before:])
        self.outbox.update({delivery.message.id: delivery for delivery in messages})
        self._forget_calls(number)

    def _forget_calls(self, number: str) -> None:
        self.calls = {n: (c, ticket) for n, (c, ticket) in self.calls.items() if ticket != number}

    def save_delivery(self, delivery: Delivery) -> None:
        """Note where a message stands, which ends its lease."""
        self.leases.pop(delivery.message.id, None)
        self.outbox[delivery.message.id] = delivery

    def events(self, number: str, after: int = 0) -> list[Event]:
        """Return a ticket's events with a version above `after`."""
        return [e for e in self.log if e.ticket == number and e.version > after]

    def query(self, query: TicketQuery) -> list[Ticket]:
        """Return all tickets that a query finds, in its order, beyond any page."""
        found = [t for t in self.tickets.values() if _fits(t, query)]
        found.sort(key=lambda t: t.number, reverse=query.descending)
        valued = [t for t in found if _sort_value(t, query.sort) is not None]
        valued.sort(key=lambda t: _sort_value(t, query.sort), reverse=query.descending)
        return valued + [t for t in found if _sort_value(t, query.sort) is None]

    def count(self, where: Mapping[FilterField, Sequence[str]]) -> int:
        """Count tickets that all filters accept."""
        return len(self.query(TicketQuery(where=where)))

    def due(self, now: datetime) -> list[str]:
        """Name the tickets due at or before `now`, earliest first, ties by number."""
        instants = [(next_due(t), t.number) for t in self.tickets.values()]
        return [number for at, number in sorted((a, n) for a, n in instants if a) if at <= now]

    def next_due(self) -> datetime | None:
        """Return the earliest `next_due`."""
        instants = [next_due(t) for t in self.tickets.values()]
        return min((at for at in instants if at), default=None)

    def by_source(self, source: str) -> str | None:
        """Return the ticket that carries a source."""
        return next((e.ticket for e in self.log if source in sources((e,))), None)

    def correlated(self, key: str, since: datetime) -> list[str]:
        """Name the tickets with a correlation key since then, oldest first."""
        found = [t for t in self.tickets.values() if key in t.correlation_keys]
        return [n for at, n in sorted((t.created_at, t.number) for t in found) if at >= since]

    def open_of(self, agent: str) -> int:
        """Count an agent's open tickets."""
        return sum(t.agent == agent and t.status in OPEN_STATUSES for t in self.tickets.values())

    def last_assigned(self, agent: str) -> int:
        """Return the place of the latest assignment to an agent among all events, 0 for none."""
        places = [
            place
            for place, event in enumerate(self.log, 1)
            if isinstance(event.body, Assigned) and event.body.agent == agent
        ]
        return max(places, default=0)

    def pending(self, now: datetime) -> list[Delivery]:
        """Return waiting deliveries whose time has come, in order of queueing."""
        return [d for d in self.outbox.values() if d.state == "waiting" and d.not_before <= now]

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Delivery]:
        """Take waiting deliveries that nobody has, in order of queueing."""
        free = [d for d in self.pending(now) if self.leases.get(d.message.id, now) <= now]
        self.leases.update({d.message.id: until for d in free[:limit]})
        return free[:limit]

    def next_delivery(self) -> datetime | None:
        """Return the earliest time at which a waiting delivery may be claimed."""
        waiting = [d for d in self.outbox.values() if d.state == "waiting"]
        instants = [max(d.not_before, self.leases.get(d.message.id, d.not_before)) for d in waiting]
        return min(instants, default=None)

    def messages(self, ticket: str) -> list[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""
        return [d for d in self.outbox.values() if d.message.ticket == ticket]

    def counts(self) -> dict[str, int]:
        """Return how many tickets, events and messages there are."""
        return {
            "tickets": len(self.tickets),
            "events": len(self.log),
            "messages": len(self.outbox),
        }


def _fits(ticket: Ticket, query: TicketQuery) -> bool:
    within = (query.created_from is None or ticket.created_at >= query.created_from) and (
        query.created_to is None or ticket.created_at < query.created_to
    )
    sought = query.text.casefold()
    texts = (ticket.number, ticket.subject, ticket.description)
    return (
        within
        and any(sought in text.casefold() for text in texts)
        and all(_accepts(ticket, name, values) for name, values in query.where.items())
    )


def _accepts(ticket: Ticket, name: str, values: Sequence[str]) -> bool:
    if name == "flag":
        return any(flag in values for flag in ticket.flags)
    if name == "requester":
        return ticket.requester.id in values
    return getattr(ticket, name) in values


def _sort_value(ticket: Ticket, sort: str) -> Any:
    if sort in {"next_due", "over_at"}:
        return next_due(ticket) if sort == "next_due" else over_at(ticket)
    return getattr(ticket, sort) or None

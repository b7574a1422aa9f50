"""Committing: events with the messages they cause, and observers told afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve as with_changes

from ruledesk.desk.faults import as_event
from ruledesk.desk.parts import Parts
from ruledesk.errors import Conflict, StorageFault
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.action import Body, LinkTo, Merge
from ruledesk.model.event import MessagesQueued, PluginFaulted
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import Transaction

_LOGGER: Final = logging.getLogger("ruledesk.desk")
#: The kind of link to a ticket that was merged into the one that has it.
_MERGED: Final = "merged"


class Committer:
    """Stores what unfolded, and tells plugins of it.

    Args:
        parts: The desk's parts. Without `Parts.deliver`, messages are marked sent and reach
            nobody: a pilot.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._hooks = parts.plugins.hooks
        self._lines = parts.lines
        self._situations = parts.situations
        self._deliver = parts.deliver
        self._observed = self._hooks.implements("ruledesk_after_event")

    def store(
        self, transaction: Transaction, unfolding: Unfolding, before: int
    ) -> tuple[Unfolding, ...]:
        """Add a ticket's new events to a transaction, and the other side of each link they make.

        Args:
            transaction: Where.
            unfolding: What happened to the ticket.
            before: The ticket's version as it was read.

        Returns:
            What unfolded on this ticket and then on others, for `observe`.
        """
        self._append(transaction, unfolding, before)
        stored = [unfolding]
        for one in stored:  # it grows: the other ticket may be merged, too
            for event in one.events:
                link = _link_made(event.body, merges_only=one is not unfolding)
                if link is not None:
                    back = LinkTo(one.current.number, link.kind_of)
                    stored += self._linked_back(transaction, link.other, back, event.at, stored)
        return tuple(stored)

    def _linked_back(
        self,
        transaction: Transaction,
        number: str,
        body: LinkTo,
        at: datetime,
        stored: Sequence[Unfolding],
    ) -> tuple[Unfolding, ...]:
        # What this commit made of it already is not in the store yet.
        staged = [one.current for one in stored if one.current.number == number]
        other = staged[-1] if staged else self._store.ticket(number)
        running = self._lines.get(other.line) if other else None
        if other is None or running is None or _links_to(other, body):
            return ()
        now = max(at, other.updated_at or at)
        unfolding = Unfolding(number, other, self._situations.on(running, now, "system", other))
        unfolding.run([Happening(body)])
        self._append(transaction, unfolding, other.version)
        return (unfolding,)

    def _append(self, transaction: Transaction, unfolding: Unfolding, before: int) -> None:
        transaction.append(
            unfolding.current,
            unfolding.events,
            expected_version=before,
            messages=[
                self._delivery(message, unfolding)
                for event in unfolding.events
                if isinstance(event.body, MessagesQueued)
                for message in event.body.messages
            ],
        )

    def _delivery(self, message: Message, unfolding: Unfolding) -> Delivery:
        if self._deliver or not message.address:
            return Delivery(message, "waiting", unfolding.now)
        return Delivery(message, "sent", unfolding.now, notifier="pilot")

    def observe(self, stored: Sequence[Unfolding]) -> Ticket:
        """Tell plugins of stored events; their faults are recorded, and change nothing else.

        Args:
            stored: What `store` returned.

        Returns:
            The first ticket, with the faults if there were any.
        """
        if not self._observed:
            return stored[0].current
        tickets = [self._told(unfolding) for unfolding in stored]
        return tickets[0]

    def _told(self, unfolding: Unfolding) -> Ticket:
        ticket = unfolding.current
        faults: list[PluginFaulted] = []
        for event in unfolding.events:
            if not isinstance(event.body, PluginFaulted):
                failed = self._hooks.after_event(ticket, event)
                faults += map(as_event, failed)
        if not faults:
            return ticket
        return self._with_faults(ticket, unfolding, dict.fromkeys(faults))

    def _with_faults(
        self, ticket: Ticket, unfolding: Unfolding, faults: Iterable[PluginFaulted]
    ) -> Ticket:
        """Record what observers failed on; what they were told of stands in any case."""

        def record(transaction: Transaction) -> Ticket:
            stored = self._store.ticket(ticket.number)
            if stored is None:
                return ticket  # deleted since
            # Another thread may have been faster; the clock of a ticket never goes backwards.
            now = max(unfolding.now, stored.updated_at or unfolding.now)
            unfolding.situation.faults.clear()  # what an earlier try left there
            more = Unfolding(ticket.number, stored, with_changes(unfolding.situation, now=now))
            more.run([Happening(fault) for fault in faults], actor="system")
            self._append(transaction, more, stored.version)
            return more.current

        try:
            return self._parts.commit(record)
        except (Conflict, StorageFault):
            # An error here would say of what is stored that it is not, and have it done twice.
            _LOGGER.exception("ticket %s: faults of observers not recorded", ticket.number)
            return ticket


def _link_made(body: Body, *, merges_only: bool) -> LinkTo | None:
    """Return the link that an event makes; a merge is one, too."""
    if isinstance(body, Merge):
        return LinkTo(body.into, _MERGED)
    return body if isinstance(body, LinkTo) and not merges_only else None


def _links_to(ticket: Ticket, body: LinkTo) -> bool:
    """Whether a ticket has a link already; that another was merged into it is always told."""
    kinds = {link.kind for link in ticket.links if link.other == body.other}
    return body.kind_of in kinds if body.kind_of == _MERGED else bool(kinds)

"""The machine's work: what is due, what is to be sent, and who has it in hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ruledesk.model.event import Assigned, Event
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Transaction
from ruledesk.testing.storage_histories import CHANGES, MINUTES, instant
from ruledesk.testing.storage_machine_base import Machine


class WorkingMachine(Machine):
    """Claims tickets and messages, on a clock of its own."""

    @precondition(Machine.has_tickets)
    @rule(minute=MINUTES, changes=CHANGES, does_it=st.booleans())
    def claim_due(self, minute: int, changes: dict[str, Any], does_it: bool) -> None:
        """Take the ticket that is due first, and do what is to be done, or leave it."""
        first = next(iter(self.reference.due(instant(minute))), None)
        after = self.commit(lambda t: self._process(t, minute, changes, does_it))
        assert (None if after is None else after.number) == first
        if after is not None and does_it:
            self.reference.append(after, [_processed(after)])

    @precondition(Machine.has_waiting)
    @rule(minute=MINUTES, length=st.integers(0, 3), limit=st.integers(1, 3))
    def claim(self, minute: int, length: int, limit: int) -> None:
        """Take messages that may be sent."""
        now, until = instant(minute), instant(minute + length)
        found = list(self.store.claim(now, until, limit))
        assert found == self.reference.claim(now, until, limit)

    @precondition(Machine.has_waiting)
    @rule(data=st.data(), state=st.sampled_from(["waiting", "sent", "failed"]), minute=MINUTES)
    def attempt(self, data: st.DataObject, state: str, minute: int) -> None:
        """Store where a waiting message stands after an attempt, claimed before or not."""
        old = data.draw(st.sampled_from(self.waiting()))
        new = changed(
            old, state=state, not_before=instant(minute), attempts=old.attempts + 1, error="busy"
        )
        self.commit(lambda transaction: transaction.save_delivery(new))
        self.reference.save_delivery(new)

    def end_leases(self) -> None:
        """Give back what is in hand: whether that outlives closing is the store's affair."""
        for name in list(self.reference.leases):
            held = self.reference.outbox[name]
            self.commit(lambda transaction, one: transaction.save_delivery(one), held)
            self.reference.save_delivery(held)

    def _process(
        self, transaction: Transaction, minute: int, changes: dict[str, Any], does_it: bool
    ) -> Ticket | None:
        ticket = transaction.claim_due(instant(minute))
        if ticket is None:
            return None
        assert ticket == self.reference.tickets[ticket.number]
        if not does_it:
            return ticket
        after = changed(ticket, version=ticket.version + 1, **changes)
        transaction.append(after, [_processed(after)], expected_version=ticket.version)
        return after


def _processed(ticket: Ticket) -> Event:
    at = ticket.created_at + timedelta(minutes=1)
    return Event(ticket.number, ticket.version, at, "system", Assigned("it", ticket.agent))

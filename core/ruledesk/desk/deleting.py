"""Deleting a ticket for good: nothing of it stays but the mark that it was (C13)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from ruledesk.desk.lookup import line_of, ticket_of
from ruledesk.desk.parts import Parts
from ruledesk.errors import Refused
from ruledesk.lifecycle.decide import decide
from ruledesk.model.action import Delete
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone

_LOGGER: Final = logging.getLogger("ruledesk.desk")


class Deleting:
    """Deletes tickets of a desk."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def delete(self, number: str, body: Delete, *, by: str, now: datetime) -> Ticket:
        """Delete a ticket with its events, messages and files; see `Transaction.delete_ticket`.

        Plugins are asked before and told afterwards, as of any action, so that what they keep of
        the ticket can go, too.

        Args:
            number: The ticket's number.
            body: The action, with its reason.
            by: Who does it.
            now: The desk's clock, in UTC.

        Returns:
            The ticket as it last stood.

        Raises:
            Refused: It may not be deleted, or not yet; nothing was changed.
            NotFound: There is no such ticket.
        """
        hooks = self._parts.plugins.hooks
        with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
            ticket = ticket_of(self._parts.store, number)
            running = line_of(self._parts.lines, ticket)
            decide(ticket, body, self._parts.situations.on(running, now, by, ticket))
            problems, faults = hooks.before_action(ticket, body, by)
            if problems:
                raise Refused(*problems)
            transaction.delete_ticket(number, _tombstone(ticket, body, by, now))
        _LOGGER.info("ticket %s (line %s) deleted by %s: %s", number, ticket.line, by, body.reason)
        event = Event(number, ticket.version + 1, now, by, body)
        for fault in (*faults, *hooks.after_event(ticket, event)):
            # There is no ticket left on which it could be recorded.
            _LOGGER.warning(
                "ticket %s: %s failed in %s: %s", number, fault.plugin, fault.hook, fault.error
            )
        return ticket


def _tombstone(ticket: Ticket, body: Delete, by: str, now: datetime) -> Tombstone:
    return Tombstone(
        number=ticket.number,
        line=ticket.line,
        version=ticket.version,
        created_at=ticket.created_at,
        closed_at=ticket.closed_at,
        deleted_at=now,
        by=by,
        reason=body.reason,
    )

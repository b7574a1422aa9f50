"""Deleting a ticket for good: nothing of it stays but the mark that it was (C13)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ruledesk.desk.lookup import line_of, ticket_of
from ruledesk.desk.parts import Parts
from ruledesk.errors import Refused
from ruledesk.hooks.guard import Fault
from ruledesk.lifecycle.decide import decide
from ruledesk.model.action import Delete
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import Transaction

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
            Conflict: Others changed it each time.
        """
        hooks = self._parts.plugins.hooks

        def block(transaction: Transaction) -> tuple[Ticket, Sequence[Fault]]:
            ticket = ticket_of(self._parts.store, number)
            faults = check_deletion(self._parts, ticket, body, by, now)
            transaction.delete_ticket(number, _tombstone(ticket, body, by, now))
            return ticket, faults

        ticket, faults = self._parts.commit(block)
        _LOGGER.info("ticket %s (line %s) deleted by %s: %s", number, ticket.line, by, body.reason)
        event = Event(number, ticket.version + 1, now, by, body)
        for fault in (*faults, *hooks.after_event(ticket, event)):
            # There is no ticket left on which it could be recorded.
            _LOGGER.warning(
                "ticket %s: %s failed in %s: %s", number, fault.plugin, fault.hook, fault.error
            )
        return ticket


def check_deletion(
    parts: Parts, ticket: Ticket, body: Delete, by: str, now: datetime
) -> Sequence[Fault]:
    """Ask lifecycle, ruleset and plugins whether a ticket may be deleted; nothing is changed.

    Args:
        parts: The desk's.
        ticket: As it stands.
        body: The action.
        by: Who is to do it.
        now: The desk's clock, in UTC.

    Returns:
        Plugins that failed when they were asked.

    Raises:
        Refused: It may not be deleted, or not yet; by the desk itself also where a plugin cannot
            say.
    """
    running = line_of(parts.lines, ticket)
    decide(ticket, body, parts.situations.on(running, now, by, ticket))
    problems, faults = parts.plugins.hooks.before_action(ticket, body, by)
    if problems:
        raise Refused(*problems)
    if faults and by == "system":  # nobody is there to judge, and there is no way back
        raise Refused.of(
            "a plugin that is asked before failed", "事前询问的插件出错", field="plugin",
            value=", ".join(dict.fromkeys(fault.plugin for fault in faults)),
        )  # fmt: skip
    return faults


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

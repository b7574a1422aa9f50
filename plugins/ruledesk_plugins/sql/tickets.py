"""Reading tickets without decoding the same one twice."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final

from ruledesk.codec import parse, ticket_from_dict
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.model.ticket import Ticket
from ruledesk_plugins.sql import reading
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.staged import StagedTicket
from ruledesk_plugins.sql.statement import Statement

_MOST: Final = 4096


class TicketCache:
    """Tickets by number, each as it was at one head: the digest of its last event.

    Whoever asks still asks the database, which leaves the body out where the head is known.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tickets: OrderedDict[str, tuple[str, Ticket]] = OrderedDict()

    def read(self, session: Session, number: str) -> Ticket | None:
        """Return a ticket as it is stored."""
        found = self._found(session, number, reading.TICKET)
        return None if found is None else found[2]

    def staged(self, session: Session, number: str) -> StagedTicket | None:
        """Return a ticket as it is stored, and lock it; on SQLite the block has locked all."""
        found = self._found(session, number, reading.LOCKED_TICKET)
        return None if found is None else StagedTicket(number, found[0], found[2], found[1])

    def decoded(self, number: str, head: str, body: str) -> Ticket:
        """Return the ticket of a body.

        Raises:
            StorageFault: It cannot be read.
        """
        known = self._get(number)
        if known is not None and known[0] == head:
            return known[1]
        ticket = decoded(number, body)
        self.keep(head, ticket)
        return ticket

    def keep(self, head: str, ticket: Ticket) -> None:
        """Remember a ticket that is stored."""
        with self._lock:
            self._tickets[ticket.number] = (head, ticket)
            self._tickets.move_to_end(ticket.number)
            if len(self._tickets) > _MOST:
                self._tickets.popitem(last=False)

    def drop(self, number: str) -> None:
        """Forget a ticket."""
        with self._lock:
            self._tickets.pop(number, None)

    def _found(
        self, session: Session, number: str, statement: Statement
    ) -> tuple[int, str, Ticket] | None:
        known = self._get(number)
        head = known[0] if known else ""
        found: Any = session.row(statement, number=number, known=head)
        if found is None:
            return None
        id_, version, stored_head, body = found
        if body is None and known is not None:
            return id_, stored_head, known[1]
        ticket = decoded(number, body)
        if ticket.version != version:
            raise reading.damaged(f"ticket {number}")
        self.keep(stored_head, ticket)
        return id_, stored_head, ticket

    def _get(self, number: str) -> tuple[str, Ticket] | None:
        with self._lock:
            return self._tickets.get(number)


def decoded(number: str, body: str) -> Ticket:
    """Read a ticket from its JSON.

    Raises:
        StorageFault: It cannot be read.
    """
    try:
        return ticket_from_dict(parse(body))
    except InvalidInput as fault:
        what = reading.damaged(f"ticket {number}")
        raise StorageFault(*what.problems, *fault.problems) from fault


__all__ = ["TicketCache", "decoded"]

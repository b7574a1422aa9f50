"""Ids of new tickets, known before the row is written so that a commit needs no answer."""

from __future__ import annotations

from threading import Lock
from typing import Any

from sqlalchemy import select

from ruledesk_plugins.sql.block import Block
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.schema import ticket_ids
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.writes import TICKET_ID

#: As many ids are this process's once it has asked; those not used are never given.
BLOCK = 100
_NEXT = Statement(select(ticket_ids.next_value()))


class TicketIds:
    """Gives each new ticket an id.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self._dialect = database.dialect
        self._lock = Lock()
        self._next = 0
        self._end = 0
        self._of: Block | None = None

    def take(self, block: Block) -> int:
        """Return an id that no ticket has; on SQLite the block keeps others from taking it."""
        if self._dialect == "sqlite":
            return self._after_last(block)
        with self._lock:
            if self._next == self._end:
                found: Any = block.ask(lambda session: session.row(_NEXT))
                self._next = found[0] * BLOCK
                self._end = self._next + BLOCK
            self._next += 1
            return self._next - 1

    def _after_last(self, block: Block) -> int:
        if self._of is not block:
            found: Any = block.ask(lambda session: session.row(TICKET_ID))
            self._of, self._next = block, found[0]
        self._next += 1
        return self._next


__all__ = ["BLOCK", "TicketIds"]

"""The statements of one commit: gathered first, then run in as few round trips as there can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from ruledesk.storage.row import Row
from ruledesk_plugins.sql.statement import Statement


@frozen
class Move:
    """How a commit changes what lists know of a ticket.

    Attributes:
        id: `tickets.id`.
        old: The ticket before; None for a new one.
        new: The ticket after; None for one that is removed.
    """

    id: int
    old: Row | None
    new: Row | None


class Batch:
    """Statements in the order in which they are to run.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
    """

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.statements: list[tuple[Statement, Sequence[Mapping[str, Any]]]] = []

    def __bool__(self) -> bool:
        return bool(self.statements)

    def add(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each row; nothing happens where there are none.

        Args:
            statement: What to run; it returns nothing.
            rows: Values by name, one mapping an execution.
        """
        if rows:
            self.statements.append((statement, rows))


__all__ = ["Batch", "Move"]

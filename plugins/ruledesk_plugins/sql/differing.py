"""Two queries that should give the same rows."""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection

from ruledesk_plugins.sql.asking import ask

#: More rows of one kind of damage say nothing new.
_ENOUGH: Final = 100


def differing(connection: Connection, kept: str, truth: str) -> Iterator[tuple[Any, ...]]:
    """Find rows that one query gives and the other does not, a hundred of each at most.

    Args:
        connection: Where to ask.
        kept: What is kept.
        truth: What it should be; the same columns.

    Yields:
        The rows, those first that are kept and should not be.
    """
    for one, other in ((kept, truth), (truth, kept)):
        sql = (
            f"SELECT * FROM (SELECT * FROM ({one}) AS one EXCEPT SELECT * FROM ({other}) AS other)"
            f" AS rest LIMIT {_ENOUGH}"
        )
        for row in ask(connection, sql):
            yield tuple(row)


__all__ = ["differing"]

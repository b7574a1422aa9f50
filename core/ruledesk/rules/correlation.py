"""Correlation: how many tickets agree in something within a sliding window (E8).

A ticket is filed under one key per correlation whose condition it meets; the store keeps those keys
in an index ordered by time, so a count is one look-up. The rules read the number, the decision
cites the tickets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from ruledesk.calendar import WALL
from ruledesk.model.ticket import Ticket
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import Projection, Surroundings
from ruledesk.rules.ruleset import Correlation, Ruleset


def correlation_key(line: str, correlation: Correlation, ticket: Ticket) -> str:
    """Name the group of a ticket; empty where it does not count or a part of the key is missing.

    The parts are hashed: a key is as long as the index likes, and no text of a customer can make
    two groups look like one.
    """
    around = Surroundings()
    condition, key = _projections(correlation)
    if not holds(correlation.when, condition(ticket, around)):
        return ""
    parts = key(ticket, around)
    if len(parts) != len(correlation.key):
        return ""
    digest = sha256(repr(sorted(parts.items())).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{line}/{correlation.name}/{digest[:32]}"


@lru_cache(maxsize=1024)
def _projections(correlation: Correlation) -> tuple[Projection, Projection]:
    """Say how the facts of the condition, and the parts of the key, are read from a ticket."""
    return Projection(sorted(reads([correlation.when]))), Projection(correlation.key)


def correlation_keys(line: str, ruleset: Ruleset, ticket: Ticket) -> dict[str, str]:
    """Name the groups of a ticket, by correlation."""
    keys = {
        name: correlation_key(line, correlation, ticket)
        for name, correlation in ruleset.correlations.items()
    }
    return {name: key for name, key in keys.items() if key}


def counted(
    line: str,
    correlation: Correlation,
    ticket: Ticket,
    now: datetime,
    correlated: Callable[[str, datetime], Sequence[str]],
) -> tuple[str, ...]:
    """Look up the tickets that a correlation counts, oldest first, this one last.

    Args:
        line: The ticket's line.
        correlation: Which.
        ticket: The ticket, which need not be stored yet.
        now: The end of the window, aware.
        correlated: The store's index.

    Returns:
        Numbers of the tickets; empty where this one does not count.
    """
    key = correlation_key(line, correlation, ticket)
    if not key:
        return ()
    length = correlation.window.due(now, WALL) - now
    others = correlated(key, now - length)
    return (*(one for one in others if one != ticket.number), ticket.number)

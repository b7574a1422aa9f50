"""What a ticket is without: found by the form, asked for by agents, or found by the rules (A4).

`Ticket.missing` is all of it. The flag ``incomplete`` is up exactly while the form or the rules
find something missing; what an agent asks for besides does not make a ticket incomplete.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Final

from ruledesk.lifecycle.evolve_targets import Changes
from ruledesk.model.ticket import Ticket

INCOMPLETE: Final = "incomplete"
_CUSTOM: Final = "custom."


def missing_changes(ticket: Ticket, **parts: tuple[str, ...]) -> Changes:
    """Work out what follows where a part of what is missing changes.

    Args:
        ticket: The ticket before.
        **parts: The new ``unfilled``, ``asked`` or ``lacks``; what is left out stays.

    Returns:
        New attribute values: the parts, ``missing`` and, where the flag goes up or down, ``flags``.
    """
    unfilled = parts.get("unfilled", unfilled_of(ticket))
    asked = parts.get("asked", ticket.asked)
    lacks = parts.get("lacks", ticket.lacks)
    missing = tuple(dict.fromkeys((*unfilled, *asked, *lacks)))
    changes: dict[str, Any] = {
        "unfilled": unfilled,
        "asked": asked,
        "lacks": lacks,
        "missing": missing,
    }
    if unfilled or lacks:
        changes["flags"] = ticket.flags | {INCOMPLETE}
    elif is_incomplete(ticket):
        changes["flags"] = ticket.flags - {INCOMPLETE}
    return changes


def is_incomplete(ticket: Ticket) -> bool:
    """Say whether the form or the rules find something missing."""
    return bool(unfilled_of(ticket) or ticket.lacks)


def unfilled_of(ticket: Ticket) -> tuple[str, ...]:
    """Return what the form found missing; a ticket of an older store has it in ``missing``."""
    if ticket.unfilled or ticket.asked or ticket.lacks:
        return ticket.unfilled
    return ticket.missing


def not_in(names: Iterable[str], given: Container[str]) -> tuple[str, ...]:
    """Leave out the names of fields that were given."""
    return tuple(name for name in names if name not in given and f"{_CUSTOM}{name}" not in given)

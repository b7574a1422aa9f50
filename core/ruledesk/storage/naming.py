"""Which tickets carry a name (a channel's identity, a blob), and which names a ticket carries.

Both ways, so that to forget a ticket costs what the ticket has, and not what the store has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ruledesk.model.ticket import Call

#: Nearly always there is one, which then needs no tuple.
_Some: TypeAlias = str | tuple[str, ...]


class Naming:
    """Names and the tickets that carry them, each in the order in which they came."""

    def __init__(self) -> None:
        self._tickets: dict[str, _Some] = {}
        self._names: dict[str, _Some] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tickets

    def add(self, ticket: str, name: str) -> None:
        """Note that a ticket carries a name; said again, nothing changes."""
        if _put(self._tickets, name, ticket):
            _put(self._names, ticket, name)

    def first(self, name: str) -> str | None:
        """Return the first ticket that carries a name."""
        return next(iter(_all(self._tickets.get(name))), None)

    def of(self, ticket: str) -> tuple[str, ...]:
        """Return the names that a ticket carries."""
        return _all(self._names.get(ticket))

    def remove(self, ticket: str, name: str) -> None:
        """Note that a ticket carries a name no longer."""
        _take(self._tickets, name, ticket)
        _take(self._names, ticket, name)

    def forget(self, ticket: str) -> None:
        """Note that a ticket carries no name any more."""
        for name in _all(self._names.pop(ticket, None)):
            _take(self._tickets, name, ticket)

    def items(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Iterate over the names, each with its tickets."""
        return ((name, _all(tickets)) for name, tickets in self._tickets.items())


class CallIndex(dict[str, tuple[Call, str]]):
    """Calls by id, each with its ticket's number, empty while it has none; and by ticket."""

    def __init__(self) -> None:
        super().__init__()
        self._of: dict[str, dict[str, None]] = {}

    def __setitem__(self, name: str, known: tuple[Call, str]) -> None:
        self.forget(name)
        super().__setitem__(name, known)
        if known[1]:
            self._of.setdefault(known[1], {})[name] = None

    def forget(self, name: str) -> None:
        """Forget a call; nothing happens where there is none of this id."""
        known = super().pop(name, None)
        if known is None or not known[1]:
            return
        left = self._of[known[1]]
        del left[name]
        if not left:
            del self._of[known[1]]

    def of(self, ticket: str) -> tuple[str, ...]:
        """Return the ids of a ticket's calls."""
        return tuple(self._of.get(ticket, ()))


def _all(some: _Some | None) -> tuple[str, ...]:
    if some is None:
        return ()
    return (some,) if isinstance(some, str) else some


def _put(index: dict[str, _Some], key: str, value: str) -> bool:
    """Add a value to a key; returns whether it was not there."""
    known = index.get(key)
    if known is None:
        index[key] = value
        return True
    found = _all(known)
    if value in found:
        return False
    index[key] = (*found, value)
    return True


def _take(index: dict[str, _Some], key: str, value: str) -> None:
    left = tuple(one for one in _all(index.pop(key, None)) if one != value)
    if left:
        index[key] = left[0] if len(left) == 1 else left

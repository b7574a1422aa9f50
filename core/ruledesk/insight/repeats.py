"""Repeat complaints: the same requester again within 30 days (requirements E1, E8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from attrs import frozen

from ruledesk.insight.case import Case
from ruledesk.insight.figures import share

#: A complaint counts as repeated this long after the one before.
WITHIN: Final = timedelta(days=30)
#: The types that are complaints in the shipped rulesets.
COMPLAINTS: Final = ("complaint", "quality", "service")
#: Stands for the number of a ticket from before the period.
_EARLIER: Final = ""


@frozen
class Repeats:
    """Tickets of requesters who had been there before.

    Attributes:
        tickets: All that were looked at.
        unknown: Those of them whose requester is not known, so that none can be a repeat.
        numbers: The repeats: tickets that come at most 30 days after one of the same requester.
    """

    tickets: int = 0
    unknown: int = 0
    numbers: tuple[str, ...] = ()

    @property
    def rate(self) -> float | None:
        """Repeats in all; None where there are none to look at."""
        return share(len(self.numbers), self.tickets)


class RepeatsAdder:
    """Finds repeats whatever the order in which tickets come.

    Args:
        types: The types that count; None for every ticket.
    """

    def __init__(self, types: Collection[str] | None) -> None:
        self._types = None if types is None else frozenset(types)
        self._tickets = self._unknown = 0
        self._by_requester: dict[str, list[tuple[datetime, str]]] = {}

    def add(self, case: Case) -> None:
        """Look at a ticket."""
        if self._types is not None and case.type not in self._types:
            return
        self._tickets += 1
        if not case.requester:
            self._unknown += 1
            return
        made = self._by_requester.setdefault(case.requester, [])
        made.append((case.created_at, case.number))

    def add_earlier(self, case: Case) -> None:
        """Look at a ticket from before the period: others repeat it, it does not count itself."""
        if case.requester and (self._types is None or case.type in self._types):
            self._by_requester.setdefault(case.requester, []).append((case.created_at, _EARLIER))

    def repeats(self) -> Repeats:
        """Return what was found, in order of number."""
        numbers = [
            number
            for made in map(sorted, self._by_requester.values())
            for (before, _), (at, number) in pairwise(made)
            if number != _EARLIER and at - before <= WITHIN
        ]
        return Repeats(self._tickets, self._unknown, tuple(sorted(numbers)))

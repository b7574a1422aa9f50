"""Dispatch by what people carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from ruledesk import Candidate, Ticket

#: Compared left to right, the smallest wins: no room at all, share of the capacity in use, open
#: tickets, order of the latest assignment.
LoadKey: TypeAlias = tuple[bool, float, int, int]


def load_key(candidate: Candidate) -> LoadKey:
    """Rank a candidate by load (D7).

    Args:
        candidate: Who may get the ticket.

    Returns:
        A key to sort by, ascending. Equal shares are equal (a quotient is rounded the same way
        for 1 of 3 and 2 of 6); somebody without capacity comes after everybody with some.
    """
    work, capacity = candidate.workload, candidate.agent.capacity
    share = work.open / capacity if capacity > 0 else float(work.open)
    return capacity <= 0, share, work.open, work.last_assigned


class LeastLoaded:
    """The agent with the most room: see `load_key`; ties go by the configuration's order (D7)."""

    name: ClassVar[str] = "least_loaded"

    def choose(self, ticket: Ticket, candidates: Sequence[Candidate]) -> str:  # noqa: ARG002
        """Choose the least loaded candidate; see `ruledesk.Dispatcher.choose`."""
        return min(candidates, key=load_key).agent.id


class RoundRobin:
    """The agent whose latest assignment is longest ago; who never had one comes first (D7)."""

    name: ClassVar[str] = "round_robin"

    def choose(self, ticket: Ticket, candidates: Sequence[Candidate]) -> str:  # noqa: ARG002
        """Choose the candidate whose turn it is; see `ruledesk.Dispatcher.choose`."""
        return min(candidates, key=lambda candidate: candidate.workload.last_assigned).agent.id

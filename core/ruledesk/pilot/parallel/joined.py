"""Joins what came of the parts of a recording into what one replay of it gives."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from operator import itemgetter

from attrs import frozen

from ruledesk.model.event import Event
from ruledesk.pilot.parallel.part import PartPlayed
from ruledesk.pilot.play import Played


@frozen
class Joined:
    """A recording, replayed in parts.

    Attributes:
        played: As of one replay.
        events: All events in the order of commit; those of deleted tickets left out.
    """

    played: Played
    events: tuple[Event, ...]


def join(parts: Sequence[PartPlayed]) -> Joined | None:
    """Join parts.

    Args:
        parts: What came of each, in the order of the split.

    Returns:
        What one replay gives; None where that cannot be said: something foretold did not come
        about, or two parts gave out the same number.
    """
    numbers = [set(part.tickets) | part.deleted for part in parts]
    if not all(part.foretold for part in parts) or _meet(numbers):
        return None
    gone = frozenset[str]().union(*(part.deleted for part in parts))
    commits = merge(*(part.commits for part in parts), key=itemgetter(0))
    refusals = merge(*(part.refusals for part in parts), key=itemgetter(0))
    failures = merge(*(part.failures for part in parts), key=lambda failure: failure.step)
    return Joined(
        Played(
            steps=sum(part.steps for part in parts),
            failures=tuple(failures),
            names={name: number for part in parts for name, number in part.names.items()},
            refusals=tuple(refusal for _, refusal in refusals),
        ),
        tuple(event for _, events in commits for event in events if event.ticket not in gone),
    )


def _meet(sets: Sequence[set[str]]) -> bool:
    return sum(map(len, sets)) > len(set[str]().union(*sets))

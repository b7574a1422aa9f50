"""Dispatch by place: the nearest field engineer (A1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import ClassVar, Final, TypeAlias

from ruledesk import Candidate, Ticket
from ruledesk_plugins.dispatch.load import LoadKey, load_key

#: Same place, then path segments shared, then units shared inside the first segment that differs.
Nearness: TypeAlias = tuple[bool, int, int]

_LEVELS: Final = re.compile(r"\s*[/\\>|,;，；、]\s*")
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNITS: Final = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")
#: Chinese place names have two characters at least: 江苏 and 江西 share one and are not near.
_SHORTEST_HAN_NAME: Final = 2


def nearness(place: str, other: str) -> Nearness:
    """Say how near two places are, by what their names have in common from the left.

    Names are compared level by level (``江苏/苏州/吴中``; ``/``, ``>``, ``,`` and such separate),
    ignoring case. Inside the first level that differs, plain names are compared by whole words
    (``Suzhou North`` is near ``Suzhou``, ``Shanghai`` is not) and by Chinese characters.

    Args:
        place: The one place; empty for unknown.
        other: The other place; empty for unknown.

    Returns:
        A key, greater for nearer; ``(False, 0, 0)`` where nothing is known or shared.
    """
    levels, others = _levels(place), _levels(other)
    if not levels or not others:
        return False, 0, 0
    shared = _common(levels, others)
    if shared in (len(levels), len(others)):
        return levels == others, shared, 0
    return False, shared, _shared_units(levels[shared], others[shared])


def _levels(place: str) -> list[str]:
    return [level for level in _LEVELS.split(place.strip().casefold()) if level]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _shared_units(one: str, other: str) -> int:
    units = _UNITS.findall(one)
    shared = _common(units, _UNITS.findall(other))
    only_han = all(len(unit) == 1 and not unit.isascii() for unit in units[:shared])
    return 0 if only_han and shared < _SHORTEST_HAN_NAME else shared


class Nearest:
    """The agent nearest to the requester's region; among equally near ones the least loaded (A1).

    A ticket without `requester.region` is dispatched by load alone.
    """

    name: ClassVar[str] = "nearest"

    def choose(self, ticket: Ticket, candidates: Sequence[Candidate]) -> str:
        """Choose the nearest candidate; see `ruledesk.Dispatcher.choose`."""
        place = ticket.requester.region

        def key(candidate: Candidate) -> tuple[bool, int, int, LoadKey]:
            same, levels, units = nearness(place, candidate.agent.region)
            return not same, -levels, -units, load_key(candidate)

        return min(candidates, key=key).agent.id

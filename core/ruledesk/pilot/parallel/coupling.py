"""Which business lines of a desk have to do with each other, so that one replay must run both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ruledesk.desk.config import DeskConfig
from ruledesk.rules.number import NumberParts, sequence_key
from ruledesk.rules.ruleset import Ruleset

#: Any day: two formats that agree on it agree on all.
_DAY: Final = datetime(2026, 12, 31, tzinfo=UTC)
_QUOTED: Final = re.compile(r"""["']([^"']+)["']""")


class Groups:
    """Names put together in groups: of each two that were joined, and so on.

    Args:
        names: Each a group of its own at first.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._parent = {name: name for name in names}

    def join(self, one: str, other: str) -> None:
        """Put two names, and all that are with them, into one group."""
        first, second = sorted((self.of(one), self.of(other)))
        self._parent[second] = first

    def of(self, name: str) -> str:
        """Return the name that stands for a name's group."""
        parent = self._parent.setdefault(name, name)
        while parent != self._parent[parent]:
            parent = self._parent[parent]
        return parent


class People:
    """Who may come to work for a line; two lines that share anybody share workloads."""

    def __init__(self, config: DeskConfig) -> None:
        directory = config.directory
        self._who = {name: frozenset({name}) for name in directory.agents}
        self._who |= {
            name: frozenset({*team.agents, team.head} - {""})
            for name, team in directory.teams.items()
        }
        self._everybody = frozenset[str]().union(*self._who.values())

    def named_in(self, data: Any) -> frozenset[str]:
        """Name all agents that plain data name, themselves or by their team.

        A name is a text of its own (``it``, ``team:it``) or in quotes in an expression, so that
        the words of a description are none. A team that is put together from parts may be any,
        and what spills over (D7) may go to anybody.
        """
        if _spills(data):
            return self._everybody
        found: set[str] = set()
        for key, text in _texts(data):
            if key == "team" and "{" in text:
                return self._everybody
            for name in (text.rpartition(":")[2], *_QUOTED.findall(text)):
                found |= self._who.get(name, frozenset())
        return frozenset(found)


def _spills(data: Any) -> bool:
    if isinstance(data, Mapping):
        return bool(data.get("spill")) or any(map(_spills, data.values()))
    return isinstance(data, (list, tuple)) and any(map(_spills, data))


def texts_in(data: Any) -> Iterator[str]:
    """Yield every text in plain data, keys of mappings too."""
    return (text for _, text in _texts(data))


def _texts(data: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield "", str(name)
            yield from _texts(value, str(name))
    elif isinstance(data, Iterable) and not isinstance(data, bytes):
        for value in data:
            yield from _texts(value, key)


def number_sequences(config: DeskConfig, line: str, ruleset: Ruleset) -> frozenset[str]:
    """Name the sequences that a line's numbers come from, as they are called on one day."""
    department = config.lines[line].department or ruleset.department
    codes = {"", *ruleset.type_codes.values()}
    return frozenset(
        sequence_key(ruleset.number, NumberParts(_DAY, code, department, line)) for code in codes
    )

"""Which end of a list of priorities is the higher one, as far as their words say so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

_NUMBERED: Final = re.compile(r"(?:p|s|sev|level)-?([0-9])", re.IGNORECASE)
#: The smaller, the higher.
_WORDS: Final[Mapping[str, int]] = {
    "emergency": 0,
    "critical": 0,
    "major": 0,
    "highest": 0,
    "urgent": 1,
    "high": 1,
    "medium": 2,
    "normal": 2,
    "general": 2,
    "low": 3,
    "minor": 3,
    "lowest": 4,
    "none": 4,
}


def highest_first(words: tuple[str, ...]) -> bool | None:
    """Say whether a list of words begins with the highest.

    Args:
        words: In the order in which a ruleset declares them.

    Returns:
        True, or False where it begins with the lowest; None where the words do not say.
    """
    grades = [grade for word in words if (grade := _grade(word)) is not None]
    pairs = [pair for pair in pairwise(grades) if pair[0] != pair[1]]
    steps = {later > earlier for earlier, later in pairs}
    return steps.pop() if len(steps) == 1 else None


def _grade(word: str) -> int | None:
    numbered = _NUMBERED.fullmatch(word)
    return int(numbered[1]) if numbered else _WORDS.get(word.lower())

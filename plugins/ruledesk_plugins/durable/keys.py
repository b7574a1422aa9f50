"""Generated property names. The C engine tells names apart by a 32-bit hash only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Final

#: Names that mean something to the engine, in facts and in definitions.
ENGINE_WORDS: Final = (
    "id",
    "sid",
    "m",
    "label",
    "chart",
    "chart_context",
    "running",
    "exception",
    *(f"${word}" for word in ("s", "m", "i", "forward", "t", "and", "or", "not", "ex", "nex")),
    *(f"${word}" for word in ("lt", "lte", "gt", "gte", "eq", "neq", "mt", "imt", "all", "any")),
    *(f"${word}" for word in ("iall", "iany", "add", "sub", "mul", "div", "type", "time")),
)
#: The property that every fact has, so that none is empty; a high value fires a rule of its own.
WARM_UP: Final = "w"
#: A property that no rule reads; it makes another text, and message id, of the same fact.
SALT: Final = "s"


def fnv1a(text: str) -> int:
    """Hash a name as the C engine does: FNV-1a, 32 bits.

    Args:
        text: ASCII text.

    Returns:
        The hash.
    """
    value = 2166136261
    for byte in text.encode("ascii"):
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


class Keys:
    """Makes property names whose hashes differ from each other's and from the engine's words'.

    Args:
        taken: Names that are in use already.
    """

    def __init__(self, taken: Iterable[str] = (*ENGINE_WORDS, WARM_UP, SALT)) -> None:
        self._hashes = {fnv1a(word) for word in taken}
        self._numbers = count()

    def fresh(self, letter: str) -> str:
        """Make a name.

        Args:
            letter: What it begins with.

        Returns:
            The letter and a number.
        """
        for number in self._numbers:
            key = f"{letter}{number}"
            if (hashed := fnv1a(key)) not in self._hashes:
                self._hashes.add(hashed)
                return key
        raise AssertionError  # pragma: no cover - count() does not end

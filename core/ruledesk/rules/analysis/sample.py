"""Texts that a regular expression matches, made up from the expression itself.

Only what ruleset patterns are made of is understood: words, classes, groups, choices, repetitions.
What is made is a guess: the caller tries whether the pattern finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Final

#: How many texts are made from one pattern.
MOST_SAMPLES: Final = 24
_CLASSES: Final = {"d": "1", "w": "a", "s": " ", "D": "x", "W": "-", "S": "x"}
_PLAIN: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_POOL: Final = "x1 -A中。"
_GROUP: Final = re.compile(r"\(\?(?:P<\w+>|[aimsLu-]*:|>)")
_FLAGS: Final = re.compile(r"\(\?[aimsLu]+\)")
_LOOK: Final = re.compile(r"\(\?<?[=!]")
_COUNT: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


def samples(pattern: str) -> tuple[str, ...]:
    """Make texts that a pattern may match.

    Args:
        pattern: A pattern that was accepted at load.

    Returns:
        At most `MOST_SAMPLES` texts, one of each choice first; none where it is not understood.
    """
    try:
        reader = _Reader(pattern)
        made = reader.choice()
    except (IndexError, RecursionError):
        return ()
    return tuple(dict.fromkeys(islice(made, MOST_SAMPLES)))


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def choice(self) -> list[str]:
        """Read alternatives up to the end of the group."""
        found = self._sequence()
        while self._peek() == "|":
            self._at += 1
            found += self._sequence()
        return found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _sequence(self) -> list[str]:
        found = [""]
        while self._peek() not in ("", "|", ")"):
            item = self._repeated(self._item())
            found = ["".join(parts) for parts in islice(product(found, item), MOST_SAMPLES)]
        return found

    def _item(self) -> list[str]:
        sign = self._peek()
        if sign == "(":
            return self._group()
        if sign == "[":
            return [self._class()]
        self._at += 1
        if sign == "\\":
            sign = self._peek()
            self._at += 1
            return ["" if sign in "bBAZ" else _CLASSES.get(sign, _PLAIN.get(sign, sign))]
        return ["" if sign in "^$" else "x" if sign == "." else sign]

    def _group(self) -> list[str]:
        flags = _FLAGS.match(self._text, self._at)
        if flags is not None:
            self._at = flags.end()
            return [""]
        look = _LOOK.match(self._text, self._at)
        opening = look or _GROUP.match(self._text, self._at)
        self._at = opening.end() if opening is not None else self._at + 1
        found = self.choice()
        self._at += 1
        return [""] if look is not None else found

    def _class(self) -> str:
        start = self._at
        self._at += 2 if self._text[start + 1] in "]" else 1
        if self._text[start + 1 : start + 3] == "^]":
            self._at = start + 3
        while self._text[self._at] != "]":
            self._at += 2 if self._text[self._at] == "\\" else 1
        self._at += 1
        described = self._text[start : self._at]
        fitting = (one for one in self._members(described) if re.fullmatch(described, one))
        return next(fitting, "x")

    def _members(self, described: str) -> Iterator[str]:
        yield from (one for one in described if one not in "[]^\\-")
        yield from _POOL

    def _repeated(self, item: list[str]) -> list[str]:
        sign = self._peek()
        count = _COUNT.match(self._text, self._at)
        if sign and sign in "*+?":
            self._at += 1
            item = item if sign == "+" else [*item, ""]
        elif count is not None and count[0] != "{}":
            self._at = count.end()
            item = [one * int(count[1] or 0) for one in item]
        else:
            return item
        if self._peek() in ("?", "+") and self._peek():
            self._at += 1
        return item

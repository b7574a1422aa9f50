"""The errors that RuleDesk raises: one base, each with the problems it found.

A problem says *what* is wrong, *where* (field, key path, line), *which value* was given and *what
would be accepted*, in English and Chinese (requirements F4, F5). Nothing here formats for a
terminal or a browser; the edges do that.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, Literal, Self

from attrs import frozen

Locale = Literal["en", "zh"]
_LONGEST_SHOWN: Final = 120


class _Absent:
    """The value of a problem that is not about a value."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __reduce__(self) -> str:
        return "ABSENT"  # the same object in another process, too


ABSENT: Final = _Absent()


@frozen
class Problem:
    """One thing that is wrong.

    Attributes:
        en: What is wrong, in English, without the value.
        zh: The same in Chinese.
        field: Where: a ticket field, a key path (``teams.it.head``) or ``file:line``.
        value: The value that was given; `ABSENT` where the problem is about no value.
        accepted: What would be accepted: a list of values or a phrase; empty where nothing would.
    """

    en: str
    zh: str
    field: str = ""
    value: Any = ABSENT
    accepted: tuple[str, ...] = ()

    def text(self, locale: Locale = "en") -> str:
        """Write the problem as one line.

        Args:
            locale: The language of the line.

        Returns:
            ``field: what is wrong: 'value' (accepted: a, b)``.
        """
        line = self.en if locale == "en" else self.zh
        if self.field:
            line = f"{self.field}: {line}"
        if self.value is not ABSENT:
            line += f": {shown(self.value)}"
        if self.accepted:
            label = "accepted" if locale == "en" else "可接受"
            line += f" ({label}: {', '.join(self.accepted)})"
        return line


def shown(value: Any) -> str:
    """Show a value in an error: its repr, cut to a readable length."""
    text = repr(value)
    return (
        text
        if len(text) <= _LONGEST_SHOWN
        else f"{text[:_LONGEST_SHOWN]}… ({len(text)} characters)"
    )


def suggestion(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Name what would be accepted instead of `word`: the nearest known words, else all of them."""
    names = sorted(known)
    return tuple(get_close_matches(word, names, n=3)) or tuple(names)


class RuleDeskError(Exception):
    """Base of every error that RuleDesk raises on purpose.

    Attributes:
        problems: What is wrong, in the order found; never empty.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def of(
        cls,
        en: str,
        zh: str,
        *,
        field: str = "",
        value: Any = ABSENT,
        accepted: Iterable[str] = (),
    ) -> Self:
        """Make an error of a single problem; the arguments are those of `Problem`."""
        return cls(Problem(en, zh, field, value, tuple(accepted)))

    def text(self, locale: Locale = "en") -> str:
        """Write all problems, one a line."""
        return "\n".join(problem.text(locale) for problem in self.problems)

    def __str__(self) -> str:
        return self.text("en")


class InvalidInput(RuleDeskError):
    """A file, setting or argument cannot be used (exit status 2 on the command line)."""


class Refused(RuleDeskError):
    """An action or submission was refused; nothing was changed (requirement F4)."""


class NotFound(RuleDeskError):
    """What was named does not exist."""


class Conflict(RuleDeskError):
    """The ticket changed since it was read; load it again and decide again."""


class StorageFault(RuleDeskError):
    """The store cannot read or write (locked, full, damaged); what was acknowledged is kept."""


class Unavailable(StorageFault):
    """The store cannot be reached at the moment; nothing of this block is stored. Try again."""


class PluginFault(RuleDeskError):
    """A plugin cannot be loaded, or failed where the desk cannot go on without it."""

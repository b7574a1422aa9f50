"""Regular expressions of ``matches``: which are accepted, and how they are applied.

They run on what strangers write, in Python's backtracking matcher, so a pattern that can take
exponential time is refused when the ruleset is loaded: a group that repeats may hold neither
another repetition nor an alternation, and nothing refers back.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import define, field

LONGEST_PATTERN: Final = 200
#: How much of a text a pattern looks at; bounds what several repetitions in a row can cost.
LONGEST_SUBJECT: Final = 10_000
_MOST_REPETITIONS: Final = 3
_MANY: Final = 100

Reason: TypeAlias = tuple[str, str]
_INVALID: Final = ("the pattern is invalid", "正则表达式无效")
_LONG: Final = (
    f"the pattern is longer than {LONGEST_PATTERN} characters",
    f"正则表达式超过 {LONGEST_PATTERN} 个字符",
)
_NESTED: Final = (
    "a repeated group holds a repetition or an alternation, which can take exponential time",
    "重复的分组内含重复或选择，匹配时间可能呈指数增长",
)
_BACK: Final = (
    "back references, conditions, comments and verbose mode are not accepted",
    "不接受反向引用、条件、注释和 verbose 模式",
)
_SEVERAL: Final = (
    f"the pattern has more than {_MOST_REPETITIONS} unbounded repetitions",
    f"正则表达式含有超过 {_MOST_REPETITIONS} 个无界重复",
)

_CLASS: Final = r"\[\^?\]?(?:\\.|[^\]\\])*\]"
_TOKEN: Final = re.compile(
    rf"(?P<back>\\[1-9]|\(\?(?:P=|\(|\#|[aimsLu-]*x))"
    rf"|(?P<open>\((?:\?(?:P<\w+>|<?[=!]|[:>]|[aimsLu-]+:))?)"
    rf"|(?P<item>\(\?[aimsLu]+\)|\\.|{_CLASS}|[^()|*+?{{\[\\])"
    rf"|(?P<close>\))|(?P<or>\|)"
    rf"|(?P<repeat>[*+?]|\{{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}})[?+]?"
    rf"|(?P<brace>\{{)",
    re.DOTALL,
)


def refused(text: str) -> Reason | None:
    """Say why a pattern is not accepted.

    Args:
        text: The regular expression.

    Returns:
        The reason in English and Chinese; None for a pattern that is accepted.
    """
    if len(text) > LONGEST_PATTERN:
        return _LONG
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text)
    except (re.error, ValueError, OverflowError, RecursionError, MemoryError, Warning):
        return _INVALID
    return _Scan().refused(text)


@lru_cache(maxsize=1024)
def compiled(text: str) -> re.Pattern[str]:
    """Compile a pattern that was accepted; compiled ones are kept."""
    return re.compile(text)


def matches(value: str, text: str) -> bool:
    """Look for a pattern anywhere in the first `LONGEST_SUBJECT` characters of a text.

    Args:
        value: The text to look in.
        text: A pattern that `refused` has nothing against.

    Returns:
        Whether it is found.
    """
    return compiled(text).search(value[:LONGEST_SUBJECT]) is not None


@define
class _Scan:
    """One pass over a valid pattern.

    Attributes:
        groups: For each open group, and the pattern itself, whether it holds a choice.
        last: Whether what a repetition would repeat holds a choice.
        unbounded: Repetitions without a bound so far.
    """

    groups: list[bool] = field(factory=lambda: [False])
    last: bool = False
    unbounded: int = 0

    def refused(self, text: str) -> Reason | None:
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None or token["back"] is not None:
                return _BACK
            if token["repeat"] is None or token["repeat"] == "{}":
                self._structure(token)
            elif self._repeat(token):
                return _NESTED
            position = token.end()
        return _SEVERAL if self.unbounded > _MOST_REPETITIONS else None

    def _structure(self, token: re.Match[str]) -> None:
        self.last = False
        if token["open"] is not None:
            self.groups.append(False)
        elif token["or"] is not None:
            self.groups[-1] = True
        elif token["close"] is not None and len(self.groups) > 1:
            self.last = self.groups.pop()
            self.groups[-1] |= self.last

    def _repeat(self, token: re.Match[str]) -> bool:
        low, high = _bounds(token)
        if high > _MANY:
            self.unbounded += 1
        if low != high:
            self.groups[-1] = True
        nested = self.last and high > 1
        self.last = True
        return nested


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    sign = token["repeat"]
    if sign in ("*", "+", "?"):
        return (1 if sign == "+" else 0), (1 if sign == "?" else _MANY + 1)
    low = int(token["low"] or 0)
    if not token["comma"]:
        return low, low
    return low, int(token["high"] or _MANY + 1)

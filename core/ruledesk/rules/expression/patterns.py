"""Regular expressions of ``matches``: which are accepted, and how they are applied.

They run on what strangers write, in Python's backtracking matcher, so a pattern that can take
exponential time is refused when the ruleset is loaded: a group that repeats may hold neither
another repetition nor an alternation, what repeats a bounded number of times may not come again and
again, and nothing refers back.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from math import factorial
from typing import Final, TypeAlias

from attrs import define, field

LONGEST_PATTERN: Final = 200
#: How much of a text a pattern looks at; bounds what several repetitions in a row can cost.
LONGEST_SUBJECT: Final = 10_000
_MOST_REPETITIONS: Final = 3
#: In how many ways bounded repetitions may share a text among them, at the most.
_MOST_WAYS: Final = 1_000_000
#: Steps that the matcher takes in about a quarter of a second.
_MOST_STEPS: Final = 100_000_000
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
_OPTIONAL: Final = (
    "the pattern has too many optional or bounded repetitions, which can take exponential time",
    "可选或有界重复过多，匹配时间可能呈指数增长",
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
    except re.error as error:
        said = error.msg if error.pos is None else f"{error.msg} ({error.pos + 1})"
        return f"{_INVALID[0]}: {said}", f"{_INVALID[1]}：{said}"
    except (ValueError, OverflowError, RecursionError, MemoryError, Warning):
        return _INVALID
    return _Scan().refused(text)


def longest_whole(text: str) -> int:
    """Say on how long a text a pattern may be tried, so that it is done in a moment.

    Repetitions that can share a text among them multiply: three without a bound take a thousandth
    of a second on a hundred characters, and minutes on ten thousand.

    Args:
        text: A pattern that `refused` has nothing against.

    Returns:
        The most characters of a text that it is to match as a whole; at most `LONGEST_SUBJECT`.
    """
    scan = _Scan()
    scan.refused(text)
    steps = _MOST_STEPS * factorial(scan.unbounded) // scan.ways
    if not scan.unbounded:
        return LONGEST_SUBJECT
    return min(LONGEST_SUBJECT, int(steps ** (1 / scan.unbounded)))


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


def matches_whole(value: str, text: str) -> bool:
    """Say whether a pattern matches the whole of a text.

    Args:
        value: The text; one longer than `LONGEST_SUBJECT` does not match.
        text: A pattern that `refused` has nothing against.

    Returns:
        Whether it matches.
    """
    return len(value) <= LONGEST_SUBJECT and compiled(text).fullmatch(value) is not None


@define
class _Group:
    """An open group, or the pattern itself.

    Attributes:
        choice: Whether it holds a choice.
        ways: In how many ways the bounded repetitions of the branch so far can share a text.
        most: The same of the branch before that has the most.
    """

    choice: bool = False
    ways: int = 1
    most: int = 1


@define
class _Scan:
    """One pass over a valid pattern.

    Attributes:
        groups: The open groups; the first is the pattern itself.
        last: What a repetition would repeat: a group that is closed, or a single character.
        unbounded: Repetitions without a bound so far.
    """

    groups: list[_Group] = field(factory=lambda: [_Group()])
    last: _Group = field(factory=_Group)
    unbounded: int = 0

    @property
    def ways(self) -> int:
        """In how many ways bounded repetitions can share a text among them."""
        return max(self.groups[0].ways, self.groups[0].most)

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
        if self.unbounded > _MOST_REPETITIONS:
            return _SEVERAL
        return _OPTIONAL if self.ways > _MOST_WAYS else None

    def _structure(self, token: re.Match[str]) -> None:
        self.last = _Group()
        group = self.groups[-1]
        if token["open"] is not None:
            self.groups.append(_Group())
        elif token["or"] is not None:
            group.choice = True
            group.most, group.ways = max(group.most, group.ways), 1
        elif token["close"] is not None and len(self.groups) > 1:
            self.last = self.groups.pop()
            self.last.ways = max(self.last.most, self.last.ways)
            self.groups[-1].choice |= self.last.choice
            self.groups[-1].ways *= self.last.ways

    def _repeat(self, token: re.Match[str]) -> bool:
        low, high = _bounds(token)
        group, ways = self.groups[-1], self.last.ways
        if high > _MANY:
            self.unbounded += 1
        else:  # a group that holds repetitions itself is at most there or not
            group.ways = group.ways // ways * (ways + high - low)
        if low != high:
            group.choice = True
        nested = self.last.choice and high > 1
        self.last = _Group(choice=True)
        return nested


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    sign = token["repeat"]
    if sign in ("*", "+", "?"):
        return (1 if sign == "+" else 0), (1 if sign == "?" else _MANY + 1)
    low = int(token["low"] or 0)
    if not token["comma"]:
        return low, low
    return low, int(token["high"] or _MANY + 1)

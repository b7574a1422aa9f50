"""A value of a file together with where it stands, so that every error can say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ruledesk.errors import ABSENT, InvalidInput, Problem, suggestion
from ruledesk.pilot.times import ACCEPTED, NaiveTimeError, parse_instant, parse_moment

KeyPath = tuple[str | int, ...]
_PROBLEMS_TOLD: Final = 50


@frozen
class Source:
    """A document of a file: its lines by key path, and the problems found in it so far.

    Attributes:
        file: The file.
        lines: The line of each key path; what is missing has the line of what is around it.
        first_line: The line on which the document begins.
        problems: Filled while the document is read.
    """

    file: Path
    lines: Mapping[KeyPath, int] = field(factory=dict)
    first_line: int = 1
    problems: list[Problem] = field(factory=list)

    def line(self, path: KeyPath) -> int:
        """Find the line of a key path, or of the nearest one around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return self.first_line

    def add(
        self, path: KeyPath, en: str, zh: str, value: Any = ABSENT, accepted: Iterable[str] = ()
    ) -> None:
        """Note a problem at a key path."""
        where = f"{self.file}:{self.line(path)}"
        if path:
            where += f": {_dotted(path)}"
        self.problems.append(Problem(en, zh, where, value, tuple(accepted)))

    def raise_problems(self) -> None:
        """Raise what was found.

        Raises:
            InvalidInput: Something was.
        """
        if self.problems:
            raise InvalidInput(*self.problems[:_PROBLEMS_TOLD])


def _dotted(path: KeyPath) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


@frozen
class Entry:
    """A value at a key path of a document. Places in lists count from 1."""

    value: Any
    source: Source
    path: KeyPath = ()

    @property
    def line(self) -> int:
        """The line of the file."""
        return self.source.line(self.path)

    def problem(
        self, en: str, zh: str, *, value: Any = ABSENT, accepted: Iterable[str] = ()
    ) -> None:
        """Note that something is wrong here."""
        self.source.add(self.path, en, zh, value, accepted)

    def wrong(self, accepted: str) -> None:
        """Note that the value is of the wrong type."""
        self.problem("wrong type", "类型错误", value=self.value, accepted=(accepted,))

    def mapping(self) -> Mapping[str, Any] | None:
        """Return the value as a mapping; None, with the problem noted, if it is none."""
        if isinstance(self.value, Mapping):
            return self.value
        self.wrong("a mapping")
        return None

    def has(self, key: str) -> bool:
        """Say whether the mapping here has a key."""
        return isinstance(self.value, Mapping) and key in self.value

    def at(self, key: str | int) -> Entry:
        """Step down to a key of the mapping, or to a place (from 1) of the list here."""
        if isinstance(key, int):
            value = self.value[key - 1]
        else:
            value = self.value.get(key) if isinstance(self.value, Mapping) else None
        return Entry(value, self.source, (*self.path, key))

    def items(self) -> Iterator[Entry]:
        """Step down to each element of the list here; a single value is a list of one."""
        if not isinstance(self.value, list):
            yield self
            return
        for place in range(1, len(self.value) + 1):
            yield self.at(place)

    def only(self, known: Iterable[str]) -> None:
        """Note every key that is not known, with the nearest known ones."""
        known = tuple(known)
        for key in self.value:
            if key not in known:
                self.at(key).problem(
                    "unknown key", "未知的键", value=key, accepted=suggestion(key, known)
                )

    def missing(self, key: str, accepted: str) -> None:
        """Note that a key has to be given."""
        self.source.add((*self.path, key), "missing", "缺少此键", accepted=(accepted,))

    def text(self, key: str, default: str = "") -> str:
        """Read a text below a key; the default, with the problem noted, where it is none."""
        if not self.has(key):
            return default
        entry = self.at(key)
        if isinstance(entry.value, str) and entry.value.strip():
            return entry.value
        entry.wrong("a text")
        return default

    def required_text(self, key: str, accepted: str = "a text") -> str:
        """Read a text below a key that has to be there."""
        if not self.has(key):
            self.missing(key, accepted)
        return self.text(key)

    def instant(self, start: datetime | None = None) -> datetime | None:
        """Read the value as a time, or as an offset from `start` where that is given.

        Returns:
            The instant in UTC; None, with the problem noted, where it is no time.
        """
        accepted = ACCEPTED if start else ACCEPTED[1:]
        if start and self.value == 0 and not isinstance(self.value, bool):
            return start
        if not isinstance(self.value, str):
            self.problem("not a time", "不是时间", value=self.value, accepted=accepted)
            return None
        try:
            return parse_moment(self.value, start) if start else parse_instant(self.value)
        except NaiveTimeError:
            self.problem(
                "a time without its offset from UTC",
                "时间缺少与 UTC 的时差",
                value=self.value,
                accepted=accepted,
            )
        except ValueError:
            self.problem("not a time", "不是时间", value=self.value, accepted=accepted)
        return None

"""Findings of a check: a problem, how much it matters, and what shows it."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal, Self, TypeAlias

from attrs import frozen

from ruledesk.errors import ABSENT, Problem, RuleDeskError
from ruledesk.rules import analysis

#: An error keeps the desk from working as described; a warning is allowed and hardly meant.
Level: TypeAlias = Literal["error", "warning"]
_RANKS: Final[dict[Level, int]] = {"error": 0, "warning": 1}
_PLACE: Final = re.compile(r"(?P<file>.+?\.toml)(?::\d+)?(?:: (?P<path>.*))?", re.DOTALL)
_KEY: Final = r'(?:"(?:[^"\\]|\\.)*"|[A-Za-z0-9_-]+)'
_RULE: Final = re.compile(
    rf"(?:reactions|stages\.{_KEY}\.rules|targets\.{_KEY}\.limits"
    rf"|stages\.{_KEY}\.tables\.({_KEY})\.rows)\.({_KEY})"
)


@frozen
class Finding:
    """One thing that was found.

    Attributes:
        shown: What the analysis of a ruleset says of it besides; None where it is none of its.
    """

    level: Level
    problem: Problem
    shown: analysis.Finding | None = None

    @classmethod
    def of(cls, found: analysis.Finding) -> Self:
        """Make a finding of one of a ruleset's analysis."""
        return cls(found.level, Problem(found.en, found.zh, found.where), found)

    @property
    def rank(self) -> int:
        """What findings are sorted by: errors first."""
        return _RANKS[self.level]

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain data: level, where, messages, value, what would be accepted.

        What the analysis of a ruleset found also has its code and witness; of all else these are
        None. File and rule are those that the place names.
        """
        problem, shown = self.problem, self.shown
        file, rule = place_of(problem.field)
        witness = None if shown is None else shown.witness
        return {
            "level": self.level,
            "where": problem.field,
            "message_en": problem.en,
            "message_zh": problem.zh,
            "value": None if problem.value is ABSENT else problem.value,
            "accepted": list(problem.accepted),
            "code": None if shown is None else shown.code,
            "rule": shown.rules[0] if shown is not None and shown.rules else rule,
            "rules": list(shown.rules) if shown is not None else [rule] if rule else [],
            "file": shown.file or None if shown is not None else file,
            "witness": None if witness is None else witness.to_dict(),
        }

    def __hash__(self) -> int:
        # The value of a problem may be a list or a table, which have no hash.
        return hash((self.level, self.problem.field, self.problem.en))


def place_of(field: str) -> tuple[str | None, str | None]:
    """Read which file, and which rule in it, a problem's place names.

    Args:
        field: ``<file>.toml: <key path>``, or anything else.

    Returns:
        The file and the rule (of a table ``<table>/<row>``); None where it names none.
    """
    place = _PLACE.fullmatch(field)
    if place is None:
        return None, None
    rule = _RULE.match(place["path"] or "")
    if rule is None:
        return place["file"], None
    return place["file"], "/".join(_unquoted(one) for one in rule.groups() if one)


def _unquoted(key: str) -> str:
    return str(json.loads(key)) if key.startswith('"') else key


def errors_of(error: RuleDeskError) -> tuple[Finding, ...]:
    """Make findings of all problems of an error."""
    return tuple(Finding("error", problem) for problem in error.problems)

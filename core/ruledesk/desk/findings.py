"""Findings of a check: a problem and how much it matters."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from ruledesk.errors import ABSENT, Problem, RuleDeskError

#: An error keeps the desk from working as described; a warning is allowed and hardly meant.
Level: TypeAlias = Literal["error", "warning"]
_RANKS: Final[dict[Level, int]] = {"error": 0, "warning": 1}


@frozen
class Finding:
    """One thing that was found."""

    level: Level
    problem: Problem

    @property
    def rank(self) -> int:
        """What findings are sorted by: errors first."""
        return _RANKS[self.level]

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain data: level, where, messages, value, what would be accepted."""
        problem = self.problem
        return {
            "level": self.level,
            "where": problem.field,
            "message_en": problem.en,
            "message_zh": problem.zh,
            "value": None if problem.value is ABSENT else problem.value,
            "accepted": list(problem.accepted),
        }

    def __hash__(self) -> int:
        # The value of a problem may be a list or a table, which have no hash.
        return hash((self.level, self.problem.field, self.problem.en))


def errors_of(error: RuleDeskError) -> tuple[Finding, ...]:
    """Make findings of all problems of an error."""
    return tuple(Finding("error", problem) for problem in error.problems)

"""Counts the steps that one desk refused and the other did not."""

from __future__ import annotations

from typing import TypeAlias

from ruledesk.errors import Problem
from ruledesk.pilot.comparison.values import Refusals, RefusedSteps
from ruledesk.pilot.result import Refusal

_Key: TypeAlias = tuple[str, str, str]


class RefusalCounting:
    """Counts over steps, by reason."""

    def __init__(self) -> None:
        self._new: dict[_Key, RefusedSteps] = {}
        self._old: dict[_Key, RefusedSteps] = {}
        self._both = self._lost = self._stood_in = 0

    def add(self, where: tuple[str, int], old: Refusal | None, new: Refusal | None) -> None:
        """Count a step.

        Args:
            where: The ticket's name in the scenario, and the step.
            old: What the current ruleset refused; None for nothing.
            new: What the other one refused.
        """
        if old is not None and new is not None:
            self._both += 1
        elif new is not None:
            _count(self._new, where, new)
        elif old is not None:
            _count(self._old, where, old)

    def lost(self) -> None:
        """Count a step on a ticket that the other ruleset has refused."""
        self._lost += 1

    def stood_in(self) -> None:
        """Count a step that was done by the handler which the other ruleset chose."""
        self._stood_in += 1

    def refusals(self) -> Refusals:
        """Return what was counted so far, most often first."""
        return Refusals(
            by_new=_ordered(self._new),
            by_old=_ordered(self._old),
            both=self._both,
            lost=self._lost,
            stood_in=self._stood_in,
        )


def _count(steps: dict[_Key, RefusedSteps], where: tuple[str, int], refusal: Refusal) -> None:
    """Count a step under its first problem: a step is refused once, whatever else is wrong."""
    problem: Problem = refusal.problems[0]
    key = (refusal.action, problem.field, problem.en)
    known = steps.get(key)
    count, first = (known.steps, known.first) if known else (0, where)
    steps[key] = RefusedSteps(refusal.action, known.problem if known else problem, count + 1, first)


def _ordered(steps: dict[_Key, RefusedSteps]) -> tuple[RefusedSteps, ...]:
    return tuple(sorted(steps.values(), key=lambda one: -one.steps))

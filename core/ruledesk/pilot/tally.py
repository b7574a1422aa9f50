"""Adds up what came of all scenarios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ruledesk.errors import RuleDeskError
from ruledesk.insight.weekly import Week, add_weeks
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome, Totals, add_totals
from ruledesk.pilot.values import Head


class Tally:
    """Counts outcomes; the reporter that the exit status comes from.

    Args:
        clock: Seconds, for telling how long it all took.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self.scenarios = self.passed = self.errors = 0
        self.totals = Totals()
        self.weeks: tuple[Week, ...] = ()

    @property
    def failed(self) -> int:
        """Scenarios whose expectations did not all hold."""
        return self.scenarios - self.passed

    @property
    def seconds(self) -> float:
        """How long it has taken so far, on the wall clock."""
        return self._clock() - self._began

    @property
    def exit_status(self) -> int:
        """0 all passed, 1 an expectation failed, 2 something could not be used."""
        if self.errors:
            return 2
        return 1 if self.failed else 0

    def started(self, head: Head, size: int) -> None:
        """Nothing is counted yet."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:  # noqa: ARG002 - the same
        """Count a scenario."""
        self.scenarios += 1
        self.passed += outcome.passed
        self.totals = add_totals((self.totals, outcome.totals))
        self.weeks = add_weeks((self.weeks, outcome.weeks))

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:  # noqa: ARG002
        """Count what cannot be used."""
        self.errors += 1

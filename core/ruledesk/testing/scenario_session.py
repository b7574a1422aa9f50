"""What the scenarios of one pytest run share: how they are played, told and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
from rich.console import Console

from ruledesk.cli.session import Session
from ruledesk.errors import Locale, RuleDeskError
from ruledesk.pilot.coverable import Part
from ruledesk.pilot.coverage import Covered
from ruledesk.pilot.coverage_report import CoverageReport, coverage_lines, too_little
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, Reporter, run_one
from ruledesk.pilot.text_report import Shown, TextReport
from ruledesk.pilot.values import Head, Scenario

_WIDTH = 100


class ScenarioFailed(Exception):  # noqa: N818 - the outcome of a test, no error of the code
    """A scenario's expectations did not all hold; the text is that of ``pilot run``."""


class ScenarioSession:
    """Plays scenarios and adds up what they show.

    Args:
        measures: Whether coverage is counted.
    """

    def __init__(self, *, measures: bool) -> None:
        self._session = Session()
        self._report = CoverageReport() if measures else None

    def run(self, scenario: Scenario, options: Options) -> None:
        """Play a scenario.

        Raises:
            ScenarioFailed: An expectation did not hold.
            RuleDeskError: The scenario cannot be used on its desk.
        """
        told = _Told(self._locale)
        reporters: list[Reporter] = [told]
        if self._report is not None:
            reporters.append(self._report)
        run_one(scenario, options, reporters)
        if told.text:
            raise ScenarioFailed(told.text)

    def _locale(self, desk_locale: str) -> Locale:
        self._session.desk = desk_locale
        return self._session.locale

    # -- coverage -----------------------------------------------------------------------------

    def covered(self) -> tuple[Covered, ...]:
        """Return what has been shown; nothing where it is not counted."""
        return self._report.coverage.covered() if self._report is not None else ()

    def lines(self) -> Iterator[str]:
        """Tell it."""
        return coverage_lines(self.covered(), self._session.locale)

    def too_little(self, least: float) -> tuple[Covered, ...]:
        """List the rulesets of which less than so many of 100 parts are shown."""
        return too_little(self.covered(), least)

    def counted(self) -> str:
        """Write what has been shown as text that another process can merge."""
        return json.dumps(
            [
                {
                    "ruleset": one.ruleset,
                    "file": one.file,
                    "shown": [[attrs.asdict(part), names] for part, names in one.shown.items()],
                }
                for one in self.covered()
            ]
        )

    def merge(self, counted: str) -> None:
        """Add what another process has `counted`."""
        if self._report is None:
            return
        self._report.coverage.merge(
            Covered(
                one["ruleset"],
                one["file"],
                {
                    Part(**{**part, "manual": tuple(part["manual"])}): tuple(names)
                    for part, names in one["shown"]
                },
            )
            for one in json.loads(counted)
        )


class _Told:
    """Writes down what ``pilot run`` would print of a scenario that failed."""

    def __init__(self, locale: Callable[[str], Locale]) -> None:
        self._locale = locale
        self.text = ""

    def started(self, head: Head, size: int) -> None:
        """Nothing is told of the way."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        if outcome.passed:
            return
        stream = io.StringIO()
        console = Console(file=stream, width=_WIDTH, highlight=False, markup=False, emoji=False)
        report = TextReport(console, console, self._locale, Shown())
        report.finished(outcome, desk)
        self.text = stream.getvalue().rstrip()

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """What cannot be used is raised."""

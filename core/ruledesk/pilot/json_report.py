"""The pilot's answer as data: one JSON object a line, then a summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruledesk.errors import RuleDeskError
from ruledesk.pilot.coverage import Covered
from ruledesk.pilot.coverage_report import coverage_data
from ruledesk.pilot.plain import plain
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Failure, Outcome
from ruledesk.pilot.tally import Tally
from ruledesk.pilot.values import Head
from ruledesk.pilot.weeks import week_data


class JsonReport:
    """Writes an object for each scenario as soon as it is over.

    Args:
        write: Writes a line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def started(self, head: Head, size: int) -> None:
        """Nothing is told of the way."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Write what came of a scenario."""
        zone = ZoneInfo(desk.config.timezone)
        self._line(
            {
                "scenario": outcome.name,
                "file": str(outcome.file),
                "passed": outcome.passed,
                "steps": outcome.steps,
                "failures": [failure_data(failure, zone) for failure in outcome.failures],
                "seconds": round(outcome.seconds, 3),
                "tickets": dict(outcome.names),
                "hints": [
                    {
                        "code": hint.code,
                        "en": hint.text.en,
                        "zh": hint.text.zh,
                        "tickets": list(hint.tickets),
                    }
                    for hint in outcome.hints
                ],
            }
        )

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """Leave it to stderr."""

    def summary(self, tally: Tally, covered: Iterable[Covered] | None = None) -> None:
        """Write the summary, with coverage where it was measured."""
        totals = tally.totals
        more = {} if covered is None else {"coverage": coverage_data(covered)}
        self._line(
            {
                **more,
                "summary": {
                    "scenarios": tally.scenarios,
                    "passed": tally.passed,
                    "failed": tally.failed,
                    "unusable": tally.errors,
                    "tickets": totals.tickets,
                    "events": totals.events,
                    "messages": totals.messages,
                    "targets_met": totals.met,
                    "targets_breached": totals.breached,
                    "channels": dict(totals.channels),
                    "statuses": dict(totals.statuses),
                    "lines": dict(totals.lines),
                    "weeks": [week_data(week) for week in tally.weeks],
                    "seconds": round(tally.seconds, 3),
                },
            }
        )

    def _line(self, data: Any) -> None:
        self._write(json.dumps(data, ensure_ascii=False, allow_nan=False, default=str))


def failure_data(failure: Failure, zone: tzinfo) -> dict[str, Any]:
    """Turn a failure into JSON data, times in the desk's zone."""
    return {
        "step": failure.step,
        "key": failure.key,
        "expected": plain(failure.expected, zone),
        "actual": plain(failure.actual, zone),
        "at": plain(failure.at, zone),
        "line": failure.source_line,
        "ticket": failure.ticket,
    }

"""What came of a scenario: failures and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ruledesk.errors import Problem
from ruledesk.insight.hints import Hint
from ruledesk.insight.weekly import Week


@frozen
class Failure:
    """Something that a step expected and did not get.

    Attributes:
        step: The step's place in the file, from 1.
        at: When it was, in UTC.
        written_at: The time as the file has it.
        source_line: The line of the file on which the step begins.
        ticket: The scenario's name of the ticket; empty where there is none.
        key: The expectation's key, or ``refused``.
        expected: What the file says.
        actual: What there was.
        actual_zh: The same in Chinese, where it is a text of this software: why it was refused.
    """

    step: int
    at: datetime
    written_at: str
    source_line: int
    ticket: str
    key: str
    expected: Any
    actual: Any
    actual_zh: str = ""


@frozen
class Refusal:
    """What was refused in a step, whether the step expected it or not.

    Attributes:
        line: The business line; empty where it was not said.
        action: What was to be done; ``receive`` for raw input.
        problems: What was wrong.
    """

    line: str
    action: str
    problems: tuple[Problem, ...]


@frozen
class Totals:
    """Counts over the events of a desk, or of several.

    Attributes:
        met: Targets met in time.
        breached: Targets breached, also where they were met later.
        channels: Tickets by channel.
        statuses: Tickets by the status they ended in.
        lines: Tickets by business line.
    """

    tickets: int = 0
    events: int = 0
    messages: int = 0
    met: int = 0
    breached: int = 0
    channels: Mapping[str, int] = field(factory=dict)
    statuses: Mapping[str, int] = field(factory=dict)
    lines: Mapping[str, int] = field(factory=dict)


def add_totals(parts: Iterable[Totals]) -> Totals:
    """Add the totals of several desks."""
    parts = tuple(parts)
    return Totals(
        tickets=sum(part.tickets for part in parts),
        events=sum(part.events for part in parts),
        messages=sum(part.messages for part in parts),
        met=sum(part.met for part in parts),
        breached=sum(part.breached for part in parts),
        channels=_sum(part.channels for part in parts),
        statuses=_sum(part.statuses for part in parts),
        lines=_sum(part.lines for part in parts),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for count in counts:
        for key, number in count.items():
            total[key] = total.get(key, 0) + number
    return total


@frozen
class Outcome:
    """What came of one scenario or recording.

    Attributes:
        name: Its title.
        file: Its file.
        steps: How many steps were done.
        failures: What did not hold; empty where it passed.
        names: The scenario's names of tickets, to numbers.
        totals: Counts over its desk.
        seconds: How long the replay took, on the wall clock.
        recording: Whether it was a recording.
        hints: What went wrong often, for recordings (D13).
        weeks: What happened in each week, for recordings longer than one (E9).
        refusals: What was refused.
    """

    name: str
    file: Path
    steps: int
    failures: tuple[Failure, ...]
    names: Mapping[str, str]
    totals: Totals
    seconds: float
    recording: bool = False
    hints: tuple[Hint, ...] = ()
    weeks: tuple[Week, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything expected held."""
        return not self.failures

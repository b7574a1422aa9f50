"""Time lost between teams: hand-overs and collaboration tasks (requirement E1)."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from ruledesk.insight.case import Case
from ruledesk.insight.percentile import Durations, durations

K = TypeVar("K")
_SECOND = timedelta(seconds=1)


@frozen
class HandOverFigures:
    """Tickets that went from one team to another.

    Attributes:
        lost: From being given to the next team until it took them up.
        waiting: Those that nobody has taken up yet.
    """

    from_team: str
    to_team: str
    lost: Durations
    waiting: int = 0


@frozen
class TaskFigures:
    """Collaboration tasks of a team.

    Attributes:
        answered: From the question to the answer.
        waiting: Those without an answer.
    """

    team: str
    answered: Durations
    waiting: int = 0


class _Waits:
    __slots__ = ("seconds", "waiting")

    def __init__(self) -> None:
        self.seconds = array("q")
        self.waiting = 0


class HandOversAdder:
    """Adds up hand-overs by pair of teams, and tasks by team."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], _Waits] = {}
        self._tasks: dict[str, _Waits] = {}

    def add(self, case: Case) -> None:
        """Count what a ticket waited for."""
        for one in case.hand_overs:
            _wait(self._pairs, (one.from_team, one.to_team), one.at, one.taken_at)
        for task in case.tasks:
            _wait(self._tasks, task.team, task.at, task.answered_at)

    def total(self) -> Durations:
        """Return all hand-overs together."""
        return durations([one for waits in self._pairs.values() for one in waits.seconds])

    def pairs(self) -> tuple[HandOverFigures, ...]:
        """Return the pairs of teams, those that lost most time first."""
        found = (
            HandOverFigures(*pair, durations(waits.seconds), waits.waiting)
            for pair, waits in self._pairs.items()
        )
        return tuple(sorted(found, key=lambda one: (-one.lost.total, one.from_team, one.to_team)))

    def tasks(self) -> tuple[TaskFigures, ...]:
        """Return the teams that were asked for help, in order of name."""
        return tuple(
            TaskFigures(team, durations(waits.seconds), waits.waiting)
            for team, waits in sorted(self._tasks.items())
        )


def _wait(waits: dict[K, _Waits], key: K, since: datetime, until: datetime | None) -> None:
    found = waits.get(key)
    if found is None:
        found = waits[key] = _Waits()
    if until is None:
        found.waiting += 1
    else:
        found.seconds.append((until - since) // _SECOND)

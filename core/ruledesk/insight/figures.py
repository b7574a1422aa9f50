"""The figures of a group of tickets, added up case by case."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import field, frozen

from ruledesk.insight.case import DONE, WITHDRAWN, Case, is_breached
from ruledesk.insight.percentile import Durations, durations

_SECOND = timedelta(seconds=1)
#: Ratings and scores go from 1 to this (C12, D12).
BEST = 5


@frozen
class Ratings:
    """Answers on a scale from 1 to 5.

    Attributes:
        counts: How many gave 1, 2, 3, 4 and 5.
    """

    counts: tuple[int, ...] = (0,) * BEST

    @property
    def count(self) -> int:
        """How many answered."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """The average; None where nobody answered."""
        given = sum(value * count for value, count in enumerate(self.counts, 1))
        return given / self.count if self.count else None


@frozen
class Figures:
    """What a group of tickets adds up to.

    Attributes:
        tickets: All of them.
        done: Closed or archived.
        withdrawn: Cancelled, or merged into another.
        promised: Those with a target that can make them overdue.
        overdue: Those that missed one.
        reopened: Those reopened at least once; `reopens` counts every time.
        solved: Those with a solution, or closed, also where it did not last.
        handling: From creation to the solution (or closing).
        response: From creation to the first response of a person.
        ratings: The requesters' ratings.
    """

    tickets: int = 0
    done: int = 0
    withdrawn: int = 0
    promised: int = 0
    overdue: int = 0
    reopened: int = 0
    reopens: int = 0
    solved: int = 0
    handling: Durations = field(factory=Durations)
    response: Durations = field(factory=Durations)
    ratings: Ratings = field(factory=Ratings)

    @property
    def open(self) -> int:
        """Neither done nor withdrawn."""
        return self.tickets - self.done - self.withdrawn

    @property
    def overdue_rate(self) -> float | None:
        """Overdue tickets in those with a promise; None where nothing was promised."""
        return share(self.overdue, self.promised)

    @property
    def reopen_rate(self) -> float | None:
        """Reopened tickets in the solved ones; None where none was solved."""
        return share(self.reopened, self.solved)


def share(part: int, whole: int) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return part / whole if whole else None


@frozen
class Measured:
    """What every group needs of a case, worked out once."""

    done: bool
    withdrawn: bool
    promised: bool
    overdue: bool
    reopens: int
    solved: bool
    handling: int | None
    response: int | None
    rating: int | None


def measured(case: Case, as_of: datetime) -> Measured:
    """Work out what the figures count of a case."""
    return Measured(
        done=case.status in DONE,
        withdrawn=case.status in WITHDRAWN,
        promised=case.promised,
        overdue=case.overdue(as_of),
        reopens=case.reopens,
        solved=case.solved_at is not None or case.reopens > 0,
        handling=_seconds(case.created_at, case.solved_at),
        response=_seconds(case.created_at, case.responded_at),
        rating=case.rating,
    )


def _seconds(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else (until - since) // _SECOND


class FiguresAdder:
    """Adds up the figures of one group; keeps eight bytes a ticket and duration."""

    __slots__ = ("_counts", "_handling", "_ratings", "_response")

    def __init__(self) -> None:
        self._counts = [0] * 8
        self._handling = array("q")
        self._response = array("q")
        self._ratings = [0] * BEST

    def add(self, one: Measured) -> None:
        """Count a ticket."""
        counts = self._counts  # in the order of the attributes of `Figures`
        counts[0] += 1
        counts[1] += one.done
        counts[2] += one.withdrawn
        counts[3] += one.promised
        counts[4] += one.overdue
        if one.reopens:
            counts[5] += 1
            counts[6] += one.reopens
        counts[7] += one.solved
        if one.handling is not None:
            self._handling.append(one.handling)
        if one.response is not None:
            self._response.append(one.response)
        if one.rating is not None:
            self._ratings[one.rating - 1] += 1

    def figures(self) -> Figures:
        """Return what was added up."""
        tickets, done, withdrawn, promised, overdue, reopened, reopens, solved = self._counts
        return Figures(
            tickets=tickets,
            done=done,
            withdrawn=withdrawn,
            promised=promised,
            overdue=overdue,
            reopened=reopened,
            reopens=reopens,
            solved=solved,
            handling=durations(self._handling),
            response=durations(self._response),
            ratings=Ratings(tuple(self._ratings)),
        )


@frozen
class TargetFigures:
    """How a target was kept.

    Attributes:
        met: Met in time, every time.
        breached: Missed at least once.
        open: Still running, or paused, and not missed yet.
    """

    name: str
    met: int = 0
    breached: int = 0
    open: int = 0

    @property
    def tickets(self) -> int:
        """The tickets on which it was owed."""
        return self.met + self.breached + self.open

    @property
    def rate(self) -> float | None:
        """Missed ones in those decided; None where none is decided yet."""
        return share(self.breached, self.met + self.breached)


class TargetsAdder:
    """Adds up targets, by name."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}

    def add(self, case: Case, as_of: datetime) -> None:
        """Count the promises of a ticket."""
        for name, promise in case.promises.items():
            if promise.state == "cancelled":
                continue
            counts = self._counts.setdefault(name, [0, 0, 0])
            if is_breached(promise, as_of):
                counts[1] += 1
            else:
                counts[0 if promise.state == "met" else 2] += 1

    def figures(self) -> tuple[TargetFigures, ...]:
        """Return what was added up, the names in order."""
        return tuple(TargetFigures(name, *self._counts[name]) for name in sorted(self._counts))


def ratings_of(answers: Mapping[str, list[int]]) -> tuple[tuple[str, Ratings], ...]:
    """Turn counts by score name into ratings, the names in order."""
    return tuple((name, Ratings(tuple(answers[name]))) for name in sorted(answers))

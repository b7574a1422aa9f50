"""What every clock of a target can do, and the one that never stops.

A clock *runs* during some instants and stands still during the others. Everything about pauses is
settled here, on top of how much an unpaused clock runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias, final

from attrs import frozen

from ruledesk.calendar.instants import (
    DAY,
    Interval,
    Pause,
    duration,
    merged,
    to_datetime,
    to_micros,
)
from ruledesk.errors import InvalidInput

Kind: TypeAlias = Literal["running", "paused", "closed", "holiday"]
Stretch: TypeAlias = tuple[int, int, Kind]


class Clock(ABC):
    """A clock that budgets are measured with (requirement F1).

    Arguments that are instants are aware datetimes in any time zone; results are in UTC. A pause
    is a pair ``(from, to)`` during which the clock stands still; pauses may overlap, come in any
    order and lie outside the working time.
    """

    __slots__ = ()

    def add(self, start: datetime, budget: timedelta, pauses: Iterable[Pause] = ()) -> datetime:
        """Say when a budget of time is used up.

        The earliest instant with ``between(start, instant, pauses) == budget``: a budget that
        ends exactly at the end of a span is due at that end, and one of zero is due at `start`,
        whether or not the clock runs then.

        Args:
            start: When the clock begins.
            budget: Time on this clock, zero or more.
            pauses: When it stands still.

        Returns:
            The instant it is due, in UTC.

        Raises:
            InvalidInput: A time without a time zone, a negative budget, an inverted pause; or the
                clock never runs for that long (for a `WorkCalendar`: within a hundred years).
        """
        position, left = to_micros(start, "start"), duration(budget, "budget")
        return to_datetime(self._add(position, left, merged(pauses) if pauses else ()))

    def between(self, t1: datetime, t2: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """Measure how long the clock ran.

        Args:
            t1: From.
            t2: To; where it is before `t1` the result is that of the swapped pair, negative.
            pauses: When the clock stands still.

        Returns:
            Time on this clock; elapsed time, also across a change to or from summer time.

        Raises:
            InvalidInput: A time without a time zone, or an inverted pause.
        """
        begin, end = to_micros(t1, "t1"), to_micros(t2, "t2")
        still = merged(pauses) if pauses else ()
        if end < begin:
            return -timedelta(microseconds=self._between(end, begin, still))
        return timedelta(microseconds=self._between(begin, end, still))

    def segments(
        self, t1: datetime, t2: datetime, pauses: Iterable[Pause] = ()
    ) -> list[tuple[datetime, datetime, Kind]]:
        """Cut a stretch of time into pieces by what the clock does.

        Args:
            t1: From.
            t2: To; nothing where it is not after `t1`.
            pauses: When the clock stands still.

        Returns:
            Pieces ``(from, to, kind)`` in UTC that cover ``[t1, t2)`` without a gap; neighbours
            differ in kind. ``running``: the clock runs. ``paused``: it would, were it not for a
            pause. ``closed``: outside the working time. ``holiday``: a local date that is closed
            by name. So the paused pieces are exactly what the pauses cost.

        Raises:
            InvalidInput: A time without a time zone, or an inverted pause.
        """
        begin, end = to_micros(t1, "t1"), to_micros(t2, "t2")
        pieces = _joined(_paused(self._stretches(begin, end), merged(pauses)))
        return [(to_datetime(a), to_datetime(b), kind) for a, b, kind in pieces]

    def add_days(self, start: datetime, n: int, pauses: Iterable[Pause] = ()) -> datetime:
        """Say when N days of this clock are over (requirement F1).

        Args:
            start: When the clock begins.
            n: Whole days, zero or more; zero is due at `start`.
            pauses: When the clock stands still. They put off the due time by the working time
                that they cost.

        Returns:
            The instant it is due, in UTC.

        Raises:
            InvalidInput: As for `add`; or `n` is not a whole number of zero or more.
        """
        begin = to_micros(start, "start")
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise InvalidInput.of(
                "a whole number of days is needed",
                "需要整数天数",
                field="n",
                value=n,
                accepted=("0, 1, 2, …",),
            )
        due = self._add_days(begin, n) if n else begin
        still = merged(pauses) if pauses else ()
        budget = self._elapsed(begin, due)
        # Without this the due time could move to an equivalent earlier instant (the end of the
        # span before an opening) because of a pause that costs nothing.
        if self._between(begin, due, still) == budget:
            return to_datetime(due)
        return to_datetime(self._add(begin, budget, still))

    @abstractmethod
    def is_open(self, t: datetime) -> bool:
        """Say whether the unpaused clock runs at an instant; at the end of a span it does not.

        Raises:
            InvalidInput: The time has no time zone.
        """

    @abstractmethod
    def is_working_day(self, day: date) -> bool:
        """Say whether the clock runs at all on a local date.

        Raises:
            InvalidInput: It is no date, or a time of day comes with it.
        """

    def _add(self, position: int, left: int, still: Sequence[Interval]) -> int:
        if not left:
            return position
        for begin, end in still:
            if end <= position:
                continue
            runs = self._elapsed(position, max(begin, position))
            if runs >= left:
                break
            left -= runs
            position = end
        return self._advance(position, left)

    def _between(self, begin: int, end: int, still: Sequence[Interval]) -> int:
        runs = self._elapsed(begin, end)
        for a, b in still:
            if a < end and b > begin:
                runs -= self._elapsed(max(a, begin), min(b, end))
        return runs

    @abstractmethod
    def _elapsed(self, begin: int, end: int) -> int:
        """Measure the unpaused clock; `begin` is not after `end`. Microseconds throughout."""

    @abstractmethod
    def _advance(self, begin: int, budget: int) -> int:
        """Find the earliest instant after a budget greater than zero on the unpaused clock."""

    @abstractmethod
    def _add_days(self, begin: int, n: int) -> int:
        """Find the end of one or more days on the unpaused clock."""

    @abstractmethod
    def _stretches(self, begin: int, end: int) -> Iterator[Stretch]:
        """Cut ``[begin, end)`` by what the unpaused clock does, in order."""


@final
@frozen
class WallClock(Clock):
    """The clock that runs always, 7×24; a day of it is 24 hours."""

    def is_open(self, t: datetime) -> bool:
        """Say True, for an aware time; see `Clock.is_open`."""
        to_micros(t, "t")
        return True

    def is_working_day(self, day: date) -> bool:
        """Say True, for a date; see `Clock.is_working_day`."""
        plain_date(day)
        return True

    def _elapsed(self, begin: int, end: int) -> int:
        return end - begin

    def _advance(self, begin: int, budget: int) -> int:
        return begin + budget

    def _add_days(self, begin: int, n: int) -> int:
        return begin + n * DAY

    def _stretches(self, begin: int, end: int) -> Iterator[Stretch]:
        if begin < end:
            yield begin, end, "running"


#: The one wall clock.
WALL = WallClock()


def plain_date(day: Any) -> date:
    """Refuse what is not a plain date.

    Raises:
        InvalidInput: It is no date, or a time of day comes with it.
    """
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidInput.of(
            "a local date is needed",
            "需要当地日期",
            field="day",
            value=day,
            accepted=("a date without a time of day",),
        )
    return day


def _paused(stretches: Iterable[Stretch], still: Sequence[Interval]) -> Iterator[Stretch]:
    first = 0
    for begin, end, kind in stretches:
        position = begin
        while first < len(still) and still[first][1] <= begin:
            first += 1
        for a, b in still[first:] if kind == "running" else ():
            if a >= end:
                break
            if position < a:
                yield position, a, "running"
            yield max(a, position), min(b, end), "paused"
            position = min(b, end)
        if position < end:
            yield position, end, kind


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for stretch in stretches:
        if last is not None and last[2] == stretch[2]:
            last = (last[0], stretch[1], last[2])
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last

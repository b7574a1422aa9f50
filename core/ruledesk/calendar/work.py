"""Working time: a clock that runs during the opening hours of a place (requirement F1)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any, Final, Self, TypeAlias, final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ruledesk.calendar import zone
from ruledesk.calendar.clock import Clock, Stretch, plain_date
from ruledesk.calendar.instants import DAY, EPOCH_ORDINAL, to_datetime, to_micros
from ruledesk.calendar.schedule import Reader, Schedule, Spans
from ruledesk.errors import InvalidInput

#: Open time is looked up in blocks of this length, each worked out once.
_BLOCK: Final = 32 * DAY
_KEPT_BLOCKS: Final = 512
_KEPT_DAYS: Final = 4096
#: A due time further away than this is a mistake, or the calendar is never open.
_HORIZON_DAYS: Final = 36_525

SpanText: TypeAlias = Sequence[Any]


def _count(days: Sequence[Any]) -> str:
    return f"<{len(days)} days>"


@final
@frozen
class _Block:
    """The open spans of one block of UTC, cut to it; `total[i]` is open time up to `ends[i]`."""

    starts: list[int]
    ends: list[int]
    total: list[int]

    @property
    def length(self) -> int:
        return self.total[-1] if self.total else 0

    def open_until(self, instant: int) -> int:
        """Measure open time from the beginning of the block."""
        index = bisect_right(self.starts, instant) - 1
        return 0 if index < 0 else self.total[index] - max(0, self.ends[index] - instant)


@final
@frozen(init=False)
class WorkCalendar(Clock):
    """Opening hours of a place, with holidays and dates of their own (requirement F1).

    Spans are times of the wall clock: the calendar is open while the wall clock of its time zone
    shows a time inside a span of that local date, and what is measured is real elapsed time. A
    span across a change to summer time is therefore an hour shorter, and the hour that is shown
    twice in autumn counts twice; a span that begins or ends at a skipped time does so at the
    change. Equal calendars are equal values and can be keys.

    Attributes:
        timezone: IANA name.
        hours: Spans of Monday to Sunday, in microseconds of the day.
        holidays: Closed local dates, in order.
        dates: Local dates with spans of their own, in order; they go before holidays.
        holidays_of: The country whose public holidays are among them (``CN``); empty for none.
    """

    timezone: str
    hours: tuple[Spans, ...]
    holidays: tuple[date, ...] = field(repr=_count)
    dates: tuple[tuple[date, Spans], ...] = field(repr=_count)
    holidays_of: str
    _zone: ZoneInfo = field(eq=False, repr=False)
    _named: Mapping[int, Spans] = field(eq=False, repr=False)
    _blocks: dict[int, _Block] = field(eq=False, repr=False)
    _days: dict[int, Spans] = field(eq=False, repr=False)

    def __init__(
        self,
        *,
        timezone: str,
        hours: Mapping[str, Iterable[SpanText]],
        holidays: Iterable[str | date] = (),
        dates: Mapping[str, Iterable[SpanText]] | Mapping[date, Iterable[SpanText]] | None = None,
        holidays_of: str = "",
    ) -> None:
        """Read and check the hours.

        Args:
            timezone: IANA name, such as ``Europe/Berlin``.
            hours: Weekday (``mon`` … ``sun``) or range (``mon-fri``) to spans; each span a pair of
                local times ``HH:MM``, the second up to ``24:00``. An absent weekday is closed.
            holidays: Closed local dates.
            dates: Spans for single local dates, in place of weekday and holiday; none: closed.
            holidays_of: Where `holidays` came from; told by `check`, no effect on time.

        Raises:
            InvalidInput: Something cannot be used; every problem names its key.
        """
        reader = Reader()
        tz = reader.zone(timezone)
        week = reader.hours(hours)
        closed = reader.holidays(holidays)
        own = reader.dates({} if dates is None else dates)
        if reader.problems or tz is None:
            raise InvalidInput(*reader.problems)
        self._fill(Schedule(tz, week, closed, own, holidays_of))

    @classmethod
    def from_schedule(cls, schedule: Schedule) -> Self:
        """Make a calendar of hours that were read already."""
        calendar = cls.__new__(cls)
        calendar._fill(schedule)  # noqa: SLF001 - its own
        return calendar

    def _fill(self, schedule: Schedule) -> None:
        self.__attrs_init__(
            schedule.zone.key,
            schedule.hours,
            tuple(map(_date, sorted(schedule.closed))),
            tuple((_date(day), schedule.own[day]) for day in sorted(schedule.own)),
            schedule.holidays_of,
            schedule.zone,
            {**dict.fromkeys(schedule.closed, ()), **schedule.own},
            {},
            {},
        )

    @property
    def fingerprint(self) -> str:
        """Name this calendar's content, so that a decision can cite it: 16 hex digits."""
        content = repr((self.timezone, self.hours, self.holidays, self.dates))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def is_open(self, t: datetime) -> bool:
        """Say whether an instant is working time; see `Clock.is_open`."""
        micros = to_micros(t, "t")
        return self._elapsed(micros, micros + 1) > 0

    def is_working_day(self, day: date) -> bool:
        """Say whether a local date has working time; see `Clock.is_working_day`."""
        return bool(self._open(plain_date(day).toordinal() - EPOCH_ORDINAL))

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """List the working time of a local date, in UTC.

        Raises:
            InvalidInput: It is no date, or a time of day comes with it.
        """
        spans = self._open(plain_date(day).toordinal() - EPOCH_ORDINAL)
        return [(to_datetime(begin), to_datetime(end)) for begin, end in spans]

    # -- the clock without pauses, in microseconds ------------------------------------------------

    def _elapsed(self, begin: int, end: int) -> int:
        first, last = begin // _BLOCK, end // _BLOCK
        before = self._block(first).open_until(begin)
        between = sum(self._block(number).length for number in range(first, last))
        return between + self._block(last).open_until(end) - before

    def _advance(self, begin: int, budget: int) -> int:
        number = begin // _BLOCK
        block = self._block(number)
        left = block.open_until(begin) + budget
        while left > block.length:
            left -= block.length
            number += 1
            if number * _BLOCK - begin > _HORIZON_DAYS * DAY:
                raise self._too_far(begin)
            block = self._block(number)
        index = bisect_left(block.total, left)
        return block.ends[index] - (block.total[index] - left)

    def _add_days(self, begin: int, n: int) -> int:
        """Count working days.

        A start from the first opening of a working day to before its last close, breaks
        included, ends on the N-th working day after at the same time of day. Any other start ends
        at the close of the N-th working day, the next one being the first.
        """
        today, time_of_day = zone.local(self._zone, begin)
        spans = self._open(today)
        if spans and spans[0][0] <= begin < spans[-1][1]:
            return self._at(self._working_day(today + 1, n), time_of_day)
        ended = bool(spans) and begin >= spans[-1][1]
        return self._open(self._working_day(today + ended, n))[-1][1]

    def _at(self, day: int, time_of_day: int) -> int:
        """Find a time of day on a working day.

        A time outside its spans becomes the next opening of that day, after the last close
        that close.
        """
        wanted = day * DAY + time_of_day
        reached = [
            max(begin, wanted - offset)
            for begin, end, _, offset in zone.windows_of(self._zone, day)
            if end + offset > wanted
        ]
        spans = self._open(day)
        for begin, end in spans if reached else ():
            if end >= reached[0]:
                return max(begin, reached[0])
        return spans[-1][1]

    def _working_day(self, first: int, n: int) -> int:
        """Find the `n`-th working day from `first` on."""
        for day in range(first, first + _HORIZON_DAYS):
            if self._rule(day) and self._open(day):
                n -= 1
                if not n:
                    return day
        raise self._too_far(first * DAY)

    def _stretches(self, begin: int, end: int) -> Iterator[Stretch]:
        for start, stop, day, offset in zone.windows(self._zone, begin, end):
            if not self._rule(day):
                yield start, stop, "holiday" if day in self._named else "closed"
                continue
            position = start
            for a, b in _clipped(self._rule(day), start, stop, day * DAY - offset):
                if position < a:
                    yield position, a, "closed"
                yield a, b, "running"
                position = b
            if position < stop:
                yield position, stop, "closed"

    # -- open time, worked out once ---------------------------------------------------------------

    def _rule(self, day: int) -> Spans:
        named = self._named.get(day)
        return self.hours[(day + 3) % 7] if named is None else named  # 1970 began on a Thursday

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._make_block(number * _BLOCK)
            if len(self._blocks) >= _KEPT_BLOCKS:
                self._blocks.clear()
            self._blocks[number] = block
        return block

    def _make_block(self, begin: int) -> _Block:
        spans = [
            span
            for start, stop, day, offset in zone.windows(self._zone, begin, begin + _BLOCK)
            for span in _clipped(self._rule(day), start, stop, day * DAY - offset)
        ]
        total = list(accumulate(b - a for a, b in spans))
        return _Block([a for a, _ in spans], [b for _, b in spans], total)

    def _open(self, day: int) -> Spans:
        spans = self._days.get(day)
        if spans is None:
            spans = tuple(
                span
                for start, stop, _, offset in zone.windows_of(self._zone, day)
                for span in _clipped(self._rule(day), start, stop, day * DAY - offset)
            )
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            self._days[day] = spans
        return spans

    def _too_far(self, begin: int) -> InvalidInput:
        return InvalidInput.of(
            f"the calendar ({self.timezone}) has too little working time within 100 years of "
            f"{to_datetime(begin):%Y-%m-%d}",
            f"日历（{self.timezone}）自 {to_datetime(begin):%Y-%m-%d} 起一百年内工作时间不足",
            field="budget",
            accepted=("a calendar with opening hours, a shorter limit",),
        )


def _clipped(spans: Spans, start: int, stop: int, midnight: int) -> Iterator[tuple[int, int]]:
    """Place the spans of a day in UTC, cut to a window of it."""
    for begin, end in spans:
        a, b = max(begin + midnight, start), min(end + midnight, stop)
        if a < b:
            yield a, b


def _date(day: int) -> date:
    return date.fromordinal(day + EPOCH_ORDINAL)

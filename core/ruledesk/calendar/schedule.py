"""Opening hours as people write them, read into spans.

Everything that is wrong is collected, so that a person sees all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from ruledesk.calendar import zone
from ruledesk.calendar.instants import DAY, EPOCH_ORDINAL, SECOND
from ruledesk.errors import ABSENT, InvalidInput, Problem, suggestion

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER: Final = {name: i % 7 for i, name in enumerate(WEEKDAYS + _FULL_NAMES)}
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPANS: Final = ('[["09:00", "12:00"], ["13:00", "24:00"]]',)

#: Begin and end in microseconds of the local day; sorted and disjoint within a day.
Spans: TypeAlias = tuple[tuple[int, int], ...]


@frozen
class Schedule:
    """Opening hours that were read without a problem.

    Attributes:
        zone: The time zone.
        hours: Spans of Monday to Sunday.
        closed: Holidays, as days since 1970.
        own: Spans of single days since 1970, which go before weekday and holiday.
        holidays_of: The country whose public holidays are among `closed`; empty for none.
    """

    zone: ZoneInfo
    hours: tuple[Spans, ...]
    closed: frozenset[int]
    own: Mapping[int, Spans]
    holidays_of: str = ""


class Reader:
    """Reads the parts of a calendar and keeps what is wrong with them.

    Attributes:
        problems: In the order found; empty while everything can be used.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def zone(self, given: Any, where: str = "timezone") -> ZoneInfo | None:
        """Read a time zone's name; None where there is no such zone."""
        try:
            return zone.zone(given, where)
        except InvalidInput as error:
            self.problems.extend(error.problems)
            return None

    def hours(self, given: Any, where: str = "hours") -> tuple[Spans, ...]:
        """Read the spans of the weekdays.

        Args:
            given: Weekday (``mon``, ``monday``) or range of weekdays (``mon-fri``) to spans. A
                weekday named alone goes before a range that holds it; one not named is closed.
            where: Key path for problems.

        Returns:
            Seven entries, Monday first.
        """
        days: dict[int, Spans] = {}
        ranged: dict[int, Spans] = {}
        for key, spans in self._items(given, where):
            numbers = self._weekdays(key, where)
            target = days if len(numbers) == 1 else ranged
            read = self.spans(spans, f"{where}.{key}")
            for number in numbers:
                if number in target:
                    self._wrong("a weekday is given twice", "星期重复", f"{where}.{key}", key)
                target[number] = read
        both = ranged | days
        return tuple(both.get(number, ()) for number in range(7))

    def holidays(self, given: Any, where: str = "holidays") -> frozenset[int]:
        """Read a list of local dates (ISO text or dates), as days since 1970."""
        if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__iter__"):
            self._wrong("a list of dates is needed", "需要日期列表", where, given, '["2026-12-25"]')
            return frozenset()
        read = (self.day(item, f"{where}[{index}]") for index, item in enumerate(given))
        return frozenset(day for day in read if day is not None)

    def dates(self, given: Any, where: str = "dates") -> dict[int, Spans]:
        """Read the spans of single local dates, by days since 1970; no spans: closed."""
        result: dict[int, Spans] = {}
        for key, spans in self._items(given, where):
            day = self.day(key, f"{where}.{key}")
            read = self.spans(spans, f"{where}.{key}")
            if day in result:
                self._wrong("a date is given twice", "日期重复", f"{where}.{key}", key)
            elif day is not None:
                result[day] = read
        return result

    def day(self, given: Any, where: str) -> int | None:
        """Read one local date, as days since 1970; None where it cannot be read."""
        if isinstance(given, date) and not isinstance(given, datetime):
            return given.toordinal() - EPOCH_ORDINAL
        if isinstance(given, str) and _DATE.fullmatch(given):
            try:
                return date.fromisoformat(given).toordinal() - EPOCH_ORDINAL
            except ValueError:  # no such day
                pass
        self._wrong("no such date", "日期无效", where, given, "a date, such as 2026-10-01")
        return None

    def spans(self, given: Any, where: str) -> Spans:
        """Read the spans of one day, in any order; what cannot be read is left out."""
        if not isinstance(given, list | tuple):
            self._wrong("a list of spans is needed", "需要时段列表", where, given, *_SPANS)
            return ()
        read = (self._span(span, f"{where}[{index}]") for index, span in enumerate(given))
        spans = tuple(sorted(span for span in read if span is not None))
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            self._wrong("spans overlap", "时段重叠", where, given)
        return spans

    def _span(self, given: Any, where: str) -> tuple[int, int] | None:
        if not isinstance(given, list | tuple) or len(given) != 2:  # noqa: PLR2004 - from and to
            self._wrong(
                "a span is a pair of times",
                "时段由起止时间组成",
                where,
                given,
                '["09:00", "18:00"]',
            )
            return None
        begin, end = (self._time(text, where) for text in given)
        if begin is None or end is None:
            return None
        if end <= begin:
            self._wrong(
                "the span does not end after it begins; one across midnight is written as two",
                "时段结束必须晚于开始；跨午夜的时段应写成两段",
                where,
                given,
                'to "24:00", and from "00:00" of the next day',
            )
            return None
        return begin, end

    def _time(self, given: Any, where: str) -> int | None:
        if isinstance(given, time) and given.tzinfo is None:
            given = given.isoformat("seconds") if not given.microsecond else given
        match = _TIME.fullmatch(given) if isinstance(given, str) else None
        if match:
            hour, minute, second = (int(part or 0) for part in match.groups())
            micros = (hour * 3600 + minute * 60 + second) * SECOND
            if minute < 60 and second < 60 and micros <= DAY:  # noqa: PLR2004 - a sexagesimal clock
                return micros
        self._wrong(
            "no such time of day", "时间无效", where, given, 'a time from "00:00" to "24:00"'
        )
        return None

    def _weekdays(self, key: Any, where: str) -> list[int]:
        names = str(key).strip().lower().split("-")
        unknown = [name for name in names if name not in _NUMBER]
        if unknown or len(names) > 2:  # noqa: PLR2004 - first and last
            near = suggestion(unknown[0] if unknown else str(key), WEEKDAYS)
            self._wrong("unknown weekday", "未知星期", f"{where}.{key}", key, *near)
            return []
        first, last = _NUMBER[names[0]], _NUMBER[names[-1]]
        return [(first + step) % 7 for step in range((last - first) % 7 + 1)]

    def _items(self, given: Any, where: str) -> Iterator[tuple[Any, Any]]:
        if isinstance(given, Mapping):
            yield from given.items()
        else:
            self._wrong("a table is needed", "需要表", where, given, "keys with lists of spans")

    def _wrong(self, en: str, zh: str, where: str, value: Any = ABSENT, *accepted: str) -> None:
        self.problems.append(Problem(en, zh, where, value, accepted))

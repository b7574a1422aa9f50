"""Instants as whole microseconds since 1970 in UTC, and pauses as sorted, disjoint pairs of them.

Integers make the arithmetic of a calendar exact and fast; datetimes are for the outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias

from ruledesk.errors import InvalidInput

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The ordinal (`date.toordinal`) of the epoch; days are counted from it.
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()

#: From and to, both aware; the clock stands still between them.
Pause: TypeAlias = tuple[datetime, datetime]
Interval: TypeAlias = tuple[int, int]


def to_micros(instant: datetime, what: str) -> int:
    """Convert an aware datetime.

    Args:
        instant: Any time zone; ``fold`` is honoured.
        what: The argument's name, for the error.

    Returns:
        Microseconds since 1970-01-01T00:00Z.

    Raises:
        InvalidInput: It is no datetime or has no time zone.
    """
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InvalidInput.of(
            "a time with a time zone is needed",
            "需要带时区的时间",
            field=what,
            value=instant,
            accepted=("an aware datetime, such as 2026-11-02T09:00:00+08:00",),
        )
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def to_datetime(micros: int) -> datetime:
    """Convert back, into UTC.

    Raises:
        InvalidInput: The instant lies outside the years 1 to 9999.
    """
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise InvalidInput.of(
            "the instant lies beyond the year 9999", "时间超出公元 9999 年"
        ) from None


def duration(value: timedelta, what: str) -> int:
    """Convert a budget of time to microseconds.

    Raises:
        InvalidInput: It is no timedelta or is negative.
    """
    if not isinstance(value, timedelta) or value.days < 0:
        raise InvalidInput.of(
            "a duration of zero or more is needed",
            "需要不小于零的时长",
            field=what,
            value=value,
            accepted=("a timedelta that is not negative",),
        )
    return (value.days * 86_400 + value.seconds) * SECOND + value.microseconds


def merged(pauses: Iterable[Pause]) -> Sequence[Interval]:
    """Bring pauses into order and join those that overlap or touch.

    Args:
        pauses: Pairs of aware datetimes, in any order, overlapping or not; empty ones are dropped.

    Returns:
        Disjoint intervals, earliest first.

    Raises:
        InvalidInput: A pause is no pair, has no time zone, or ends before it begins.
    """
    result: list[Interval] = []
    for begin, end in sorted(_interval(pause, index) for index, pause in enumerate(pauses)):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif begin < end:
            result.append((begin, end))
    return result


def _interval(pause: Any, index: int) -> Interval:
    where = f"pauses[{index}]"
    if not isinstance(pause, tuple | list) or len(pause) != 2:  # noqa: PLR2004 - from and to
        raise InvalidInput.of(
            "a pause is a pair of times",
            "暂停时段由起止两个时间组成",
            field=where,
            value=pause,
            accepted=("(from, to)",),
        )
    begin, end = to_micros(pause[0], f"{where}.from"), to_micros(pause[1], f"{where}.to")
    if end < begin:
        raise InvalidInput.of(
            "the pause ends before it begins", "暂停结束早于开始", field=where, value=pause
        )
    return begin, end

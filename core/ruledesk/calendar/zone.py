"""Local dates of a time zone as stretches of real time.

An instant belongs to what the wall clock shows at it. When clocks go forward, the times skipped
belong to no instant; when they go back, the times repeated belong to two. So nothing has to be
guessed about a span that begins or ends inside a change: it is open exactly while the wall clock
shows a time inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from ruledesk.calendar.instants import DAY, EPOCH, SECOND
from ruledesk.errors import InvalidInput

_DAY_SECONDS: Final = 86_400
_EXAMPLES: Final = ("Asia/Shanghai", "Europe/Berlin", "UTC")
# Offsets at the edges of what a datetime can hold are those a day inside.
_EARLIEST: Final = int((datetime(1, 1, 2, tzinfo=UTC) - EPOCH).total_seconds())
_LATEST: Final = int((datetime(9999, 12, 30, tzinfo=UTC) - EPOCH).total_seconds())
# No place on earth is further from UTC than this.
_FURTHEST: Final = DAY

#: Begin and end in UTC, the local date counted from 1970, the offset; all but the date in
#: microseconds. Local time of day is ``instant + offset - date * DAY``.
Window: TypeAlias = tuple[int, int, int, int]


def zone(name: object, where: str = "timezone") -> ZoneInfo:
    """Find a time zone by its IANA name.

    Raises:
        InvalidInput: There is none; similar names are suggested.
    """
    try:
        if isinstance(name, str):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, ill-formed, the name of a folder
        pass
    raise InvalidInput.of(
        "unknown time zone", "未知时区", field=where, value=name, accepted=near_zones(str(name))
    )


def near_zones(name: str) -> tuple[str, ...]:
    """Name the zones that may have been meant; a few examples where none is near."""
    by_fold = {zone.casefold(): zone for zone in _zones()}
    wanted = name.casefold().replace(" ", "_")
    near = get_close_matches(wanted, by_fold, n=3, cutoff=0.7)
    cities = [zone for fold, zone in by_fold.items() if fold.endswith(f"/{wanted}")]
    return tuple(dict.fromkeys([*cities, *(by_fold[fold] for fold in near)]))[:3] or _EXAMPLES


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def windows(tz: ZoneInfo, begin: int, end: int) -> Iterator[Window]:
    """Cut a stretch of time at local midnights and at changes of the offset.

    Args:
        tz: The time zone.
        begin: From, in microseconds of UTC.
        end: To; nothing where it is not after `begin`.

    Yields:
        Windows that tile ``[begin, end)`` in order.
    """
    for a, b, offset in _offsets(tz, begin, end):
        for day in range((a + offset) // DAY, (b + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            yield max(a, midnight), min(b, midnight + DAY), day, offset


def windows_of(tz: ZoneInfo, day: int) -> list[Window]:
    """List the windows of one local date: none where the time zone skips it."""
    around = windows(tz, day * DAY - _FURTHEST, (day + 1) * DAY + _FURTHEST)
    return [window for window in around if window[2] == day]


def local(tz: ZoneInfo, micros: int) -> tuple[int, int]:
    """Read the wall clock: local date counted from 1970, and microseconds of that day."""
    return divmod(micros + _offset(tz, micros // SECOND) * SECOND, DAY)


def _offset(tz: ZoneInfo, second: int) -> int:
    inside = min(max(second, _EARLIEST), _LATEST)
    offset = datetime.fromtimestamp(inside, tz).utcoffset()
    # A ZoneInfo always knows the offset of a full datetime.
    return 0 if offset is None else offset.days * _DAY_SECONDS + offset.seconds


def _offsets(tz: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Cut where the offset changes, looking once a day (no zone changes twice in one)."""
    since, second, offset = begin, begin // SECOND, _offset(tz, begin // SECOND)
    while second * SECOND < end:
        later = second + _DAY_SECONDS
        after = _offset(tz, later)
        if after != offset:
            change = _change(tz, second, later, offset) * SECOND
            if change < end:
                yield since, change, offset * SECOND
                since, offset = change, after
            else:
                break
        second = later
    if since < end:
        yield since, end, offset * SECOND


def _change(tz: ZoneInfo, low: int, high: int, offset: int) -> int:
    """Find the second in which the offset stops being `offset`, between `low` and `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(tz, middle) == offset:
            low = middle
        else:
            high = middle
    return high

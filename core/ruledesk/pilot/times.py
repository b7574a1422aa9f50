"""Times as people write them in scenarios: offsets from the start, and ISO times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

ACCEPTED: Final = ("an offset such as 90s, 5m, 2h, 1d2h", "2026-11-02T09:00:00+08:00")
_PART: Final = re.compile(r"(\d{1,9})\s*([smhd])\s*")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class NaiveTimeError(ValueError):
    """A time without its distance from UTC, which could be any of several instants."""


def parse_offset(text: str) -> timedelta | None:
    """Read an offset such as ``0m``, ``90s`` or ``1d2h``.

    Args:
        text: The offset; units s, m, h, d in any combination.

    Returns:
        The offset, or None where the text is none.
    """
    stripped = text.strip()
    if not stripped or _PART.sub("", stripped):
        return None
    try:
        return sum(
            (timedelta(**{_UNITS[unit]: int(n)}) for n, unit in _PART.findall(stripped)),
            timedelta(0),
        )
    except OverflowError:
        return None


def parse_instant(text: str) -> datetime:
    """Read an ISO time.

    Args:
        text: Date and time with an offset from UTC or ``Z``.

    Returns:
        The instant, in UTC.

    Raises:
        NaiveTimeError: There is no offset from UTC.
        ValueError: It is no time.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise NaiveTimeError(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def parse_moment(text: str, start: datetime) -> datetime:
    """Read an offset from `start`, or an ISO time.

    Returns:
        The instant, in UTC.

    Raises:
        NaiveTimeError: It is a time without an offset from UTC.
        ValueError: It is neither.
    """
    offset = parse_offset(text)
    if offset is None:
        return parse_instant(text)
    try:
        return start + offset
    except OverflowError as error:
        raise ValueError(text) from error

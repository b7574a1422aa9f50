"""Which tickets a report is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from attrs import evolve, frozen

from ruledesk.errors import InvalidInput
from ruledesk.insight.case import Case
from ruledesk.insight.repeats import WITHIN

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@frozen
class Choice:
    """Which tickets are wanted.

    Attributes:
        since: Made at or after this; None for any.
        until: Made before this; None for any.
        line: Of this business line; empty for any.
    """

    since: datetime | None = None
    until: datetime | None = None
    line: str = ""

    def takes(self, case: Case) -> bool:
        """Say whether a ticket is wanted."""
        return (
            (self.since is None or case.created_at >= self.since)
            and (self.until is None or case.created_at < self.until)
            and (not self.line or case.line == self.line)
        )

    def earlier(self) -> Choice | None:
        """Choose what wanted tickets may repeat although it was made before them; None for all."""
        if self.since is None:
            return None
        first = self.since - min(WITHIN, self.since - _EARLIEST)
        return evolve(self, since=first, until=self.since)


def read_bound(text: str, zone: tzinfo, option: str, *, end: bool) -> datetime | None:
    """Read one end of a period.

    Args:
        text: A date, or a time; one without an offset is local. Empty for none.
        zone: The report's time zone.
        option: What errors call it.
        end: Whether it is the end: a date is taken with its whole day then.

    Returns:
        The instant, in UTC.

    Raises:
        InvalidInput: It is neither.
    """
    if not text:
        return None
    try:
        if len(text) == len("2026-11-02"):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput.of(
            "not a date or time",
            "不是日期或时间",
            field=option,
            value=text,
            accepted=("2026-11-02", "2026-11-02T09:00", "2026-11-02T09:00:00+08:00"),
        ) from error

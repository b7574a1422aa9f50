"""Limits: the budgets that policies promise, as people write them.

``2h`` runs on the wall clock, 7×24; ``8wh`` in working hours and ``3wd`` in working days run on
the line's calendar (requirement F1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, cast

from attrs import frozen

from ruledesk.calendar import WALL, Clock, Pause
from ruledesk.errors import InvalidInput

Unit: TypeAlias = Literal["s", "m", "h", "d", "wm", "wh", "wd"]

#: The forms of a limit, for errors and documentation.
FORMS: Final = (
    "10s, 15m, 2h, 3d (wall clock)",
    "30wm, 8wh (working minutes, hours)",
    "3wd (working days)",
)
_FORM: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s?(s|m|h|d|wm|wh|wd)")
_MICROSECONDS: Final[Mapping[Unit, int]] = {
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "wm": 60_000_000,
    "wh": 3_600_000_000,
    "wd": 86_400_000_000,
}
# Beyond these a limit is a slip of the pen, and a calendar could not count it.
_LONGEST_DAYS: Final = 36_500
_LONGEST_WORKING_DAYS: Final = 3_650


@frozen
class Limit:
    """A budget of time; make it with `Limit.parse`.

    Attributes:
        amount: Greater than zero; whole for working days.
        unit: Seconds, minutes, hours, days of the wall clock; working minutes, hours, days.
    """

    amount: Decimal
    unit: Unit

    @classmethod
    def parse(cls, text: Any, where: str = "limit") -> Limit:
        """Read a limit.

        Args:
            text: ``10s 15m 2h 0.5h 3d 30wm 8wh 3wd``; a space before the unit is allowed.
            where: Key path, for the error.

        Raises:
            InvalidInput: It is none of the forms, is zero, has part of a working day, or is
                longer than 100 years (10 for working time).
        """
        match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise _invalid("no such limit", "时限无效", where, text)
        amount, unit = Decimal(match[1]).normalize(), cast("Unit", match[2])
        if unit == "wd" and amount != amount.to_integral_value():
            raise _invalid(
                "working days are whole; use wh for parts", "工作日须为整数，请用 wh", where, text
            )
        if int(amount * _MICROSECONDS[unit]) == 0:
            raise _invalid("a limit is greater than zero", "时限须大于零", where, text)
        longest = _LONGEST_WORKING_DAYS if unit.startswith("w") else _LONGEST_DAYS
        if amount * _MICROSECONDS[unit] > longest * _MICROSECONDS["d"]:
            raise _invalid(
                f"a limit is at most {longest} days", f"时限最长 {longest} 天", where, text
            )
        return cls(amount, unit)

    def __str__(self) -> str:
        return f"{self.amount:f}{self.unit}"

    @property
    def working(self) -> bool:
        """Whether it runs on the line's calendar, not on the wall clock."""
        return self.unit.startswith("w")

    def clock(self, calendar: Clock) -> Clock:
        """Choose the clock that it runs on: the calendar given, or the wall clock."""
        return calendar if self.working else WALL

    def due(self, start: datetime, calendar: Clock, pauses: Iterable[Pause] = ()) -> datetime:
        """Say when it is used up.

        Args:
            start: When it begins, aware.
            calendar: The line's calendar; the wall clock's limits do not look at it.
            pauses: When its clock stands still, pairs of aware datetimes.

        Returns:
            The instant it is due, in UTC.

        Raises:
            InvalidInput: As for `Clock.add`.
        """
        if self.unit == "wd":
            return calendar.add_days(start, int(self.amount), pauses)
        return self.clock(calendar).add(start, self._span, pauses)

    def budget(self, start: datetime, calendar: Clock) -> timedelta:
        """Say how much time on its clock it allows.

        Args:
            start: When it begins, aware.
            calendar: The line's calendar.

        Returns:
            Time on `clock`; for working days the working time between start and due.

        Raises:
            InvalidInput: As for `Clock.add`.
        """
        if self.unit == "wd":
            return calendar.between(start, self.due(start, calendar))
        return self._span

    @property
    def _span(self) -> timedelta:
        return timedelta(microseconds=int(self.amount * _MICROSECONDS[self.unit]))


def warn_at(
    limit: Limit,
    start: datetime,
    calendar: Clock,
    pauses: Iterable[Pause] = (),
    share: float = 0.8,
) -> datetime:
    """Say when a share of a limit is used up.

    Args:
        limit: The limit.
        start: When it begins, aware.
        calendar: The line's calendar.
        pauses: When its clock stands still.
        share: Part of the budget, 0 to 1; for working days, of the working time up to the due.

    Returns:
        The instant, in UTC; never after the due time.

    Raises:
        InvalidInput: `share` is no number from 0 to 1, or as for `Clock.add`.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InvalidInput.of(
            "a share of a limit is a number from 0 to 1",
            "时限比例须在 0 到 1 之间",
            field="share",
            value=share,
            accepted=("0.8",),
        )
    return limit.clock(calendar).add(start, limit.budget(start, calendar) * share, pauses)


def _invalid(en: str, zh: str, where: str, value: Any) -> InvalidInput:
    return InvalidInput.of(en, zh, field=where, value=value, accepted=FORMS)

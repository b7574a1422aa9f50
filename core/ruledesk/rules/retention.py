"""How long tickets must be kept, by the calendar: ``30d``, ``6m``, ``3y`` (C13)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, cast

from attrs import frozen

from ruledesk.errors import InvalidInput

RetentionUnit: TypeAlias = Literal["d", "m", "y"]
#: The forms of a retention, for errors and documentation.
FORMS: Final = ("30d", "6m", "3y")
_FORM: Final = re.compile(r"([1-9][0-9]{0,4})\s?(d|m|y)")
#: Beyond this it is a slip of the pen, and dates would leave the calendar.
_MOST_YEARS: Final = 200
_PER_YEAR: Final = {"d": 366, "m": 12, "y": 1}


@frozen
class Retention:
    """A time by the calendar; make it with `Retention.parse`.

    Attributes:
        amount: Greater than zero.
        unit: Days, months, years.
    """

    amount: int
    unit: RetentionUnit

    @classmethod
    def parse(cls, text: Any, where: str = "retention") -> Retention:
        """Read a retention.

        Args:
            text: ``30d``, ``6m``, ``3y``; a space before the unit is allowed.
            where: Key path, for the error.

        Raises:
            InvalidInput: It is none of the forms, or longer than 200 years.
        """
        match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise InvalidInput.of(
                "no such retention", "保存期限无效", field=where, value=text, accepted=FORMS
            )
        amount, unit = int(match[1]), cast("RetentionUnit", match[2])
        if amount > _MOST_YEARS * _PER_YEAR[unit]:
            raise InvalidInput.of(
                f"a retention is at most {_MOST_YEARS} years",
                f"保存期限最长 {_MOST_YEARS} 年",
                field=where,
                value=text,
                accepted=FORMS,
            )
        return cls(amount, unit)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    def until(self, start: datetime) -> datetime:
        """Say when it is over.

        Args:
            start: When it begins, in the time zone whose calendar counts.

        Returns:
            The same time of day so many days, months or years later; where the month has no such
            day, the first of the next one, since less would be too short.
        """
        if self.unit == "d":
            return start + timedelta(days=self.amount)
        months = start.month - 1 + self.amount * (12 if self.unit == "y" else 1)
        first = start.replace(year=start.year + months // 12, month=months % 12 + 1, day=1)
        later = first + timedelta(days=start.day - 1)
        return later if later.month == first.month else later.replace(day=1)

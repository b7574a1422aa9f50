"""Values, times and durations of an explanation, in the language of its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from attrs import frozen

from ruledesk.errors import Locale
from ruledesk.model.values import Value
from ruledesk.rules.expression.format import format_value

# No days: a working day is not 24 hours long.
_UNITS: Final = ((3_600, "h", "小时"), (60, "min", "分"), (1, "s", "秒"))
_STATES: Final = {
    "running": "计时中",
    "paused": "暂停",
    "met": "已达成",
    "breached": "已超时",
    "cancelled": "已取消",
    "closed": "非工作时间",
    "holiday": "节假日",
}


@frozen
class Words:
    """How things are said.

    Attributes:
        locale: The language.
        zone: The time zone that times are told in.
    """

    locale: Locale
    zone: tzinfo

    def say(self, en: str, zh: str) -> str:
        """Choose one of two texts."""
        return zh if self.locale == "zh" else en

    def time(self, instant: datetime) -> str:
        """Write an instant in local time, with its offset."""
        local = instant.astimezone(self.zone)
        return local.replace(microsecond=0).isoformat(sep=" ")

    def moment(self, instant: datetime) -> str:
        """Write an instant in local time without its offset, for tables."""
        return instant.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def state(self, word: str) -> str:
        """Name the state of a target or the kind of a segment."""
        return self.say(word, _STATES.get(word, word))

    def value(self, value: Value) -> str:
        """Write a value as conditions do; times in local time."""
        if isinstance(value, datetime):
            return self.time(value)
        return format_value(tuple(value) if isinstance(value, list) else value)

    def pairs(self, values: Mapping[str, Any], sign: str = " = ") -> str:
        """Write ``name = value, …``; a dash for nothing."""
        said = [f"{name}{sign}{self.value(value)}" for name, value in values.items()]
        return self.say(", ", "，").join(said) or "–"

    def duration(self, seconds: float) -> str:
        """Write a duration in hours, minutes and seconds."""
        rest = round(abs(seconds))
        parts = []
        for size, en, zh in _UNITS:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {self.say(en, zh)}")
        sign = "-" if seconds < 0 and parts else ""
        return sign + (" ".join(parts) or f"0 {self.say('s', '秒')}")

"""Cells as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ruledesk.model.values import Text
from ruledesk.reports.tables import Column
from ruledesk.reports.words import say

_UNITS: Final = (
    (86_400, "d", "天"), (3_600, "h", "小时"), (60, "min", "分"), (1, "s", "秒"),
)  # fmt: skip
#: Spreadsheets run what begins with these as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NOTHING: Final = "–"
#: So many ticket numbers are shown in a cell; outputs that can do so have all of them elsewhere.
_NUMBERS_SHOWN: Final = 10


def resolved(column: Column, value: Any) -> tuple[str, Any]:
    """Say of which kind a cell is, and its value."""
    return value if column.kind == "any" else (column.kind, value)


def shown(column: Column, value: Any, locale: str) -> str:
    """Write a cell for people; a dash where there is nothing to say."""
    kind, value = resolved(column, value)
    if value is None:
        return "" if kind == "text" else NOTHING
    if isinstance(value, Text):
        return value.in_(locale)
    match kind:
        case "share":
            return f"{value:.1%}"
        case "seconds":
            return duration(value, locale)
        case "rating":
            return f"{value:.2f}"
        case "numbers":
            return some_of(value, _NUMBERS_SHOWN, locale)
        case _:
            return str(value)


def some_of(numbers: Sequence[str], most: int, locale: str) -> str:
    """List ticket numbers, and say how many are left out."""
    listed = ", ".join(numbers[:most])
    hidden = len(numbers) - most
    return f"{listed} {say('more', locale, n=hidden)}" if hidden > 0 else listed


def duration(seconds: float, locale: str) -> str:
    """Write a duration by its two largest units: ``3 h 20 min``."""
    rest = round(seconds)
    parts: list[str] = []
    for size, en, zh in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {en}" if locale == "en" else f"{count}{zh}" if count else "")
        if len(parts) == 2:  # noqa: PLR2004 - two units say enough
            break
    kept = [part for part in parts if part and not part.startswith("0 ")]
    return " ".join(kept) or ("0 s" if locale == "en" else "0秒")


def harmless(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula: an apostrophe goes before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text

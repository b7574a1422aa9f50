"""When tickets come: weekdays and hours, darker where there are more, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ruledesk.markup import Markup, tag
from ruledesk.reports.words import WEEKDAYS

_CELL: Final = 42
_ROW: Final = 26
_LEFT: Final = 52
_TOP: Final = 22
_HOURS: Final = 24
_LIGHT_ABOVE: Final = 0.55


def heat(load: Mapping[tuple[int, int], int], label: str, locale: str) -> Markup:
    """Draw the map.

    Args:
        load: Tickets by weekday (0 is Monday) and hour.
        label: What it shows, for those who cannot see it.
        locale: The language of the weekdays.
    """
    most = max(load.values(), default=1)
    parts = [
        tag("text", f"{hour:02}", x=_LEFT + hour * _CELL + _CELL / 2, y=14, text_anchor="middle")
        for hour in range(_HOURS)
    ]
    for day, name in enumerate(WEEKDAYS):
        y = _TOP + day * _ROW
        parts.append(tag("text", name.in_(locale), x=0, y=y + 17))
        parts += [
            _cell(load.get((day, hour), 0), most, _LEFT + hour * _CELL, y) for hour in range(_HOURS)
        ]
    width, height = _LEFT + _HOURS * _CELL, _TOP + len(WEEKDAYS) * _ROW
    return tag("svg", *parts, viewBox=f"0 0 {width} {height}", role="img", aria_label=label)


def _cell(count: int, most: int, x: float, y: float) -> Markup:
    share = count / most
    colour = f"fill:rgb(59 116 185 / {0.08 + 0.92 * share:.2f})" if count else "fill:#f1f3f6"
    parts = [tag("rect", x=x, y=y, width=_CELL - 2, height=_ROW - 2, rx=2, style=colour)]
    if count:
        ink = "#fff" if share > _LIGHT_ABOVE else "#1c2430"
        parts.append(
            tag("text", count, x=x + _CELL / 2 - 1, y=y + 16, text_anchor="middle",
                style=f"fill:{ink};font-size:11px")
        )  # fmt: skip
    return tag("g", *parts)

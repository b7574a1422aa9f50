"""The trend: two columns a period, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ruledesk.markup import Markup, tag

_WIDTH: Final = 1100
_HEIGHT: Final = 260
_LEFT: Final = 46
_TOP: Final = 12
_BOTTOM: Final = 30
_LABEL_WIDTH: Final = 78
_STEPS: Final = (1, 2, 5)
_TICKS: Final = 4


@frozen
class Period:
    """A period: its name, and how many tickets came and went in it; those overdue of the new."""

    name: str
    created: int
    closed: int
    overdue: int


def columns(periods: Sequence[Period], label: str, words: tuple[str, str, str]) -> Markup:
    """Draw the trend.

    Args:
        periods: In order of time; at least one.
        label: What the chart shows, for those who cannot see it.
        words: What the two columns, and the part of the first, are called.
    """
    step = _step(max(max(p.created, p.closed) for p in periods))
    top = step * _TICKS
    slot = (_WIDTH - _LEFT) / len(periods)
    parts = [_line(value, top) for value in range(0, top + 1, step)]
    every = max(1, round(_LABEL_WIDTH / slot + 0.49))
    for place, period in enumerate(periods):
        left = _LEFT + place * slot
        parts.append(_pair(period, left, slot, top, words))
        if place % every == 0:
            x = left + slot / 2
            parts.append(
                tag("text", period.name, x=f"{x:.1f}", y=_HEIGHT - 8, text_anchor="middle")
            )
    return tag("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=label)


def _step(most: int) -> int:
    """Choose the distance of the lines: 1, 2 or 5, and their tens."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _TICKS >= most:
                return step * power
        power *= 10


def _y(value: float, top: int) -> float:
    room = _HEIGHT - _TOP - _BOTTOM
    return _TOP + room * (1 - value / top)


def _line(value: int, top: int) -> Markup:
    y = f"{_y(value, top):.1f}"
    line = tag("line", x1=_LEFT, x2=_WIDTH, y1=y, y2=y, class_="grid")
    text = tag("text", value, x=_LEFT - 8, y=y, text_anchor="end", dominant_baseline="middle")
    return Markup(line + text)


def _pair(
    period: Period, left: float, slot: float, top: int, words: tuple[str, str, str]
) -> Markup:
    width = min(slot * 0.38, 34)
    middle = left + slot / 2
    title = (
        f"{period.name}: {words[0]} {period.created} ({words[2]} {period.overdue}), "
        f"{words[1]} {period.closed}"
    )
    parts = (
        _rect(middle - width, width, period.created, top, "var(--bar)"),
        _rect(middle - width, width, period.overdue, top, "var(--late)"),
        _rect(middle + 1, width, period.closed, top, "var(--wait)"),
    )
    return tag("g", tag("title", title), *parts)


def _rect(x: float, width: float, value: int, top: int, fill: str) -> Markup:
    high, low = _y(value, top), _y(0, top)
    return tag(
        "rect", x=f"{x:.1f}", y=f"{high:.1f}", width=f"{width:.1f}", height=f"{low - high:.1f}",
        style=f"fill:{fill}",
    )  # fmt: skip

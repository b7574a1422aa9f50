"""Horizontal bars: one for each group, divided by what became of its tickets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from ruledesk.markup import Markup, tag


@frozen
class Bar:
    """A bar.

    Attributes:
        name: What it stands for.
        parts: Its lengths, each with the class that colours it.
        amount: What is written behind it.
    """

    name: str
    parts: tuple[tuple[str, float], ...]
    amount: str


def bars(found: Sequence[Bar], longest: float | None = None) -> Markup:
    """Draw bars.

    Args:
        found: What is drawn, in order.
        longest: The length that fills the width; None for the longest of them.
    """
    full = longest or max((sum(n for _, n in bar.parts) for bar in found), default=1) or 1
    return tag("ul", *(_bar(bar, full) for bar in found), class_="bars")


def _bar(bar: Bar, full: float) -> Markup:
    parts = (
        tag("span", class_=name, style=f"width:{100 * length / full:.2f}%")
        for name, length in bar.parts
        if length
    )
    return tag(
        "li",
        tag("span", bar.name, class_="name"),
        tag("span", *parts, class_="track", aria_hidden="true"),
        tag("span", bar.amount, class_="amount"),
    )


def legend(entries: Iterable[tuple[str, str]]) -> Markup:
    """Say which colour is what: variables of the style sheet with their meaning."""
    return tag(
        "p",
        *(
            tag("span", tag("i", style=f"background:var(--{colour})"), text)
            for colour, text in entries
        ),
        class_="legend",
    )

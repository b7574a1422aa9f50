"""HTML, always escaped."""

from __future__ import annotations

from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Part: TypeAlias = str | int | Markup


def tag(name: str, *parts: Part, **attributes: str | float | None) -> Markup:
    """Make an element.

    Args:
        name: Its name.
        *parts: What is in it; everything but `Markup` is escaped.
        **attributes: Its attributes, ``_`` for ``-`` and behind Python's own words; None for none.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{joined(*parts)}</{name}>")


def joined(*parts: Part) -> Markup:
    """Put parts one after the other."""
    return Markup("".join(p if isinstance(p, Markup) else escape(str(p)) for p in parts))

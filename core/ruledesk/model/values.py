"""What the frozen values of the model have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

#: What a field of a ticket may hold. Times are aware and in UTC.
Value: TypeAlias = str | int | float | bool | datetime | tuple[str, ...] | None

T = TypeVar("T")


def changed(value: T, **changes: Any) -> T:
    """Copy a frozen value with some attributes replaced.

    `attrs.evolve` runs the whole initialiser; a ticket has some forty attributes and evolves at
    every event, so this copies the instance's dictionary instead. The classes have no validators
    or converters that it could bypass (a test holds that).

    Args:
        value: An instance of a frozen attrs class without slots.
        **changes: The new values, by attribute name.

    Returns:
        A new instance of the same class.
    """
    copy = object.__new__(type(value))
    copy.__dict__.update(value.__dict__)
    copy.__dict__.update(changes)
    return copy


@frozen(slots=False)
class Text:
    """A label or message in both languages of the desk (requirement F5)."""

    en: str
    zh: str

    def in_(self, locale: str) -> str:
        """Choose the language: Chinese for any ``zh…`` locale, else English."""
        return self.zh if locale.startswith("zh") else self.en

"""IDs of lines of a service manual (``A8``), which rules and scenarios name to be traced."""

from __future__ import annotations

import re
from typing import Final

#: What an ID looks like, for people.
ACCEPTED: Final = ("A8", "B12", "IT-4.2")
_ID: Final = re.compile(r"[A-Z]{1,8}-?[0-9]{1,4}(\.[0-9]{1,4}){0,3}")


def is_requirement(text: object) -> bool:
    """Say whether a value is an ID: capitals and a number, ``A8`` or ``IT-4.2``."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def in_order(text: str) -> tuple[str, list[int]]:
    """Return a key that sorts IDs as people count: ``A2`` before ``A10``."""
    letters = text.rstrip("0123456789.-")
    return letters, [int(part) for part in re.findall(r"[0-9]+", text)]


__all__ = ["ACCEPTED", "in_order", "is_requirement"]

"""Sizes of files, as rulesets and scenarios write them: ``10MB``, ``512KB``, ``1.5 MB``."""

from __future__ import annotations

import re
from typing import Final

ACCEPTED: Final = ("10MB", "512KB", "1.5MB", "2048")
#: A megabyte is 1024 × 1024 bytes, as file managers count.
_UNITS: Final = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(?:([kmg])i?b?|b)?", re.IGNORECASE)


def parse_size(text: str) -> int | None:
    """Read a size.

    Args:
        text: A number with ``KB``, ``MB`` or ``GB``, or of bytes.

    Returns:
        The number of bytes; None where it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    return int(float(found[1]) * _UNITS[(found[2] or "").lower()])


def shown_size(size: int) -> str:
    """Write a size in the largest unit that leaves a whole part, with at most one decimal."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + unit
    return f"{size}B"

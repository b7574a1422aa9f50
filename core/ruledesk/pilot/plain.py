"""Values as people and programs read them: local times, no control characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, tzinfo
from enum import Enum
from typing import Any, Final

import attrs

#: Characters that reorder what follows them.
_BIDI: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(value: Any, zone: tzinfo) -> Any:
    """Turn a value of the model into JSON data; times in the desk's zone, sets sorted."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(inner, zone) for key, inner in value.items()}
    if isinstance(value, Set):
        return sorted(plain(inner, zone) for inner in value)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(inner, zone) for inner in value]
    if attrs.has(type(value)):
        return plain(attrs.asdict(value, recurse=False), zone)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def clean(text: str) -> str:
    """Take what could move a terminal's cursor, or turn its text round, out of people's words."""
    return "".join(map(_clean, text))


def _clean(char: str) -> str:
    if char in "\n\t\r":
        return " "
    return "�" if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs") else char


def short(text: str, longest: int = 60) -> str:
    """Cut a text to a readable length, in one line."""
    text = " ".join(clean(text).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

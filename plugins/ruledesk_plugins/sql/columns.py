"""The types of columns: times and texts that both databases take, and order alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


def instant_text(value: datetime | None) -> str | None:
    """Write a time as text of fixed width, which orders as the times do; None as it is."""
    if value is None:
        return None
    at = value if value.tzinfo is UTC else value.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:26] + "Z"


class Instant(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose ``timestamptz`` where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write a time."""
        return value if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read a time."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            at: datetime = value.astimezone(UTC)
            return at
        return datetime.fromisoformat(value)


#: What no database takes as text: NUL and lone surrogates; and the sign that escapes them.
_ODD: Final = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED: Final = re.compile("\x1a([0-9a-f]{4})")


def escaped(text: str) -> str:
    """Write text so that every database takes it; texts that differ stay different."""
    if text.isprintable() or not _ODD.search(text):  # what is odd cannot be printed, either
        return text
    return _ODD.sub(lambda odd: f"\x1a{ord(odd[0]):04x}", text)


def unescaped(text: str) -> str:
    """Read what `escaped` wrote."""
    if "\x1a" not in text:
        return text
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)


class Word(TypeDecorator[str]):
    """Text from outside, compared by code point, whatever the database's locale."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the collation: SQLite's is by code point already."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(Text(collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Write text."""
        return value if value is None else escaped(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Read text."""
        return value if value is None else unescaped(value)


#: Longer than any name is; an index takes no row of more than a third of a page.
_LONGEST: Final = 400


def shortened(text: str) -> str:
    """Give a key a length that every index takes; keys that differ stay different."""
    if len(text) <= _LONGEST:
        return escaped(text)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{escaped(text[:64])}\x1a{digest}"


class Key(Word):
    """What something is found by; never read back where it may be long."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Write the key."""
        return value if value is None else shortened(value)


class WordList(TypeDecorator[list[str]]):
    """Several words as one value: an array, on SQLite JSON for ``json_each``."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose an array where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(Text()))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        """Write the words."""
        words = [escaped(word) for word in value or ()]
        return words if dialect.name == "postgresql" else json.dumps(words)

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str] | None:  # noqa: ARG002
        """Lists of words are only asked with."""
        return value  # type: ignore[no-any-return]


def converter(type_: TypeDecorator[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what `process_bind_param` of a type here does, called without a detour.

    Args:
        type_: The type.
        dialect: Whose driver gets the values.

    Returns:
        What makes a value what the driver wants; None where it is that already.
    """
    if isinstance(type_, Instant):
        return None if dialect.name == "postgresql" else instant_text
    if isinstance(type_, Key):
        return _key
    if isinstance(type_, Word):
        return _word
    return lambda value: type_.process_bind_param(value, dialect)


def _key(value: str | None) -> str | None:
    if value is None:
        return None
    # The usual case of `shortened`, without two more calls.
    return value if len(value) <= _LONGEST and value.isprintable() else shortened(value)


def _word(value: str | None) -> str | None:
    return value if value is None or value.isprintable() else escaped(value)


def serial() -> Any:
    """A place in an order; SQLite counts by itself only in an INTEGER key."""
    return BigInteger().with_variant(Integer(), "sqlite")


__all__ = [
    "Instant",
    "Key",
    "Word",
    "WordList",
    "converter",
    "escaped",
    "instant_text",
    "serial",
    "shortened",
    "unescaped",
]

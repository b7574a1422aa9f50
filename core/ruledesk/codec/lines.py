r"""Canonical JSON: the same value always gives the same bytes.

UTF-8 with Chinese as it is, keys sorted, no spaces, one line. A number that JSON does not have
(NaN, infinity) is refused. A lone surrogate, as a mail with a wrong charset may contain, is written
as a ``\udXXX`` escape and comes back as it was (two that form a pair come back as the character
they stand for): such text must not make a ticket vanish.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ruledesk.codec.records import event_from_dict, event_to_dict
from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event

_ENCODE: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


_DECODE: Final = json.JSONDecoder(parse_constant=_no_constant).decode


def canonical(data: Any) -> bytes:
    """Write JSON data as canonical bytes, without a newline.

    Args:
        data: Objects with text keys, lists, texts, numbers, true, false, null.

    Raises:
        InvalidInput: Something in it has no JSON form.
    """
    try:
        text = _ENCODE(data)
    except (TypeError, ValueError, RecursionError) as fault:
        raise InvalidInput.of(
            f"cannot be written as JSON ({fault})", f"无法写成 JSON({fault})", value=data
        ) from None
    return text.encode("utf-8", "backslashreplace")


def parse(line: bytes | str, where: str = "") -> Any:
    """Read JSON data.

    Args:
        line: One JSON text.
        where: Where it was read, for errors.

    Raises:
        InvalidInput: It is no JSON in UTF-8; the problem says at which column.
    """
    try:
        return _DECODE(line if isinstance(line, str) else line.decode())
    except (ValueError, RecursionError) as fault:
        raise InvalidInput.of(f"is no JSON ({fault})", f"不是 JSON({fault})", field=where) from None


def event_line(event: Event) -> bytes:
    """Write an event as one canonical JSON line.

    Returns:
        The bytes, ended by a newline.

    Raises:
        InvalidInput: A value in it has no JSON form.
    """
    return canonical(event_to_dict(event)) + b"\n"


def event_from_line(line: bytes | str, where: str = "") -> Event:
    """Read an event from its line.

    Args:
        line: What `event_line` wrote.
        where: ``file:line`` for errors.

    Raises:
        InvalidInput: The line is no JSON or no event.
    """
    return event_from_dict(parse(line, where), where)

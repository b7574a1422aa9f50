"""Instants and rule values in JSON.

An instant is ISO 8601 text in UTC (``2026-11-02T01:00:00Z``). Where any `Value` may stand, text
could be text, so there an instant is tagged: ``{"$time": "2026-11-02T01:00:00Z"}``. A tuple is a
JSON list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ruledesk.codec.faults import WrongValue
from ruledesk.model.values import Value

TIME_TAG: Final = "$time"
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_ACCEPTED: Final = (
    "text",
    "number",
    "true or false",
    "null",
    "list of texts",
    f'{{"{TIME_TAG}": "…"}}',
)


def time_to_text(at: datetime) -> str:
    """Write an instant as ISO 8601 text in UTC.

    Args:
        at: An aware instant, of any zone.

    Returns:
        ``YYYY-MM-DDThh:mm:ss[.ffffff]Z``.

    Raises:
        WrongValue: The instant has no time zone, or lies outside the years 1 to 9999 in UTC.
    """
    if at.tzinfo is not UTC:
        if at.utcoffset() is None:
            raise WrongValue("the time has no zone", "时间没有时区", at, ("an aware datetime",))
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            raise WrongValue("the time is out of range", "时间超出范围", at) from None
    return at.isoformat()[:-6] + "Z"


def time_from_text(text: Any, _type: Any = None) -> datetime:
    """Read an instant.

    Args:
        text: ISO 8601 text with an offset or ``Z``.

    Returns:
        The instant in UTC.

    Raises:
        WrongValue: It is something else.
    """
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is UTC:
            return at
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise WrongValue(
        "is no time with a zone", "不是带时区的时间", text, ("2026-11-02T09:00:00+08:00",)
    )


def values_to_dict(values: Mapping[str, Value]) -> dict[str, Any]:
    """Write named values as a JSON object.

    Raises:
        WrongValue: A value is none that a field may hold.
    """
    return {
        key: value if type(value) in _PLAIN else _value_out(key, value)
        for key, value in values.items()
    }


def values_from_dict(values: Any, _type: Any = None) -> dict[str, Value]:
    """Read named values; lists become tuples, tagged times instants.

    Raises:
        WrongValue: It is no object, or a value in it is none that a field may hold.
    """
    if not isinstance(values, Mapping):
        raise WrongValue("is no object", "不是对象", values, ("an object",))
    return {
        key: value if type(value) in _PLAIN else _value_in(key, value)
        for key, value in values.items()
    }


def _value_out(key: str, value: Any) -> Any:
    if isinstance(value, datetime):
        try:
            return {TIME_TAG: time_to_text(value)}
        except WrongValue as fault:
            raise fault.below(key) from None
    if isinstance(value, str):  # an enumeration whose members are texts
        return str(value)
    if isinstance(value, tuple | list) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    raise WrongValue("cannot be a field's value", "不能作为字段的值", value, _ACCEPTED, key)


def _value_in(key: str, value: Any) -> Value:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, dict) and value.keys() == {TIME_TAG}:
        try:
            return time_from_text(value[TIME_TAG])
        except WrongValue as fault:
            raise fault.below(key) from None
    raise WrongValue("cannot be a field's value", "不能作为字段的值", value, _ACCEPTED, key)

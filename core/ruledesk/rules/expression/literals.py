"""Literals of conditions: a value that was written, checked against the field it stands beside.

Integers are within ±2^53 already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, Protocol

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import MONEY_LIMIT, domain
from ruledesk.rules.expression.types import FieldKind, FieldType


class Fail(Protocol):
    """Makes an `InvalidInput` that says where in the text something stands."""

    def __call__(self, en: str, zh: str, accepted: Iterable[str] = ()) -> InvalidInput:
        """Make it; the arguments are those of `Problem`."""


def typed(declared: FieldType, value: Any, fail: Fail) -> Value:
    """Check a literal against a field's type.

    Args:
        declared: The type of the field that it is compared with.
        value: The literal as written: text, a number, true or false.
        fail: Makes the error where it does not fit.

    Returns:
        The literal in the field's type: a time for text in ISO format, fen-exact money.
    """
    return _TYPED[declared.kind](declared, value, fail)


def word(declared: FieldType, value: Any, fail: Fail) -> str:
    """Check a word against the words that a text, enum, tree or set declares."""
    if not isinstance(value, str):
        raise fail(
            f"{value!r} is no text, but {declared.kind} fields hold text",
            f"{value!r} 不是文本，而 {declared.kind} 字段的值是文本",
            ('"…"',),
        )
    words = domain(declared)
    if words and value not in words:
        raise fail(
            f'"{value}" is not among the declared words',
            f"“{value}”不在已声明的词中",
            suggestion(value, words),
        )
    return value


def _integer(declared: FieldType, value: Any, fail: Fail) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise fail(
            f"{value!r} is no integer, but the field is {declared.kind}",
            f"{value!r} 不是整数，而字段类型是 {declared.kind}",
            ("42",),
        )
    return value


def _number(declared: FieldType, value: Any, fail: Fail) -> int | float:
    if isinstance(value, int) and not isinstance(value, bool):
        return _integer(declared, value, fail)
    if not isinstance(value, float):
        raise fail(
            f"{value!r} is no number, but the field is {declared.kind}",
            f"{value!r} 不是数字，而字段类型是 {declared.kind}",
            ("42", "1.5"),
        )
    if not isfinite(value):
        raise fail("the number is not finite", "数字不是有限的", ("1.5",))
    return value


def _money(declared: FieldType, value: Any, fail: Fail) -> int | float:
    amount = _number(declared, value, fail)
    if not -MONEY_LIMIT <= amount <= MONEY_LIMIT:
        raise fail("the amount is beyond ±10^13", "金额超出 ±10^13", ("±10000000000000",))
    if round(amount, 2) != amount:
        raise fail("an amount has at most two decimals", "金额最多两位小数", (f"{amount:.2f}",))
    return amount


def _boolean(declared: FieldType, value: Any, fail: Fail) -> bool:
    if not isinstance(value, bool):
        raise fail(
            f"{value!r} is neither True nor False, but the field is {declared.kind}",
            f"{value!r} 不是布尔值，而字段类型是 {declared.kind}",
            ("True", "False"),
        )
    return value


def _datetime(_declared: FieldType, value: Any, fail: Fail) -> datetime:
    accepted = ('"2026-11-02T09:00:00+08:00"',)
    try:
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise fail(
            f"{value!r} is no time in ISO format", f"{value!r} 不是 ISO 格式的时间", accepted
        ) from None
    raise fail(f"{value!r} has no offset from UTC", f"{value!r} 缺少时区", accepted)


def _no_set(_declared: FieldType, _value: Any, fail: Fail) -> Value:
    raise fail("a set is not compared", "集合不能用于比较", ('"vip" in flags', 'has(flags, "vip")'))


_TYPED: Final[Mapping[FieldKind, Callable[[FieldType, Any, Fail], Value]]] = {
    "text": word,
    "enum": word,
    "tree": word,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "boolean": _boolean,
    "datetime": _datetime,
    "set": _no_set,
}

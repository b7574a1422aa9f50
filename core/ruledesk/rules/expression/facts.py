"""Facts: the values that conditions read, checked strictly against their declared types.

Nothing is coerced: text where a number is declared is an error, and ``True`` is no integer. What
is equal has one form afterwards: times are in UTC, money has two decimals, a set is a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from math import isfinite
from typing import Any, Final, NoReturn, TypeAlias

from ruledesk.errors import Problem, RuleDeskError, suggestion
from ruledesk.model.values import Value
from ruledesk.rules.expression.types import FieldKind, FieldType, Schema

#: Integers beyond it are no longer exact where an engine computes with doubles.
INTEGER_LIMIT: Final = 2**53
#: In CNY. Up to here an amount times 100 rounds to the right number of fen.
MONEY_LIMIT: Final = 10**13
#: The reserved fact: the names of the fields that the last action changed.
CHANGED: Final = "changed"

Checker: TypeAlias = Callable[[Any], Value]


class FactError(RuleDeskError):
    """A fact is not of its declared type; nothing was matched."""


def domain(declared: FieldType) -> frozenset[str]:
    """Collect the words that a field may hold.

    Args:
        declared: The field's type.

    Returns:
        The declared words, for a tree with the nodes above them; empty where any word may stand.
    """
    if declared.kind != "tree":
        return frozenset(declared.values)
    return frozenset(
        path.rsplit("/", up)[0] for path in declared.values for up in range(path.count("/") + 1)
    )


def checker(name: str, declared: FieldType) -> Checker:
    """Make the function that checks the values of one field.

    Args:
        name: The field's name, for errors.
        declared: Its type.

    Returns:
        A function of a value other than None; it returns the value in its one form and raises
        `FactError` for a value of another type.
    """
    return partial(_CHECKS[declared.kind], name, domain(declared))


def changed_names(value: Any) -> frozenset[str]:
    """Read the reserved fact `CHANGED`.

    Args:
        value: What the facts hold under the name; None where nothing changed.

    Returns:
        The names of the changed fields.

    Raises:
        FactError: It is no collection of names.
    """
    return frozenset() if value is None else frozenset(_set(CHANGED, frozenset(), value))


def check_facts(
    schema: Schema, facts: Mapping[str, Any], names: Iterable[str] | None = None
) -> dict[str, Value]:
    """Check facts against the schema.

    Args:
        schema: The declared fields.
        facts: Values by field name; None is the same as absent, undeclared names are ignored.
        names: The fields to look at; all declared ones (and `CHANGED`) where left out.

    Returns:
        The values that are present, in their one form.

    Raises:
        FactError: At least one value is not of its declared type; it names all of them.
    """
    checked: dict[str, Value] = {}
    problems: list[Problem] = []
    for name in (*schema.fields, CHANGED) if names is None else sorted(names):
        value = facts.get(name)
        if value is None or (name != CHANGED and name not in schema.fields):
            continue
        try:
            if name == CHANGED:
                checked[name] = tuple(sorted(changed_names(value)))
            else:
                checked[name] = checker(name, schema.fields[name])(value)
        except FactError as error:
            problems.extend(error.problems)
    if problems:
        raise FactError(*problems)
    return checked


# -- one check a kind -----------------------------------------------------------------------------


def _fail(name: str, en: str, zh: str, value: Any, accepted: Iterable[str] = ()) -> NoReturn:
    raise FactError.of(en, zh, field=name, value=value, accepted=accepted)


def _text(name: str, words: frozenset[str], value: Any) -> Value:
    if not isinstance(value, str):
        _fail(name, "is no text", "不是文本", value)
    if words and value not in words:
        _fail(name, "is no declared word", "不是已声明的词", value, suggestion(value, words))
    return value


def _integer(name: str, _words: frozenset[str], value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int):
        _fail(name, "is no integer", "不是整数", value)
    if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
        _fail(name, "is beyond ±2^53", "超出 ±2^53", f"{value:#x}")
    return int(value)


def _number(name: str, words: frozenset[str], value: Any) -> Value:
    if not isinstance(value, float):
        if isinstance(value, bool) or not isinstance(value, int):
            _fail(name, "is no number", "不是数字", value)
        return _integer(name, words, value)
    if not isfinite(value):
        _fail(name, "is no finite number", "不是有限的数", value)
    return float(value)


def _money(name: str, words: frozenset[str], value: Any) -> Value:
    amount = _number(name, words, value)
    if not isinstance(amount, int | float) or not -MONEY_LIMIT <= amount <= MONEY_LIMIT:
        _fail(name, "is beyond ±10^13", "超出 ±10^13", value)
    return round(amount, 2)


def _boolean(name: str, _words: frozenset[str], value: Any) -> Value:
    if not isinstance(value, bool):
        _fail(name, "is neither true nor false", "不是布尔值", value)
    return value


def _datetime(name: str, _words: frozenset[str], value: Any) -> Value:
    if not isinstance(value, datetime):
        _fail(name, "is no time", "不是时间", value)
    if value.utcoffset() is None:
        _fail(name, "is a time without an offset from UTC", "时间缺少时区", value)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        _fail(name, "is a time beyond the calendar", "时间超出历法范围", value)


def _set(name: str, words: frozenset[str], value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple | list | set | frozenset):
        _fail(name, "is no set of words", "不是词的集合", value)
    for word in value:
        _text(name, words, word)
    return tuple(sorted(value)) if isinstance(value, set | frozenset) else tuple(value)


_CHECKS: Final[Mapping[FieldKind, Callable[[str, frozenset[str], Any], Value]]] = {
    "text": _text,
    "enum": _text,
    "tree": _text,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "boolean": _boolean,
    "datetime": _datetime,
    "set": _set,
}

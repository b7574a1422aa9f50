"""Checks what a hook implementation returned, before the desk relies on it.

Every function takes the raw result, returns it in the type that the hook promises and raises
`WrongResultError` otherwise. None always means “nothing from me”, as pluggy has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from ruledesk.errors import Problem, shown
from ruledesk.model.values import Value

T = TypeVar("T")


class WrongResultError(TypeError):
    """A plugin returned something that its hook does not promise."""

    def __init__(self, result: object, expected: str) -> None:
        super().__init__(f"returned {shown(result)}, expected {expected}")


def listed(result: object, kind: type[T], expected: str) -> tuple[T, ...]:
    """Check a sequence.

    Args:
        result: What was returned.
        kind: The type of each element.
        expected: The words for the error.

    Returns:
        The elements; none where the result is None.

    Raises:
        WrongResultError: It is no sequence, or an element is of another type.
    """
    if result is None:
        return ()
    if not isinstance(result, Sequence) or isinstance(result, str | bytes):
        raise WrongResultError(result, expected)
    elements: list[T] = []
    for element in result:
        if not isinstance(element, kind):
            raise WrongResultError(element, expected)
        elements.append(element)
    return tuple(elements)


def problems(result: object) -> tuple[Problem, ...]:
    """Check the result of ``ruledesk_validate``.

    Raises:
        WrongResultError: It is no sequence of problems.
    """
    return listed(result, Problem, "a sequence of ruledesk.Problem")


def refusal(result: object) -> tuple[Problem, ...]:
    """Check the result of ``ruledesk_before_action``.

    Returns:
        The problem, or nothing.

    Raises:
        WrongResultError: It is neither a problem nor None.
    """
    if result is None:
        return ()
    if not isinstance(result, Problem):
        raise WrongResultError(result, "a ruledesk.Problem or None")
    return (result,)


def number(result: object) -> tuple[str, ...]:
    """Check the result of ``ruledesk_ticket_number``.

    Returns:
        The number, or nothing.

    Raises:
        WrongResultError: It is neither None nor a text with something in it.
    """
    if result is None:
        return ()
    if not isinstance(result, str) or not result.strip():
        raise WrongResultError(result, "a text that is not empty, or None")
    return (result,)


def facts(result: object) -> tuple[Mapping[str, Value], ...]:
    """Check the result of ``ruledesk_enrich_facts``.

    Returns:
        A copy of the facts, or nothing.

    Raises:
        WrongResultError: It is no mapping of names to values of tickets.
    """
    if result is None:
        return ()
    if not isinstance(result, Mapping):
        raise WrongResultError(result, "a mapping of names to values")
    checked: dict[str, Value] = {}
    for name, value in result.items():
        if not isinstance(name, str):
            raise WrongResultError(name, "text as the name of a fact")
        checked[name] = _value(value)
    return (checked,)


def ignored(_result: object) -> tuple[()]:
    """Ignore the result of an observing hook."""
    return ()


def _value(value: object) -> Value:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise WrongResultError(value, "a time with its zone")
        return value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return listed(value, str, "a tuple of texts")
    raise WrongResultError(value, "text, number, true or false, an aware time or a tuple of texts")

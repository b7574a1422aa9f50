"""Expressions back to text: what `ruledesk.rules.expression.parse` reads as the same tree."""

from __future__ import annotations

from datetime import UTC, datetime

from ruledesk.model.values import Value
from ruledesk.rules.expression.types import (
    And,
    Compare,
    CompareFields,
    Constant,
    Expression,
    Not,
    OneOf,
    Or,
    Test,
)

_PLAIN_TESTS = ("present", "missing", "changed")


def format_expression(expression: Expression) -> str:
    """Write an expression in the syntax of conditions.

    Args:
        expression: A checked expression.

    Returns:
        One line; ``parse(format_expression(e), schema, where) == e``.
    """
    match expression:
        case And(operands):
            return " and ".join(_operand(operand) for operand in operands)
        case Or(operands):
            return " or ".join(_operand(operand) for operand in operands)
        case Not(operand):
            return f"not {_operand(operand)}"
        case Constant(value):
            return str(value)
        case Compare(field, "==", True):
            return field
        case Compare(field, op, literal):
            return f"{field} {op} {format_value(literal)}"
        case CompareFields(left, op, right):
            return f"{left} {op} {right}"
        case OneOf(field, literals):
            return f"{field} in {_listed(literals)}"
        case Test():
            return _test(expression)


def format_value(value: Value) -> str:
    """Write a value as a literal of conditions.

    Args:
        value: A literal, or a fact to be shown beside one.

    Returns:
        Text in double quotes, a number, a time in ISO format and UTC, a list in parentheses.
    """
    if isinstance(value, str):
        return f'"{"".join(_escaped(character) for character in value)}"'
    if isinstance(value, datetime):
        return f'"{value.astimezone(UTC).isoformat()}"'
    if isinstance(value, tuple | list | set | frozenset):
        return _listed(tuple(value))
    return repr(value)


def _operand(expression: Expression) -> str:
    text = format_expression(expression)
    return f"({text})" if isinstance(expression, And | Or) else text


def _listed(values: tuple[Value, ...]) -> str:
    words = ", ".join(format_value(value) for value in values)
    return f"({words},)" if len(values) == 1 else f"({words})"


def _test(test: Test) -> str:
    if test.function in _PLAIN_TESTS:
        return f"{test.function}({test.field})"
    return f"{test.function}({test.field}, {format_value(test.text)})"


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")

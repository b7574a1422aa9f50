"""The reference evaluator of conditions, and why a condition held or did not.

Every rule engine gives the answers of `holds`. Facts are expected as
`ruledesk.rules.expression.facts.check_facts` returns them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from attrs import field, frozen

from ruledesk.errors import Locale
from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import CHANGED, changed_names
from ruledesk.rules.expression.format import format_expression, format_value
from ruledesk.rules.expression.patterns import matches
from ruledesk.rules.expression.types import (
    And,
    Atom,
    Compare,
    CompareFields,
    Constant,
    Expression,
    Function,
    Not,
    OneOf,
    Operator,
    Or,
    Test,
)

Facts = Mapping[str, Any]

OPERATORS: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def under(value: str, node: str) -> bool:
    """Say whether a tree value is at or below a node; levels are parted by ``/``."""
    return value == node or value.startswith(f"{node}/")


_TEXT_TESTS: Final[Mapping[Function, Callable[[Any, str], bool]]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "matches": matches,
    "under": under,
    "has": operator.contains,
}


def holds(expression: Expression, facts: Facts, changed: Collection[str] = frozenset()) -> bool:
    """Evaluate a condition.

    Args:
        expression: A checked expression.
        facts: Values by field name; absent and None are missing, and every comparison with a
            missing field is false.
        changed: Fields that the last action changed, beside those under the reserved fact
            ``changed``.

    Returns:
        Whether the condition holds.
    """
    return _holds(expression, facts, changed_names(facts.get(CHANGED)) | frozenset(changed))


def _holds(expression: Expression, facts: Facts, changed: frozenset[str]) -> bool:
    match expression:
        case And(operands):
            return all(_holds(operand, facts, changed) for operand in operands)
        case Or(operands):
            return any(_holds(operand, facts, changed) for operand in operands)
        case Not(operand):
            return not _holds(operand, facts, changed)
        case Constant(value):
            return value
        case _:
            return _atom_holds(expression, facts, changed)


def _atom_holds(atom: Atom, facts: Facts, changed: frozenset[str]) -> bool:
    match atom:
        case Test():
            return _test_holds(atom, facts.get(atom.field), changed)
        case CompareFields(left, op, right):
            a, b = facts.get(left), facts.get(right)
            return a is not None and b is not None and OPERATORS[op](a, b)
        case Compare(name, op, literal):
            value = facts.get(name)
            return value is not None and OPERATORS[op](value, literal)
        case OneOf(name, literals):
            value = facts.get(name)
            return value is not None and value in literals


def _test_holds(test: Test, value: Value, changed: frozenset[str]) -> bool:
    if test.function == "changed":
        return test.field in changed
    if test.function == "missing":
        return value is None
    if test.function == "present":
        return value is not None
    return value is not None and _TEXT_TESTS[test.function](value, test.text)


# -- why ------------------------------------------------------------------------------------------


@frozen
class Trace:
    """What one node of a condition came to.

    Attributes:
        expression: The node.
        result: Whether it held.
        operands: The traces of its operands; empty for an atom or a constant.
        actual: The facts that an atom read, by field name; None for a missing one.
    """

    expression: Expression
    result: bool
    operands: tuple[Trace, ...] = ()
    actual: Mapping[str, Value] = field(factory=dict)

    @property
    def text(self) -> str:
        """The node in the syntax of conditions."""
        return format_expression(self.expression)

    def sentence(self, locale: Locale = "en") -> str:
        """Write the node and, for an atom, what the facts were.

        Args:
            locale: The language of the line.

        Returns:
            ``urgency == "critical": urgency is "normal"``; for other nodes the text alone.
        """
        said = [_said(name, value, locale) for name, value in self.actual.items()]
        if not said:
            return self.text
        return (
            f"{self.text}: {', '.join(said)}"
            if locale == "en"
            else f"{self.text}：{'，'.join(said)}"
        )


def _said(name: str, value: Value, locale: Locale) -> str:
    if name == CHANGED:
        if not value:
            return "nothing changed" if locale == "en" else "没有字段变更"
        return (
            f"changed: {format_value(value)}"
            if locale == "en"
            else f"已变更：{format_value(value)}"
        )
    if value is None:
        return f"{name} is missing" if locale == "en" else f"{name} 缺失"
    return (
        f"{name} is {format_value(value)}" if locale == "en" else f"{name} 为 {format_value(value)}"
    )


def explain(expression: Expression, facts: Facts, changed: Collection[str] = frozenset()) -> Trace:
    """Evaluate a condition and keep what every node came to (requirement F2).

    Args:
        expression: A checked expression.
        facts: As for `holds`.
        changed: As for `holds`.

    Returns:
        The trace of the whole expression; its `result` is that of `holds`.
    """
    return _trace(expression, facts, changed_names(facts.get(CHANGED)) | frozenset(changed))


def _trace(expression: Expression, facts: Facts, changed: frozenset[str]) -> Trace:
    match expression:
        case And(operands):
            traces = tuple(_trace(operand, facts, changed) for operand in operands)
            return Trace(expression, all(trace.result for trace in traces), traces)
        case Or(operands):
            traces = tuple(_trace(operand, facts, changed) for operand in operands)
            return Trace(expression, any(trace.result for trace in traces), traces)
        case Not(operand):
            trace = _trace(operand, facts, changed)
            return Trace(expression, not trace.result, (trace,))
        case Constant(value):
            return Trace(expression, value)
        case _:
            result = _atom_holds(expression, facts, changed)
            return Trace(expression, result, (), _actual(expression, facts, changed))


def _actual(atom: Atom, facts: Facts, changed: frozenset[str]) -> dict[str, Value]:
    if isinstance(atom, CompareFields):
        return {name: facts.get(name) for name in (atom.left, atom.right)}
    if isinstance(atom, Test) and atom.function == "changed":
        return {CHANGED: tuple(sorted(changed))}
    return {atom.field: facts.get(atom.field)}


def failed_atoms(
    expression: Expression, facts: Facts, changed: Collection[str] = frozenset()
) -> tuple[Trace, ...]:
    """List what kept a condition from holding: the fewest atoms that would have to differ.

    An atom that occurs twice counts once. Where several choices are equally few, it is the first.

    Args:
        expression: A checked expression.
        facts: As for `holds`.
        changed: As for `holds`.

    Returns:
        The traces of the atoms, in the expression's order; under a ``not`` they are atoms that
        held. Empty if the condition holds. A constant ``False`` stands for itself.
    """
    return _to_change(explain(expression, facts, changed), wanted=True)


def distance(expression: Expression, facts: Facts, changed: Collection[str] = frozenset()) -> int:
    """Count how many atoms short of holding a condition is; 0 if it holds, 1 is a near miss."""
    return len(failed_atoms(expression, facts, changed))


def _to_change(trace: Trace, *, wanted: bool) -> tuple[Trace, ...]:
    if trace.result == wanted:
        return ()
    if isinstance(trace.expression, Not):
        return _to_change(trace.operands[0], wanted=not wanted)
    if not trace.operands:
        return (trace,)
    choices = [_to_change(operand, wanted=wanted) for operand in trace.operands]
    if isinstance(trace.expression, And) == wanted:
        return tuple({t.expression: t for choice in choices for t in choice}.values())
    return min(choices, key=_effort)


def _effort(choice: tuple[Trace, ...]) -> tuple[bool, int]:
    hopeless = any(isinstance(trace.expression, Constant) for trace in choice)
    return hopeless, len(choice)

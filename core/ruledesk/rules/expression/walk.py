"""Walking the expression tree: its atoms, what it reads, how deep it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import (
    And,
    Atom,
    CompareFields,
    Constant,
    Expression,
    Not,
    Or,
    Test,
)


def _occurrences(expression: Expression) -> Iterator[Atom]:
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, Not):
            pending.append(node.operand)
        elif isinstance(node, And | Or):
            pending.extend(reversed(node.operands))
        elif not isinstance(node, Constant):
            yield node


def atoms(expression: Expression) -> tuple[Atom, ...]:
    """List the distinct atoms of an expression, from left to right.

    Args:
        expression: A checked expression.

    Returns:
        Each comparison and test once, however often it occurs.
    """
    return tuple(dict.fromkeys(_occurrences(expression)))


def reads(expressions: Iterable[Expression]) -> frozenset[str]:
    """Name the facts that expressions read.

    ``changed(x)`` reads the reserved fact `ruledesk.rules.expression.facts.CHANGED`, not ``x``.

    Args:
        expressions: Checked expressions.

    Returns:
        Field names.
    """
    names: set[str] = set()
    for expression in expressions:
        for atom in _occurrences(expression):
            if isinstance(atom, CompareFields):
                names.update((atom.left, atom.right))
            elif isinstance(atom, Test) and atom.function == "changed":
                names.add(CHANGED)
            else:
                names.add(atom.field)
    return frozenset(names)


def depth(expression: Expression) -> int:
    """Count the levels of an expression; an atom has one.

    Args:
        expression: A checked expression.

    Returns:
        The number of nodes on the longest way from the root to an atom.
    """
    deepest = 0
    pending = [(expression, 1)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(node, Not):
            pending.append((node.operand, level + 1))
        elif isinstance(node, And | Or):
            pending.extend((operand, level + 1) for operand in node.operands)
    return deepest

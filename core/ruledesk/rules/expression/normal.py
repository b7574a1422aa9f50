"""Normal forms: negation at the leaves, and a disjunction of conjunctions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ruledesk.rules.expression.types import And, Atom, Constant, Expression, Not, Or, Test

#: An atom or the negation of one.
Literal: TypeAlias = Atom | Not
#: Literals that hold together; the empty term always holds.
Term: TypeAlias = frozenset[Literal]


class TooWideError(Exception):
    """The disjunctive normal form has more terms than allowed."""


def pushed(expression: Expression) -> Expression:
    """Push negation to the leaves.

    Comparisons are not turned round: ``not x > 5`` also holds where ``x`` is missing, ``x <= 5``
    does not. ``missing(x)`` becomes ``not present(x)``.

    Args:
        expression: A checked expression.

    Returns:
        An equivalent expression whose negations stand before atoms only.
    """
    return _pushed(expression, positive=True)


def _pushed(expression: Expression, *, positive: bool) -> Expression:
    match expression:
        case Not(operand):
            return _pushed(operand, positive=not positive)
        case And(operands) | Or(operands):
            conjunction = isinstance(expression, And) == positive
            parts = tuple(_pushed(operand, positive=positive) for operand in operands)
            return And(parts) if conjunction else Or(parts)
        case Constant(value):
            return Constant(value == positive)
        case Test("missing", field):
            present = Test("present", field)
            return Not(present) if positive else present
        case _:
            return expression if positive else Not(expression)


def disjunction(expression: Expression, most: int) -> tuple[Term, ...]:
    """Write an expression as a disjunction of terms, without terms that others make superfluous.

    Args:
        expression: An expression as `pushed` returns it.
        most: How many terms there may be.

    Returns:
        The terms, in the expression's order: none where it never holds, only the empty one where
        it always does.

    Raises:
        TooWideError: There are more terms than `most`.
    """
    match expression:
        case Constant(value):
            return (frozenset(),) if value else ()
        case Or(operands):
            return _absorbed((t for o in operands for t in disjunction(o, most)), most)
        case And(operands):
            terms: tuple[Term, ...] = (frozenset(),)
            for operand in operands:
                factor = disjunction(operand, most)
                terms = _absorbed((a | b for a in terms for b in factor), most)
            return terms
        case _:
            return (frozenset((expression,)),)


def _absorbed(terms: Iterable[Term], most: int) -> tuple[Term, ...]:
    kept: list[Term] = []
    for term in terms:
        if _contradicts(term) or any(other <= term for other in kept):
            continue
        kept = [other for other in kept if not term <= other]
        kept.append(term)
        if len(kept) > most:
            raise TooWideError
    return tuple(kept)


def _contradicts(term: Term) -> bool:
    return any(isinstance(literal, Not) and literal.operand in term for literal in term)

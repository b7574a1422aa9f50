"""From conditions to what durable-rules can hold safely.

A condition becomes a disjunction of terms, a term one durable rule over generated properties: a
number that is compared stays a number, every other test is a property that is 0 or 1. Negation is
pushed to the leaves; ``not x > 5`` becomes ``x <= 5`` or ``x`` is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

from attrs import define, field

from ruledesk.errors import InvalidInput
from ruledesk.rules.engine import Condition, Program
from ruledesk.rules.expression.normal import Literal, Term, TooWideError, disjunction, pushed
from ruledesk.rules.expression.types import (
    And,
    Atom,
    Compare,
    Expression,
    Not,
    Operator,
    Or,
    Schema,
    Test,
)
from ruledesk_plugins.durable.keys import Keys

#: Terms of one condition.
MOST_TERMS: Final = 240
#: Terms of one durable ruleset: more than 64 that match at once are an error of the engine.
CHUNK_TERMS: Final = 60
#: Properties of one fact: the engine takes 252.
CHUNK_KEYS: Final = 200

#: One test of a rule: a property, an operator, a number.
Clause: TypeAlias = tuple[str, Operator, int | float]

_INVERSE: Final[Mapping[Operator, Operator]] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}


@define
class Chunk:
    """One durable ruleset.

    Attributes:
        rules: The clauses of each rule, and the index of the condition that it stands for.
        keys: The properties that the rules read.
    """

    rules: list[tuple[tuple[Clause, ...], int]] = field(factory=list)
    keys: dict[str, None] = field(factory=dict)

    def takes(self, keys: frozenset[str]) -> bool:
        """Say whether one more rule that reads these properties fits in."""
        return (
            len(self.rules) < CHUNK_TERMS and len(self.keys.keys() | keys) <= CHUNK_KEYS
        ) or not self.rules


@define
class Lowered:
    """A program as the engine gets it.

    Attributes:
        always: Indices of the conditions that hold whatever the facts are.
        numbers: The fields that are passed as numbers, with their properties.
        bits: The tests that are passed as 0 or 1, with their properties.
        chunks: The durable rulesets.
    """

    schema: Schema
    always: list[int] = field(factory=list)
    numbers: dict[str, str] = field(factory=dict)
    bits: dict[Atom, str] = field(factory=dict)
    chunks: list[Chunk] = field(factory=list)
    _keys: Keys = field(factory=Keys)

    def add(self, index: int, terms: Sequence[Term], where: str) -> None:
        """Take in one condition.

        Raises:
            InvalidInput: A term reads more properties than a fact can have.
        """
        if frozenset() in terms:
            self.always.append(index)
            return
        for term in terms:
            self._add_rule(index, term, where)

    def _add_rule(self, index: int, term: Term, where: str) -> None:
        clauses = {self._clause(literal) for literal in term}
        keys = frozenset(key for key, _, _ in clauses)
        if len(keys) > CHUNK_KEYS:
            raise InvalidInput.of(
                f"the condition reads more than {CHUNK_KEYS} different tests at once",
                f"条件同时读取的判断超过 {CHUNK_KEYS} 个",
                field=where,
            )
        if not self.chunks or not self.chunks[-1].takes(keys):
            self.chunks.append(Chunk())
        chunk = self.chunks[-1]
        chunk.rules.append((tuple(sorted(clauses)), index))
        chunk.keys.update(dict.fromkeys(sorted(keys)))

    def _clause(self, literal: Literal) -> Clause:
        match literal:
            case Compare(name, op, int() | float() as amount) if is_numeric(literal, self.schema):
                if name not in self.numbers:
                    self.numbers[name] = self._keys.fresh("n")
                money = self.schema.fields[name].kind == "money"
                return self.numbers[name], op, round(amount * 100) if money else amount
            case _:
                atom = cast("Atom", literal.operand) if isinstance(literal, Not) else literal
                if atom not in self.bits:
                    self.bits[atom] = self._keys.fresh("b")
                return self.bits[atom], "==", int(not isinstance(literal, Not))


def lower(program: Program) -> Lowered:
    """Write a program for the engine.

    Args:
        program: The conditions and the schema that they were checked against.

    Returns:
        The conditions as rules.

    Raises:
        InvalidInput: A condition is too wide or too deep; the message names it.
    """
    lowered = Lowered(program.schema)
    for index, condition in enumerate(program.conditions):
        where = f"{program.label}.{condition.name}".lstrip(".")
        lowered.add(index, _terms(condition, program.schema, where), where)
    return lowered


def _terms(condition: Condition, schema: Schema, where: str) -> tuple[Term, ...]:
    leaves = pushed(condition.when)
    try:
        return disjunction(turned(leaves, schema), MOST_TERMS)
    except TooWideError:
        pass
    try:
        # A negated comparison as a single 0 or 1 needs one term instead of two.
        return disjunction(leaves, MOST_TERMS)
    except TooWideError:
        raise InvalidInput.of(
            f"the condition has more than {MOST_TERMS} alternatives once its 'and' and 'or' are"
            " multiplied out; split it into several rules",
            f"条件展开 and 与 or 之后超过 {MOST_TERMS} 个分支；请拆成几条规则",
            field=where,
        ) from None


def turned(expression: Expression, schema: Schema) -> Expression:
    """Turn negated comparisons with numbers round: the inverse holds, or the field is missing.

    Args:
        expression: An expression with negation at the leaves.
        schema: The fields' types.

    Returns:
        An equivalent expression in which no comparison of a number is negated.
    """
    match expression:
        case And(operands):
            return And(tuple(turned(operand, schema) for operand in operands))
        case Or(operands):
            return Or(tuple(turned(operand, schema) for operand in operands))
        case Not(Compare(name, op, literal) as atom) if is_numeric(atom, schema):
            return Or((Compare(name, _INVERSE[op], literal), Not(Test("present", name))))
        case _:
            return expression


def is_numeric(atom: Atom, schema: Schema) -> bool:
    """Say whether an atom compares a number with a literal, which the engine itself does."""
    if not isinstance(atom, Compare):
        return False
    declared = schema.fields.get(atom.field)
    return declared is not None and declared.kind in ("integer", "number", "money")

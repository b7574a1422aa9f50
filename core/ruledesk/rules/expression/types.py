"""Types of conditions: field types, the schema, and the checked expression tree.

The tree is small on purpose: every node can be evaluated by each engine, negated at the leaves,
explained, and analysed. A comparison with a missing field is false, and so is its negation's
inner comparison: ``not (x == 1)`` is true when ``x`` is missing, because ``x == 1`` is false.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from ruledesk.model.values import Value

#: ``money`` is a number with two decimals; ``set`` holds words (flags); ``enum`` and ``tree`` are
#: text from a declared list, ``tree`` with ``/`` between levels.
FieldKind: TypeAlias = Literal[
    "text", "enum", "tree", "integer", "number", "money", "boolean", "datetime", "set"
]


@frozen
class FieldType:
    """What a field may hold: its kind and, for enum, tree and set, the words of its domain.

    An empty `values` leaves the words open.
    """

    kind: FieldKind
    values: tuple[str, ...] = ()


@frozen
class Schema:
    """The fields that conditions may read, by dotted name."""

    fields: Mapping[str, FieldType] = field(factory=dict)


Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
#: Tests that are not comparisons. ``under`` is true for a tree value at or below a node;
#: ``has`` for a word in a set; ``changed`` reads the set of fields changed by the last action.
Function: TypeAlias = Literal[
    "present", "missing", "contains", "startswith", "matches", "under", "has", "changed"
]


@frozen
class Compare:
    """``field op literal``; the literal has the field's type (datetimes aware, in UTC)."""

    field: str
    op: Operator
    literal: Value


@frozen
class CompareFields:
    """``left op right`` between two fields of comparable types; false if either is missing."""

    left: str
    op: Operator
    right: str


@frozen
class OneOf:
    """``field in (…)``; false if the field is missing."""

    field: str
    literals: tuple[Value, ...]


@frozen
class Test:
    """A function of one field and, except for present, missing and changed, a text."""

    __test__ = False  # not a test class, whatever its name says to pytest
    function: Function
    field: str
    text: str = ""


@frozen
class Constant:
    """``True`` or ``False``."""

    value: bool


@frozen
class Not:
    """Negation."""

    operand: Expression


@frozen
class And:
    """All hold; at least two operands."""

    operands: tuple[Expression, ...]


@frozen
class Or:
    """At least one holds; at least two operands."""

    operands: tuple[Expression, ...]


Atom: TypeAlias = Compare | CompareFields | OneOf | Test
Expression: TypeAlias = Atom | Constant | Not | And | Or

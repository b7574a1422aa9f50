"""Hypothesis strategies for conditions: schemas, expressions over one, and facts for it.

They lean towards what breaks engines: missing and null fields, literals that meet the facts'
values, numbers at the edge of exactness, and names and words that mean something to an engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, get_args

from hypothesis import strategies as st

from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import (
    And,
    Atom,
    Compare,
    CompareFields,
    Constant,
    Expression,
    FieldKind,
    FieldType,
    Function,
    Not,
    OneOf,
    Operator,
    Or,
    Schema,
    Test,
)

NAMES: Final = (
    "urgency",
    "id",
    "sid",
    "m",
    "label",
    "n0",
    "b0",
    "v0",
    "get",
    "facts",
    "requester.level",
    "targets.response.state",
    "counts.repeat",
    "custom.fault",
    "custom.故障",
)
_WORDS: Final = ("9", "urgent", "a", "true", "after-sales", "after-sales/repair", "vip", "故障", "")
_PATTERNS: Final = ("a", "^9$", r"\d+", "故.", "(?i)VIP", "sales/.*r", "(ab)?c")
_INTEGERS: Final = (0, 1, -1, 2, 9, 10, 100_000, 2**31, 2**53, -(2**53), 2**53 - 1)
_FLOATS: Final = (0.0, -0.0, 0.1, 1.5, 1e16, 1e-7, 1.5e-7, 1e300, -1e300, 5e-324, 9.0, 100.25)
_ABSENT: Final = object()
_MOMENT: Final = datetime(2026, 11, 2, 1, tzinfo=UTC)
_NUMERIC: Final[tuple[FieldKind, ...]] = ("number", "integer", "money")
_NUMBERS: Final = frozenset(_NUMERIC)
_TEXTS: Final[frozenset[FieldKind]] = frozenset({"text", "enum", "tree"})
_PLAIN: Final[tuple[Function, ...]] = ("present", "missing", "changed")
_OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
_EQUALITY: Final[tuple[Operator, ...]] = ("==", "!=")


def field_types() -> st.SearchStrategy[FieldType]:
    """Draw field types of every kind, with words where the kind has them."""
    words = st.lists(st.sampled_from(_WORDS[:-1]), min_size=1, max_size=4, unique=True).map(tuple)
    # Numbers are drawn more often: they are what engines compare in their own ways.
    open_kinds = st.sampled_from((*get_args(FieldKind), *_NUMERIC, *_NUMERIC)).map(FieldType)
    declared = st.builds(FieldType, st.sampled_from(("enum", "tree", "set")), words)
    return open_kinds | declared


def schemas() -> st.SearchStrategy[Schema]:
    """Draw schemas of one to eight fields."""
    fields = st.dictionaries(st.sampled_from(NAMES), field_types(), min_size=1, max_size=8)
    return fields.map(Schema)


def words(declared: FieldType) -> st.SearchStrategy[str]:
    """Draw words that a text, enum, tree or set accepts."""
    if declared.values:
        return st.sampled_from(declared.values)
    return st.sampled_from(_WORDS) | st.text(max_size=8)


def values(declared: FieldType) -> st.SearchStrategy[Any]:
    """Draw values of a field's type, in their one form."""
    integers = st.sampled_from(_INTEGERS) | st.integers(-(2**53), 2**53)
    fen = st.sampled_from((0, 1, 999, 1000, -1, 10**15)) | st.integers(-(10**15), 10**15)
    by_kind: Mapping[FieldKind, st.SearchStrategy[Any]] = {
        "integer": integers,
        "number": st.one_of(
            st.sampled_from(_FLOATS),
            st.sampled_from(_FLOATS),
            integers,
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        "money": fen.map(lambda amount: round(amount / 100, 2)) | st.integers(-(10**13), 10**13),
        "boolean": st.booleans(),
        "datetime": st.sampled_from((0, 1, -1, 3600)).map(lambda s: _MOMENT + timedelta(seconds=s)),
        "set": st.lists(words(declared), max_size=3, unique=True).map(tuple),
    }
    return by_kind.get(declared.kind, words(declared))


# -- expressions ----------------------------------------------------------------------------------


def atoms(schema: Schema) -> st.SearchStrategy[Atom]:
    """Draw comparisons and tests that are right for a schema."""
    names = sorted(schema.fields)
    return st.sampled_from(names).flatmap(lambda name: _about(schema, name))


def _about(schema: Schema, name: str) -> st.SearchStrategy[Atom]:
    declared = schema.fields[name]
    plain = st.sampled_from(_PLAIN).map(lambda function: Test(function, name))
    if declared.kind == "set":
        return _weighted((1, plain), (4, words(declared).map(lambda word: Test("has", name, word))))
    ordered = declared.kind in _NUMBERS | {"datetime"}
    operators = st.sampled_from(_OPERATORS if ordered else _EQUALITY)
    literals = values(declared)
    several = st.lists(literals, min_size=1, max_size=3).map(tuple)
    others = [other for other in sorted(schema.fields) if _comparable(schema, name, other)]
    return _weighted(
        (1, plain),
        (5, st.builds(Compare, st.just(name), operators, literals)),
        (1, st.builds(OneOf, st.just(name), several)),
        (1, st.builds(CompareFields, st.just(name), operators, st.sampled_from(others))),
        (2 if declared.kind in _TEXTS else 0, _text_tests(name, declared)),
    )


def _weighted(*choices: tuple[int, st.SearchStrategy[Atom]]) -> st.SearchStrategy[Atom]:
    strategies = [strategy for weight, strategy in choices for _ in range(weight)]
    return st.integers(0, len(strategies) - 1).flatmap(lambda index: strategies[index])


def _comparable(schema: Schema, left: str, right: str) -> bool:
    kinds = {schema.fields[left].kind, schema.fields[right].kind}
    return len(kinds) == 1 or kinds <= _NUMBERS or kinds <= _TEXTS


def _text_tests(name: str, declared: FieldType) -> st.SearchStrategy[Atom]:
    fragments = st.sampled_from(_WORDS[:-1]) | st.text(min_size=1, max_size=2)
    choices = [
        st.builds(Test, st.sampled_from(("contains", "startswith")), st.just(name), fragments),
        st.sampled_from(_PATTERNS).map(lambda pattern: Test("matches", name, pattern)),
    ]
    if declared.kind == "tree":
        choices.append(words(declared).map(lambda word: Test("under", name, word)))
    return st.one_of(choices)


def expressions(schema: Schema, max_leaves: int = 8) -> st.SearchStrategy[Expression]:
    """Draw checked expressions over a schema.

    Args:
        schema: The fields that they may read.
        max_leaves: About how many atoms there are at most.

    Returns:
        Expressions that `ruledesk.rules.expression.parse` could have made.
    """
    leaves: st.SearchStrategy[Expression] = atoms(schema) | st.booleans().map(Constant)

    def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        operands = st.lists(smaller, min_size=2, max_size=4).map(tuple)
        return smaller.map(Not) | operands.map(And) | operands.map(Or)

    return st.recursive(leaves, larger, max_leaves=max_leaves)


# -- facts ----------------------------------------------------------------------------------------


def facts(schema: Schema) -> st.SearchStrategy[dict[str, Value]]:
    """Draw facts that fit a schema: fields absent, null or set, and names outside the schema."""
    known = {name: _sometimes(declared) for name, declared in schema.fields.items()}
    changed = st.none() | st.lists(st.sampled_from(sorted(schema.fields)), max_size=3).map(tuple)
    drawn = st.fixed_dictionaries(known, optional={CHANGED: changed} | _strange(schema))
    return drawn.map(lambda each: {name: v for name, v in each.items() if v is not _ABSENT})


def _sometimes(declared: FieldType) -> st.SearchStrategy[Any]:
    right = values(declared)
    return st.one_of(right, right, right.map(_another_form), st.sampled_from((None, _ABSENT)))


def wrong_facts(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Draw facts of which at least one is not of its declared type."""
    wrong = st.sampled_from(sorted(schema.fields)).flatmap(
        lambda name: st.tuples(st.just(name), _wrong(schema.fields[name]))
    )
    return st.builds(lambda right, pair: {**right, pair[0]: pair[1]}, facts(schema), wrong)


def _another_form(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone(timedelta(hours=8)))
    return frozenset(value) if isinstance(value, tuple) else value


def _strange(schema: Schema) -> dict[str, st.SearchStrategy[Any]]:
    names = ("$forward", "$s", "id", "sid", "label", "chart", "n0", "b0", "w", "custom", "a.b.c")
    values = st.sampled_from((1, "x", True, {"$s": 1}, [], float("nan"), 10**400, b"\x00"))
    return {name: values for name in names if name not in schema.fields}


def _wrong(declared: FieldType) -> st.SearchStrategy[Any]:
    naive = datetime(2026, 11, 2)  # noqa: DTZ001 - it is meant to be refused
    candidates: dict[FieldKind, tuple[Any, ...]] = {
        "integer": ("9", True, 1.0, 2**53 + 1, -(10**400), [1]),
        "number": ("9", False, float("nan"), float("inf"), 2**53 + 1, 1j),
        "money": ("9", True, float("-inf"), 1e14, 10**14),
        "boolean": (1, 0, "true"),
        "datetime": ("2026-11-02T09:00:00+08:00", 0, naive),
        "set": ("vip", ("vip", 1), {"vip": 1}),
    }
    plain: tuple[Any, ...] = (9, True, 1.5, b"a", ["a"], ("a",), {})
    undeclared = ("no such word",) if declared.values else ()
    wrong = candidates.get(declared.kind, plain + undeclared)
    return st.sampled_from(wrong)

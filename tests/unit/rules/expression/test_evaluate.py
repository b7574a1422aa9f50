"""The reference evaluator, and why a condition did not hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.rules.expression.evaluate import distance, explain, failed_atoms, holds
from ruledesk.rules.expression.facts import check_facts
from ruledesk.rules.expression.normal import TooWideError, disjunction, pushed
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import And, Constant, FieldType, Or, Schema, Test
from ruledesk.rules.expression.walk import atoms, depth, reads
from ruledesk.testing.expressions import expressions, facts, schemas

SCHEMA = Schema(
    {
        "urgency": FieldType("enum", ("critical", "normal")),
        "users": FieldType("integer"),
        "other": FieldType("integer"),
        "category": FieldType("tree"),
        "flags": FieldType("set"),
        "green": FieldType("boolean"),
    }
)


def read(text):
    return parse(text, SCHEMA, "x")


@pytest.mark.parametrize(
    ("text", "given_facts", "expected"),
    [
        ("users == 1", {}, False),
        ("users != 1", {}, False),
        ("not users == 1", {}, True),
        ("users != 1", {"users": 2}, True),
        ("users not in (1, 2)", {}, False),
        ("users not in (1, 2)", {"users": 3}, True),
        ("users < other", {"users": 1}, False),
        ("users < other", {"users": 1, "other": 2}, True),
        ("missing(users)", {"users": None}, True),
        ('under(category, "a/b")', {"category": "a/b/c"}, True),
        ('under(category, "a/b")', {"category": "a/bc"}, False),
        ('"vip" in flags', {"flags": ("vip",)}, True),
        ('"vip" not in flags', {}, True),
        ("changed(users)", {"changed": ("users",)}, True),
        ("changed(users)", {"users": 1}, False),
        ("green", {"green": False}, False),
    ],
)
def test_holds(text, given_facts, expected):
    assert holds(read(text), given_facts) is expected
    assert explain(read(text), given_facts).result is expected


def test_changed_may_also_be_an_argument():
    assert holds(read("changed(users)"), {}, changed={"users"})


@pytest.mark.requirement("F2")
def test_a_trace_says_what_the_facts_were():
    trace = explain(read('urgency == "critical" and users > 5'), {"urgency": "normal"})
    assert [operand.sentence() for operand in trace.operands] == [
        'urgency == "critical": urgency is "normal"',
        "users > 5: users is missing",
    ]
    assert trace.operands[0].sentence("zh") == 'urgency == "critical"：urgency 为 "normal"'
    assert trace.sentence() == 'urgency == "critical" and users > 5'
    changed = explain(read("changed(users)"), {})
    assert changed.sentence() == "changed(users): nothing changed"
    assert changed.sentence("zh") == "changed(users)：没有字段变更"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("users > 5 and green", ["green"]),
        ("users > 5 and other > 5", ["other > 5"]),
        ("other > 1 and green or other > 2", ["other > 2"]),
        ("not users > 5", ["users > 5"]),
        ("not (users > 5 and users > 6)", ["users > 5"]),
        ("not (users > 5 or users > 6)", ["users > 5", "users > 6"]),
        ("green and (green or other > 1)", ["green"]),
        ("False or green and other > 1", ["green", "other > 1"]),
        ("users > 5", []),
    ],
)
def test_the_fewest_atoms_that_stopped_it(text, short):
    known = {"users": 9, "green": False}
    assert [trace.text for trace in failed_atoms(read(text), known)] == short
    assert distance(read(text), known) == len(short)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_normal_forms_and_distance_agree_with_the_answer(data):
    schema = data.draw(schemas())
    expression = data.draw(expressions(schema))
    checked = check_facts(schema, data.draw(facts(schema)))
    answer = holds(expression, checked)
    assert holds(pushed(expression), checked) is answer
    terms = disjunction(pushed(expression), 10_000)
    assert any(all(holds(each, checked) for each in term) for term in terms) is answer
    assert (distance(expression, checked) == 0) is answer


def test_a_disjunction_drops_what_is_superfluous_and_is_bounded():
    a, b = Test("present", "users"), Test("present", "other")
    assert disjunction(Or((a, And((a, b)))), 9) == (frozenset({a}),)
    assert disjunction(pushed(read("green and not green")), 9) == ()
    assert disjunction(Or((a, Constant(True))), 9) == (frozenset(),)
    wide = And(tuple(Or((Test("changed", f"a{n}"), Test("changed", f"b{n}"))) for n in range(7)))
    assert len(disjunction(wide, 128)) == 128
    with pytest.raises(TooWideError):
        disjunction(wide, 127)


def test_walking():
    expression = read("not (users > 5 and changed(green)) or users > 5 or users < other")
    assert len(atoms(expression)) == 3
    assert reads([expression]) == {"users", "other", "changed"}
    assert depth(expression) == 4

"""What conditions may say, and how what they may not say is refused."""

from datetime import UTC, datetime

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import (
    And,
    Compare,
    CompareFields,
    Constant,
    FieldType,
    Not,
    OneOf,
    Or,
    Schema,
    Test,
)

SCHEMA = Schema(
    {
        "urgency": FieldType("enum", ("urgent", "normal")),
        "category": FieldType("tree", ("after-sales/repair", "sales")),
        "description": FieldType("text"),
        "affected_users": FieldType("integer"),
        "counts.repeat": FieldType("integer"),
        "score": FieldType("number"),
        "loss": FieldType("money"),
        "flags": FieldType("set", ("vip", "overdue")),
        "green": FieldType("boolean"),
        "created_at": FieldType("datetime"),
        "targets.response.state": FieldType("enum", ("running", "met")),
    }
)


def read(text):
    return parse(text, SCHEMA, "rules.x.when")


def refusal(text):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.zh != problem.en
    return problem


URGENT = Compare("urgency", "==", "urgent")
GREEN = Compare("green", "==", True)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ('urgency == "urgent"', URGENT),
        ('"urgent" == urgency', URGENT),
        ("100 <= affected_users", Compare("affected_users", ">=", 100)),
        ("affected_users >= -5", Compare("affected_users", ">=", -5)),
        ("loss > 0.10", Compare("loss", ">", 0.1)),
        (
            "1 < affected_users <= 5",
            And((Compare("affected_users", ">", 1), Compare("affected_users", "<=", 5))),
        ),
        ("affected_users > counts.repeat", CompareFields("affected_users", ">", "counts.repeat")),
        ("score < affected_users", CompareFields("score", "<", "affected_users")),
        ('urgency in ["urgent"]', OneOf("urgency", ("urgent",))),
        (
            'urgency not in ("urgent", "normal")',
            And((Test("present", "urgency"), Not(OneOf("urgency", ("urgent", "normal"))))),
        ),
        ('"vip" in flags', Test("has", "flags", "vip")),
        ('"vip" not in flags', Not(Test("has", "flags", "vip"))),
        ("urgency == None", Test("missing", "urgency")),
        ("urgency is None", Test("missing", "urgency")),
        ("urgency is not None", Test("present", "urgency")),
        ("None != urgency", Test("present", "urgency")),
        ("green", GREEN),
        ("not green", Not(GREEN)),
        ("green == False", Compare("green", "==", False)),
        ("True", Constant(True)),
        ("green and not (green or green)", And((GREEN, Not(Or((GREEN, GREEN)))))),
        ('under(category, "after-sales")', Test("under", "category", "after-sales")),
        (r'matches(description, "a+\d")', Test("matches", "description", r"a+\d")),
        ("changed(targets.response.state)", Test("changed", "targets.response.state")),
        (
            'created_at >= "2026-11-02T09:00:00+08:00"',
            Compare("created_at", ">=", datetime(2026, 11, 2, 1, tzinfo=UTC)),
        ),
        ("  (green\n  and green)\n", And((GREEN, GREEN))),
    ],
)
def test_reads(text, expression):
    assert read(text) == expression


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("text", "column", "en", "accepted"),
    [
        ('urgncy == "urgent"', 1, "unknown field urgncy", "urgency"),
        ('urgency == "urgnt"', 12, "not among the declared words", "urgent"),
        ('under(category, "after-sale")', 1, "not among the declared words", "after-sales"),
        ('"vipp" in flags', 1, "not among the declared words", "vip"),
        ("affected_users >= 2.5", 19, "is no integer", "42"),
        ("affected_users == True", 19, "is no integer", "42"),
        ('affected_users == "9"', 19, "is no integer", "42"),
        ("affected_users == 9007199254740993", 19, "beyond ±2^53", None),
        ("score == 1e999", 10, "not finite", "1.5"),
        ("loss == 0.001", 9, "at most two decimals", "0.00"),
        ("loss == 1e14", 9, "beyond ±10^13", None),
        ("green == 1", 10, "neither True nor False", "True"),
        ('urgency < "urgent"', 11, "has no order", "=="),
        ("urgency < urgency", 11, "has no order", "=="),
        ("score > None", 9, "None has no order", "missing(score)"),
        ('created_at > "2026-11-02"', 14, "no offset", None),
        ('created_at > "soon"', 14, "no time in ISO format", None),
        ('created_at > "0001-01-01T00:00:00+08:00"', 14, "no time in ISO format", None),
        ('flags == "vip"', 10, "a set is not compared", '"vip" in flags'),
        ("urgency == affected_users", 12, "not comparable", None),
        ("urgency", 1, "not boolean", "urgency == …"),
        ("1 == 1", 1, "no field is compared", "field == value"),
        ("1 in (1, 2)", 1, "a value by itself", None),
        ("urgency in ()", 12, "empty", None),
        ("urgency in (None,)", 13, "is no text", None),
        ('"x" in urgency', 8, "not a set", 'contains(urgency, "…")'),
        ("urgency is True", 12, "stands None", "is None"),
        ('has(urgency, "x")', 1, "does not take", 'contains(urgency, "…")'),
        ("contains(description)", 1, "takes a field and a text", None),
        ('contains(description, "")', 1, "empty", None),
        ("present(green, 1)", 1, "takes a field only", "present(green)"),
        ("present(x=green)", 1, "takes a field first", None),
        ("presnt(green)", 1, "no function", "present"),
        ('matches(description, "(")', 1, "invalid", None),
        ('matches(description, "(a+)+")', 1, "exponential", None),
        ("affected_users + 1 > 2", 1, "arithmetic", None),
        ("-affected_users > 2", 1, "arithmetic", None),
        ("(lambda: 1)()", 1, "no function", "present"),
        ("lambda: green", 1, "a lambda", None),
        ("green if green else green", 1, "if … else", None),
        ("(x := 1)", 2, "an assignment", None),
        ('f"{green}"', 1, "an f-string", None),
        ("[x for x in flags]", 1, "a comprehension", None),
        ("flags[0] == 1", 1, "an index", None),
        ('description.lower() == "a"', 1, "a call", None),
        ("__import__('os').system('true')", 1, "no function", None),
        ("green and", 1, "syntax error", None),
        ("green\nand green", 1, "syntax error", "( … )"),
        ('description == "故障" and urgncy', 25, "unknown field", "urgency"),
    ],
)
def test_refuses(text, column, en, accepted):
    problem = refusal(text)
    assert en in problem.en
    assert problem.value == text
    if "syntax" not in en:
        assert problem.field == f"rules.x.when:{column}"
    if accepted:
        assert accepted in problem.accepted


@pytest.mark.parametrize("text", ["", "   ", None, 5, True, b"green"])
def test_refuses_what_is_no_text(text):
    assert "text" in refusal(text).en


def test_bounds_length_and_nesting():
    read("not " * 49 + "green")
    assert "deeper than 50" in refusal("not " * 50 + "green").en
    assert "longer than 4000" in refusal("green" + " " * 3996).en
    read("(" * 60 + "green" + ")" * 60)


def test_the_reserved_fact_is_no_field():
    schema = Schema({"changed": FieldType("set")})
    with pytest.raises(InvalidInput):
        parse('"a" in changed', schema, "x")

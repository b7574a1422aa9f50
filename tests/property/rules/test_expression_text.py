"""Conditions as text: there and back, and nothing but InvalidInput for what is no condition."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.expression.parse import FUNCTIONS, parse
from ruledesk.rules.expression.types import FieldType, Schema
from ruledesk.testing.expressions import expressions, schemas

SCHEMA = Schema(
    {
        "urgency": FieldType("enum", ("urgent", "normal")),
        "users": FieldType("integer"),
        "loss": FieldType("money"),
        "flags": FieldType("set", ("vip",)),
        "created_at": FieldType("datetime"),
        "ok": FieldType("boolean"),
        "custom.fault": FieldType("text"),
        "category": FieldType("tree", ("after-sales/repair",)),
    }
)
PIECES = st.sampled_from(
    (
        *SCHEMA.fields,
        *FUNCTIONS,
        *("and", "or", "not", "in", "is", "None", "True", "if", "else", "lambda", ":=", "for"),
        *("(", ")", "[", "]", "{", "}", ",", ".", "==", "!=", "<", ">=", "-", "~", "+", "*", "**"),
        *('"urgent"', '"vip"', '"("', "'", '"', "f'{ok}'", "b''", "...", "\\", "\n", "#", "\0"),
        *("1", "1e999", "0.1", "9" * 400, "0x" + "f" * 300, "1j", "\ud800", "故障", "\u2028"),
    )
)


def accept_or_refuse(text):
    error = None
    try:
        parse(text, SCHEMA, "rules.x.when")
    except InvalidInput as refusal:
        error = refusal
    if error is not None:
        assert error.problems[0].field.startswith("rules.x.when:")
        assert error.text("en")
        assert error.text("zh")


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_was_written_reads_as_the_same_tree(data):
    schema = data.draw(schemas())
    expression = data.draw(expressions(schema))
    assert parse(format_expression(expression), schema, "x") == expression


@pytest.mark.requirement("F4")
@settings(deadline=None, max_examples=500)
@given(st.text(max_size=60) | st.lists(PIECES, max_size=14).map(" ".join))
@example("(" * 4000)
@example("not " * 999 + "ok")
@example("-" * 3999 + "1")
@example("[" * 190 + "]" * 190)
@example("ok." * 1300 + "ok")
@example("ok and (" * 400 + "ok" + ")" * 400)
@example("lambda:" * 500 + "ok")
@example("ok" + ".a" * 1990)
@example("ok()" + "()" * 1900)
@example("users == 0x" + "f" * 3900)
@example("a\0b")
@example('custom.fault == "\ud800"')
def test_any_text_is_a_condition_or_is_refused(text):
    accept_or_refuse(text)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.text("()[]{}|*+?\\^$.ab1,:=!<>P#x-", max_size=30))
def test_any_pattern_is_accepted_or_refused(pattern):
    quoted = "".join(f"\\U{ord(character):08x}" for character in pattern)
    accept_or_refuse(f'matches(custom.fault, "{quoted}")')

"""The engine that compiles to Python."""

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.rules.engine import Condition, Program
from ruledesk.rules.expression.facts import FactError
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import Compare, FieldType, Not, Schema
from ruledesk_plugins.python import ruledesk_rule_engines
from ruledesk_plugins.python.engine import PythonEngine

SCHEMA = Schema({"users": FieldType("integer"), "text": FieldType("text")})


def matcher(**conditions):
    made = (Condition(name, parse(text, SCHEMA, name)) for name, text in conditions.items())
    return PythonEngine().compile(Program(SCHEMA, tuple(made), "stage"))


def test_is_registered():
    assert [engine.name for engine in ruledesk_rule_engines()] == ["python"]


def test_answers_in_the_order_of_the_program():
    engine = matcher(z="users > 1", b="False", a="True", y="users > 2")
    assert engine.match({"users": 2}) == ["z", "a"]
    engine.close()
    assert engine.match({"users": 3}) == ["z", "a", "y"]


def test_checks_what_is_read_and_only_that():
    engine = matcher(a="users > 1")
    with pytest.raises(FactError):
        engine.match({"users": "9"})
    assert engine.match({"users": 2, "text": 5}) == ["a"]


def test_literals_are_data_not_code():
    text = '"]; raise SystemExit #{}'
    condition = Condition('"evil\n', Compare("text", "==", text))
    engine = PythonEngine().compile(Program(SCHEMA, (condition,)))
    assert engine.match({"text": text}) == ['"evil\n']


def test_refuses_what_it_cannot_compile_and_names_it():
    unknown = Program(SCHEMA, (Condition("a", Compare("usres", "==", 1)),), "priority")
    with pytest.raises(InvalidInput) as caught:
        PythonEngine().compile(unknown)
    assert caught.value.problems[0].field == "priority.a"
    assert caught.value.problems[0].accepted == ("users",)
    deep = Compare("users", "==", 1)
    for _ in range(79):
        deep = Not(deep)
    PythonEngine().compile(Program(SCHEMA, (Condition("a", deep),)))
    with pytest.raises(InvalidInput):
        PythonEngine().compile(Program(SCHEMA, (Condition("a", Not(deep)),)))

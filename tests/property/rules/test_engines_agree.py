"""The rule engines give the answers of the reference evaluator."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.rules.engine import Condition, Program
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.facts import FactError, check_facts
from ruledesk.rules.expression.walk import reads
from ruledesk.testing.expressions import expressions, facts, schemas, wrong_facts
from ruledesk_plugins.durable.engine import DurableEngine
from ruledesk_plugins.python.engine import PythonEngine

ENGINES = (PythonEngine(), DurableEngine())


@st.composite
def programs(draw, most=6):
    schema = draw(schemas())
    conditions = draw(st.lists(expressions(schema), min_size=1, max_size=most))
    named = tuple(Condition(f"rule-{n}", when) for n, when in enumerate(conditions))
    return Program(schema, named, "stage")


@st.composite
def programs_and_facts(draw, kind=facts):
    program = draw(programs())
    return program, draw(st.lists(kind(program.schema), min_size=1, max_size=6))


def reference(program, given_facts):
    names = reads(condition.when for condition in program.conditions)
    checked = check_facts(program.schema, given_facts, names)
    return [c.name for c in program.conditions if holds(c.when, checked)]


@pytest.mark.requirement("F2")
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(programs_and_facts())
def test_both_engines_answer_as_the_reference(case):
    program, tickets = case
    matchers = [engine.compile(program) for engine in ENGINES]
    try:
        for ticket in tickets:
            expected = reference(program, ticket)
            for matcher in matchers:
                assert list(matcher.match(ticket)) == expected
    finally:
        for matcher in matchers:
            matcher.close()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(programs_and_facts(wrong_facts))
def test_both_engines_refuse_what_the_reference_refuses_and_go_on(case):
    program, tickets = case
    matchers = [engine.compile(program) for engine in ENGINES]
    try:
        for ticket in tickets:
            try:
                expected = reference(program, ticket)
            except FactError:
                expected = None
            for matcher in matchers:
                if expected is None:
                    with pytest.raises(FactError):
                        matcher.match(ticket)
                else:
                    assert list(matcher.match(ticket)) == expected
        for matcher in matchers:
            assert list(matcher.match({})) == reference(program, {})
    finally:
        for matcher in matchers:
            matcher.close()

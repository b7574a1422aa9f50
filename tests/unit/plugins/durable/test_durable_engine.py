"""The engine on durable-rules."""

import sys
from threading import Thread

import pytest

from ruledesk.errors import InvalidInput, PluginFault
from ruledesk.rules.engine import Condition, Program
from ruledesk.rules.expression.facts import FactError
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import And, Compare, FieldType, Not, Or, Schema, Test
from ruledesk_plugins.durable import handle, lowering, ruledesk_rule_engines
from ruledesk_plugins.durable.engine import DurableEngine
from ruledesk_plugins.durable.keys import ENGINE_WORDS, Keys, fnv1a
from ruledesk_plugins.durable.numerals import dotted

SCHEMA = Schema(
    {
        "users": FieldType("integer"),
        "score": FieldType("number"),
        "loss": FieldType("money"),
        "text": FieldType("text"),
    }
    | {f"n{n}": FieldType("integer") for n in range(300)}
)


def matcher(**conditions):
    made = (Condition(name, parse(text, SCHEMA, name)) for name, text in conditions.items())
    return DurableEngine().compile(Program(SCHEMA, tuple(made), "stage"))


class Flaky:
    """The C module, failing a number of times in one of its functions."""

    def __init__(self, engine, function, failures):
        self.engine, self.function, self.failures = engine, function, failures

    def __getattr__(self, name):
        real = getattr(self.engine, name)
        if name != self.function:
            return real

        def call(*arguments):
            if self.failures:
                self.failures -= 1
                raise RuntimeError("error code: 303")
            return real(*arguments)

        return call


def test_is_registered():
    assert [engine.name for engine in ruledesk_rule_engines()] == ["durable"]


def test_answers_in_the_order_of_the_program():
    engine = matcher(z="users > 1 or score > 0.5", b="False", a="True", y="users > 2")
    assert engine.match({"users": 2, "score": 1.5}) == ["z", "a"]
    assert engine.match({}) == ["a"]
    engine.close()


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("score >= 1e16", {"score": 1e16}, True),
        ("score <= 1e-7", {"score": 1e-7}, True),
        ("score == 1e300", {"score": 1e300}, True),
        ("score == 5e-324", {"score": 5e-324}, True),
        ("score == 5e-324", {"score": 0.0}, False),
        ("users == 9007199254740992", {"users": 2**53}, True),
        ("users > 9007199254740991", {"users": 2**53 - 1}, False),
        ("loss >= 0.3", {"loss": 0.1 + 0.2}, True),
        ("loss > 0.3", {"loss": 0.1 + 0.2}, False),
        ("loss < 10000000000000", {"loss": 9999999999999.99}, True),
        ("not users > 5", {}, True),
        ("not users > 5", {"users": 6}, False),
        ("not users != 5", {"users": 5}, True),
        ("not users != 5", {}, True),
    ],
)
def test_numbers_are_exact(text, facts, expected):
    engine = matcher(a=text)
    assert (engine.match(facts) == ["a"]) is expected
    engine.close()


@pytest.mark.parametrize("value", ["9", True, 9.0, 2**53 + 1, None])
def test_nothing_is_coerced(value):
    engine = matcher(a="users == 9 or users == 1")
    if value is None:
        assert engine.match({"users": value}) == []
    else:
        with pytest.raises(FactError):
            engine.match({"users": value})
    assert engine.match({"users": 9}) == ["a"]
    engine.close()


def test_names_that_mean_something_to_the_engine_mean_nothing_here():
    names = ("$forward", "$s", "id", "sid", "label", "chart", "w", "s", "n0", "requester.users")
    engine = matcher(a="users > 1 or score > 1")
    for name in names:
        assert engine.match({name: 1, "users": 2}) == ["a"]
        assert engine.match({name: 1}) == []
    engine.close()


def test_generated_keys_have_their_own_hashes():
    assert fnv1a("id") == 926444256
    assert fnv1a("sid") == 3593476751
    keys = Keys()
    made = [keys.fresh("b") for _ in range(2000)]
    assert len({fnv1a(key) for key in (*made, *ENGINE_WORDS)}) == 2000 + len(ENGINE_WORDS)
    assert Keys(["n0"]).fresh("n") == "n1"


@pytest.mark.parametrize("value", [1.0, -0.0, 1e16, 1e-7, 1.5e-7, 5e-324, -1e300])
def test_floats_have_a_dot_and_keep_their_value(value):
    assert "." in dotted(value)
    assert float(dotted(value)) == value


def test_more_rules_than_match_at_once_go_to_several_rulesets():
    conditions = {f"r{n}": f"users > {n}" for n in range(130)}
    engine = matcher(**conditions)
    assert engine.match({"users": 1000}) == list(conditions)
    assert engine.match({"users": 65}) == list(conditions)[:65]
    engine.close()


def test_more_fields_than_a_fact_takes_go_to_several_rulesets():
    engine = matcher(**{f"r{n}": f"n{n} > 0 and users > 0" for n in range(300)})
    facts = {f"n{n}": n % 2 for n in range(300)} | {"users": 1}
    assert engine.match(facts) == [f"r{n}" for n in range(300) if n % 2]
    engine.close()


def test_a_long_term_is_one_rule_and_an_endless_one_is_refused():
    def every(count):
        return And(tuple(Compare(f"n{n}", ">", 0) for n in range(count)))

    engine = DurableEngine().compile(Program(SCHEMA, (Condition("all", every(200)),)))
    facts = {f"n{n}": 1 for n in range(200)}
    assert engine.match(facts) == ["all"]
    assert engine.match(facts | {"n199": 0}) == []
    engine.close()
    with pytest.raises(InvalidInput) as caught:
        DurableEngine().compile(Program(SCHEMA, (Condition("all", every(201)),), "route"))
    assert caught.value.problems[0].field == "route.all"


def test_a_wide_condition_is_refused_by_name():
    pairs = tuple(Or((Test("changed", f"n{n}"), Test("present", f"n{n}"))) for n in range(8))
    program = Program(SCHEMA, (Condition("wide", And(pairs)),), "priority")
    with pytest.raises(InvalidInput) as caught:
        DurableEngine().compile(program)
    assert caught.value.problems[0].field == "priority.wide"
    assert "alternatives" in caught.value.text()


def test_many_negated_comparisons_are_not_wide():
    nothing = Not(Or(tuple(Compare(f"n{n}", ">", 5) for n in range(12))))
    engine = DurableEngine().compile(Program(SCHEMA, (Condition("calm", nothing),)))
    assert engine.match({}) == ["calm"]
    assert engine.match({"n3": 5}) == ["calm"]
    assert engine.match({"n3": 6}) == []
    engine.close()


def test_a_program_of_constants_needs_no_engine(monkeypatch):
    monkeypatch.setattr(lowering.Chunk, "takes", None)
    engine = matcher(a="True", b="False", c='text == "x" and not text == "x"')
    assert engine.match({}) == ["a"]
    with pytest.raises(FactError):
        engine.match({"text": 5})
    engine.close()


@pytest.mark.parametrize(
    "function",
    ["assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact"],
)
def test_a_failure_rebuilds_and_tries_once_more(function, monkeypatch):
    real = handle.library()
    engine = matcher(a="users > 1", b="users > 2", c='text == "x"')
    flaky = Flaky(real, function, 1)
    engine._rulesets[0]._engine = flaky
    assert engine.match({"users": 3}) == ["a", "b"]
    assert flaky.failures == 0
    assert engine.match({"users": 2}) == ["a"]
    engine._rulesets[0]._engine = Flaky(real, function, 1)
    with monkeypatch.context() as broken:
        broken.setattr(handle, "library", lambda: Flaky(real, function, 10))
        with pytest.raises(PluginFault, match="stage"):
            engine.match({"users": 3})
    assert engine.match({"users": 3}) == ["a", "b"]
    engine.close()


def test_an_interrupt_leaves_no_half_drained_rules_behind(monkeypatch):
    engine = matcher(a="users > 1", b="users > 2")
    inner = engine._rulesets[0]._engine

    class Interrupted:
        def __getattr__(self, name):
            if name == "complete_and_start_action":
                raise KeyboardInterrupt
            return getattr(inner, name)

    engine._rulesets[0]._engine = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        engine.match({"users": 3})
    assert engine.match({"users": 2}) == ["a"]
    engine.close()


def test_a_repeated_message_id_is_matched_all_the_same():
    engine = matcher(a="users > 1")
    ruleset = engine._rulesets[0]
    (text,) = engine._project({"users": 2})
    ruleset._engine.assert_fact(ruleset._handle, text)
    assert engine.match({"users": 2}) == ["a"]
    engine.close()


def test_close_is_final_and_may_be_repeated():
    engine = matcher(a="users > 1")
    never_used = matcher(a="users > 1")
    never_used.close()
    engine.match({"users": 2})
    engine.close()
    engine.close()
    with pytest.raises(PluginFault, match="closed"):
        engine.match({"users": 2})


def test_threads_do_not_mix_their_facts():
    engine = matcher(**{f"r{n}": f"users == {n}" for n in range(4)})
    wrong = []

    def work(number):
        answers = (engine.match({"users": number}) for _ in range(300))
        wrong.extend(answer for answer in answers if answer != [f"r{number}"])

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    engine.close()


def test_a_missing_c_module_is_a_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(PluginFault) as caught:
        DurableEngine()
    assert "PyEval_CallObject" in caught.value.text("en")
    assert "python" in caught.value.text("zh")


def test_a_wrong_warm_up_is_a_message(monkeypatch):
    monkeypatch.setattr("ruledesk_plugins.durable.handle.THRESHOLD", 0.75)
    with pytest.raises(PluginFault, match="LC_NUMERIC"):
        matcher(a="users > 1")

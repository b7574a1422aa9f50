"""Conformance suite for rule engines.

```python
class TestMyEngine(RuleEngineSuite):
    @pytest.fixture
    def engine_class(self):
        return MyEngine
```

What is right is what `ruledesk.rules.expression.evaluate` says, which looks at one condition after
the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.model.values import Value
from ruledesk.rules.engine import Condition, Matcher, Program, RuleEngine
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.facts import FactError, check_facts
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import Expression, FieldType, Schema
from ruledesk.rules.expression.walk import reads
from ruledesk.testing.expressions import expressions, facts, schemas, wrong_facts

_SCHEMA: Final = Schema(
    {
        "users": FieldType("integer"),
        "score": FieldType("number"),
        "loss": FieldType("money"),
        "text": FieldType("text"),
        "urgency": FieldType("enum", ("low", "urgent")),
        "product": FieldType("tree", ("appliance", "appliance/refrigerator")),
        "tags": FieldType("set"),
        "vip": FieldType("boolean"),
        "since": FieldType("datetime"),
    }
)
_SINCE: Final = datetime(2026, 1, 5, 1, tzinfo=UTC)

#: Conditions, facts, and whether the condition holds.
EXAMPLES: Final[Sequence[tuple[str, Mapping[str, Value], bool]]] = (
    ("users > 1", {"users": 2}, True),
    ("users > 1", {"users": 1}, False),
    ("users > 1", {}, False),
    ("users > 1", {"users": None}, False),
    ("not users > 1", {}, True),
    ("users != 5", {}, False),
    ("users == 9007199254740992", {"users": 2**53}, True),
    ("users > 9007199254740991", {"users": 2**53 - 1}, False),
    ("score == 5e-324", {"score": 5e-324}, True),
    ("score == 5e-324", {"score": 0.0}, False),
    ("score >= 1e16", {"score": 1e16}, True),
    ("loss >= 0.3", {"loss": 0.1 + 0.2}, True),
    ("loss > 0.3", {"loss": 0.1 + 0.2}, False),
    ('text == "故障"', {"text": "故障"}, True),
    ('contains(text, "障")', {"text": "有故障"}, True),
    ('urgency in ("urgent", "low")', {"urgency": "low"}, True),
    ('under(product, "appliance")', {"product": "appliance/refrigerator"}, True),
    ('under(product, "appliance/refrigerator")', {"product": "appliance"}, False),
    ('has(tags, "vip")', {"tags": ("new", "vip")}, True),
    ('has(tags, "vip")', {"tags": ()}, False),
    ("vip == True", {"vip": True}, True),
    ("vip == True", {}, False),
    ("present(text)", {"text": ""}, True),
    ("missing(text)", {"text": None}, True),
    ('since >= "2026-01-05T09:00:00+08:00"', {"since": _SINCE}, True),
    ('since > "2026-01-05T09:00:00+08:00"', {"since": _SINCE}, False),
    ("users < score", {"users": 1, "score": 1.5}, True),
    ("users < score", {"users": 1}, False),
    ("True", {}, True),
    ("False", {}, False),
)


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any], most: int = 6) -> Program:
    """Draw programs of one to `most` conditions over a schema of their own."""
    schema = draw(schemas())
    conditions: list[Expression] = draw(st.lists(expressions(schema), min_size=1, max_size=most))
    named = tuple(Condition(f"rule-{n}", when) for n, when in enumerate(conditions))
    return Program(schema, named, "stage")


def programs_and(
    kind: Callable[[Schema], st.SearchStrategy[Any]],
) -> st.SearchStrategy[tuple[Program, list[dict[str, Any]]]]:
    """Draw programs, each with some facts of a kind for its schema."""
    return programs().flatmap(
        lambda program: st.tuples(
            st.just(program), st.lists(kind(program.schema), min_size=1, max_size=6)
        )
    )


def reference(program: Program, given_facts: Mapping[str, Any]) -> list[str]:
    """Name the conditions that hold, by looking at each.

    Raises:
        FactError: A value that a condition reads is not of its declared type.
    """
    names = reads(condition.when for condition in program.conditions)
    checked = check_facts(program.schema, given_facts, names)
    return [c.name for c in program.conditions if holds(c.when, checked)]


def program_of(**conditions: str) -> Program:
    """Make a program of conditions as a ruleset writes them."""
    made = (Condition(name, parse(text, _SCHEMA, name)) for name, text in conditions.items())
    return Program(_SCHEMA, tuple(made), "stage")


class RuleEngineSuite:
    """What the desk relies on in every rule engine (F2).

    Attributes:
        examples: How many drawn programs are compared with the reference.
    """

    examples: ClassVar[int] = 50

    @pytest.fixture
    def engine_class(self) -> type[RuleEngine]:
        """The class under test; made without arguments."""
        raise NotImplementedError("override the fixture engine_class")

    @pytest.fixture
    def engine(self, engine_class: type[RuleEngine]) -> RuleEngine:
        """The engine under test."""
        return engine_class()

    def test_has_a_name(self, engine_class: type[RuleEngine]) -> None:
        """The name can stand in ``desk.toml``."""
        assert engine_class.name
        assert engine_class.name == engine_class.name.strip().lower()

    @pytest.mark.parametrize(("text", "given_facts", "expected"), EXAMPLES)
    def test_examples(
        self, engine: RuleEngine, text: str, given_facts: Mapping[str, Value], expected: bool
    ) -> None:
        """Single conditions say what the ruleset format says they do."""
        with compiled(engine, program_of(a=text)) as matcher:
            assert list(matcher.match(given_facts)) == (["a"] if expected else [])

    def test_answers_in_the_order_of_the_program(self, engine: RuleEngine) -> None:
        """Not in that of names, of firing, or of difficulty."""
        program = program_of(z="users > 1 or score > 0.5", b="False", a="True", y="users > 2")
        with compiled(engine, program) as matcher:
            assert list(matcher.match({"users": 2, "score": 1.5})) == ["z", "a"]
            assert list(matcher.match({"users": 3})) == ["z", "a", "y"]
            assert list(matcher.match({})) == ["a"]

    def test_agrees_with_the_reference(self, engine: RuleEngine) -> None:
        """Any conditions over any facts that fit hold as they do one by one."""

        @self._settings()
        @given(programs_and(facts))
        def check(case: tuple[Program, list[dict[str, Any]]]) -> None:
            program, tickets = case
            with compiled(engine, program) as matcher:
                for ticket in tickets:
                    assert list(matcher.match(ticket)) == reference(program, ticket)

        check()

    def test_refuses_what_the_reference_refuses(self, engine: RuleEngine) -> None:
        """Facts of a wrong type are an error, never a guess, and the matcher goes on."""

        @self._settings()
        @given(programs_and(wrong_facts))
        def check(case: tuple[Program, list[dict[str, Any]]]) -> None:
            program, tickets = case
            with compiled(engine, program) as matcher:
                for ticket in tickets:
                    _check_same(program, matcher, ticket)
                assert list(matcher.match({})) == reference(program, {})

        check()

    @pytest.mark.parametrize("value", ["9", True, 9.0, 2**53 + 1])
    def test_nothing_is_coerced(self, engine: RuleEngine, value: Any) -> None:
        """A text that looks like a number is none."""
        with compiled(engine, program_of(a="users == 9 or users == 1")) as matcher:
            with pytest.raises(FactError):
                matcher.match({"users": value})
            assert list(matcher.match({"users": 9})) == ["a"]

    @pytest.mark.parametrize("name", ["$forward", "$s", "id", "sid", "label", "a", "no.such", ""])
    def test_other_names_mean_nothing(self, engine: RuleEngine, name: str) -> None:
        """Facts outside the schema are ignored, whatever they are called and hold."""
        with compiled(engine, program_of(a="users > 1 or score > 1")) as matcher:
            assert list(matcher.match({name: "x", "users": 2})) == ["a"]
            assert list(matcher.match({name: {"users": 2}})) == []  # type: ignore[dict-item]

    def test_each_match_stands_alone(self, engine: RuleEngine) -> None:
        """What was matched before leaves no trace, and the facts are as they were given."""
        program = program_of(a="users > 1", b="present(text)", c="missing(text)")
        with compiled(engine, program) as matcher:
            first: dict[str, Value] = {"users": 2, "text": "x"}
            for _ in range(3):
                assert list(matcher.match(first)) == ["a", "b"]
                assert list(matcher.match({})) == ["c"]
                assert list(matcher.match({"users": 1})) == ["c"]
            assert first == {"users": 2, "text": "x"}

    def test_programs_stand_side_by_side(self, engine: RuleEngine) -> None:
        """The same names in two programs are two conditions, also after one was closed."""
        first = engine.compile(program_of(a="users > 1"))
        with compiled(engine, program_of(a="users <= 1")) as second:
            assert list(first.match({"users": 2})) == ["a"]
            assert list(second.match({"users": 2})) == []
            first.close()
            assert list(second.match({"users": 1})) == ["a"]

    @pytest.mark.parametrize("count", [0, 1, 130])
    def test_many_conditions(self, engine: RuleEngine, count: int) -> None:
        """A program has as many conditions as it has."""
        program = program_of(**{f"r{n}": f"users > {n}" for n in range(count)})
        with compiled(engine, program) as matcher:
            assert list(matcher.match({"users": 1000})) == [f"r{n}" for n in range(count)]
            assert list(matcher.match({"users": 65})) == [f"r{n}" for n in range(min(count, 65))]

    def test_names_and_literals_are_data(self, engine: RuleEngine) -> None:
        """Nothing in a rule's name or a text is run, or ends a string."""
        words = ('"]; raise SystemExit #{}', "it's", "a\\", "line\nbreak", "{x}", "故障 😀")
        for word in words:
            text = f"text == {word!r}" if "\n" not in word else "present(text)"
            program = Program(_SCHEMA, (Condition(word, parse(text, _SCHEMA, "a")),), "stage")
            with compiled(engine, program) as matcher:
                assert list(matcher.match({"text": word})) == [word]

    def test_several_threads_share_a_matcher(self, engine: RuleEngine) -> None:
        """Each gets the answers to its own facts."""
        program = program_of(**{f"r{n}": f"users == {n}" for n in range(8)}, s="score > 1")

        def ask(n: int) -> list[list[str]]:
            return [list(matcher.match({"users": n})) for _ in range(50)]

        with compiled(engine, program) as matcher, ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(8)))
        assert answers == [[[f"r{n}"]] * 50 for n in range(8)]

    def _settings(self) -> settings:
        return settings(
            deadline=None,
            max_examples=self.examples,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        )


@contextmanager
def compiled(engine: RuleEngine, program: Program) -> Iterator[Matcher]:
    """Compile a program, and release it afterwards."""
    matcher = engine.compile(program)
    try:
        yield matcher
    finally:
        matcher.close()


def _check_same(program: Program, matcher: Matcher, ticket: Mapping[str, Any]) -> None:
    try:
        expected = reference(program, ticket)
    except FactError:
        with pytest.raises(FactError):
            matcher.match(ticket)
    else:
        assert list(matcher.match(ticket)) == expected

"""Typed values from tables: all problems at once, each with its key path (F4)."""

import pytest

from ruledesk.errors import InvalidInput, Problem
from ruledesk.model.values import Text
from ruledesk.toml import Problems, Table

pytestmark = pytest.mark.requirement("F4")


def only(table: Table) -> Problem:
    (problem,) = table.problems.found
    return problem


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda t: t.text("k"), "word", "word"),
        (lambda t: t.integer("k"), 3, 3),
        (lambda t: t.number("k"), 3, 3.0),
        (lambda t: t.number("k"), 0.5, 0.5),
        (lambda t: t.flag("k"), True, True),
        (lambda t: t.texts("k"), ["a", "b"], ("a", "b")),
        (lambda t: t.enum("k", ("a", "b")), "b", "b"),
        (lambda t: t.enums("k", ("a", "b")), ["b"], ("b",)),
        (lambda t: t.mapping("k"), {"x": 1}, {"x": 1}),
        (lambda t: t.localized("k"), "both", Text("both", "both")),
        (lambda t: t.localized("k"), {"en": "Need", "zh": "需求"}, Text("Need", "需求")),
        (lambda t: t.localized("k"), {"zh": "需求"}, Text("需求", "需求")),
        (lambda t: t.value("k"), [1], [1]),
    ],
)
def test_values_are_read(read, value, expected):
    table = Table({"k": value}, "desk.toml")
    assert read(table) == expected
    table.done()
    assert table.problems.found == []


@pytest.mark.parametrize(
    ("read", "value", "default"),
    [
        (lambda t: t.text("k", "d"), 1, "d"),
        (lambda t: t.integer("k", 7), True, 7),
        (lambda t: t.integer("k", 7), 1.5, 7),
        (lambda t: t.number("k", 7.0), "1", 7.0),
        (lambda t: t.number("k", 7.0), float("inf"), 7.0),
        (lambda t: t.number("k", 7.0), float("nan"), 7.0),
        (lambda t: t.flag("k", True), "yes", True),
        (lambda t: t.flag("k"), 1, False),
        (lambda t: t.texts("k"), "a", ()),
        (lambda t: t.texts("k"), ["a", 1], ()),
        (lambda t: t.enum("k", ("a", "b"), "a"), "z", "a"),
        (lambda t: t.mapping("k"), [], {}),
        (lambda t: t.localized("k"), 3, Text("", "")),
        (lambda t: t.tables("k"), {}, []),
        (lambda t: t.tables("k"), [1], []),
        (lambda t: t.children("k"), {"it": 1}, {}),
    ],
)
def test_a_wrong_value_is_a_problem_and_reads_as_the_default(read, value, default):
    table = Table({"k": value}, "desk.toml")
    assert read(table) == default
    problem = only(table)
    assert problem.field.startswith("desk.toml: k")
    assert problem.accepted
    assert problem.en
    assert problem.zh


def test_a_missing_required_value_is_a_problem():
    table = Table({}, "desk.toml", path="lines.a")
    assert table.text("ruleset", required=True) == ""
    assert only(table).field == "desk.toml: lines.a.ruleset"


def test_a_blank_required_text_is_a_problem():
    table = Table({"ruleset": " "}, "desk.toml")
    table.text("ruleset", required=True)
    assert only(table).en == "must not be empty"


def test_a_number_below_the_minimum_is_a_problem():
    table = Table({"capacity": -1}, "desk.toml")
    assert table.integer("capacity", 5, minimum=0) == 5
    assert only(table).accepted == (">= 0",)


def test_unknown_keys_get_a_suggestion():
    table = Table({"capasity": 3, "name": "Li"}, "desk.toml", path="agents.A1")
    table.integer("capacity")
    table.text("name")
    table.done()
    assert only(table) == Problem(
        "unknown key", "未知的键", "desk.toml: agents.A1.capasity", 3, ("capacity",)
    )


def test_key_paths_quote_what_toml_quotes():
    table = Table({"fields": {"requester.phone": {"max": 1}}}, "ruleset.toml")
    child = table.children("fields")["requester.phone"]
    child.done()
    assert only(child).field == 'ruleset.toml: fields."requester.phone".max'


def test_lists_of_tables_count_from_one():
    table = Table({"rules": [{"name": "a"}, {"name": 2}]}, "ruleset.toml")
    assert [rule.text("name") for rule in table.tables("rules")] == ["a", ""]
    assert only(table).field == "ruleset.toml: rules[2].name"


def test_tables_share_their_problems_and_all_are_raised():
    problems = Problems()
    table = Table({"a": 1, "b": {"c": 2}}, "desk.toml", problems)
    table.text("a")
    table.table("b").text("c")
    with pytest.raises(InvalidInput) as caught:
        problems.raise_if_any()
    assert [p.field for p in caught.value.problems] == ["desk.toml: a", "desk.toml: b.c"]


def test_doubles_in_a_list_are_told_once():
    table = Table({"agents": ["A", "B", "A", "A"]}, "desk.toml")
    table.no_doubles("agents", table.texts("agents"))
    assert only(table).value == "A"


def test_nothing_wrong_raises_nothing():
    Problems().raise_if_any()

"""Facts are checked, never coerced."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from ruledesk.rules.expression.facts import FactError, check_facts
from ruledesk.rules.expression.types import FieldType, Schema

CHINA = timezone(timedelta(hours=8))


class Status(StrEnum):
    NEW = "new"


def one(kind, value, words=()):
    return check_facts(Schema({"x": FieldType(kind, words)}), {"x": value})["x"]


@pytest.mark.parametrize(
    ("kind", "value", "checked"),
    [
        ("text", "", ""),
        ("text", Status.NEW, "new"),
        ("integer", -(2**53), -(2**53)),
        ("number", 5, 5),
        ("number", 1e300, 1e300),
        ("money", 0.1 + 0.2, 0.3),
        ("money", 7, 7),
        ("boolean", False, False),
        ("datetime", datetime(2026, 11, 2, 9, tzinfo=CHINA), datetime(2026, 11, 2, 1, tzinfo=UTC)),
        ("set", {"b", "a"}, ("a", "b")),
        ("set", ["b", "a"], ("b", "a")),
    ],
)
def test_brings_values_to_one_form(kind, value, checked):
    assert one(kind, value) == checked


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 9),
        ("text", ["a"]),
        ("integer", "9"),
        ("integer", True),
        ("integer", 9.0),
        ("integer", 2**53 + 1),
        pytest.param("integer", 10**5000, id="huge"),
        ("number", "9"),
        ("number", True),
        ("number", float("nan")),
        ("number", float("inf")),
        ("money", 1e14),
        ("boolean", 1),
        ("datetime", "2026-11-02T09:00:00+08:00"),
        ("datetime", datetime(2026, 11, 2)),  # noqa: DTZ001
        ("datetime", datetime.min.replace(tzinfo=CHINA)),
        ("set", "vip"),
        ("set", ("vip", 1)),
        ("set", {"vip": 1}),
    ],
)
def test_refuses_other_types(kind, value):
    with pytest.raises(FactError) as caught:
        one(kind, value)
    assert caught.value.text("zh") != caught.value.text("en")


def test_words_outside_the_domain_are_refused_with_what_is_accepted():
    with pytest.raises(FactError) as caught:
        one("enum", "urgnt", ("urgent", "normal"))
    assert caught.value.problems[0].accepted == ("urgent",)
    with pytest.raises(FactError):
        one("set", ("vipp",), ("vip",))


def test_a_tree_takes_the_nodes_above_the_declared_ones():
    assert one("tree", "a/b", ("a/b/c",)) == "a/b"
    with pytest.raises(FactError):
        one("tree", "a/b/c/d", ("a/b/c",))


def test_all_problems_are_told_and_what_is_unknown_or_missing_is_left_out():
    schema = Schema({"a": FieldType("integer"), "b": FieldType("text"), "c": FieldType("text")})
    with pytest.raises(FactError) as caught:
        check_facts(schema, {"a": "1", "b": 2})
    assert [problem.field for problem in caught.value.problems] == ["a", "b"]
    assert check_facts(schema, {"a": None, "other": object()}) == {}
    assert check_facts(schema, {"a": "1", "b": "x"}, ["b", "other"]) == {"b": "x"}


def test_changed_is_a_set_of_names():
    schema = Schema({"a": FieldType("integer")})
    assert check_facts(schema, {"changed": {"b", "a"}}) == {"changed": ("a", "b")}
    with pytest.raises(FactError):
        check_facts(schema, {"changed": "a"})

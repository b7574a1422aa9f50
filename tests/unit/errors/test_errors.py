"""Errors name the field, the value and what would be accepted, in both languages."""

import pickle
from typing import Any

import pytest

from ruledesk.errors import ABSENT, InvalidInput, Problem, Refused, shown, suggestion


@pytest.mark.requirement("F4")
@pytest.mark.requirement("F5")
def test_one_line_a_problem() -> None:
    error = Refused(
        Problem("unknown value", "未知的值", "type", "repai", ("repair",)),
        Problem("is required", "必填", "description"),
    )
    assert error.text("en") == (
        "type: unknown value: 'repai' (accepted: repair)\ndescription: is required"
    )
    assert error.text("zh") == "type: 未知的值: 'repai' (可接受: repair)\ndescription: 必填"
    assert str(error) == error.text("en")


@pytest.mark.parametrize("value", [None, "", 0, False])
def test_empty_values_are_shown_too(value: Any) -> None:
    assert InvalidInput.of("wrong", "错误", value=value).text().endswith(repr(value))


def test_long_values_are_cut() -> None:
    text = shown("x" * 1_000_000)
    assert len(text) < 200
    assert "1000002 characters" in text


@pytest.mark.parametrize(
    ("word", "accepted"),
    [("urgnt", ("urgent",)), ("zzz", ("low", "urgent")), ("", ("low", "urgent"))],
)
def test_suggestions(word: str, accepted: tuple[str, ...]) -> None:
    assert suggestion(word, ["urgent", "low"]) == accepted


def test_no_value_is_no_value_in_another_process():
    problem = pickle.loads(pickle.dumps(Problem("missing", "缺失", "contact")))
    assert problem.value is ABSENT
    assert problem.text("en") == "contact: missing"

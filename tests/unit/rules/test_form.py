"""The form: what a submission may hold, strictly, from text, or as much of it as can be read."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ruledesk.errors import Refused
from ruledesk.model.ticket import Requester
from ruledesk.rules.form import admit, check_fields
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset

GOOD: dict[str, Any] = {"type": "repair", "requester": {"phone": "1"}}


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    words = {"a": "A", "b": "B"}
    return ruleset_from_document(
        {
            "ruleset": {"name": "form", "version": "1"},
            "fields": {
                "type": {"required": True, "values": {"repair": "R", "batch": "B"}},
                "urgency": {"default": "normal", "values": {"normal": "N", "urgent": "U"}},
                "contact": {"required": True},
                "affected_users": {"minimum": 0, "maximum": 1_000_000},
                "requester.level": {"values": {"vip": "VIP", "normal": "N"}},
                "requester.company": {"required_when": 'requester.kind == "enterprise"'},
                "product": {"required_when": 'type == "batch"', "max_length": 5},
                "seen": {"kind": "boolean"},
                "tags": {"kind": "set", "values": words},
                "weight": {"kind": "number", "maximum": 9.5},
                "note": {"default": "—"},
            },
            "categories": {"a/b": "AB"},
        }
    )


def problems(attempt: Callable[[], Any]) -> dict[str, tuple[Any, tuple[str, ...]]]:
    with pytest.raises(Refused) as refused:
        attempt()
    return {problem.field: (problem.value, problem.accepted) for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"affected_users": 0}, "affected_users", 0),
        ({"loss": 1}, "loss", 1),
        ({"loss": 0.01}, "loss", 0.01),
        ({"category": "a"}, "category", "a"),
        ({"category": "a/b"}, "category", "a/b"),
        ({"seen": False}, "custom.seen", False),
        ({"custom.seen": True}, "custom.seen", True),
        ({"custom": {"seen": True}}, "custom.seen", True),
        ({"tags": ["b", "a"]}, "custom.tags", ("b", "a")),
        ({"tags": []}, "custom.tags", ()),
        (
            {"occurred_at": "2026-03-09T10:00:00+08:00"},
            "occurred_at",
            datetime(2026, 3, 9, 2, tzinfo=UTC),
        ),
        ({}, "urgency", "normal"),
        ({"urgency": ""}, "urgency", "normal"),
        ({"urgency": None}, "urgency", "normal"),
        ({"urgency": "urgent"}, "urgency", "urgent"),
        ({}, "custom.note", "—"),
    ],
)
def test_what_is_admitted(given: dict[str, Any], name: str, value: Any, ruleset: Ruleset) -> None:
    admitted = admit(ruleset, {**GOOD, **given})
    assert admitted.fields[name] == value
    assert type(admitted.fields[name]) is type(value)
    assert admitted.missing == ()


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("given", "field", "accepted"),
    [
        ({"type": "repai"}, "type", ("repair (R)", "batch (B)")),
        ({"type": 5}, "type", ("text",)),
        ({"affected_users": "5"}, "affected_users", ("integer",)),
        ({"affected_users": True}, "affected_users", ("integer",)),
        ({"affected_users": 5.0}, "affected_users", ("integer",)),
        ({"affected_users": -1}, "affected_users", (">= 0", "<= 1000000")),
        ({"affected_users": 10**30}, "affected_users", ("integer",)),
        ({"loss": "5"}, "loss", ("number",)),
        ({"loss": math.nan}, "loss", None),
        ({"loss": math.inf}, "loss", None),
        ({"weight": 9.51}, "weight", ("<= 9.5",)),
        ({"seen": "true"}, "seen", ("true", "false")),
        ({"seen": 1}, "seen", ("true", "false")),
        ({"tags": "a"}, "tags", ("list of text",)),
        ({"tags": ["c"]}, "tags", ("a (A)", "b (B)")),
        ({"tags": [1]}, "tags", ("text",)),
        ({"category": "a/c"}, "category", None),
        ({"occurred_at": 5}, "occurred_at", None),
        ({"product": "123456"}, "product", ("≤ 5",)),
        ({"type": "batch"}, "product", None),
        ({"custom": "x"}, "custom", ("mapping",)),
        ({"custom": {"x": 1}}, "custom.x", None),
        ({"nonsense": 1}, "nonsense", None),
        ({"contact": "x"}, "contact", None),
        ({"status": "closed"}, "status", None),
        ({"number": "X"}, "number", None),
        (
            {"requester": {"phone": "1", "level": "king"}},
            "requester.level",
            ("vip (VIP)", "normal (N)"),
        ),
        ({"requester.level": "king"}, "requester.level", ("vip (VIP)", "normal (N)")),
        ({"requester": {"phone": 1}}, "requester.phone", None),
        ({"requester": {"phone": "1", "age": 5}}, "requester.age", None),
        ({"requester": {"phone": "1", "kind": "enterprise"}}, "requester.company", None),
        ({"requester": {}}, "contact", ("requester.phone", "requester.email")),
        ({"requester": "Zhang"}, "requester", ("mapping",)),
    ],
)
def test_what_is_refused(
    given: dict[str, Any], field: str, accepted: tuple[str, ...] | None, ruleset: Ruleset
) -> None:
    told = problems(lambda: admit(ruleset, {**GOOD, **given}))
    assert field in told
    assert accepted is None or told[field][1] == accepted


@pytest.mark.requirement("F4")
def test_everything_is_told_at_once_and_each_thing_once(ruleset: Ruleset) -> None:
    told = problems(lambda: admit(ruleset, {"type": 5, "loss": "x", "nonsense": 1}))
    # The type is wrong, not missing as well.
    assert set(told) == {"type", "loss", "nonsense", "contact"}
    with pytest.raises(Refused) as refused:
        admit(ruleset, {"type": 5, "requester": {"phone": "1"}})
    assert len(refused.value.problems) == 1


def test_the_requester_may_be_given_by_dotted_names(ruleset: Ruleset) -> None:
    given = {"type": "repair", "requester.phone": "139", "requester": {"name": "Zhang"}}
    assert admit(ruleset, given).requester == Requester(name="Zhang", phone="139")
    assert not any(name.startswith("requester.") for name in admit(ruleset, given).fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ({"affected_users": " 12 "}, ("affected_users", 12)),
        ({"loss": "12.50"}, ("loss", 12.5)),
        ({"seen": "TRUE"}, ("custom.seen", True)),
        ({"seen": "0"}, ("custom.seen", False)),
        ({"tags": "a，b"}, ("custom.tags", ("a", "b"))),
        ({"product": " x "}, ("product", "x")),
    ],
)
def test_values_typed_into_a_form(
    text: dict[str, str], value: tuple[str, Any], ruleset: Ruleset
) -> None:
    assert admit(ruleset, {**GOOD, **text}, textual=True).fields[value[0]] == value[1]


@pytest.mark.parametrize(
    "text",
    [
        {"affected_users": "12.5"},
        {"affected_users": "many"},
        {"affected_users": "-1"},
        {"loss": "nan"},
        {"loss": "1e999"},
        {"seen": "perhaps"},
        {"tags": "a,c"},
        {"occurred_at": "today"},
    ],
)
def test_what_cannot_be_read_from_text(text: dict[str, str], ruleset: Ruleset) -> None:
    (field,) = text
    assert set(problems(lambda: admit(ruleset, {**GOOD, **text}, textual=True))) == {field}


@pytest.mark.requirement("F3")
def test_a_lenient_reading_keeps_what_it_can(ruleset: Ruleset) -> None:
    given = {
        "type": "nonsense",
        "product": "123456789",
        "description": "a\0b\ud800",
        "affected_users": "x",
        "nonsense": 1,
        "requester": {"name": "Zhang", "phone": 5, "level": "king"},
    }
    admitted = admit(ruleset, given, lenient=True)
    assert admitted.fields["product"] == "12345"
    assert admitted.fields["description"] == "a\ufffdb\ufffd"
    assert admitted.fields["urgency"] == "normal"
    assert admitted.requester == Requester(name="Zhang")
    assert set(admitted.missing) == {
        "type",
        "affected_users",
        "contact",
        "requester.phone",
        "requester.level",
    }


@pytest.mark.parametrize("given", [{}, {"requester": None}, {"requester": 5}, {"custom": 5}])
def test_a_lenient_reading_never_refuses(given: dict[str, Any], ruleset: Ruleset) -> None:
    assert "type" in admit(ruleset, given, lenient=True).missing


def test_fields_on_their_own(ruleset: Ruleset) -> None:
    values = check_fields(ruleset, {"product": "x", "requester": {"email": "z@example.com"}})
    assert values == {"product": "x", "requester.email": "z@example.com"}
    assert set(problems(lambda: check_fields(ruleset, {"product": 5}))) == {"product"}


def test_the_words_of_a_type_may_be_a_list(tmp_path: Path) -> None:
    document = {
        "ruleset": {"name": "a", "version": "1"},
        "fields": {"type": {"values": ["repair", "other"]}},
    }
    assert ruleset_from_document(document).form["type"].type.values == ("repair", "other")


@pytest.mark.requirement("F4")
def test_money_is_taken_as_far_as_rule_engines_take_it(ruleset: Ruleset) -> None:
    given = {"requester": {"phone": "1"}, "description": "x"}
    assert admit(ruleset, {**given, "loss": 10.0**13}, lenient=True).fields["loss"] == 10.0**13
    told = problems(lambda: admit(ruleset, {**given, "loss": 2 * 10**13}))
    assert "loss" in told


@pytest.mark.requirement("F4", "A2")
def test_a_phone_number_holds_a_digit(ruleset: Ruleset) -> None:
    with pytest.raises(Refused) as refused:
        admit(ruleset, {"requester": {"phone": "later"}, "type": "repair", "description": "x"})
    problem = next(p for p in refused.value.problems if p.field == "requester.phone")
    assert problem.value == "later"
    assert problem.accepted == ("a number with its digits 含数字的电话号码",)

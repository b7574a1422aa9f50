"""Fields that belong to a form only sometimes, or are wanted; texts of a form; words by label."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ruledesk.errors import InvalidInput, Problem, Refused
from ruledesk.model.ticket import Requester, Ticket
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.form import admit, check_fields, ticket_values
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset
from ruledesk.rules.wording import in_words

TYPES = {"it": {"en": "IT support", "zh": "IT 支持"}, "order": "Order", "other": "Other"}


def made(fields: dict[str, Any], **more: Any) -> Ruleset:
    head = {"ruleset": {"name": "form", "version": "1"}}
    return ruleset_from_document({**head, "fields": {"type": {"values": TYPES}, **fields}, **more})


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return made(
        {
            "repository": {"when": 'type == "it"', "required": True, "label": "Repository"},
            "branch": {"when": "present(custom.repository)", "default": "main"},
            "order": {"when": 'type == "order"', "wanted": True},
            "phenomenon": {"wanted": True, "label": {"en": "Phenomenon", "zh": "现象"}},
            "expected": {"wanted_when": 'urgency == "urgent" or channel == "phone"'},
            "urgency": {"values": ["normal", "urgent"], "default": "normal"},
            "description": {"min_length": 5},
            "plate": {"pattern": "[A-Z]{2}\\d+", "pattern_hint": {"en": "AB1", "zh": "如 AB1"}},
            "code": {"pattern": "\\d{3}"},
            "contact": {"required": True, "any_of": ["requester.id", "product"]},
        }
    )


def admitted(ruleset: Ruleset, given: dict[str, Any], **more: Any) -> Any:
    return admit(ruleset, {"product": "x", "phenomenon": "y", **given}, **more)


def problems(attempt: Callable[[], Any]) -> list[Problem]:
    with pytest.raises(Refused) as refused:
        attempt()
    return list(refused.value.problems)


# -- when -------------------------------------------------------------------------------------


@pytest.mark.requirement("A2")
def test_a_field_of_its_type(ruleset: Ruleset) -> None:
    (problem,) = problems(lambda: admitted(ruleset, {"type": "it"}))
    assert (problem.field, problem.en) == ("repository", "is required")
    fields = admitted(ruleset, {"type": "it", "repository": "core"}).fields
    assert (fields["custom.repository"], fields["custom.branch"]) == ("core", "main")
    assert "custom.branch" not in admitted(ruleset, {"type": "other"}).fields


@pytest.mark.requirement("A2", "F4")
@pytest.mark.parametrize("name", ["repository", "custom.repository"])
def test_where_it_does_not_belong_it_is_refused(name: str, ruleset: Ruleset) -> None:
    (problem,) = problems(lambda: admitted(ruleset, {"type": "order", "order": "1", name: "core"}))
    assert problem.field == "repository"
    assert problem.value == "core"
    assert problem.en == "belongs to the form only where type is IT support (it)"
    assert problem.zh == "仅当type为IT 支持 (it)时填写"
    assert problem.accepted


def test_a_lenient_reading_leaves_it_out(ruleset: Ruleset) -> None:
    given = {"type": "other", "repository": "core", "description": "hello"}
    found = admitted(ruleset, given, lenient=True)
    assert "custom.repository" not in found.fields
    assert found.missing == ()


def test_what_depends_on_what_is_left_out_is_left_out_too(ruleset: Ruleset) -> None:
    given = {"type": "other", "repository": "core", "branch": "x"}
    found = admitted(ruleset, given, lenient=True)
    assert set(found.fields) == {"type", "urgency", "product", "phenomenon"}
    told = problems(lambda: admitted(ruleset, given))
    assert {problem.field for problem in told} == {"repository", "branch"}


def test_nothing_is_said_of_what_depends_on_a_field_that_is_wrong(ruleset: Ruleset) -> None:
    (problem,) = problems(lambda: admitted(ruleset, {"type": "itt", "repository": "core"}))
    assert problem.field == "type"


def test_a_field_may_be_given_while_its_type_is_for_the_rules_to_find() -> None:
    fields = {"repository": {"when": 'type == "it"', "required": True}}
    stage = {"hit": "first", "sets": ["type"], "default": {"type": "it"}}
    found = made(fields, stages={"type": stage})
    assert admit(found, {"repository": "core"}).fields == {"custom.repository": "core"}
    assert admit(found, {}).fields == {}
    problems(lambda: admit(found, {"type": "other", "repository": "core"}))
    problems(lambda: admit(found, {"type": "it"}))
    problems(lambda: admit(made(fields), {"repository": "core"}))


def test_information_that_is_provided_is_held_to_what_the_ticket_is(ruleset: Ruleset) -> None:
    given = {"repository": "core"}
    assert check_fields(ruleset, given, known={"type": "it"}) == {"custom.repository": "core"}
    (problem,) = problems(lambda: check_fields(ruleset, given, known={"type": "order"}))
    assert (problem.field, problem.value) == ("repository", "core")


def test_what_a_ticket_holds_of_the_form(ruleset: Ruleset) -> None:
    ticket = Ticket(
        "N1", "main", "web", datetime(2026, 1, 1, tzinfo=UTC), Requester(id="E1"), type="it",
        custom={"repository": "core"},
    )  # fmt: skip
    assert ticket_values(ruleset, ticket) == {
        "type": "it", "requester.id": "E1", "custom.repository": "core", "channel": "web",
        "line": "main",
    }  # fmt: skip


# -- wanted -----------------------------------------------------------------------------------


@pytest.mark.requirement("A4")
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ()),
        ({"phenomenon": ""}, ("phenomenon",)),
        ({"type": "order"}, ("order",)),
        ({"type": "order", "order": "1", "urgency": "urgent"}, ("expected",)),
        ({"type": "order", "order": "1", "urgency": "urgent", "expected": "x"}, ()),
    ],
)
def test_what_is_wanted_and_not_given(
    given: dict[str, Any], missing: tuple[str, ...], ruleset: Ruleset
) -> None:
    assert admitted(ruleset, given).missing == missing


def test_conditions_read_the_channel(ruleset: Ruleset) -> None:
    assert admitted(ruleset, {}, around={"channel": "phone"}).missing == ("expected",)
    assert "channel" not in admitted(ruleset, {}, around={"channel": "phone"}).fields


@pytest.mark.requirement("A4")
def test_own_fields_are_missing_under_their_full_name() -> None:
    found = made({"shop": {"wanted": True}, "till": {"required": True}})
    assert admit(found, {"till": "1"}).missing == ("custom.shop",)
    assert admit(found, {}, lenient=True).missing == ("custom.till", "custom.shop")


@pytest.mark.parametrize("given", [{"requester": {"id": "E1"}, "product": None}, {"product": "x"}])
def test_any_of_the_ways_to_reach_the_requester(given: dict[str, Any], ruleset: Ruleset) -> None:
    admitted(ruleset, given)


@pytest.mark.requirement("A2", "F4")
def test_no_way_to_reach_the_requester(ruleset: Ruleset) -> None:
    given = {"product": None, "requester": {"phone": "139"}}
    (problem,) = problems(lambda: admitted(ruleset, given))
    assert (problem.field, problem.accepted) == ("contact", ("requester.id", "product"))


def test_a_contact_may_be_wanted_only() -> None:
    assert admit(made({"contact": {"wanted": True}}), {}).missing == ("contact",)


# -- texts ------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({"description": " abcd "}, "≥ 5"),
        ({"plate": "AB"}, "AB1 如 AB1"),
        ({"plate": "xAB1"}, "AB1 如 AB1"),
        ({"plate": "AB1x"}, "AB1 如 AB1"),
        ({"code": "1234"}, "\\d{3}"),
    ],
)
def test_a_text_of_another_form(given: dict[str, Any], accepted: str, ruleset: Ruleset) -> None:
    (problem,) = problems(lambda: admitted(ruleset, given))
    assert problem.accepted == (accepted,)
    assert problem.value in given.values()


def test_texts_of_the_form(ruleset: Ruleset) -> None:
    given = {"description": "abcde", "plate": "AB12", "code": " 123 "}
    assert admitted(ruleset, given).fields["custom.plate"] == "AB12"


@pytest.mark.requirement("F3", "A4")
def test_a_lenient_reading_keeps_a_short_text_and_asks_for_more(ruleset: Ruleset) -> None:
    found = admitted(ruleset, {"description": "help", "code": "x"}, lenient=True)
    assert found.fields["description"] == "help"
    assert "custom.code" not in found.fields
    assert found.missing == ("description", "custom.code")


# -- words ------------------------------------------------------------------------------------


@pytest.mark.requirement("F5")
@pytest.mark.parametrize("said", ["it", "IT support", "it SUPPORT", " IT 支持 "])
def test_a_label_is_taken_for_its_word(said: str, ruleset: Ruleset) -> None:
    found = admitted(ruleset, {"type": said, "repository": "core"})
    assert found.fields["type"] == "it"


@pytest.mark.requirement("F4", "F5")
def test_a_label_of_two_words_is_refused() -> None:
    found = made({"module": {"values": {"a": "Login", "b": "Login", "c": {"en": "a", "zh": "丙"}}}})
    (problem,) = problems(lambda: admit(found, {"module": "Login"}))
    assert problem.accepted == ("a (Login)", "b (Login)", "c (a 丙)")
    assert admit(found, {"module": "a"}).fields == {"module": "a"}  # a word before any label


def test_of_many_words_the_nearest_are_shown() -> None:
    words = {f"w{n:02}": {"en": f"Word {n:02}", "zh": f"词 {n:02}"} for n in range(40)}
    found = made({"module": {"values": words}})
    (problem,) = problems(lambda: admit(found, {"module": "w07x"}))
    assert 1 <= len(problem.accepted) <= 3
    assert "w07 (Word 07 词 07)" in problem.accepted
    (problem,) = problems(lambda: admit(found, {"module": "zzzzzzz"}))
    assert len(problem.accepted) == 40


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    ("condition", "en", "zh"),
    [
        ('type == "it"', "type is IT support (it)", "type为IT 支持 (it)"),
        ('type != "it"', "type is not IT support (it)", "type不为IT 支持 (it)"),
        ('type in ["it", "order"]', "type is IT support (it) or Order (order)", None),
        ("affected_users > 5", "affected_users is more than 5", "affected_users大于5"),
        ("loss <= 5 and not present(order)", None, "loss不大于5且并非order已填写"),
        ("missing(phenomenon)", "Phenomenon is not given", "现象未填写"),
        ('contains(phenomenon, "x") or (present(order) and present(module))',
         "Phenomenon contains x or (order is given and module is given)", None),
        ("occurred_at < expected_by", "occurred_at is less than expected_by", None),
    ],
)  # fmt: skip
def test_conditions_in_words(
    condition: str, en: str | None, zh: str | None, ruleset: Ruleset
) -> None:
    expression = parse(condition, ruleset.schema, "x")
    assert en is None or in_words(expression, ruleset.form, "en") == en
    assert zh is None or in_words(expression, ruleset.form, "zh") == zh


# -- at load ----------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("fields", "key", "accepted"),
    [
        ({"a": {"when": 'status == "new"'}}, "fields.a.when", "channel"),
        ({"a": {"wanted_when": "open_tasks > 1"}}, "fields.a.wanted_when", "channel"),
        ({"a": {"required_when": "present(team)"}}, "fields.a.required_when", "channel"),
        ({"a": {"when": "present(colour)"}}, "fields.a.when:9", None),
        ({"a": {"wanted": "yes"}}, "fields.a.wanted", "true, false"),
        ({"a": {"min_length": -1}}, "fields.a.min_length", ">= 0"),
        ({"a": {"min_length": 9, "max_length": 8}}, "fields.a.min_length", "<= 8"),
        ({"a": {"kind": "integer", "min_length": 1}}, "fields.a.min_length", "text"),
        ({"a": {"values": ["x"], "pattern": "x"}}, "fields.a.pattern", "text"),
        ({"a": {"pattern": "("}}, "fields.a.pattern", None),
        ({"a": {"pattern": "(a+)+"}}, "fields.a.pattern", None),
        ({"a": {"pattern": "a*a*a*b"}}, "fields.a.pattern", "max_length <= 843"),
        ({"a": {"pattern": "a", "default": "b"}}, "fields.a.default", "a"),
        ({"a": {"min_length": 3, "default": "b"}}, "fields.a.default", "≥ 3"),
        ({"contact": {"any_of": ["requester.phon"]}}, "fields.contact.any_of", "requester.phone"),
        ({"contact": {"any_of": []}}, "fields.contact.any_of", "requester.phone"),
        ({"a": {"any_of": ["product"]}}, "fields.a.any_of", None),
    ],
)
def test_what_a_ruleset_is_refused_for(
    fields: dict[str, Any], key: str, accepted: str | None
) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(fields)
    (problem,) = refused.value.problems
    assert problem.field == f"ruleset: {key}"
    assert accepted is None or accepted in problem.accepted


def test_a_default_given_by_its_label_is_the_word() -> None:
    found = made({"urgency": {"values": {"urgent": "紧急"}, "default": "紧急"}})
    assert found.form["urgency"].default == "urgent"


@pytest.mark.requirement("B2")
@pytest.mark.parametrize("code", ["x" * 21, "a\n"])
def test_a_department_that_cannot_be_part_of_a_number(code: str) -> None:
    with pytest.raises(InvalidInput, match=r"number\.department"):
        made({}, number={"department": code})

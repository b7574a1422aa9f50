"""Whatever is handed in, the form takes it or refuses it by name; what it takes, rules can read."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ruledesk.errors import Refused
from ruledesk.rules.expression.facts import check_facts
from ruledesk.rules.form import Admitted, admit
from ruledesk.rules.load import ruleset_from_document

WORDS = {"it": {"en": "IT support", "zh": "IT 支持"}, "order": {"en": "Order", "zh": "订单"}}
RULESET = ruleset_from_document(
    {
        "ruleset": {"name": "any", "version": "1"},
        "fields": {
            "type": {"required": True, "values": WORDS},
            "urgency": {"values": ["normal", "urgent"], "default": "normal"},
            "description": {"required_when": 'type == "it"', "min_length": 2, "max_length": 20},
            "repository": {"when": 'type == "it"', "wanted": True, "pattern": "[a-z]+"},
            "branch": {"when": "present(custom.repository)", "default": "main"},
            "affected_users": {"minimum": 0, "maximum": 100},
            "weight": {"kind": "number", "maximum": 9.5},
            "seen": {"kind": "boolean"},
            "tags": {"kind": "set", "values": WORDS},
            "requester.level": {"values": {"vip": "重要客户"}},
            "contact": {"wanted": True, "any_of": ["requester.id", "requester.phone"]},
        },
        "categories": {"a/b": {"en": "B", "zh": "乙"}},
        "stages": {"type": {"hit": "first", "sets": ["impact"]}},
    }
)
NAMES = [*(name.removeprefix("custom.") for name in RULESET.form), "colour", "custom", "call"]
SAID = [
    "it",
    "IT support",
    "订单",
    "vip",
    "urgent",
    "core",
    "a/b",
    "乙",
    "12",
    "true",
    "x" * 21,
    " ",
]
VALUES = st.one_of(
    st.sampled_from(SAID),
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.sampled_from([10**30, -(10**30)]),
    st.floats(),
    st.text(max_size=25),
    st.datetimes(timezones=st.just(UTC)),
    st.just("2026-11-02T09:00:00+08:00"),
    st.lists(st.sampled_from(SAID) | st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(["phone", "level", "age", "seen"]), st.text(max_size=5)),
)
SUBMISSIONS = st.dictionaries(st.sampled_from(["requester", *NAMES]), VALUES, max_size=8)
CHINESE = re.compile("[\u4e00-\u9fff]")


def facts_of(admitted: Admitted) -> dict[str, Any]:
    known = {f"requester.{k}": v for k, v in admitted.requester.__dict__.items() if v}
    return {**admitted.fields, **known}


def check_admitted(admitted: Admitted) -> None:
    facts = facts_of(admitted)
    assert check_facts(RULESET.schema, facts).keys() == facts.keys()
    assert facts.keys() <= RULESET.form.keys()
    assert set(admitted.missing) <= RULESET.form.keys()
    assert ("custom.repository" in facts) <= (facts.get("type", "it") == "it")
    assert ("custom.branch" in facts) <= ("custom.repository" in facts)
    assert facts["urgency"] in ("normal", "urgent")
    assert 0 <= facts.get("affected_users", 0) <= 100


@pytest.mark.requirement("F3", "F4", "F5")
@settings(deadline=None, max_examples=400)
@given(SUBMISSIONS, st.booleans())
@example({"type": "IT support", "description": "abc", "repository": "core"}, False)
@example({"requester": {"phone": "\0", "level": "vip"}, "type": "it", "tags": ["订单"]}, True)
def test_any_submission(given_: dict[str, Any], textual: bool) -> None:
    loosely = admit(RULESET, given_, lenient=True, textual=textual)
    check_admitted(loosely)
    try:
        admitted = admit(RULESET, given_, textual=textual)
    except Refused as refused:
        for problem in refused.problems:
            assert problem.field
            assert problem.accepted
            assert CHINESE.search(problem.zh)
            assert not CHINESE.search(problem.en.partition("only where")[0])
        assert refused.text("zh")
    else:
        check_admitted(admitted)
        assert loosely == admitted
        assert {"custom.repository", "contact"} >= set(admitted.missing)
        # What was taken is taken again: the form says nothing that it would not hear.
        again = admit(RULESET, {**admitted.fields, "requester": given_.get("requester")})
        assert again.fields == admitted.fields


@pytest.mark.requirement("F1")
def test_a_time_is_taken_as_an_instant() -> None:
    said = {"type": "order", "occurred_at": "2026-11-02T09:00:00+08:00"}
    assert admit(RULESET, said).fields["occurred_at"] == datetime(2026, 11, 2, 1, tzinfo=UTC)

"""Each kind of finding, and what looks like one and is none."""

from collections.abc import Callable
from typing import Any

import pytest

Keys = Callable[..., list[tuple[str, str]]]
P0, P1 = {"priority": "P0"}, {"priority": "P1"}
pytestmark = pytest.mark.requirement("F4")


def conditioned(documents: Any, *conditions: str, hit: str = "collect", **parts: Any) -> Any:
    rules = ((one, {"flags": ["overdue"]}) for one in conditions)
    return documents.small(stages={"flags": documents.stage(hit, *rules)}, **parts)


# -- conditions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        'urgency == "urgent" and urgency == "normal"',
        "affected_users < 5 and affected_users > 7",
        "affected_users > 5 and affected_users < 6",
        "affected_users > 1000",
        "missing(urgency)",
        "missing(type) and present(type)",
        'contains(description, "a") and not contains(description, "a")',
        'contains(type, "xyz")',
        "False",
        "rating > 5",
        "counts.again < 0",
        'missing(order) and startswith(order, "x")',
        'status == "closed" and open',
        "loss < affected_users and loss > affected_users",
    ],
)
def test_what_never_holds(condition: str, documents: Any, keys: Keys) -> None:
    correlations = {"again": {"key": ["product"], "window": "1d", "when": "counts.again > 1"}}
    document = conditioned(documents, condition, correlations=correlations)
    assert ("never", "r1") in keys(documents.found(document))


@pytest.mark.parametrize(
    "condition",
    [
        "present(impact) or missing(impact)",
        "present(urgency)",
        'urgency != "x" or missing(urgency)'.replace('"x"', '"normal"') + ' or urgency == "normal"',
        "affected_users <= 1000 or missing(affected_users)",
        'not (contains(order, "a") and not contains(order, "a"))',
        "reopens >= 0",
    ],
)
def test_what_always_holds(condition: str, documents: Any, keys: Keys) -> None:
    assert keys(documents.found(conditioned(documents, condition))) == [("always", "r1")]


@pytest.mark.parametrize(
    "condition",
    [
        "True",
        "missing(type)",  # a lenient channel may leave out what the form requires
        'matches(order, "^a") and matches(order, "^b")',  # boxes know nothing of patterns
        "affected_users >= 0",
        'contains(description, "a") and contains(description, "b")',
        "event.by == \"system\"",
        'changed(urgency) and urgency == "urgent"',
        "loss > affected_users",
    ],
)  # fmt: skip
def test_what_is_no_finding(condition: str, documents: Any) -> None:
    assert documents.found(conditioned(documents, condition)) == []


def test_a_comparison_that_decides_nothing(documents: Any, keys: Keys) -> None:
    document = conditioned(documents, "affected_users > 2000 or present(order)",
                           'affected_users < 5000 and urgency == "urgent"')  # fmt: skip
    found = documents.found(document)
    assert keys(found) == [("comparison", "r1"), ("comparison", "r2")]
    assert "affected_users > 2000 can never hold" in found[0].en
    assert "0 … 1000" in found[0].en
    assert "affected_users < 5000 always holds" in found[1].en


def test_conditions_of_fields_and_policy_are_looked_at(documents: Any) -> None:
    fields = {"model": {"kind": "text", "required_when": 'type == "repair" and type == "consult"'}}
    document = documents.small(fields=fields, policy={"plan_approval": "loss > 5 and loss < 4"})
    assert {one.key for one in documents.found(document, "never")} == {
        "fields.model.required_when",
        "policy.plan_approval",
    }


# -- stages -----------------------------------------------------------------------------------


def test_the_last_rule_of_a_stage_may_be_a_fallback(documents: Any) -> None:
    stage = documents.stage(
        "first",
        ('missing(priority) and urgency == "urgent"', P0),
        ('missing(priority) and urgency in ("normal", "critical")', P1),
        ("missing(priority)", P1),
    )
    assert documents.found(documents.small(stages={"priority": stage})) == []


def test_a_field_that_a_stage_always_sets_is_not_missing_after_it(
    documents: Any, keys: Keys
) -> None:
    stages = {
        "impact": documents.stage("first", ("missing(impact)", {"impact": "single"})),
        "priority": documents.stage("unique", ("present(impact)", P0), ("missing(impact)", P1)),
    }
    stages["priority"]["rules"][0]["name"] = "there"
    stages["priority"]["rules"][1]["name"] = "absent"
    document = documents.small(stages=stages, order=["impact", "priority"])
    assert keys(documents.found(document)) == [("never", "absent"), ("always", "there")]


def test_a_stage_that_leaves_alone_what_is_given_has_no_gap(documents: Any) -> None:
    stage = documents.stage("first", ("missing(priority)", P0))
    assert documents.found(documents.small(stages={"priority": stage})) == []


@pytest.mark.parametrize(("default", "told"), [(None, ["gap"]), ({}, []), ({"priority": "P1"}, [])])
def test_an_empty_default_says_that_a_gap_is_meant(
    default: Any, told: list[str], documents: Any
) -> None:
    more = {} if default is None else {"default": default}
    stage = documents.stage("unique", ('impact == "wide"', P0), **more)
    found = documents.found(documents.small(stages={"priority": stage}))
    assert [one.code for one in found] == told


def test_a_stage_that_undoes_itself(documents: Any, keys: Keys) -> None:
    stage = documents.stage(
        "first", ('priority == "P1"', P0), ('priority == "P0" and present(order)', P1), default={}
    )
    found = documents.found(documents.small(stages={"priority": stage}))
    assert keys(found) == [("unstable", "r1")]
    assert found[0].rules == ("r1", "r2")
    stage = documents.stage("first", ('priority == "P1" and affected_users > 9', P0), default={})
    assert documents.found(documents.small(stages={"priority": stage})) == []


def test_two_matches_with_one_outcome_are_a_warning(documents: Any) -> None:
    stage = documents.stage("unique", ('impact == "wide"', P0), ('urgency == "urgent"', P0),
                            default=P1)  # fmt: skip
    (finding,) = documents.found(documents.small(stages={"priority": stage}))
    assert (finding.code, finding.level) == ("overlap", "warning")


def test_rows_of_a_table_are_named_with_their_table(documents: Any) -> None:
    table = {
        "name": "matrix",
        "fields": ["impact", "urgency"],
        "sets": ["priority"],
        "rows": [
            {"name": "wide", "is": ["wide", "*"], "set": ["P0"]},
            {"name": "urgent", "is": ["*", ["urgent", "critical"]], "set": ["P1"]},
        ],
    }
    stage = {"hit": "unique", "sets": ["priority"], "default": P1, "tables": [table]}
    (finding,) = documents.found(documents.small(stages={"priority": stage}))
    assert finding.rules == ("matrix/urgent", "matrix/wide")
    assert finding.key == "stages.priority.tables.matrix.rows.urgent"


def test_findings_of_one_run_are_those_of_the_next(documents: Any) -> None:
    stage = documents.stage("unique", ('contains(order, "a")', P0), ('impact == "wide"', P1))
    document = documents.small(stages={"priority": stage})
    assert documents.found(document) == documents.found(document)


def test_a_condition_too_wide_is_said_so(documents: Any, keys: Keys) -> None:
    wide = " and ".join(
        f'(contains(description, "a{n}") or contains(order, "b{n}"))' for n in range(12)
    )
    stage = documents.stage("first", (wide, P0), ('impact == "wide"', P1), default={})
    found = documents.found(documents.small(stages={"priority": stage}))
    assert keys(found) == [("too-large", "stages.priority")]


# -- what is left out, and what comes too early -----------------------------------------------


def test_what_does_nothing(documents: Any, keys: Keys) -> None:
    stage = documents.stage("collect", ('urgency == "urgent"', {"flags": ["x"]}))
    stage["rules"].append({"name": "idle", "when": 'urgency == "critical"'})
    document = documents.small(
        stages={"flags": stage}, reactions=[{"name": "mute", "on": ["submitted"]}]
    )
    assert keys(documents.found(document)) == [("no-effect", "idle"), ("no-effect", "mute")]


def test_a_rule_that_keeps_others_out_is_no_idle_one(documents: Any) -> None:
    rules = ('urgency == "urgent"', {}), ('impact == "wide"', P0)
    document = documents.small(stages={"priority": documents.stage("first", *rules, default=P1)})
    assert documents.found(document) == []


def test_types_without_a_code_for_the_number(documents: Any) -> None:
    words = {"repair": {"en": "Repair", "zh": "维修", "code": "R"}, "consult": "Consultation"}
    fields = {"type": {"kind": "enum", "values": words}}
    document = documents.small(fields=fields, number={"format": "{type_code}{seq:03}"})
    (found,) = documents.found(document)
    assert (found.code, found.key) == ("number-gap", "fields.type.values")
    assert found.en.endswith("no code: consult")
    assert documents.found(documents.small(fields=fields, number={"format": "{seq:03}"})) == []


def staged(documents: Any, *order: str) -> Any:
    klass = documents.stage(
        "first", ('missing(category) and type == "repair"', {"category": "fixing"})
    )
    route = documents.stage(
        "first", ('category == "fixing"', {"team": "it"}), default={"team": "desk"}
    )
    stages = {"klass": {**klass, "default": {}}, "route": route}
    stages["klass"]["rules"][0]["name"] = "class"
    return documents.small(order=list(order), categories={"fixing": "Fixing"}, stages=stages)


def test_a_stage_that_reads_what_comes_after_it(documents: Any) -> None:
    assert documents.found(staged(documents, "klass", "route")) == []
    (found,) = documents.found(staged(documents, "route", "klass"))
    assert (found.code, found.rules) == ("unordered", ("r1",))
    assert found.key == "stages.route.rules.r1"
    assert found.witness.fields["type"] == "repair"


@pytest.mark.parametrize(
    ("condition", "bound"),
    [("rating > 5", "1 … 5"), ("reopens < 0", "≥ 0")],
)
def test_a_range_is_said_as_people_write_it(condition: str, bound: str, documents: Any) -> None:
    (found,) = documents.found(conditioned(documents, condition))
    assert found.en.endswith(f"is {bound})")


# -- slips ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"fields": {"order": {"label": {"en": "Order"}}}}, "fields.order.label"),
        ({"fields": {"order": {"label": {"en": "", "zh": "订单"}}}}, "fields.order.label"),
        ({"fields": {"order": {"pattern_hint": {"zh": "数字"}}}}, "fields.order.pattern_hint"),
        ({"fields": {"type": {"values": {"a": {"zh": "甲", "code": "A"}}}}},
         "fields.type.values.a"),
        ({"categories": {"a/b": {"en": "B"}}}, 'categories."a/b"'),
        ({"survey": {"scores": {"speed": {"en": "Speed"}}}}, "survey.scores.speed"),
        ({"attachments": {"kinds": {"log": {"types": ["text/*"], "label": {"en": "Log"}}}}},
         "attachments.kinds.log.label"),
        ({"templates": {"hello": {"text": {"zh": "您好"}}}}, "templates.hello.text"),
        ({"ruleset": {"name": "small", "version": "1", "title": {"en": "Small"}}}, "ruleset.title"),
        ({"actions": {"accept": {"when": "has_plan", "reason": {"en": "a plan first"}}}},
         "actions.accept.reason"),
        ({"reactions": [{"name": "ready", "on": ["submitted"], "act": "plan",
                         "plan": {"solution": {"en": "Wait"}}}]},
         "reactions.ready.plan.solution"),
    ],
)  # fmt: skip
def test_a_text_in_one_language_is_told(parts: Any, key: str, documents: Any) -> None:
    (finding,) = documents.found({**documents.small(), **parts}, "one-language")
    assert (finding.level, finding.key) == ("warning", key)
    lacks_zh = "Chinese" in finding.en
    assert ("中文" in finding.zh) is lacks_zh
    assert ("英文" in finding.zh) is not lacks_zh


def test_a_plain_text_and_a_text_in_both_languages_are_not_told(documents: Any) -> None:
    both = {"en": "Order", "zh": "订单"}
    fields = {"order": {"label": both}, "module": {"label": "模块"}, "custom.en": {"default": "x"}}
    words = {"kind": "enum", "values": {"en": "English", "zh": "中文"}}
    document = documents.small(
        fields={**fields, "speech": words, "tongue": {"values": {"en": "English"}}}
    )
    assert documents.found(document, "one-language") == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("descripton", "description"),
        ("requester.emial", "requester.email"),
        ("affected-users", "affected_users"),
    ],
)
def test_a_field_named_nearly_as_a_standard_one_is_told(
    name: str, meant: str, documents: Any
) -> None:
    (finding,) = documents.found(documents.small(fields={name: {}}), "misspelt-field")
    assert finding.level == "warning"
    assert finding.key.startswith("fields.")
    assert f"standard field {meant} " in finding.en
    assert meant in finding.zh


@pytest.mark.parametrize(
    ("name", "table"),
    [("descripton", {"kind": "text"}), ("serial", {}), ("description", {}), ("contact", {})],
)
def test_a_field_that_is_meant_is_not_told(name: str, table: Any, documents: Any) -> None:
    assert documents.found(documents.small(fields={name: table}), "misspelt-field") == []


def test_what_is_never_below_nothing_is_known(documents: Any, keys: Keys) -> None:
    assert ("never", "r1") in keys(documents.found(conditioned(documents, "loss < 0")))

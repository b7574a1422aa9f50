"""Each kind of finding, and what looks like one and is none."""

from typing import Any

import pytest

P0, P1 = {"priority": "P0"}, {"priority": "P1"}
pytestmark = pytest.mark.requirement("F4")


def keys(findings: Any) -> list[tuple[str, str]]:
    return [(one.code, one.rules[0] if one.rules else one.key) for one in findings]


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
def test_what_never_holds(condition: str, documents: Any) -> None:
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
def test_what_always_holds(condition: str, documents: Any) -> None:
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


def test_a_comparison_that_decides_nothing(documents: Any) -> None:
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


def test_a_field_that_a_stage_always_sets_is_not_missing_after_it(documents: Any) -> None:
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


def test_a_stage_that_undoes_itself(documents: Any) -> None:
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


# -- targets ----------------------------------------------------------------------------------


def target(*limits: tuple[str, str], met_by: str = "resolved", **more: Any) -> dict[str, Any]:
    listed = [
        {"name": f"{met_by}-{n}", "when": when, "within": within}
        for n, (when, within) in enumerate(limits, start=1)
    ]
    return {"met_by": [met_by], "limits": listed, **more}


def test_a_solution_may_be_the_answer_too(documents: Any) -> None:
    answer = target(("True", "1h"), met_by="accepted")
    targets = {
        "response": {**answer, "met_by": ["accepted", "planned", "resolved"]},
        "resolution": target(("True", "4h")),
    }
    assert documents.found(documents.small(targets=targets)) == []


def test_words_without_a_limit(documents: Any) -> None:
    limits = (('urgency == "urgent"', "4h"), ('urgency == "critical"', "2h"))
    (finding,) = documents.found(documents.small(targets={"resolution": target(*limits)}))
    assert (finding.code, finding.key) == ("target-gap", "targets.resolution")
    assert "normal" in finding.en
    optional = documents.small(targets={"resolution": target(*limits, optional=True)})
    assert documents.found(optional) == []


def test_words_that_the_stages_never_give_need_no_limit(documents: Any) -> None:
    stage = documents.stage("unique", ('urgency == "critical"', P0), default=P1)
    limits = (('priority == "P0"', "1h"), ('priority == "P1"', "2h"))
    document = documents.small(stages={"priority": stage}, targets={"resolution": target(*limits)})
    assert documents.found(document) == []


@pytest.mark.parametrize(
    ("answer", "plan", "solution", "told"),
    [
        ("5h", "2h", "4h", ["target-order", "target-order"]),
        ("1h", "5h", "4h", ["target-order"]),
        ("1h", "2h", "4h", []),
        ("4h", "4h", "4h", []),
        ("6d", "6d", "3wd", ["target-order", "target-order"]),
        ("9wh", "9wh", "1wd", []),
        ("24h", "1d", "1wd", []),  # a Friday's working day ends on Monday
    ],
)
def test_promises_in_the_order_of_a_ticket(
    answer: str, plan: str, solution: str, told: list[str], documents: Any
) -> None:
    targets = {
        "response": target(('urgency == "urgent"', answer), met_by="accepted", optional=True),
        "interim": target(("True", plan), met_by="planned"),
        "resolution": target(("True", solution)),
    }
    found = documents.found(documents.small(targets=targets))
    assert [one.code for one in found] == told


def test_a_higher_priority_is_not_to_wait_longer(documents: Any) -> None:
    limits = (("priority == \"P0\"", "8h"), ("priority == \"P1\"", "4h"),
              ("priority == \"P2\" or missing(priority)", "9h"))  # fmt: skip
    (finding,) = documents.found(documents.small(targets={"resolution": target(*limits)}))
    assert (finding.code, finding.rules) == ("priority-order", ("resolved-1", "resolved-2"))
    assert finding.witness.fields["priority"] == "P0"
    # The lowest word comes first in this list, and the words say so.
    limits = (('urgency == "normal"', "8h"), ('urgency == "urgent"', "4h"),
              ('urgency == "critical"', "1h"))  # fmt: skip
    assert documents.found(documents.small(targets={"resolution": target(*limits)})) == []


def test_a_higher_priority_may_wait_longer_with_an_interim_promise(documents: Any) -> None:
    limits = (('urgency == "normal"', "5wd"), ('urgency == "urgent"', "3wd"),
              ('urgency == "critical"', "7wd"))  # fmt: skip
    resolution = target(*limits)
    alone = documents.found(documents.small(targets={"resolution": resolution}))
    assert "priority-order" in {one.code for one in alone}
    interim = target(('urgency == "critical"', "24h"), met_by="planned", optional=True)
    both = documents.small(targets={"interim": interim, "resolution": resolution})
    assert documents.found(both) == []


# -- reactions --------------------------------------------------------------------------------


def reaction(on: str, when: str = "", **more: Any) -> dict[str, Any]:
    made = {"name": "one", "on": [on], "raise_flags": ["x"], **more}
    return {**made, "when": when} if when else made


TARGETS = {
    "response": target(("True", "1h"), met_by="accepted", warn=0.5),
    "interim": target(('urgency == "critical"', "24h"), met_by="planned", optional=True),
}


@pytest.mark.parametrize(
    "made",
    [
        reaction("target_breached.response", 'event.target == "interim"'),
        reaction("submitted", 'event.target == "response"'),
        reaction("target_breached.interim", 'urgency == "normal"'),
        reaction("target_breached", 'event.target == "interim" and urgency == "normal"'),
        reaction("target_warned.interim"),
        reaction("target_breached.response", 'event.by == "agent"'),
        reaction("task_overdue", 'event.by == "agent"'),
        reaction("task_overdue", 'event.target == "response"'),
        reaction("task_overdue", 'status == "closed"', after="1h", until=["closed"]),
        reaction("task_overdue", "overdue_tasks < 0"),
        reaction("noted", 'event.by == "agent"', after="1h"),
        reaction("plan_approved"),
        reaction("resolved", 'status == "closed"', after="1h", until=["closed"]),
        reaction("resolved", 'status in ("cancelled", "merged")', after="1h"),
    ],
)
def test_reactions_that_nothing_lets_fire(made: dict[str, Any], documents: Any) -> None:
    document = documents.small(targets=TARGETS, reactions=[made])
    assert keys(documents.found(document)) == [("never", "one")]


@pytest.mark.parametrize(
    "made",
    [
        reaction("target_breached", 'event.target == "interim" and urgency == "critical"'),
        reaction("target_breached.interim", "affected_users > 5"),
        reaction("target_warned.response", 'urgency == "normal"'),
        reaction("noted", 'event.by == "agent"'),
        reaction("task_overdue", "overdue_tasks >= 2"),
        reaction("task_overdue", 'status == "new"', after="1h", until=["accepted"]),
        reaction("resolved", 'status == "closed"', after="1h", until=["declined"]),
        reaction("closed", 'status == "closed"', after="1h", until=["reopened"]),
        reaction("noted", 'status == "closed"', after="1h", until=["closed"]),
        reaction("resolved", 'status == "awaiting_confirmation"', after="24h",
                 until=["confirmed", "declined"]),
    ],
)  # fmt: skip
def test_reactions_that_may_fire(made: dict[str, Any], documents: Any) -> None:
    assert documents.found(documents.small(targets=TARGETS, reactions=[made])) == []


def test_an_end_without_a_wait(documents: Any) -> None:
    made = reaction("submitted", until=["closed"])
    assert keys(documents.found(documents.small(reactions=[made]))) == [("unused-until", "one")]


# -- what nothing uses ------------------------------------------------------------------------


def test_what_is_declared_and_not_used(documents: Any) -> None:
    document = documents.small(
        templates={"hello": {"text": "x"}, "bye": {"text": "{counts.printed}"}},
        correlations={
            "read": {"key": ["product"], "window": "1d"},
            "linked": {"key": ["product"], "window": "1d"},
            "printed": {"key": ["product"], "window": "1d"},
            "idle": {"key": ["product"], "window": "1d"},
        },
        calendars={"night": {"timezone": "Asia/Shanghai", "hours": {"mon": [["20:00", "22:00"]]}}},
        targets={
            "silent": target(("True", "1h"), flags=False),
            "unmeetable": target(("True", "1h"), met_by="plan_approved"),
        },
        reactions=[
            {"name": "a", "on": ["submitted"], "when": "counts.read > 1", "link_to": "linked",
             "send": [{"to": ["head"], "via": ["sms"], "template": "bye"}]},
            {"name": "b", "on": ["noted"], "when": '"nobodys" in flags', "raise_flags": ["x"]},
            {"name": "c", "on": ["noted"], "clear_flags": ["ghost"]},
        ],
    )  # fmt: skip
    assert keys(documents.found(document)) == [
        ("unused-template", "templates.hello"),
        ("unused-correlation", "correlations.idle"),
        ("unused-calendar", "calendars.night"),
        ("unused-target", "targets.silent"),
        ("unused-target", "targets.unmeetable"),
        ("unraised-flag", "b"),
        ("unraised-flag", "c"),
    ]


def test_findings_of_one_run_are_those_of_the_next(documents: Any) -> None:
    stage = documents.stage("unique", ('contains(order, "a")', P0), ('impact == "wide"', P1))
    document = documents.small(stages={"priority": stage})
    assert documents.found(document) == documents.found(document)


def test_a_condition_too_wide_is_said_so(documents: Any) -> None:
    wide = " and ".join(
        f'(contains(description, "a{n}") or contains(order, "b{n}"))' for n in range(12)
    )
    stage = documents.stage("first", (wide, P0), ('impact == "wide"', P1), default={})
    found = documents.found(documents.small(stages={"priority": stage}))
    assert keys(found) == [("too-large", "stages.priority")]


# -- what is left out, and what comes too early -----------------------------------------------


def test_what_does_nothing(documents: Any) -> None:
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


def test_limits_on_a_calendar_that_never_opens(documents: Any) -> None:
    made = target(('urgency == "urgent"', "4wh"), ('urgency == "normal"', "4h"), optional=True)
    document = documents.small(targets={"response": made}, calendars={"business": {"hours": {}}})
    (found,) = documents.found(document)
    assert (found.code, found.level, found.rules) == ("never-due", "error", ("resolved-1",))


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


def test_what_is_never_below_nothing_is_known(documents: Any) -> None:
    assert ("never", "r1") in keys(documents.found(conditioned(documents, "loss < 0")))

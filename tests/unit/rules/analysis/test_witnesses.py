"""Every witness is a ticket that can be handed in, and `explain` says of it what was found."""

from collections.abc import Callable
from typing import Any

import pytest

from ruledesk.explain import RuleExplanation
from ruledesk.rules.analysis import Witness
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset

Ask = Callable[[Ruleset, Witness, str], RuleExplanation]
P0, P1 = {"priority": "P0"}, {"priority": "P1"}
OVERLAPS = {
    "two enums": ('urgency == "urgent"', 'impact == "wide"'),
    "numbers": ("affected_users >= 10", "5 < affected_users <= 10"),
    "texts": ('contains(description, "打印机")', 'matches(description, "(?i)vpn|网络")'),
    "a beginning and a pattern": ('startswith(order, "SO-")', 'matches(order, "[0-9]{4}$")'),
    "two fields": ("loss > affected_users", "affected_users >= 3"),
    "times": ('occurred_at < "2026-01-01T00:00:00+08:00"', "present(occurred_at)"),
    "what is missing": ("missing(impact)", 'urgency != "critical"'),
    "a level": ('requester.level == "vip"', 'impact in ("wide", "single")'),
    "a channel": ('channel == "phone"', 'urgency == "normal"'),
    "negations": ('not (type == "repair")', 'not contains(description, "x1")'),
}
SHADOWS = {
    "one wider rule": ['impact == "wide"', 'impact == "wide" and urgency == "urgent"'],
    "two rules together": ['affected_users < 10', "affected_users >= 5", "affected_users == 7"],
    "every word": ['urgency == "normal"', 'urgency in ("urgent", "critical")', 'impact == "wide"',
                   "affected_users > 3"],
    "the same text": ['contains(description, "坏")', 'contains(description, "坏") and '
                      'startswith(description, "冰箱")'],
}  # fmt: skip


@pytest.mark.requirement("F4", "F2")
@pytest.mark.parametrize("case", OVERLAPS)
def test_on_the_witness_of_an_overlap_both_rules_match(
    case: str, documents: Any, explain_witness: Ask
) -> None:
    first, second = OVERLAPS[case]
    stage = documents.stage("unique", (first, P0), (second, P1), default={"priority": "P2"})
    document = documents.small(stages={"priority": stage})
    (finding,) = documents.found(document, "overlap")
    assert finding.level == "error"
    assert finding.rules == ("r2", "r1")
    ruleset = ruleset_from_document(document)
    (evaluation,) = explain_witness(ruleset, finding.witness, "r2").evaluations
    assert evaluation.verdict == "outvoted"
    assert evaluation.winner == "r1"


@pytest.mark.requirement("F4", "F2")
@pytest.mark.parametrize("case", SHADOWS)
def test_on_the_witness_of_a_shadowed_rule_an_earlier_one_decides(
    case: str, documents: Any, explain_witness: Ask
) -> None:
    conditions = SHADOWS[case]
    stage = documents.stage("first", *((one, P0) for one in conditions), default=P1)
    document = documents.small(stages={"priority": stage})
    finding = documents.found(document, "shadowed")[-1]
    name = finding.rules[0]
    ruleset = ruleset_from_document(document)
    (evaluation,) = explain_witness(ruleset, finding.witness, name).evaluations
    assert evaluation.verdict == "shadowed"
    assert evaluation.winner in finding.rules[1:]


@pytest.mark.requirement("F4", "F2")
def test_on_the_witness_of_a_gap_no_rule_matches(documents: Any, explain_witness: Ask) -> None:
    stage = documents.stage(
        "unique", ('impact == "wide"', P0), ('impact == "single" and urgency != "critical"', P1)
    )
    document = documents.small(stages={"priority": stage})
    (finding,) = documents.found(document, "gap")
    ruleset = ruleset_from_document(document)
    for rule in ("r1", "r2"):
        (evaluation,) = explain_witness(ruleset, finding.witness, rule).evaluations
        assert evaluation.verdict == "failed"
        assert evaluation.winner == ""
        assert "priority" not in evaluation.decision.outcome


@pytest.mark.requirement("F2")
def test_a_witness_goes_back_through_the_stages_before(
    documents: Any, explain_witness: Ask
) -> None:
    stages = {
        "impact": documents.stage(
            "first",
            ('missing(impact) and contains(description, "所有人")', {"impact": "wide"}),
            default={},
        ),
        "priority": {
            **documents.stage("unique"),
            "sets": ["priority"],
            "default": {"priority": "P2"},
            "rules": [
                {"name": "p-wide", "when": 'impact == "wide" and order == "A"', "set": P0},
                {"name": "p-described", "when": 'contains(description, "所有")', "set": P1},
            ],
        },
        "route": {
            "hit": "unique",
            "sets": ["team"],
            "default": {"team": "it"},
            "rules": [
                {"name": "t-first", "when": 'priority == "P0"', "set": {"team": "it"}},
                {"name": "t-second", "when": 'order == "B" and priority == "P1"',
                 "set": {"team": "sales"}},
                {"name": "t-third", "when": 'order == "B"', "set": {"team": "it"}},
            ],
        },
    }  # fmt: skip
    document = documents.small(stages=stages, order=["impact", "priority", "route"])
    found = {one.rules[0]: one for one in documents.found(document, "overlap")}
    assert set(found) == {"p-described", "t-third"}
    ruleset = ruleset_from_document(document)
    for rule, finding in found.items():
        (evaluation,) = explain_witness(ruleset, finding.witness, rule).evaluations
        assert evaluation.verdict == "outvoted"


@pytest.mark.requirement("F2")
def test_limits_are_looked_at_with_what_the_stages_have_decided(
    documents: Any, explain_witness: Ask
) -> None:
    priority = documents.stage("unique", ('urgency == "critical"', P0), default=P1)
    limits = [
        {"name": "l-p0", "when": 'priority == "P0"', "within": "1h"},
        {"name": "l-urgent", "when": 'urgency == "critical" or priority == "P1"', "within": "2h"},
    ]
    document = documents.small(
        stages={"priority": priority},
        targets={"resolution": {"met_by": ["resolved"], "limits": limits}},
    )
    (finding,) = documents.found(document)
    assert (finding.code, finding.rules) == ("overlap", ("l-urgent", "l-p0"))
    assert finding.key == "targets.resolution.limits.l-urgent"
    ruleset = ruleset_from_document(document)
    (evaluation,) = explain_witness(ruleset, finding.witness, "l-urgent").evaluations
    assert evaluation.verdict == "outvoted"


def test_what_only_comes_about_later_is_told_as_facts(documents: Any) -> None:
    stage = documents.stage("unique", ("reopens >= 1", P0), ('"overdue" in flags', P1))
    (finding,) = documents.found(
        documents.small(stages={"priority": {**stage, "default": P1}}), "overlap"
    )
    assert finding.witness.fields == {}
    assert finding.witness.facts == {"reopens": 1, "flags": ("overdue",)}
    assert finding.witness.to_dict() == {"facts": {"reopens": 1, "flags": ["overdue"]}}


def test_what_cannot_be_shown_is_not_claimed(documents: Any) -> None:
    # Two patterns that no text matches both, which boxes alone cannot know.
    stage = documents.stage("unique", ('matches(order, "^a$")', P0), ('matches(order, "^b$")', P1))
    assert not documents.found(
        documents.small(stages={"priority": {**stage, "default": P1}}), "overlap"
    )
    # Two lines of the same stage that no submission reaches: the stage before sets the impact.
    stages = {
        "impact": {"hit": "first", "sets": ["impact"], "default": {"impact": "wide"}, "rules": []},
        "priority": documents.stage(
            "unique", ('impact == "single"', P0), ('present(impact) and impact != "wide"', P1),
            default=P1,
        ),
    }  # fmt: skip
    document = documents.small(stages=stages, order=["impact", "priority"])
    assert not documents.found(document, "overlap")

"""Each decision says rule, ruleset version and facts, and what nearly matched (F2)."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from ruledesk.explain import explain_ticket
from ruledesk.explain.data import explanation_data
from ruledesk.explain.prose import decision_lines
from ruledesk.explain.words import Words

pytestmark = pytest.mark.requirement("F2")


@pytest.fixture
def explanation(ticket, events, find, start):
    return explain_ticket(ticket, events, find, start + timedelta(hours=3))


def told(decision, locale):
    words = Words(locale, ZoneInfo("Asia/Shanghai"))
    return "\n".join(line.text for line in decision_lines(decision, words))


def test_decisions_come_in_order(explanation):
    assert [(d.version, d.decision.stage) for d in explanation.decisions] == [
        (2, "priority"),
        (2, "route"),
        (2, "targets.resolution"),
        (7, "priority"),
        (11, "on.target_breached"),
    ]


def test_near_misses_come_nearest_first_with_what_failed(explanation):
    misses = explanation.decisions[0].misses
    assert [(miss.rule, miss.distance) for miss in misses] == [
        ("p-high", 1),
        ("p-many", 1),
        ("p-far", 2),
    ]
    assert [trace.text for trace in misses[1].failed] == ["affected_users >= 100"]
    assert misses[1].failed[0].actual == {"affected_users": 7}
    assert misses[2].failed[1].sentence() == "present(order): order is missing"


def test_a_rule_that_matched_is_no_near_miss(explanation):
    assert explanation.decisions[1].misses == ()


def test_the_condition_of_the_chosen_rule_is_told(explanation):
    assert explanation.decisions[1].condition == 'priority == "normal"'


def test_what_was_set_by_hand_is_told(explanation):
    again = explanation.decisions[3]
    assert again.by_hand == ("priority",)
    assert "left alone, since set by hand: priority" in told(again, "en")
    assert "已由人工设定" in told(again, "zh")


def test_a_reaction_decides_alone(explanation):
    reaction = explanation.decisions[4]
    assert (reaction.decision.rule, reaction.misses) == ("on-overdue", ())
    assert reaction.condition == 'priority == "normal"'


def test_prose_names_rule_version_hash_and_facts(explanation, ruleset):
    text = told(explanation.decisions[0], "en")
    assert text.startswith('2026-03-12 09:00:00  priority → priority = "normal"')
    assert "no rule matched; the default applies" in text
    assert f"small@1.2.0 #{ruleset.hash[:12]}" in text
    assert 'facts: urgency = "urgent", affected_users = 7' in text
    assert 'near miss p-high (1 test short): urgency == "critical": urgency is "urgent"' in text
    assert "p-far (2 tests short)" in text


def test_prose_in_chinese(explanation):
    text = told(explanation.decisions[0], "zh")
    assert "无规则命中，采用默认值" in text
    assert '未命中 p-high (差 1 个条件): urgency == "critical"：urgency 为 "urgent"' in text


def test_a_ruleset_that_is_not_kept_is_said_so(ticket, events, start):
    explanation = explain_ticket(ticket, events, lambda _: None, start)
    assert not explanation.decisions[0].known
    assert "not kept" in told(explanation.decisions[0], "en")
    assert explanation.targets[0].ledger is None


def test_the_ledger_of_a_target_adds_up(explanation):
    (target,) = explanation.targets
    kinds = [(segment.kind, segment.seconds) for segment in target.ledger.segments]
    assert kinds == [("running", 1800), ("paused", 600), ("running", 8400)]
    assert target.ledger.used_seconds == 10_200
    assert target.ledger.budget_seconds == 7_200
    assert target.ledger.left_seconds == -3_000


def test_data_is_json_and_complete(explanation, ruleset):
    data = json.loads(json.dumps(explanation_data(explanation)))
    first = data["decisions"][0]
    assert first["stage"] == "priority"
    assert first["default"] is True
    assert first["ruleset"] == "small@1.2.0"
    assert first["hash"] == ruleset.hash
    assert first["facts"] == {"urgency": "urgent", "affected_users": 7}
    assert [miss["distance"] for miss in first["near_misses"]] == [1, 1, 2]
    assert data["targets"][0]["ledger"]["used_seconds"] == 10_200


def test_facts_of_the_wrong_type_do_not_break_the_explanation(ticket, events, find, start, ruleset):
    decided = events[1].body.decisions[0]
    odd = evolve(decided, facts={"urgency": 5, "affected_users": "many"}, incident="fault")
    events[1] = evolve(events[1], body=evolve(events[1].body, decisions=(odd,)))
    explanation = explain_ticket(ticket, events, find, start)
    assert explanation.decisions[0].misses
    assert "incident: fault" in told(explanation.decisions[0], "en")


def test_the_lines_of_the_manual_are_told(explanation):
    again = explanation.decisions[3]
    assert again.manual == ("B7", "F2")
    assert "manual: B7, F2" in told(again, "en")
    assert "手册条目: B7, F2" in told(again, "zh")
    assert [d["manual"] for d in explanation_data(explanation)["decisions"]][3] == ["B7", "F2"]
    assert "manual" not in told(explanation.decisions[1], "en")

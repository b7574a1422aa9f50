"""One rule: fired, or which test failed on which value, or why it was never looked at (F2)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from ruledesk.errors import InvalidInput, NotFound
from ruledesk.explain import explain_rule
from ruledesk.explain.data import rule_data
from ruledesk.explain.prose import rule_lines
from ruledesk.explain.reaction import reaction_evaluations
from ruledesk.explain.words import Words
from ruledesk.model.event import Event, TimersCleared, TimersSet
from ruledesk.model.values import changed

pytestmark = pytest.mark.requirement("F2")


@pytest.fixture
def explained(ticket, events, find):
    return lambda name: explain_rule(name, ticket, events, find)


def told(explanation, locale="en"):
    words = Words(locale, ZoneInfo("Asia/Shanghai"))
    return "\n".join(line.text for line in rule_lines(explanation, words))


def test_each_evaluation_says_fired_or_what_failed(explained):
    rule = explained("p-high")
    assert [one.verdict for one in rule.evaluations] == ["failed", "fired"]
    assert rule.evaluations[0].failed[0].sentence() == (
        'urgency == "critical": urgency is "urgent"'
    )
    assert rule.evaluations[1].by_hand == ("priority",)
    assert (rule.kind, rule.place, rule.ruleset) == ("stage", "priority", "small@1.2.0")


def test_a_field_that_people_set_since_is_told(ticket, events, find):
    by_hand = changed(ticket, manual=frozenset({"priority"}))
    rule = explain_rule("p-high", by_hand, events, find)
    assert rule.by_hand == ("priority",)
    assert told(rule, "zh").endswith("已由人工设定，保持不变：priority")


def test_a_rule_behind_the_first_is_shadowed(explained):
    (evaluation,) = explained("r-second").evaluations
    assert (evaluation.verdict, evaluation.winner) == ("shadowed", "r-first")
    assert "r-first stands before it" in told(explained("r-second"))
    assert "r-first 排在前面" in told(explained("r-second"), "zh")


def test_a_double_match_under_unique_is_told(explained, events):
    double = evolve(
        events[6].body.decisions[0], matched=("p-high", "p-many"), incident="2 rules matched"
    )
    events[6] = evolve(events[6], body=evolve(events[6].body, decisions=(double,)))
    rule = explained("p-many")
    assert [one.verdict for one in rule.evaluations] == ["failed", "outvoted"]
    assert "incident: 2 rules matched" in told(rule)


def test_the_default_is_told(explained):
    assert "did not fire (the default applied)" in told(explained("p-many"))


def test_limits_of_targets_are_rules(explained):
    rule = explained("t-normal")
    assert (rule.kind, rule.place) == ("target", "resolution")
    assert [one.verdict for one in rule.evaluations] == ["fired"]


def test_a_reaction_that_decided(explained):
    (evaluation,) = explained("on-overdue").evaluations
    assert (evaluation.verdict, evaluation.place) == ("fired", "target_breached.resolution")
    assert evaluation.decision.outcome == {"raise_flags": ("overdue",)}


def test_a_reaction_whose_condition_failed(explained):
    (evaluation,) = explained("on-breach").evaluations
    assert evaluation.verdict == "failed"
    assert evaluation.failed[0].sentence() == (
        'event.target == "response": event.target is "resolution"'
    )


def test_a_reaction_that_only_told(explained):
    (evaluation,) = explained("tell-normal").evaluations
    assert (evaluation.verdict, evaluation.sent, evaluation.decision) == ("fired", 1, None)


def test_a_reaction_sees_the_ticket_as_the_rules_left_it(explained):
    (evaluation,) = explained("tell-high").evaluations
    assert [trace.sentence() for trace in evaluation.failed] == [
        'priority == "high": priority is "normal"'
    ]


def test_what_no_event_holds_is_told_as_unrecorded(explained):
    (evaluation,) = explained("tell-repeat").evaluations
    assert evaluation.unrecorded == ("counts.repeat",)
    assert [trace.text for trace in evaluation.failed] == ["reopens > 0"]
    assert "on no record: counts.repeat" in told(explained("tell-repeat"))


def test_a_reaction_looked_at_when_its_wait_was_over(explained):
    (evaluation,) = explained("reminder").evaluations
    assert evaluation.verdict == "failed"
    assert evaluation.failed[0].sentence() == 'priority == "high": priority is "low"'


def test_a_wait_that_an_event_ended(explained):
    (evaluation,) = explained("closer").evaluations
    assert evaluation.verdict == "dropped"
    assert "等待中被事件取消" in told(explained("closer"), "zh")


def test_a_reaction_whose_event_never_happened(explained):
    rule = explained("on-decline")
    assert rule.evaluations == ()
    assert "none of its events happened (declined)" in told(rule)
    assert "所响应的事件没有发生" in told(rule, "zh")


def test_a_reaction_that_waits(explained):
    text = told(explained("later"))
    assert "it waits until 2026-03-12 12:00:00+08:00" in text


def test_an_unknown_rule_gets_suggestions(explained):
    with pytest.raises(InvalidInput) as caught:
        explained("p-hihg")
    problem = caught.value.problems[0]
    assert "p-high" in problem.accepted
    assert problem.field == "small@1.2.0"


def test_no_ruleset_is_kept(ticket, events):
    with pytest.raises(NotFound):
        explain_rule("p-high", ticket, events, lambda _: None)


def test_data(explained):
    data = rule_data(explained("p-high"))
    assert data["evaluations"][0]["failed"][0] == {
        "condition": 'urgency == "critical"',
        "actual": {"urgency": "urgent"},
        "en": 'urgency == "critical": urgency is "urgent"',
        "zh": 'urgency == "critical"：urgency 为 "urgent"',
    }


def test_a_reaction_waits_about_each_target_on_its_own(ticket, events, ruleset, start):
    (reaction,) = (one for one in ruleset.reactions if one.name == "closer")
    hours = {f"closer@{name}": start + timedelta(hours=n) for name, n in (("a", 9), ("b", 1))}
    bodies = (
        (0, TimersSet({"closer@a": hours["closer@a"]})),
        (0, TimersSet({"closer@b": hours["closer@b"]})),
        (1, TimersCleared(("closer@b",))),
        (2, TimersCleared(("closer@a",))),
    )
    more = [
        Event(ticket.number, 100 + n, start + timedelta(hours=hour), "system", body)
        for n, (hour, body) in enumerate(bodies)
    ]
    found = reaction_evaluations(reaction, ruleset, [events[0], *more])
    assert [(one.version, one.verdict) for one in found] == [(102, "unknown"), (103, "dropped")]


@pytest.mark.parametrize(("name", "lines"), [("p-high", ["B7", "F2"]), ("on-decline", ["A12"])])
def test_the_lines_of_the_manual_are_told(explained, name, lines):
    assert rule_data(explained(name))["manual"] == lines
    assert f"manual: {', '.join(lines)}" in told(explained(name))


def test_a_limit_that_did_not_apply_says_why(explained):
    rule = explained("t-crowd")
    (evaluation,) = rule.evaluations
    assert (rule.place, evaluation.place) == ("response", "targets.response")
    assert evaluation.verdict == "failed"
    assert evaluation.failed[0].sentence().startswith("affected_users >= 9999: affected_users is ")

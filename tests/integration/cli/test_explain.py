"""`explain` on a desk's store and on files that are replayed (F2)."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

pytestmark = pytest.mark.requirement("F2")
#: In the past, so that the present is after it; 09:00 in Shanghai.
START = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
NUMBER = "G20260312001"


@pytest.fixture
def used(desk):
    """A desk with a ticket that was classified by hand."""
    opened = open_desk(load_desk(desk))
    ticket = opened.submit(
        by="requester",
        line="hotline",
        channel="web",
        fields={
            "requester": {"name": "Wang", "phone": "13812340001"},
            "type": "repair",
            "urgency": "urgent",
            "description": "it is broken",
        },
        at=START,
    )
    opened.advance(START + timedelta(hours=1))
    opened.act(
        ticket.number,
        "classify",
        by="agent:S001",
        fields={"priority": "critical", "reason": "told"},
        at=START + timedelta(hours=1),
    )
    opened.close()
    return desk


def test_every_decision_is_explained(ruledesk, used):
    result = ruledesk("explain", NUMBER, "--desk", used)
    assert (result.status, result.err) == (0, "")
    assert 'priority → priority = "urgent"' in result.out
    assert "rule priority-urgent" in result.out
    unfolded = " ".join(result.out.split())
    assert 'priority-critical (1 test short): urgency == "critical": urgency is' in unfolded
    assert "target response" in result.out
    assert "used" in result.out


@pytest.mark.requirement("F5")
def test_in_chinese(ruledesk, used):
    result = ruledesk("explain", NUMBER, "--desk", used, "--locale", "zh-CN")
    assert "规则 priority-urgent" in result.out
    assert "目标 response" in result.out


def test_as_json(ruledesk, used):
    data = json.loads(ruledesk("explain", NUMBER, "--desk", used, "--json").out)
    priority = next(one for one in data["decisions"] if one["stage"] == "priority")
    assert priority["rule"] == "priority-urgent"
    assert priority["ruleset"].startswith("hotline@")
    assert len(priority["hash"]) == 64
    assert priority["facts"] == {"urgency": "urgent"}
    assert {miss["rule"] for miss in priority["near_misses"]} >= {"priority-critical"}
    response = next(one for one in data["targets"] if one["name"] == "response")
    ledger = response["ledger"]
    running = sum(one["seconds"] for one in ledger["segments"] if one["kind"] == "running")
    assert running == pytest.approx(ledger["used_seconds"])


def test_why_a_rule_did_not_fire(ruledesk, used):
    result = ruledesk("explain", NUMBER, "--desk", used, "--rule", "priority-critical")
    assert result.status == 0
    assert "did not fire (priority-urgent did)" in result.out
    assert 'urgency == "critical": urgency is "urgent"' in result.out
    assert "set by hand: priority" in result.out


def test_a_rule_as_json(ruledesk, used):
    result = ruledesk("explain", NUMBER, "--desk", used, "--rule", "priority-critical", "--json")
    data = json.loads(result.out)
    assert data["evaluations"][0]["verdict"] == "failed"
    assert data["evaluations"][0]["failed"][0]["actual"] == {"urgency": "urgent"}
    assert data["by_hand"] == ["priority"]


def test_an_unknown_rule_is_unusable_input(ruledesk, used):
    result = ruledesk("explain", NUMBER, "--desk", used, "--rule", "priority-citical")
    assert (result.status, result.out) == (2, "")
    assert "priority-critical" in result.err


def test_an_unknown_ticket_is_unusable_input(ruledesk, used):
    result = ruledesk("explain", "G1", "--desk", used)
    assert result.status == 2
    assert "'G1'" in result.err
    assert "no such ticket" in result.err


def test_a_changed_ruleset_does_not_change_the_explanation(ruledesk, used):
    path = used / "desk.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('ruleset = "hotline"', 'ruleset = "gone"'), encoding="utf-8")
    result = ruledesk("explain", NUMBER, "--desk", used)
    assert result.status == 0
    assert "rule priority-urgent" in result.out


def test_a_ticket_of_a_scenario_by_number_and_by_name(ruledesk, desk):
    path = desk / "scenarios" / "first.scenario.yaml"
    by_number = ruledesk("explain", NUMBER, "--scenario", path)
    assert by_number.status == 0, by_number.err
    assert "rule priority-normal" in by_number.out
    by_name = ruledesk("explain", "ticket", "--recording", desk / "scenarios")
    assert by_name.out == by_number.out


def test_a_replay_leaves_the_desk_alone(ruledesk, desk):
    before = sorted(desk.rglob("*"))
    ruledesk("explain", "ticket", "--scenario", desk / "scenarios")
    assert sorted(desk.rglob("*")) == before


def test_a_scenario_without_the_ticket(ruledesk, desk):
    result = ruledesk("explain", "G1", "--scenario", desk / "scenarios")
    assert result.status == 2
    assert "no such ticket" in result.err


def test_a_file_that_cannot_be_replayed(ruledesk, tmp_path):
    path = tmp_path / "x.scenario.yaml"
    path.write_text("scenario: [")
    result = ruledesk("explain", "G1", "--scenario", path)
    assert result.status == 2
    assert "x.scenario.yaml" in result.err

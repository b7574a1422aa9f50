"""``ruledesk pilot compare``: what another ruleset would have decided, on a small desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ruledesk_rulesets
from ruledesk.cli.app import run
from ruledesk.cli.session import Session

DAY = Path(next(iter(ruledesk_rulesets.__path__))) / "hotline" / "recordings" / "day.jsonl"
Command = Callable[..., int]
Compare = Callable[..., dict[str, Any]]


@pytest.fixture
def tried(
    shop: Path, capsys: pytest.CaptureFixture[str], ruleset: str, command: Command
) -> Compare:
    """Compares with a changed copy of the ruleset; returns the JSON answer."""

    def compared(old: str = "", new: str = "", *options: str, once: bool = True) -> dict[str, Any]:
        assert old in ruleset
        (shop / "other.toml").write_text(ruleset.replace(old, new), "utf-8")
        more = [*options, "--once"] if once else list(options)
        status = command(shop, shop / "other.toml", "--json", "--tickets", *more)
        captured = capsys.readouterr()
        assert status == 0, captured.err
        data: dict[str, Any] = json.loads(captured.out)
        return data

    return compared


def differing(data: dict[str, Any]) -> dict[str, str]:
    return {one["ticket"]: one["extent"] for one in data["differing"]}


def cells(data: dict[str, Any], name: str, moment: str = "first") -> dict[tuple[str, str], int]:
    (matrix,) = (m for m in data["matrices"] if (m["field"], m["moment"]) == (name, moment))
    return {(cell["old"], cell["new"]): cell["tickets"] for cell in matrix["cells"]}


def test_with_itself_nothing_differs_and_it_is_deterministic(tried: Compare) -> None:
    data = tried(once=False)
    assert data["deterministic"] is True
    assert data["unlike"] == data["differing"] == []
    assert data["tickets"] == {
        "scanned": 3, "same": 3, "decided": 0, "later": 0, "handler": 0, "refused": 0, "taken": 0,
        "changed": 0, "skipped": 0,
    }  # fmt: skip
    assert data["current"][0]["hash"] == data["candidate"]["hash"]
    assert data["window"] == {
        "from": "2026-03-12T09:00:00+08:00", "until": "2026-03-20T09:00:00+08:00"
    }  # fmt: skip
    assert data["refused"]["both"] == 1
    assert data["refused"]["new"] == data["refused"]["old"] == []
    assert cells(data, "priority") == {("P2", "P2"): 2, ("P1", "P1"): 1}
    assert [(week["week"], week["tickets"]) for week in data["weeks"]] == [
        ("2026-03-09", 2), ("2026-03-16", 1),
    ]  # fmt: skip


def test_the_shipped_day_with_its_own_ruleset_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["pilot", "compare", str(DAY), "--with", "hotline", "--fail-on-change"]
    assert run(words, Session(environment={"LANG": "en_US.UTF-8"})) == 0
    text = capsys.readouterr().out
    assert text.startswith("0 of 241 tickets are decided differently (0.0 %)\n")
    assert "yes: replayed twice, the current ruleset gave the same events" in text


def test_one_limit_moves_exactly_its_tickets(tried: Compare) -> None:
    data = tried('within = "2h"', 'within = "4h"')
    assert differing(data) == {"a": "decided"}
    assert data["rules_differing"] == {"added": [], "removed": [], "changed": ["soon"]}
    assert data["fields"]["first"] == {"targets.response": 1}
    (target,) = data["targets"]
    assert (target["earlier"], target["later"]) == (0, 1)
    # It was accepted after three hours.
    assert (target["breached_old"], target["breached_new"], target["breached_only_old"]) == (
        1,
        0,
        1,
    )
    (matrix,) = (m for m in data["matrices"] if m["field"] == "targets.response")
    (cell,) = (one for one in matrix["cells"] if one["old"] != one["new"])
    assert (cell["old"], cell["new"], cell["due"], cell["tickets"]) == ("2h", "4h", "later", 1)
    (sample,) = cell["samples"]
    assert sample["number"] == "S20260312001"
    assert sample["old_rules"] == sample["new_rules"] == ["soon"]
    assert sample["old_facts"] == {"priority": "P1"}
    assert [week["decided"] for week in data["weeks"]] == [1, 0]


@pytest.mark.requirement("E9")
def test_one_routing_rule_moves_exactly_its_tickets_and_the_new_handler_works_on(
    tried: Compare,
) -> None:
    data = tried('set = { team = "it" }', 'set = { team = "sales" }')
    assert differing(data) == {"a": "decided", "c": "decided"}
    assert cells(data, "team") == {("it", "sales"): 2, ("sales", "sales"): 1}
    assert data["workload"]["teams"] == [
        {"name": "it", "old": 2, "new": 0, "change": -2},
        {"name": "sales", "old": 1, "new": 3, "change": 2},
    ]
    # A1 is not of sales: A2, to whom the tickets went, does what A1 had done.
    assert data["refused"]["new"] == []
    assert data["refused"]["stood_in"] == 2
    assert cells(data, "status", "end") == {("in_progress", "in_progress"): 2,
                                            ("merged", "merged"): 1}  # fmt: skip


@pytest.mark.requirement("F2")
def test_one_priority_rule_with_the_rules_that_decided_and_their_facts(tried: Compare) -> None:
    data = tried("when = 'urgency == \"high\"'", "when = 'type == \"question\"'")
    assert differing(data) == {"a": "decided", "b": "decided"}
    found = {one["ticket"]: one["changes"] for one in data["differing"]}
    assert [change["field"] for change in found["a"]] == ["priority", "targets.response"]
    priority = found["a"][0]
    assert (priority["old"], priority["new"]) == ("P1", "P2")
    assert priority["old_rules"] == ["high-first"]
    assert priority["new_rules"] == ["priority: default"]
    assert priority["old_facts"] == {"urgency": "high"}
    assert found["b"][0]["new_facts"] == {"type": "question"}
    hits = {one["rule"]: one for one in data["rules"]}
    assert (hits["high-first"]["state"], hits["high-first"]["old"]) == ("changed", 1)
    assert (hits["high-first"]["only_old"], hits["high-first"]["only_new"]) == (1, 1)
    assert "least_loaded" not in hits


def test_flags_and_messages(tried: Compare) -> None:
    data = tried("counts.again >= 2", "counts.again >= 3")
    assert differing(data) == {"c": "decided"}
    assert cells(data, "flags") == {("", ""): 2, ("repeat_complaint", ""): 1}
    data = tried('on = ["submitted"]\n', 'on = ["submitted", "accepted"]\n')
    assert differing(data) == {"a": "later", "b": "later"}
    assert data["messages"] == [{"template": "hello", "old": 3, "new": 5}]
    assert data["differing"][0]["ends"]["messages"] == {"old": "hello 1", "new": "hello 2"}


def test_a_new_required_field_is_counted_as_refused_steps(tried: Compare) -> None:
    data = tried("[fields.type]", "[fields.order]\nrequired = true\n[fields.type]")
    # With the first one refused, the third is no second fault of its requester.
    assert differing(data) == {"a": "refused", "b": "refused", "c": "decided"}
    assert data["fields"]["first"] == {"flags": 1}
    (reason,) = (one for one in data["refused"]["new"] if one["action"] == "submit")
    assert (reason["field"], reason["steps"], reason["en"]) == ("order", 2, "is required")
    assert reason["first"] == {"ticket": "a", "step": 1}
    assert data["refused"]["lost"] == 2
    # What it was merged into is not there, and its number must not mean another ticket: the third
    # ticket is the first one of the other desk.
    (merge,) = (one for one in data["refused"]["new"] if one["action"] == "merge")
    assert merge["steps"] == 1
    assert data["tickets"]["refused"] == 2
    assert [week["refused"] for week in data["weeks"]] == [2, 0]


def test_a_looser_form_takes_more(tried: Compare) -> None:
    data = tried("required = true", "required = false")
    assert differing(data) == {"bad": "taken"}
    (accepted,) = data["refused"]["old"]
    assert (accepted["action"], accepted["field"]) == ("submit", "description")
    assert data["tickets"]["taken"] == 1


def test_two_rules_where_one_may_match_are_told(
    tried: Compare, shop: Path, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    data = tried("when = 'priority == \"P2\"'", 'when = "True"')
    incident = "targets.response: more than one limit matched (soon, in-time)"
    assert data["incidents"] == [{"incident": incident, "old": 0, "new": 1}]
    assert cells(data, "flags")[("", "plugin_fault")] == 1
    assert command(shop, shop / "other.toml", "--once", LANG="en") == 0
    assert "Evaluations that went wrong" in capsys.readouterr().out


def test_an_answer_by_mail_reaches_the_same_ticket_by_another_number(
    shop: Path, tried: Compare, recording: str
) -> None:
    mail = "From: r1@example.com\r\nTo: d@example.com\r\nMessage-ID: <1@x>\r\n"
    mail += "Subject: Re: [#S20260312001]\r\n\r\nAnd a button is gone.\r\n"
    step = {"at": "2026-03-18T09:00:00+08:00", "do": "receive", "channel": "email", "as": "mail",
            "raw": {"text": mail, "content_type": "message/rfc822"}}  # fmt: skip
    (shop / "two-weeks.jsonl").write_text(f"{recording}{json.dumps(step)}\n", "utf-8")
    data = tried('format = "S{date:%Y%m%d}{seq:03}"', 'format = "T{seq:03}"')
    assert data["tickets"]["scanned"] == data["tickets"]["same"] == 3


def test_numbers_of_another_format_are_followed(tried: Compare) -> None:
    data = tried('format = "S{date:%Y%m%d}{seq:03}"', 'format = "{date:%Y}-X-{seq:05}"')
    assert differing(data) == {}
    assert data["refused"]["new"] == []


def test_what_the_recording_cannot_show(tried: Compare) -> None:
    rule = '[[stages.route.rules]]\nname = "red"\nwhen = \'custom.colour == "red"\'\n'
    rule += 'set = { team = "paint" }\n[targets.response]'
    data = tried("[targets.response]", "[fields.colour]\n" + rule)
    found = {one["code"]: one for one in data["warnings"]}
    assert "no ticket of the recording has the field custom.colour" in found["field-absent"]["en"]
    assert "red" in found["field-absent"]["zh"]
    assert "for 3 of 3 tickets" in found["window-cut"]["en"]
    assert "'paint'" in found["desk-lacks"]["en"]
    assert data["rules_differing"]["added"] == ["red"]

"""The recorded day: made again it is the same file, and it replays to the same events anywhere."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from typing import Any

import pytest

from ruledesk.desk.config import load_desk
from ruledesk.testing.replays import Replay, replay
from ruledesk_rulesets import ruledesk_rulesets
from ruledesk_rulesets.hotline.recordings.make_day import FILE, make

pytestmark = pytest.mark.requirement("D3", "D6", "D7", "D9", "D10", "D11", "D12", "D13")


@pytest.fixture(scope="module")
def replayed() -> Replay:
    return replay(FILE, "durable")


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[1:]]


def test_made_again_it_is_the_same_file() -> None:
    assert make() == FILE.read_bytes()


def test_another_seed_is_another_day_that_the_desk_accepts() -> None:
    assert make(seed=7) != FILE.read_bytes()


def test_every_step_does_what_it_did(replayed: Replay) -> None:
    outcome = replayed.outcome
    assert outcome.failures == ()
    assert outcome.totals.tickets >= 220
    assert outcome.totals.breached > 10


@pytest.mark.parametrize("engine", ["durable", "python"])
def test_replayed_again_it_gives_the_same_events(engine: str, replayed: Replay) -> None:
    assert replay(FILE, engine).lines == replayed.lines


def test_no_number_is_missing_or_given_twice(replayed: Replay) -> None:
    numbers = [ticket.number for ticket in replayed.tickets]
    assert numbers == [f"G20260312{n:03}" for n in range(1, len(numbers) + 1)]


def test_nothing_failed_behind_the_scenes(replayed: Replay) -> None:
    assert b'"plugin_faulted"' not in replayed.lines
    assert not [ticket.number for ticket in replayed.tickets if "plugin_fault" in ticket.flags]


def test_it_holds_what_a_hotline_meets(steps: list[dict[str, Any]], replayed: Replay) -> None:
    tickets = replayed.tickets
    done = Counter(step["do"] for step in steps)
    for action in ("accept", "note", "collaborate", "answer_task", "request_info", "provide_info",
                   "resolve", "confirm", "decline", "rate", "assign", "supervise", "merge", "close",
                   "cancel"):  # fmt: skip
        assert done[action] >= 3, action
    assert sum(bool(step.get("refused")) for step in steps) >= 10
    assert {ticket.channel for ticket in tickets} == {"phone", "web", "email"}
    assert {ticket.priority for ticket in tickets} == {"normal", "urgent", "critical"}
    assert {ticket.type for ticket in tickets} == {"consult", "complaint", "repair", "suggestion"}
    assert {"overdue", "supervised"} <= {flag for t in tickets for flag in t.flags}
    assert sum(ticket.reopens > 0 for ticket in tickets) >= 10
    assert len({ticket.rating for ticket in tickets}) == 6


def test_departments_were_full_and_then_everybody_was(replayed: Replay) -> None:
    teams = load_desk(FILE.parents[1]).directory.teams
    owned = [ticket for ticket in replayed.tickets if ticket.agent]
    assert sum(ticket.agent not in teams[ticket.team].agents for ticket in owned) >= 5
    assert replayed.lines.count(b'"pooled"') >= 3


def test_mails_in_gb18030_are_read(steps: list[dict[str, Any]], replayed: Replay) -> None:
    raws = [step["raw"]["base64"] for step in steps if "base64" in step.get("raw", {})]
    bodies = [b64decode(raw).decode("gb18030").partition("\r\n\r\n")[2].strip() for raw in raws]
    described = {ticket.description for ticket in replayed.tickets}
    assert len(bodies) >= 5
    assert set(bodies) <= described


def test_calls_know_how_long_they_took(replayed: Replay) -> None:
    calls = [ticket.call for ticket in replayed.tickets if ticket.call is not None]
    answered = [call for call in calls if call.answered_at is not None]
    assert len(answered) >= 100
    assert all(call.waiting_seconds >= 3 and call.talking_seconds > 40 for call in answered)
    assert any(call.answered_at is None for call in calls)


def test_the_day_lies_beside_its_ruleset() -> None:
    assert FILE.parents[1] == ruledesk_rulesets()["hotline"]

"""Calls in scenarios: handed in with a ticket, and what the telephone system says later."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput
from ruledesk.pilot.play import Played, play
from ruledesk.pilot.scenario import load_scenarios

Run = Callable[[str], Played]
HEAD = "scenario: x\nline: main\nstart: 2026-03-09T10:00:00+08:00\nsteps:\n"
WITH = "type: repair, description: x, requester: {phone: '1'}"
ANSWER = """
[targets.answer]
clock = "contact"
met_by = ["answered"]
[[targets.answer.limits]]
name = "answer-10s"
within = "10s"
"""


@pytest.fixture
def run(tmp_path: Path, desk_with: Callable[..., Desk]) -> Run:
    desk = desk_with(ANSWER)

    def played(steps: str) -> Played:
        file = tmp_path / "x.scenario.yaml"
        file.write_text(HEAD + steps, "utf-8")
        (scenario,) = load_scenarios(file)
        return play(desk, scenario.head, scenario.steps)

    return played


@pytest.mark.requirement("C2", "D3")
def test_a_call_with_its_times(run: Run) -> None:
    played = run(
        """
- at: 1m
  do: submit
  channel: phone
  by: agent:S101
  with:
    call: {id: c9, caller: "138 0000", started_at: 0s, answered_at: "2026-03-09T10:00:08+08:00"}
    type: repair
    description: x
  expect:
    call.id: c9
    call.waiting_seconds: 8
    targets.answer.state: met
    requester.phone: "1380000"
- at: 2m
  do: call
  with: {ended_at: 1m50s}
  expect: {call.talking_seconds: 102, call.ended_at: 110s, targets.answer.met_at: 8s}
"""
    )
    assert [(f.key, f.actual) for f in played.failures] == []


@pytest.mark.requirement("C2")
def test_answered_later(run: Run) -> None:
    played = run(
        f"""
- {{at: 0s, do: call, with: {{id: c1, caller: "139", started_at: 0s}}}}
- at: 2s
  do: submit
  channel: phone
  with: {{call: c1, {WITH}}}
  expect: {{targets.answer.state: running, call.started_at: 0s}}
- {{at: 11s, expect: {{targets.answer.state: breached, flags: [overdue]}}}}
- at: 12s
  do: call
  ticket: ticket
  with: {{id: c1, answered_at: 9s}}
  expect: {{targets.answer.state: met, flags: [], targets.answer.breached_at: null}}
"""
    )
    assert [(f.key, f.actual) for f in played.failures] == []


def test_a_call_without_an_id_is_its_own(run: Run) -> None:
    submission = f"do: submit, channel: phone, with: {{call: {{started_at: 0s}}, {WITH}}}"
    played = run(
        f"- {{at: 0s, as: a, {submission}}}\n- {{at: 1s, as: b, {submission}}}\n"
        "- {at: 2s, do: call, ticket: a, with: {answered_at: 2s},"
        " expect: [{ticket: a, call.id: call-1, call.answered_at: 2s},"
        " {ticket: b, call.id: call-2, call.answered_at: null}]}\n"
    )
    assert [(f.key, f.actual) for f in played.failures] == []


def test_no_call_is_meant(run: Run) -> None:
    played = run(
        f"- {{at: 0s, do: submit, with: {{{WITH}}}}}\n"
        "- {at: 1s, do: call, with: {answered_at: 1s}}\n"
    )
    (failure,) = played.failures
    assert "no call is meant" in str(failure.actual)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("step", "field"),
    [
        ("do: call, with: {id: c, answerd_at: 1s}", "answerd_at"),
        ("do: call, with: {id: c, answered_at: soon}", "answered_at"),
        ("do: call, with: {id: c, started_at: 5s, answered_at: 1s}", "answered_at"),
        ("do: call, with: {id: c, started_at: 5s, ended_at: 1s}", "ended_at"),
        ("do: call, with: 5", "with"),
        ("do: call", "with"),
        ("do: call, by: agent:A101, with: {id: c}", "by"),
        (f"do: submit, with: {{call: {{id: 5}}, {WITH}}}", "call.id"),
        (f"do: submit, with: {{call: {{agend: A101}}, {WITH}}}", "call.agend"),
    ],
)
def test_what_is_wrong_is_told(step: str, field: str, tmp_path: Path) -> None:
    file = tmp_path / "x.scenario.yaml"
    file.write_text(f"{HEAD}- {{at: 0s, {step}}}\n", "utf-8")
    with pytest.raises(InvalidInput) as error:
        list(load_scenarios(file))
    assert any(problem.field.endswith(field) for problem in error.value.problems)
    assert all(problem.zh for problem in error.value.problems)

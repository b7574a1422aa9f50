"""Scenarios about deletion, reviews and tasks: what may be expected of them."""

from pathlib import Path

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.suite import Options, memory_desk, run_files

RULESET = """
[ruleset]
name = "small"
version = "1.0.0"
[fields.description]
required = true
[stages.route]
sets = ["team"]
default = { team = "it" }
[stages.lacking]
hit = "collect"
sets = ["lacks"]
[[stages.lacking.rules]]
name = "no-expected"
when = "missing(expected)"
set = { lacks = ["expected"] }
[policy]
retention = "3y"
"""
SCENARIO = """
scenario: Kept three years, then deleted
line: small
start: 2026-03-09T10:00:00+08:00
desk:
  lines: {small: {ruleset: ./small.toml}}
  teams: {it: {head: A1, agents: [A2]}}
  agents: {A1: {roles: [supervisor]}, A2: {}, X1: {roles: [administrator]}}
steps:
- at: 0m
  do: submit
  with: {description: x}
  expect: {lacks: [expected], missing: {contains: expected}, reviews: 0}
- at: 1m
  do: collaborate
  by: agent:A2
  with: {team: it, duty: look}
  expect: {tasks: 1, tasks.1.owner: A1}
- {at: 2m, do: answer_task, by: "agent:A2", with: {task: 1, text: ok}}
- {at: 3m, do: resolve, by: "agent:A2", with: {article: KB-7}, expect: {article: KB-7}}
- {at: 4m, do: confirm}
- at: 5m
  do: review
  by: agent:A1
  with: {verdict: good}
  expect: {reviews: {at_least: 1}, reviews.1.verdict: good}
- at: 6m
  do: delete
  by: agent:X1
  with: {reason: x}
  refused: "2029-03-09"
  expect: {deleted: false}
- {at: 1097d, do: delete, by: "agent:X1", with: {reason: x}, expect: {deleted: true}}
- {at: 1098d, do: note, by: "agent:A2", with: {text: x}, refused: deleted, expect: {deleted: true}}
"""


def run(folder: Path, text: str) -> list[str]:
    (folder / "small.toml").write_text(RULESET, encoding="utf-8")
    file = folder / "x.scenario.yaml"
    file.write_text(text, encoding="utf-8")
    failures: list[str] = []

    class Reporter:
        def started(self, *_: object) -> None:
            return None

        def finished(self, outcome: object, _: object) -> None:
            failures.extend(f"{one.key}: {one.expected} {one.actual}" for one in outcome.failures)  # type: ignore[attr-defined]

        def unusable(self, _: Path, __: str, error: Exception) -> None:
            raise error

    run_files([file], Options(open_desk=memory_desk("python")), [Reporter()])  # type: ignore[list-item]
    return failures


@pytest.mark.requirement("C13", "A13", "B10", "A4")
def test_a_life_from_submission_to_deletion(tmp_path: Path) -> None:
    assert run(tmp_path, SCENARIO) == []


def test_what_does_not_hold_is_a_failure(tmp_path: Path) -> None:
    wrong = SCENARIO.replace("deleted: true", "status: closed").replace("reviews: 0", "reviews: 2")
    wrong = wrong.replace("{deleted: false}", "{deleted: true}").replace("tasks: 1,", "tasks: 3,")
    assert run(tmp_path, wrong) == [
        "reviews: 2 ()",
        *(one for one in run(tmp_path, wrong) if one.startswith("tasks:")),
        "deleted: True False",
        "deleted: False True",
        "deleted: False True",
    ]


def test_deleted_is_yes_or_no(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="true or false"):
        run(tmp_path, SCENARIO.replace("deleted: false", "deleted: soon"))

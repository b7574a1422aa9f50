"""A scenario can show an attachment policy: what is taken, under which name, what is refused."""

import json
import os
from pathlib import Path

import pytest

from ruledesk.cli.app import run as run_command
from ruledesk.cli.session import Session

RULESET = """\
[ruleset]
name = "evidence"
version = "1.0.0"
[attachments]
types = ["jpg", "pdf", "txt"]
max_size = "10MB"
name = "{kind}-{seq:02}-{order}"
[attachments.kinds]
screenshot = ["image/*"]
order = []
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "it" }
"""
SCENARIO = """\
scenario: Evidence
line: evidence
start: 2026-11-02T09:00:00+08:00
desk:
  lines: {evidence: {ruleset: ./ruleset.toml}}
  teams: {it: {agents: [A1]}, sales: {agents: [S1]}}
  agents: {A1: {name: Li}, S1: {name: Wu}}
steps:
- at: 0m
  do: submit
  with:
    order: DD1
    attachments:
    - {name: 报错.jpg, base64: "/9j/4AAQSkZJRg==", size: 10MB}
    - {name: 订单.jpg, base64: "/9j/4AAQSkZJRg==", kind: order}
  expect:
    attachments.1.name: screenshot-01-DD1.jpg
    attachments.1.size: 10485760
    attachments.1.original: 报错.jpg
    attachments.2.name: order-01-DD1.jpg
- at: 1m
  do: submit
  with: {attachments: [{name: x.pdf, base64: "TVqQAAMAAAAEAAAA//8AAA=="}]}
  refused: "is named .pdf, but its content is exe: 'x.pdf' (accepted: jpg, pdf, txt)"
- at: 1m
  do: submit
  with: {attachments: [{name: x.pdf, text: 不是PDF}]}
  refused: 内容却是纯文本
- at: 2m
  do: collaborate
  by: agent:A1
  with: {team: sales, duty: check}
- at: 3m
  do: note
  by: agent:A1
  with: {text: x, attachments: [{name: log.txt, text: "…", size: 10485761}]}
  refused: 10MB
- at: 3m
  do: note
  by: agent:A1
  with: {text: x, attachments: [{name: log.txt, text: "…"}]}
  expect: {attachments.3.name: file-01-DD1.txt}
- at: 3m
  do: provide_info
  with: {text: x, attachments: [{name: b.txt, base64: "AAA="}]}
  refused: b.txt
- at: 4m
  do: provide_info
  with: {text: x, attachments: [{name: b.jpg, base64: "/9j/4AAQSkZJRg=="}]}
  expect: {attachments.4.name: screenshot-02-DD1.jpg}
- at: 5m
  do: answer_task
  by: agent:S1
  with: {task: 1, text: x, attachments: [{name: b.jpg, text: x}]}
  refused: plain text
- at: 5m
  do: answer_task
  by: agent:S1
  with: {task: 1, text: x, attachments: [{name: c.pdf, text: "%PDF-1.4"}]}
  expect: {attachments.5.media_type: application/pdf, tasks.1.answer: x}
"""


@pytest.mark.requirement("A3", "B5", "D9")
def test_a_scenario_shows_an_attachment_policy(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ruleset.toml").write_text(RULESET, encoding="utf-8")
    (tmp_path / "a.scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    assert run_command(["pilot", "run", str(tmp_path), "--json"], Session(os.environ)) == 0
    first = json.loads(capfd.readouterr().out.splitlines()[0])
    assert (first["passed"], first["failures"]) == (True, [])

"""``ruledesk pilot run`` on a real desk, with a ruleset small enough to see through."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from ruledesk.cli.app import run as run_command
from ruledesk.cli.session import Session

DESK = """\
[desk]
name = "Counter"
timezone = "Asia/Shanghai"
locale = "en"
[lines.counter]
ruleset = "./rules.toml"
[agents.A1]
name = "Li"
[agents.B1]
name = "Wang"
[agents.H1]
name = "Zhao"
[agents.S1]
name = "Sun"
roles = ["supervisor"]
[teams.desk]
head = "H1"
agents = ["A1"]
[teams.workshop]
head = "H1"
agents = ["B1"]
"""
SCENARIO = """\
scenario: An urgent repair
line: counter
start: 2026-11-02T09:00:00+08:00
steps:
- at: 0m
  do: submit
  as: t1
  channel: phone
  with:
    requester: {name: Zhang, phone: "13800000001"}
    type: repair
    urgency: urgent
    description: My kettle is broken
  expect:
    number: C20261102001
    priority: high
    team: workshop
    agent: B1
    targets.response.due: 2026-11-02T09:30:00+08:00
    sent: {to: requester, via: sms, about: received}
    not_sent: [{about: overdue}]
- at: 10m
  do: accept
  by: agent:A999
  refused: true
- at: 10m
  do: submit
  as: t2
  refused: type
  with: {description: no type}
- at: 1h
  expect:
    ticket: t1
    flags: {contains: overdue}
    targets.response.state: breached
    sent:
    - {to: "agent:H1", about: overdue}
    - {to: "role:supervisor", via: message, times: 1}
- at: 2h
  do: accept
  by: agent:B1
  expect: {status: in_progress, targets.response.met_at: 2h}
"""


@pytest.fixture
def desk(tmp_path, counter):
    (tmp_path / "desk.toml").write_text(DESK)
    (tmp_path / "rules.toml").write_text(counter)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "urgent.scenario.yaml").write_text(SCENARIO)
    return tmp_path


@pytest.fixture
def pilot(capsys):
    def _pilot(*args, locale="en"):
        session = Session(chosen=locale, environment={})
        status = run_command(["pilot", "run", *map(str, args)], session)
        out, err = capsys.readouterr()
        return status, out, err

    return _pilot


def write_recording(desk, tickets):
    """Write a recording with three kinds of ticket, the odd ones accepted in time."""
    at = datetime(2026, 11, 2, 1, tzinfo=UTC)
    until = at + timedelta(minutes=tickets + 300)
    lines = [
        {"recording": "Many", "start": at.isoformat(), "until": until.isoformat(), "desk": ".."}
    ]
    for n in range(tickets):
        at += timedelta(minutes=1)
        fields = {
            "type": ("repair", "consult")[n % 2],
            "urgency": ("urgent", "normal", "normal")[n % 3],
            "description": "It is broken" if n % 5 == 0 else "How does it work?",
            "requester": {"phone": f"138{n:08}"},
        }
        step = {"at": at.isoformat(), "do": "submit", "as": f"t{n}", "line": "counter"}
        lines.append({**step, "with": fields})
        if n % 2:
            accept = {"do": "accept", "by": "agent:H1", "ticket": f"t{n}"}
            lines.append({"at": at.isoformat(), **accept})
    file = desk / "scenarios" / "many.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.mark.requirement("F2", "F4")
def test_a_scenario_that_holds(pilot, desk):
    status, out, err = pilot(desk / "scenarios")
    assert (status, err) == (0, "")
    text = re.sub(r"\s+", " ", out)
    for words in (
        "✓ An urgent repair · 5 steps",
        "t1 C20261102001 · counter · phone · high · in progress",
        "priority = high ← urgent-first",
        "→ workshop / B1 ← repairs",
        "response: due 11-02 09:30 (30m) ← response-high",
        "✉ requester · sms · received ← thanks",
        "response: overdue, was due 11-02 09:30",
        "✉ agent:S1 (role:supervisor) · message · overdue ← late",
        "targets breached 1",
        "by channel phone 1",
    ):
        assert words in text, words


def test_a_wrong_expectation_is_told_exactly(pilot, desk):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(SCENARIO.replace("agent: B1", "agent: A1"))
    status, out, _ = pilot(file, "--json")
    assert status == 1
    answer, summary = map(json.loads, out.splitlines())
    assert answer["passed"] is False
    (failure,) = answer["failures"]
    assert failure["step"] == 1
    assert (failure["key"], failure["expected"], failure["actual"]) == ("agent", "A1", "B1")
    assert summary["summary"]["failed"] == 1
    assert summary["summary"]["tickets"] == 1


@pytest.mark.parametrize(
    "wanted", ["flags: [overdue]", "links: [x]", "agent: A9", "plan: {cause: x}"]
)
def test_nothing_where_something_was_expected_is_told(pilot, desk, wanted):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    submit = SCENARIO[: SCENARIO.index("  expect:")].replace("type: repair", "type: consult")
    file.write_text(f"{submit}  expect: {{{wanted}}}\n")
    status, out, err = pilot(file)
    assert (status, err) == (1, "")
    assert re.search(r"actual +(nothing|\w+)\n", out)


def test_a_time_is_told_in_the_desks_zone(pilot, desk):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(SCENARIO.replace("T09:30:00+08:00", "T09:31:00+08:00"))
    _, out, _ = pilot(file, "--json")
    failure = json.loads(out.splitlines()[0])["failures"][0]
    assert failure["actual"] == "2026-11-02T09:30:00+08:00"


@pytest.mark.requirement("F4", "F5")
@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("do: accept", "do: acept", "urgent.scenario.yaml:23: steps[2].do"),
        ("team: workshop", "taem: workshop", "urgent.scenario.yaml:17: steps[1].expect.taem"),
        ("at: 1h", "at: 1x", "urgent.scenario.yaml:31: steps[4].at"),
    ],
)
def test_a_broken_file_names_line_and_key(pilot, desk, before, after, where):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(SCENARIO.replace(before, after, 1))
    for locale, label in (("en", "error"), ("zh", "错误")):
        status, _, err = pilot(file, locale=locale)
        assert status == 2
        assert err.startswith(label)
        assert where in err
        assert "Traceback" not in err


def test_an_unknown_line_is_unusable(pilot, desk):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(SCENARIO.replace("line: counter", "line: conter"))
    status, _, err = pilot(file)
    assert status == 2
    assert "conter" in err


def test_paths_that_hold_nothing(pilot, desk):
    (desk / "empty").mkdir()
    status, _, err = pilot(desk / "empty")
    assert status == 2
    assert "empty" in err


def test_two_runs_and_both_engines_give_the_same_bytes(pilot, desk):
    file = write_recording(desk, 60)
    logs = {}
    for name, engine in (("one", "durable"), ("two", "durable"), ("three", "python")):
        status, *_ = pilot(file, desk, "--engine", engine, "--events", desk / name, "--json")
        assert status == 0
        logs[name] = (desk / name).read_bytes()
    assert logs["one"].count(b"\n") > 500
    assert logs["one"] == logs["two"]
    assert logs["one"] == logs["three"]


def test_runs_do_not_depend_on_the_order_of_sets(desk):
    """Each process hashes text differently; nothing that happens may follow from it."""
    file = write_recording(desk, 30)
    code = "from ruledesk.cli import main; main()"
    logs = set()
    for seed in ("1", "2"):
        log = desk / f"seed{seed}"
        subprocess.run(
            [sys.executable, "-c", code, "pilot", "run", file, "--events", log],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        logs.add(log.read_bytes())
    assert len(logs) == 1


def test_a_recording_sums_up(pilot, desk):
    file = write_recording(desk, 40)
    status, out, _ = pilot(file)
    assert status == 0
    text = re.sub(r"[ ]+", " ", out)
    assert "✓ Many · 60 steps" in text
    assert "submitted" not in text
    assert "tickets 40\n" in text
    assert "by status in progress 20, new 20" in text
    assert "targets met 20\ntargets breached 20\n" in text
    _, out, _ = pilot(file, "--timeline", "t3")
    assert out.count("submitted") == 1


def test_junit(pilot, desk):
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(SCENARIO.replace("agent: B1", "agent: A1"))
    pilot(file, "--junit", desk / "out.xml")
    root = ET.parse(desk / "out.xml").getroot()
    message = root.find("testsuite/testcase/failure").get("message")
    assert "agent: expected 'A1', actual 'B1'" in message


def test_a_mail_reaches_the_channel(pilot, desk, counter):
    mail = b"From: Zhang <zhang@example.com>\r\nSubject: broken\r\n\r\nMy kettle is broken.\r\n"
    (desk / "mail.eml").write_bytes(mail)
    rules = counter.replace(
        "required = true\n[fields.type.values]", 'default = "consult"\n[fields.type.values]'
    )
    (desk / "rules.toml").write_text(rules)
    (desk / "scenarios" / "mail.scenario.yaml").write_text(
        """\
scenario: A mail
line: counter
start: 2026-11-02T09:00:00+08:00
steps:
- at: 0m
  do: receive
  channel: email
  raw: {file: ../mail.eml}
  expect: {received: ticket, channel: email, requester.email: zhang@example.com}
"""
    )
    status, out, err = pilot(desk / "scenarios" / "mail.scenario.yaml")
    assert status == 0, out + err


def test_what_is_done_at_the_instant_a_target_is_due_is_in_time(pilot, desk):
    text = SCENARIO.partition("- at: 10m")[0]
    text += "- {at: 30m, do: accept, by: 'agent:B1', expect: {targets.response.state: met}}\n"
    text += "- {at: 30m, expect: {targets.response.breached_at: {absent: true}}}\n"
    file = desk / "scenarios" / "urgent.scenario.yaml"
    file.write_text(text)
    status, out, err = pilot(file)
    assert status == 0, out + err

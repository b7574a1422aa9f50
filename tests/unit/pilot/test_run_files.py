"""The command, on a desk that is a double."""

import json
import re
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner

from ruledesk.cli import pilot as cli_pilot
from ruledesk.cli.session import Session

GOOD = """\
scenario: All is well
line: hotline
start: 2026-11-02T09:00:00+08:00
steps:
- {at: 0m, do: submit, as: t1, channel: phone, with: {type: repair}}
- {at: 5m, do: accept, by: "agent:A1", expect: {status: in_progress}}
- {at: 3h, expect: {sent: {to: requester}}}
"""
BAD = GOOD.replace("All is well", "All is lost\\e[31m").replace("in_progress", "closed")
BAD = BAD.replace("All is lost\\e[31m", '"All is lost \\e[31m"')


@pytest.fixture
def run(monkeypatch, open_desk):
    monkeypatch.setattr(cli_pilot, "memory_desk", lambda engine: open_desk)

    def _run(*args, locale="en"):
        session = Session(chosen=locale, environment={})
        return CliRunner().invoke(cli_pilot.pilot, ["run", *map(str, args)], obj=session)

    return _run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "bad.scenario.yml").write_text(BAD)
    (tmp_path / "a.scenario.yaml").write_text(GOOD)
    (tmp_path / "notes.yaml").write_text("no: scenario")
    (tmp_path / "none.yml").write_text("a:\n  scenario: inside\n")
    (tmp_path / "events.jsonl").write_text('{"ticket":"G1"}\n')
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.scenario.yaml").write_text("broken")
    return tmp_path


def test_a_folders_yaml_file_of_any_name_that_says_so_is_a_scenario(run, tmp_path):
    (tmp_path / "a1.yaml").write_text("# what A1 asks for\n" + GOOD)
    (tmp_path / "a2.yml").write_text("\ufeff" + GOOD)
    (tmp_path / "notes.yaml").write_text("# scenario: none\nno: scenario")
    result = run(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    files = [json.loads(line).get("file", "") for line in result.stdout.splitlines()]
    assert files == [str(tmp_path / "a1.yaml"), str(tmp_path / "a2.yml"), ""]


def test_all_is_well(run, folder):
    result = run(folder / "a.scenario.yaml")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("✓ All is well · 3 steps")
    assert "\x1b" not in result.stdout
    assert max(map(len, lines)) <= 80
    text = re.sub(r" +", " ", result.stdout)
    for line in (
        "t1 G1 · hotline · phone · in progress",
        "11-02 09:00 requester submitted by phone: It broke",
        "system ✉ requester · sms · received ← thanks",
        "11-02 09:05 A1 accepted → in progress",
        "11-02 12:00 system response: overdue, was due 11-02 12:00",
        "scenarios 1 (passed 1, failed 0)",
        "tickets 1",
        "by channel phone 1",
        "by status in progress 1",
        "events 4",
        "targets met 0",
        "targets breached 1",
        "messages 1",
    ):
        assert line in text, line


@pytest.mark.requirement("F5")
def test_in_chinese(run, folder):
    result = run(folder, locale="zh-CN")
    assert "✗ 步骤 2 (5m, 11-02 09:05, 第 6 行) t1: status" in result.stdout
    for words in ("提交", "接单", "处理中", "按渠道", "时限超时", "预期", "实际"):
        assert words in result.stdout, words


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    ("locale", "said", "unsaid"),
    [("zh", "未知的处理人", "unknown agent"), ("en", "unknown agent", "未知的处理人")],
)
def test_a_refusal_is_told_in_the_language_of_the_report(run, folder, locale, said, unsaid):
    file = folder / "a.scenario.yaml"
    file.write_text(GOOD.replace("agent:A1", "agent:A999"))
    result = run(file, locale=locale)
    assert result.exit_code == 1
    assert said in result.stdout
    assert unsaid not in result.stdout
    data = json.loads(run(file, "--json", locale=locale).stdout.splitlines()[0])
    refusal = data["failures"][0]
    assert refusal["actual"] == "by: unknown agent: 'agent:A999'"
    assert "actual_zh" not in refusal


def test_a_failure_names_step_key_expected_and_actual(run, folder):
    result = run(folder)
    assert result.exit_code == 1
    text = re.sub(r" +", " ", result.stdout)
    assert "✗ All is lost �[31m" in text
    assert "✗ step 2 (5m, 11-02 09:05, line 6) t1: status\n expected closed" in text
    assert "actual in_progress" in text
    assert "scenarios 2 (passed 1, failed 1)" in text


def test_as_data(run, folder):
    result = run(folder, "--json")
    assert result.exit_code == 1
    good, bad, end = map(json.loads, result.stdout.splitlines())
    assert good["scenario"] == "All is well"
    assert good["file"] == str(folder / "a.scenario.yaml")
    assert (good["passed"], good["steps"], good["failures"]) == (True, 3, [])
    assert bad["passed"] is False
    (failure,) = bad["failures"]
    assert failure == {
        "step": 2, "key": "status", "expected": "closed", "actual": "in_progress",
        "at": "2026-11-02T09:05:00+08:00", "line": 6, "ticket": "t1",
    }  # fmt: skip
    summary = end["summary"]
    assert (summary["scenarios"], summary["passed"]) == (2, 1)
    assert (summary["failed"], summary["tickets"], summary["events"]) == (1, 2, 8)
    assert summary["seconds"] >= 0


def test_junit(run, folder):
    (folder / "broken.scenario.yaml").write_text("scenario: x\nstats: 1\n")
    result = run(folder, "--junit", folder / "out.xml", "--json")
    assert result.exit_code == 2
    root = ET.parse(folder / "out.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        "testsuites", "3", "1", "1",
    )  # fmt: skip
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["All is well"].find("failure") is None
    failure = cases["All is lost �[31m"].find("failure")
    assert "status: expected 'closed', actual 'in_progress'" in failure.get("message")
    assert "unknown key" in cases["broken.scenario.yaml"].find("error").text


def test_a_broken_file_is_told_and_the_others_run(run, folder):
    (folder / "broken.scenario.yaml").write_text(GOOD.replace("at: 5m", "at: five"))
    result = run(folder / "broken.scenario.yaml", folder / "a.scenario.yaml")
    assert result.exit_code == 2
    assert "broken.scenario.yaml:6: steps[2].at: not a time: 'five'" in result.stderr
    assert "Traceback" not in result.output
    assert "✓ All is well" in result.stdout


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("empty", "holds no scenario"),
        ("none", "no such file"),
        ("notes.txt", "neither a scenario nor a recording"),
    ],
)
def test_nothing_to_run_is_unusable(run, folder, path, what):
    (folder / "empty").mkdir()
    (folder / "notes.txt").touch()
    result = run(folder / path)
    # The application's own `run` turns the error into a line and the exit status 2.
    assert result.exit_code != 0
    assert what in str(result.exception)
    assert path in str(result.exception)


def test_no_path_is_a_usage_error(run):
    assert run().exit_code == 2


def test_events_are_the_same_each_time(run, folder):
    for name in ("one", "two"):
        assert run(folder / "a.scenario.yaml", "--events", folder / name).exit_code == 0
    one = (folder / "one").read_bytes()
    assert one == (folder / "two").read_bytes()
    kinds = [json.loads(line)["ticket"] for line in one.splitlines()]
    assert kinds == ["G1"] * 4


def test_recordings_show_time_lines_only_when_asked(run, tmp_path):
    file = tmp_path / "month.jsonl"
    at = "2026-11-02T09:00:00+08:00"
    lines = [{"recording": "A month", "start": at, "line": "hotline", "desk": {}}]
    lines += [{"at": at, "do": "submit", "as": f"n{n}", "with": {"type": "x"}} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, lines)))
    quiet = run(file).stdout
    assert "✓ A month · 3 steps" in quiet
    assert "submitted" not in quiet
    assert run(file, "--timeline", "n1").stdout.count("submitted") == 1
    assert run(file, "--timeline", "G3").stdout.count("submitted") == 1
    assert run(file, "--timeline", "G9").stdout.count("submitted") == 0
    assert run(file, "-v").stdout.count("submitted") == 3


def test_help_names_the_options():
    context = click.Context(cli_pilot.run)
    text = cli_pilot.run.get_help(context)
    for option in ("--desk", "--json", "--junit", "--events", "--engine", "--locale"):
        assert option in text

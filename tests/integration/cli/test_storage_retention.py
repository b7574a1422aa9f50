"""Deleting what need not be kept, erasing a person, and the log of both, from the command line."""

import json
from datetime import UTC, datetime

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

pytestmark = pytest.mark.requirement("C13", "F5")

START = datetime(2020, 3, 9, 2, 0, tzinfo=UTC)
SECRET = "Zq7geheim"


@pytest.fixture
def numbers(desk):
    """Two tickets that are over, which the ruleset keeps for 30 days, and one that is not."""
    ruleset = 'name = "short"\nversion = "1.1.0"\nextends = "support-center"\n'
    (desk / "short.toml").write_text(f'[ruleset]\n{ruleset}\n[policy]\nretention = "30d"\n')
    (desk / "desk.toml").write_text(
        '[desk]\nlocale = "en"\ntimezone = "Asia/Shanghai"\n'
        '[lines.help]\nruleset = "./short.toml"\n'
        '[teams.it]\nagents = ["A1"]\n[agents.A1]\n[agents.X1]\nroles = ["administrator"]\n'
    )
    opened = open_desk(load_desk(desk))
    made = []
    for n in range(3):
        fields = {
            "type": "other", "subject": SECRET, "description": f"{SECRET}: nothing works here",
            "requester": {"id": "E7", "name": SECRET, "phone": "13800000001"},
        }  # fmt: skip
        ticket = opened.take(_intake(fields), START)
        made.append(ticket.number)
        if n < 2:
            opened.act(ticket.number, "cancel", by="requester", at=START)
    opened.close()
    return made


def _intake(fields):
    from ruledesk.desk.intake import Intake  # noqa: PLC0415

    return Intake("requester", "help", "web", fields, lenient=True)


def lines(result):
    assert result.err == ""
    return [json.loads(line) for line in result.out.splitlines()]


def test_a_dry_run_says_what_would_go(ruledesk, desk, numbers):
    result = ruledesk("storage", "retention", desk, "--dry-run")
    assert result.status == 0
    assert result.out.count("would go, over since 2020-03-09 10:00 (30d, short@1.1.0)") == 2
    assert result.out.endswith("2 to be deleted, 0 kept\n")
    *told, summary = lines(ruledesk("storage", "retention", desk, "--dry-run", "--json"))
    assert [one["number"] for one in told] == numbers[:2]
    assert not any(one["deleted"] for one in told)
    assert summary == {"summary": {"deleted": 0, "due": 2, "kept": 0, "dry_run": True}}


def test_the_run_deletes_and_the_log_says_so(ruledesk, desk, numbers):
    early = ruledesk("storage", "retention", desk, "--now", "2020-04-08T09:59")
    assert early.out == "0 deleted, 0 kept\n"
    done = ruledesk("storage", "retention", desk, "--now", "2020-04-08T10:00")
    assert done.out.endswith("2 deleted, 0 kept\n")
    log = lines(ruledesk("storage", "log", desk, "--json"))
    assert [one["number"] for one in log] == numbers[:2]
    assert {(one["kind"], one["retention"], one["ruleset"]) for one in log} == {
        ("deleted", "30d", "short@1.1.0")
    }
    assert SECRET not in str(log)
    plain = ruledesk("storage", "log", desk).out
    assert "deleted by system, closed –: retention 30d of short@1.1.0" in plain
    assert "2020-04-08 10:00" in plain


def test_a_person_is_erased(ruledesk, desk, numbers):
    arguments = ("storage", "erase", desk, "--phone", "138 0000 0001")
    who = ("--by", "agent:X1", "--reason", "request 17")
    refused = ruledesk(*arguments, *who)
    assert refused.status == 1
    assert f"close or cancel them first: {numbers[2]}" in refused.out
    opened = open_desk(load_desk(desk))
    opened.act(numbers[2], "cancel", by="requester", at=datetime.now(UTC))
    opened.close()
    (plan,) = lines(ruledesk(*arguments, "--dry-run", "--json"))
    assert (sorted(plan["tickets"]), plan["open"]) == (numbers, [])
    result = ruledesk(*arguments, *who)
    assert result.status == 0
    assert "Erased from 3 tickets, on which the person is erased-000001 now." in result.out
    assert "Not touched" in result.out
    left = [path for path in desk.rglob("*") if path.is_file() and SECRET in read(path)]
    assert left == []
    assert (
        "a person was erased from 3 tickets by agent:X1: request 17"
        in ruledesk("storage", "log", desk).out
    )
    assert ruledesk(*arguments, *who).status == 2
    assert ruledesk("storage", "verify", "--desk", desk).status == 0


def test_an_erased_ticket_can_be_read(ruledesk, desk, numbers):
    """Its decisions are explained and its forms printed, without the words."""
    number = numbers[0]
    before = ruledesk("explain", number, "--desk", desk)
    assert SECRET in before.out
    opened = open_desk(load_desk(desk))
    opened.act(numbers[2], "cancel", by="requester", at=datetime.now(UTC))
    rules = {rule.name for stage in opened.rulesets["help"].stages for rule in stage.rules}
    opened.close()
    who = ("--requester", "E7", "--by", "agent:X1", "--reason", "request 17")
    assert ruledesk("storage", "erase", desk, *who).status == 0
    asked = [
        ("explain", number, "--json"),
        ("explain", number),
        *(("explain", number, "--rule", rule) for rule in sorted(rules)[:6]),
        *(("print", number, "--form", form) for form in ("handling", "registration", "progress")),
    ]
    for arguments in asked:
        result = ruledesk(*arguments, "--desk", desk)
        assert (result.status, result.err) == (0, ""), arguments
        assert SECRET not in result.out
    assert "erased what was personal" in ruledesk("print", number, "--desk", desk).out


def read(path):
    return path.read_bytes().decode(errors="replace")


def test_nothing_goes_ahead_of_its_time(ruledesk, desk, numbers):
    """A year mistyped must not delete what is to be kept for years."""
    later = ("--now", "2999-01-01")
    assert ruledesk("storage", "retention", desk, "--dry-run", *later).status == 0
    who = ("--phone", "138 0000 0001", "--by", "agent:X1", "--reason", "request 17")
    for arguments in (("retention", desk), ("erase", desk, *who)):
        result = ruledesk("storage", *arguments, *later)
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith("error: --now: lies in the future; nothing was changed")
    assert ruledesk("storage", "log", desk).out == "nothing was removed\n"


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("--by", "agent:A1", "--reason", "request 17"), "by: only an administrator"),
        (("--by", "agent:X1"), "reason: is required"),
        (("--by", "agent:X1", "--reason", "138 0000 0001"), "reason: stays in the log"),
        (("--by", "agent:X1", "--reason", "request 17", "--now", "soon"), "--now: not a date"),
    ],
)
def test_what_is_wrong_is_told_before_open_tickets(ruledesk, desk, numbers, arguments, where):
    """Nobody closes a person's tickets first, to be told afterwards that they may not."""
    result = ruledesk("storage", "erase", desk, "--phone", "138 0000 0001", *arguments)
    assert (result.status, result.out) == (2, "")
    assert where in result.err


def test_who_and_why_are_needed(ruledesk, desk, numbers):
    result = ruledesk("storage", "erase", desk, "--requester", "E7", "--phone", "1")
    assert (result.status, "exactly one" in result.err) == (2, True)
    assert ruledesk("storage", "erase", desk, "--requester", "nobody").status == 2
    zh = ruledesk("storage", "erase", desk, "--requester", "E7", "--dry-run", "--locale", "zh")
    assert f"尚未结束，请先关闭或取消：{numbers[2]}" in zh.out

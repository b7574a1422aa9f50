"""``ruledesk print`` from a desk, a scenario and a recording."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

pytestmark = pytest.mark.requirement("A13", "C14")
HOTLINE = Path(__file__).parents[3] / "rulesets" / "ruledesk_rulesets" / "hotline"
SCENARIO = HOTLINE / "scenarios" / "collaborate.scenario.yaml"
DAY = HOTLINE / "recordings" / "day.jsonl"


def test_a_scenarios_ticket_by_its_name(ruledesk):
    result = ruledesk("print", "ticket", "--scenario", SCENARIO, "--locale", "zh")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("# 问题处理报告\n")
    assert "孙强（CS101）" in result.out


@pytest.mark.parametrize(
    ("form", "title"),
    [
        ("registration", "服务需求登记表"),
        ("progress", "处理进度跟踪表"),
        ("survey", "客户满意度调查表"),
    ],
)
def test_a_recordings_ticket_by_its_number_as_a_page(ruledesk, tmp_path, form, title):
    out = tmp_path / "form.html"
    result = ruledesk(
        "print", "G20260312014", "--recording", DAY, "--form", form, "--out", out, "--locale", "zh"
    )
    assert result.status == 0
    text = out.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert title in text
    assert "G20260312014" in text


def test_a_desks_ticket_and_one_that_is_not_there(ruledesk, desk):
    opened = open_desk(load_desk(desk), deliver=False)
    fields = {"requester": {"phone": "138"}, "type": "consult", "description": "how long"}
    line = next(iter(opened.config.lines))
    at = datetime(2026, 11, 2, 1, tzinfo=UTC)
    number = opened.submit(by="requester", line=line, channel="web", fields=fields, at=at).number
    opened.close()
    result = ruledesk("print", number, "--desk", desk, "--form", "registration", "--format", "html")
    assert result.status == 0
    assert "2026-11-02 09:00" in result.out
    missing = ruledesk("print", "X1", "--desk", desk)
    assert missing.status == 2
    assert "no such ticket" in missing.err
    unwritable = ruledesk("print", number, "--desk", desk, "--out", desk / "no" / "x.md")
    assert unwritable.status == 2
    assert "cannot be written" in unwritable.err

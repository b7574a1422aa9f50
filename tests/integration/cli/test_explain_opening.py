"""`explain` on a target whose clock waited for an opening: when it began, and why (C1, F2)."""

import pytest

SCENARIO = """scenario: An evening call
line: main
start: 2026-03-09T20:00:00+08:00
desk:
  desk: {{timezone: Asia/Shanghai, locale: en}}
  lines: {{main: {{ruleset: {ruleset}}}}}
  teams: {{after-sales: {{head: A100, agents: [A100]}}}}
steps:
- at: 0s
  do: submit
  channel: phone
  with: {{type: repair, description: x, requester: {{phone: "1"}}}}
  expect:
    targets.response.asked_at: 0s
    targets.response.started_at: 13h
    targets.response.opens: business
    targets.response.due: 17h
- {{at: 14h, expect: {{targets.response.state: running}}}}
"""
OVERLAY = """[ruleset]
name = "evening"
version = "1.0.0"
extends = "{base}"
[channels.phone]
hours = "business"
[targets.response]
opens = "channel"
"""


@pytest.mark.requirement("C1", "F2", "F5")
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "began at 2026-03-10 09:00:00+08:00: at 2026-03-09 20:00:00+08:00 business was"),
        ("zh-CN", "2026-03-10 09:00:00+08:00 起计：2026-03-09 20:00:00+08:00 时 business 不在"),
    ],
)
def test_it_says_when_it_began_and_why(ruledesk, tmp_path, pytestconfig, locale, said):
    base = pytestconfig.rootpath / "tests" / "samples" / "rulesets" / "full.toml"
    ruleset = tmp_path / "evening.toml"
    ruleset.write_text(OVERLAY.format(base=base), encoding="utf-8")
    file = tmp_path / "x.scenario.yaml"
    file.write_text(SCENARIO.format(ruleset=ruleset), encoding="utf-8")
    assert ruledesk("pilot", "run", file).status == 0
    result = ruledesk("explain", "ticket", "--scenario", file, "--locale", locale)
    assert result.status == 0, result.err
    assert said in " ".join(result.out.split())

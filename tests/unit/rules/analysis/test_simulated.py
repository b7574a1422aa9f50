"""The stages in memory make of a submission what a desk makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ruledesk.rules.analysis.simulate import play
from ruledesk.testing.desks import make_desk

WHEN = datetime(2026, 11, 2, 2, tzinfo=UTC)
RULESET = """
order = ["words", "more"]
[ruleset]
name = "small"
version = "1.0.0"
[fields.type]
required = true
values = ["repair", "complaint"]
[fields.impact]
values = ["wide", "single"]
[fields.urgency]
values = ["normal", "urgent"]
[stages.words]
hit = "collect"
sets = ["flags", "lacks"]
default = { flags = ["new", "hot"], lacks = ["loss"] }
rules = [{ name = "urgent", when = 'urgency == "urgent"', set = { lacks = ["product"] } }]
[stages.more]
hit = "collect"
sets = ["flags", "lacks"]
rules = [
  { name = "wide", when = 'impact == "wide"', set = { flags = ["hot"], lacks = ["loss"] } },
  { name = "told", when = 'type == "complaint"', set = { flags = ["cool"], lacks = ["category"] } },
]
"""


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("kind", ["repair", "complaint"])
@pytest.mark.parametrize("impact", ["wide", "single"])
@pytest.mark.parametrize("urgency", ["normal", "urgent"])
def test_flags_and_lacks_are_those_of_a_desk(
    kind: str, impact: str, urgency: str, tmp_path: Any
) -> None:
    (tmp_path / "small.toml").write_text(RULESET, encoding="utf-8")
    given = {"type": kind, "impact": impact, "urgency": urgency}
    desk = make_desk({"lines": {"main": {"ruleset": "./small.toml"}}}, folder=tmp_path)
    try:
        played = play(desk.rulesets["main"], given, {})
        ticket = desk.submit(by="requester", line="main", channel="web", fields=given, at=WHEN)
    finally:
        desk.close()
    assert played is not None
    facts = played.before[-1]
    assert set(facts["flags"]) == ticket.flags - {"unrouted"}
    assert set(facts["lacks"]) == set(ticket.lacks)
    assert facts["missing_fields"] == len(ticket.missing)
    assert ("hot" in facts["flags"]) is (impact == "wide")

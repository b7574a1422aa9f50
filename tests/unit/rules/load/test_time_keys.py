"""The keys about clocks, contacts, plans, merging and ways: read, and every mistake by name."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.model.values import Text
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.load.resolve import merged
from ruledesk.rules.ruleset import Ruleset

SAMPLE = Path(__file__).parents[3] / "samples" / "rulesets" / "full.toml"


def load(overlay: str) -> Ruleset:
    base = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    document: dict[str, Any] = merged(base, tomllib.loads(overlay))
    return ruleset_from_document(document, "x.toml")


def told(overlay: str) -> dict[str, tuple[Any, tuple[str, ...]]]:
    with pytest.raises(InvalidInput) as error:
        load(overlay)
    for problem in error.value.problems:
        assert problem.en
        assert problem.zh
    return {
        problem.field.removeprefix("x.toml: "): (problem.value, problem.accepted)
        for problem in error.value.problems
    }


@pytest.mark.requirement("C1", "C2")
def test_targets() -> None:
    ruleset = load(
        """
[targets.response]
opens = "channel"
optional = true
[targets.resolution]
opens = "business"
[targets.update]
clock = "contact"
met_by = ["answered", "sent.overdue"]
"""
    )
    response, resolution = ruleset.targets["response"], ruleset.targets["resolution"]
    assert (response.opens, response.clock, response.optional) == ("channel", "ticket", True)
    assert (resolution.opens, resolution.optional) == ("business", False)
    update = ruleset.targets["update"]
    assert (update.clock, update.met_by) == ("contact", ("answered", "sent.overdue"))


@pytest.mark.requirement("B9", "E2")
def test_reactions() -> None:
    ruleset = load(
        """
[[reactions]]
name = "plan"
on = ["submitted", "answered", "sent.assigned"]
act = "plan"
plan = { cause = { en = "c", zh = "因" }, solution = "s", within = "8wh" }
merge_into = "same_fault"
send = [{ to = ["team"], via = ["every"], template = "overdue" }]
[[reactions]]
name = "ask"
on = ["submitted"]
act = "request_info"
"""
    )
    plan, ask = ruleset.reactions[-2:]
    assert plan.plan is not None
    assert (plan.act, plan.merge_into, str(plan.plan.within)) == ("plan", "same_fault", "8wh")
    assert (plan.plan.cause, plan.plan.solution) == (Text("c", "因"), Text("s", "s"))
    (send,) = plan.send
    assert (send.every, send.via) == (True, ())
    assert (ask.act, ask.plan) == ("request_info", None)


@pytest.mark.requirement("F4")
def test_every_mistake_is_told() -> None:
    found = told(
        """
[targets.response]
opens = "chanel"
clock = "stopwatch"
optional = "yes"
met_by = ["sent.overdu", "sent", "answerd"]
[[reactions]]
name = "a"
on = ["linked"]
merge_into = "same_falt"
act = "plan"
send = [{ to = ["team"], via = ["every", "sms"], template = "overdue" }]
[[reactions]]
name = "b"
on = ["linked"]
merge_into = "same_fault"
plan = { solution = "x" }
[[reactions]]
name = "c"
on = ["submitted"]
act = "plan"
plan = { cause = "x", within = "soon", by = "me" }
"""
    )
    assert found["targets.response.opens"] == ("chanel", ("channel",))
    assert found["targets.response.clock"][0] == "stopwatch"
    assert found["targets.response.optional"][0] == "yes"
    assert found["targets.response.met_by"][0] == "answerd"
    assert found["reactions[10].merge_into"] == ("same_falt", ("same_fault",))
    assert "act" not in found
    assert "within" in found["reactions[10].plan"][1][0]
    assert found["reactions[10].send[1].via"] == ("every", ('["every"]',))
    assert found["reactions[11].on"][0] == "linked"
    assert found["reactions[11].plan"][1] == ('act = "plan"',)
    assert "reactions[12].plan.solution" in found
    assert found["reactions[12].plan.within"][0] == "soon"
    assert found["reactions[12].plan.by"][0] == "me"

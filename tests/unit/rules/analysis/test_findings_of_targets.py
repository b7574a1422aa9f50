"""What is found of targets and reactions, and of what nothing uses."""

from collections.abc import Callable
from typing import Any

import pytest

Keys = Callable[..., list[tuple[str, str]]]
P0, P1 = {"priority": "P0"}, {"priority": "P1"}
pytestmark = pytest.mark.requirement("F4")


# -- targets ----------------------------------------------------------------------------------


def target(*limits: tuple[str, str], met_by: str = "resolved", **more: Any) -> dict[str, Any]:
    listed = [
        {"name": f"{met_by}-{n}", "when": when, "within": within}
        for n, (when, within) in enumerate(limits, start=1)
    ]
    return {"met_by": [met_by], "limits": listed, **more}


def test_a_solution_may_be_the_answer_too(documents: Any) -> None:
    answer = target(("True", "1h"), met_by="accepted")
    targets = {
        "response": {**answer, "met_by": ["accepted", "planned", "resolved"]},
        "resolution": target(("True", "4h")),
    }
    assert documents.found(documents.small(targets=targets)) == []


def test_words_without_a_limit(documents: Any) -> None:
    limits = (('urgency == "urgent"', "4h"), ('urgency == "critical"', "2h"))
    (finding,) = documents.found(documents.small(targets={"resolution": target(*limits)}))
    assert (finding.code, finding.key) == ("target-gap", "targets.resolution")
    assert "normal" in finding.en
    optional = documents.small(targets={"resolution": target(*limits, optional=True)})
    assert documents.found(optional) == []


def test_words_that_the_stages_never_give_need_no_limit(documents: Any) -> None:
    stage = documents.stage("unique", ('urgency == "critical"', P0), default=P1)
    limits = (('priority == "P0"', "1h"), ('priority == "P1"', "2h"))
    document = documents.small(stages={"priority": stage}, targets={"resolution": target(*limits)})
    assert documents.found(document) == []


@pytest.mark.parametrize(
    ("answer", "plan", "solution", "told"),
    [
        ("5h", "2h", "4h", ["target-order", "target-order"]),
        ("1h", "5h", "4h", ["target-order"]),
        ("1h", "2h", "4h", []),
        ("4h", "4h", "4h", []),
        ("6d", "6d", "3wd", ["target-order", "target-order"]),
        ("9wh", "9wh", "1wd", []),
        ("24h", "1d", "1wd", []),  # a Friday's working day ends on Monday
    ],
)
def test_promises_in_the_order_of_a_ticket(
    answer: str, plan: str, solution: str, told: list[str], documents: Any
) -> None:
    targets = {
        "response": target(('urgency == "urgent"', answer), met_by="accepted", optional=True),
        "interim": target(("True", plan), met_by="planned"),
        "resolution": target(("True", solution)),
    }
    found = documents.found(documents.small(targets=targets))
    assert [one.code for one in found] == told


def test_a_higher_priority_is_not_to_wait_longer(documents: Any) -> None:
    limits = (("priority == \"P0\"", "8h"), ("priority == \"P1\"", "4h"),
              ("priority == \"P2\" or missing(priority)", "9h"))  # fmt: skip
    (finding,) = documents.found(documents.small(targets={"resolution": target(*limits)}))
    assert (finding.code, finding.rules) == ("priority-order", ("resolved-1", "resolved-2"))
    assert finding.witness.fields["priority"] == "P0"
    # The lowest word comes first in this list, and the words say so.
    limits = (('urgency == "normal"', "8h"), ('urgency == "urgent"', "4h"),
              ('urgency == "critical"', "1h"))  # fmt: skip
    assert documents.found(documents.small(targets={"resolution": target(*limits)})) == []


def test_a_higher_priority_may_wait_longer_with_an_interim_promise(documents: Any) -> None:
    limits = (('urgency == "normal"', "5wd"), ('urgency == "urgent"', "3wd"),
              ('urgency == "critical"', "7wd"))  # fmt: skip
    resolution = target(*limits)
    alone = documents.found(documents.small(targets={"resolution": resolution}))
    assert "priority-order" in {one.code for one in alone}
    interim = target(('urgency == "critical"', "24h"), met_by="planned", optional=True)
    both = documents.small(targets={"interim": interim, "resolution": resolution})
    assert documents.found(both) == []


# -- reactions --------------------------------------------------------------------------------


def reaction(on: str, when: str = "", **more: Any) -> dict[str, Any]:
    made = {"name": "one", "on": [on], "raise_flags": ["x"], **more}
    return {**made, "when": when} if when else made


TARGETS = {
    "response": target(("True", "1h"), met_by="accepted", warn=0.5),
    "interim": target(('urgency == "critical"', "24h"), met_by="planned", optional=True),
}


@pytest.mark.parametrize(
    "made",
    [
        reaction("target_breached.response", 'event.target == "interim"'),
        reaction("submitted", 'event.target == "response"'),
        reaction("target_breached.interim", 'urgency == "normal"'),
        reaction("target_breached", 'event.target == "interim" and urgency == "normal"'),
        reaction("target_warned.interim"),
        reaction("target_breached.response", 'event.by == "agent"'),
        reaction("task_overdue", 'event.by == "agent"'),
        reaction("task_overdue", 'event.target == "response"'),
        reaction("task_overdue", 'status == "closed"', after="1h", until=["closed"]),
        reaction("task_overdue", "overdue_tasks < 0"),
        reaction("noted", 'event.by == "agent"', after="1h"),
        reaction("plan_approved"),
        reaction("resolved", 'status == "closed"', after="1h", until=["closed"]),
        reaction("resolved", 'status in ("cancelled", "merged")', after="1h"),
    ],
)
def test_reactions_that_nothing_lets_fire(made: dict[str, Any], documents: Any, keys: Keys) -> None:
    document = documents.small(targets=TARGETS, reactions=[made])
    assert keys(documents.found(document)) == [("never", "one")]


@pytest.mark.parametrize(
    "made",
    [
        reaction("target_breached", 'event.target == "interim" and urgency == "critical"'),
        reaction("target_breached.interim", "affected_users > 5"),
        reaction("target_warned.response", 'urgency == "normal"'),
        reaction("noted", 'event.by == "agent"'),
        reaction("task_overdue", "overdue_tasks >= 2"),
        reaction("task_overdue", 'status == "new"', after="1h", until=["accepted"]),
        reaction("resolved", 'status == "closed"', after="1h", until=["declined"]),
        reaction("closed", 'status == "closed"', after="1h", until=["reopened"]),
        reaction("noted", 'status == "closed"', after="1h", until=["closed"]),
        reaction("resolved", 'status == "awaiting_confirmation"', after="24h",
                 until=["confirmed", "declined"]),
    ],
)  # fmt: skip
def test_reactions_that_may_fire(made: dict[str, Any], documents: Any) -> None:
    assert documents.found(documents.small(targets=TARGETS, reactions=[made])) == []


def test_an_end_without_a_wait(documents: Any, keys: Keys) -> None:
    made = reaction("submitted", until=["closed"])
    assert keys(documents.found(documents.small(reactions=[made]))) == [("unused-until", "one")]


# -- what nothing uses ------------------------------------------------------------------------


def test_what_is_declared_and_not_used(documents: Any, keys: Keys) -> None:
    document = documents.small(
        templates={"hello": {"text": "x"}, "bye": {"text": "{counts.printed}"}},
        correlations={
            "read": {"key": ["product"], "window": "1d"},
            "linked": {"key": ["product"], "window": "1d"},
            "printed": {"key": ["product"], "window": "1d"},
            "idle": {"key": ["product"], "window": "1d"},
        },
        calendars={"night": {"timezone": "Asia/Shanghai", "hours": {"mon": [["20:00", "22:00"]]}}},
        targets={
            "silent": target(("True", "1h"), flags=False),
            "unmeetable": target(("True", "1h"), met_by="plan_approved"),
        },
        reactions=[
            {"name": "a", "on": ["submitted"], "when": "counts.read > 1", "link_to": "linked",
             "send": [{"to": ["head"], "via": ["sms"], "template": "bye"}]},
            {"name": "b", "on": ["noted"], "when": '"nobodys" in flags', "raise_flags": ["x"]},
            {"name": "c", "on": ["noted"], "clear_flags": ["ghost"]},
        ],
    )  # fmt: skip
    assert keys(documents.found(document)) == [
        ("unused-template", "templates.hello"),
        ("unused-correlation", "correlations.idle"),
        ("unused-calendar", "calendars.night"),
        ("unused-target", "targets.silent"),
        ("unused-target", "targets.unmeetable"),
        ("unraised-flag", "b"),
        ("unraised-flag", "c"),
    ]


def test_limits_on_a_calendar_that_never_opens(documents: Any) -> None:
    made = target(('urgency == "urgent"', "4wh"), ('urgency == "normal"', "4h"), optional=True)
    document = documents.small(targets={"response": made}, calendars={"business": {"hours": {}}})
    (found,) = documents.found(document)
    assert (found.code, found.level, found.rules) == ("never-due", "error", ("resolved-1",))

"""How a line's rules decide, on submission and again when something changed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.decision import Decision
from ruledesk.model.event import Decided, PluginFaulted
from ruledesk.model.ticket import Ticket
from ruledesk.rules.engine import Matcher, Program, RuleEngine

Submitted = Callable[..., Ticket]
DeskWith = Callable[..., Desk]


def decisions(desk: Desk, ticket: Ticket, stage: str) -> list[Decision]:
    return [
        decision
        for event in desk.store.events(ticket.number)
        if isinstance(event.body, Decided)
        for decision in event.body.decisions
        if decision.stage == stage
    ]


def faults(desk: Desk, ticket: Ticket) -> list[PluginFaulted]:
    events = desk.store.events(ticket.number)
    return [event.body for event in events if isinstance(event.body, PluginFaulted)]


# -- hit policies ---------------------------------------------------------------------------------


@pytest.mark.requirement("F2")
def test_unique_with_two_matches_is_an_incident(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    desk = desk_with(
        """
[[stages.priority.rules]]
name = "second"
when = "affected_users >= 100"
set = { priority = "P1" }
"""
    )
    ticket = submitted(desk, start, affected_users=100)
    (decision,) = decisions(desk, ticket, "priority")
    assert decision.matched == ("emergency-first", "second")
    assert (decision.rule, decision.outcome["priority"]) == ("emergency-first", "P0")
    assert "2 rules matched" in decision.incident
    assert ticket.priority == "P0"
    assert "plugin_fault" in ticket.flags
    assert [fault.hook for fault in faults(desk, ticket)] == ["overlay@1.0.0"]


def test_a_limit_that_matches_twice_is_an_incident(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    desk = desk_with('[[targets.response.limits]]\nname = "any"\nwithin = "1h"\n')
    ticket = submitted(desk, start)
    (decision,) = decisions(desk, ticket, "targets.response")
    assert (decision.rule, decision.matched) == ("response-p3", ("response-p3", "any"))
    assert "more than one" in decision.incident
    assert "plugin_fault" in ticket.flags
    assert ticket.targets["response"].limit == "4h"


@pytest.mark.requirement("F2")
def test_first_takes_the_first(desk: Desk, start: datetime, submitted: Submitted) -> None:
    ticket = submitted(desk, start, description="冰箱")
    (decision,) = decisions(desk, ticket, "category")
    assert decision.matched == ("kitchen", "other")
    assert (decision.rule, ticket.category) == ("kitchen", "repair/kitchen")
    assert decision.ruleset == "full@1.2.0"
    assert decision.hash == desk.rulesets["main"].hash
    assert decision.facts["description"] == "冰箱"


def test_collect_takes_all(desk_with: DeskWith, start: datetime, submitted: Submitted) -> None:
    desk = desk_with(
        """
[[stages.flags.rules]]
name = "few-too"
when = "affected_users >= 1"
set = { flags = ["emergency", "vague"] }
"""
    )
    ticket = submitted(desk, start, affected_users=100)
    (decision,) = decisions(desk, ticket, "flags")
    assert decision.rule == "many-users+few-too"
    assert decision.outcome["flags"] == ("emergency", "vague")
    assert ticket.flags == {"emergency", "vague"}


def test_the_default_closes_the_gap(desk: Desk, start: datetime, submitted: Submitted) -> None:
    ticket = submitted(desk, start)
    (decision,) = decisions(desk, ticket, "priority")
    assert (decision.rule, decision.matched, ticket.priority) == ("", (), "P3")


TABLE = """
[[stages.priority.tables]]
name = "matrix"
fields = ["impact", "urgency", "affected_users"]
sets = ["priority"]
rows = [
  { name = "wide-urgent", is = ["wide", "urgent", "*"], set = ["P1"] },
  { name = "wide-some", is = ["wide", "normal", [1, 2, 3]], set = ["P2"] },
  { is = [["single"], "*", "*"], set = ["P3"] },
]
"""


@pytest.mark.requirement("B7")
@pytest.mark.parametrize(
    ("fields", "rule", "priority"),
    [
        ({"impact": "wide", "urgency": "urgent"}, "matrix/wide-urgent", "P1"),
        ({"impact": "wide", "urgency": "urgent", "affected_users": 3}, "matrix/wide-urgent", "P1"),
        ({"impact": "wide", "affected_users": 2}, "matrix/wide-some", "P2"),
        ({"impact": "wide", "affected_users": 4}, "", "P3"),
        ({"impact": "wide"}, "", "P3"),
        ({"impact": "single", "urgency": "urgent"}, "matrix/3", "P3"),
        ({"urgency": "urgent"}, "", "P3"),
    ],
)
def test_rows_of_a_table(
    fields: dict[str, Any],
    rule: str,
    priority: str,
    desk_with: DeskWith,
    start: datetime,
    submitted: Submitted,
) -> None:
    desk = desk_with(TABLE)
    ticket = submitted(desk, start, **fields)
    (decision,) = decisions(desk, ticket, "priority")
    assert (decision.rule, ticket.priority) == (rule, priority)
    assert not decision.incident


# -- deciding again -------------------------------------------------------------------------------


def test_what_was_set_by_hand_is_left_alone(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    ticket = submitted(desk, start)
    by_hand = desk.act(
        ticket.number,
        "classify",
        by="agent:A102",
        fields={"priority": "P0", "reason": "angry"},
        at=start,
    )
    assert (by_hand.priority, by_hand.manual) == ("P0", {"priority"})
    again = desk.act(
        ticket.number,
        "provide_info",
        by="requester",
        fields={"fields": {"affected_users": 1}},
        at=start,
    )
    assert again.priority == "P0"


@pytest.mark.requirement("F2")
def test_flags_are_taken_back_and_what_reads_them_follows(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    ticket = submitted(desk, start, affected_users=500)
    assert (ticket.priority, ticket.flags) == ("P0", {"emergency"})
    assert ticket.targets["resolution"].limit == "4h"
    fewer = desk.act(
        ticket.number,
        "provide_info",
        by="requester",
        fields={"fields": {"affected_users": 5}},
        at=start,
    )
    assert (fewer.priority, fewer.flags) == ("P3", frozenset())
    assert fewer.targets["resolution"].limit == "3wd"


def test_flags_raised_otherwise_are_not_taken_back(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    ticket = submitted(desk, start, affected_users=500)
    desk.act(ticket.number, "supervise", by="agent:S100", fields={"reason": "x"}, at=start)
    fewer = desk.act(
        ticket.number,
        "provide_info",
        by="requester",
        fields={"fields": {"affected_users": 5}},
        at=start,
    )
    assert fewer.flags == {"supervised"}


def test_a_flag_raised_by_default_is_taken_back(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    desk = desk_with(
        """
[stages.vague]
hit = "first"
sets = ["flags"]
default = { flags = ["vague"] }
[[stages.vague.rules]]
name = "says-what"
when = "present(product)"
set = { flags = [] }
"""
    )
    ticket = submitted(desk, start)
    assert ticket.flags == {"vague"}
    told = desk.act(
        ticket.number,
        "provide_info",
        by="requester",
        fields={"fields": {"product": "KG-1"}},
        at=start,
    )
    assert told.flags == frozenset()


@pytest.mark.requirement("A9")
def test_a_new_category_is_routed_again(desk: Desk, start: datetime, submitted: Submitted) -> None:
    ticket = submitted(desk, start, type="complaint")
    assert (ticket.team, ticket.agent) == ("customer-service", "S101")
    moved = desk.act(
        ticket.number,
        "classify",
        by="agent:S101",
        fields={"category": "repair/kitchen", "reason": "it is the fridge"},
        at=start,
    )
    assert (moved.team, moved.agent) == ("after-sales", "A101")  # who knows refrigerators
    kept = desk.act(
        ticket.number,
        "classify",
        by="agent:A101",
        fields={"category": "repair/other", "reason": "same team"},
        at=start,
    )
    assert (kept.team, kept.agent) == ("after-sales", "A101")


def test_who_was_assigned_by_hand_keeps_the_ticket(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    ticket = submitted(desk, start, type="complaint")
    desk.act(ticket.number, "assign", by="agent:S100", fields={"agent": "E101"}, at=start)
    moved = desk.act(
        ticket.number,
        "classify",
        by="agent:S100",
        fields={"category": "repair/kitchen"},
        at=start,
    )
    assert (moved.team, moved.agent) == ("emergency", "E101")


def test_a_note_decides_nothing(desk: Desk, start: datetime, submitted: Submitted) -> None:
    ticket = submitted(desk, start)
    desk.act(ticket.number, "note", by="requester", fields={"text": "x"}, at=start)
    kinds = [e.body.kind for e in desk.store.events(ticket.number, after=ticket.version)]
    assert kinds == ["noted"]


# -- correlation ----------------------------------------------------------------------------------


@pytest.mark.requirement("E8")
@pytest.mark.requirement("F2")
def test_a_batch_is_counted_cited_and_linked(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    numbers = [
        submitted(desk, start + timedelta(hours=i), type="batch", fault="F1").number
        for i in range(2)
    ]
    assert all("batch_fault" not in desk.ticket(n).flags for n in numbers)
    submitted(desk, start, type="batch", fault="F2")
    third = submitted(desk, start + timedelta(hours=2), type="batch", fault="F1")
    assert "batch_fault" in third.flags
    assert third.priority == "P0"
    assert third.team == "emergency"
    (decision,) = decisions(desk, third, "flags")
    assert decision.events == {"counts.same_fault": (*numbers, third.number)}
    assert decision.facts["counts.same_fault"] == 3
    assert [link.other for link in third.links] == numbers
    for number in numbers:
        assert [link.other for link in desk.ticket(number).links] == [third.number]


@pytest.mark.requirement("E8")
@pytest.mark.parametrize(("hours", "batch"), [(24, True), (24.001, False)])
def test_the_window_slides(
    hours: float, batch: bool, desk: Desk, start: datetime, submitted: Submitted
) -> None:
    for at in (start, start + timedelta(hours=1)):
        submitted(desk, at, type="batch", fault="F1")
    third = submitted(desk, start + timedelta(hours=hours), type="batch", fault="F1")
    assert ("batch_fault" in third.flags) is batch


def test_a_key_that_is_missing_is_not_counted(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    for _ in range(4):
        ticket = submitted(desk, start)
    assert "batch_fault" not in ticket.flags
    assert ticket.correlation_keys == ()


def test_a_ticket_joins_a_group_later(desk: Desk, start: datetime, submitted: Submitted) -> None:
    for _ in range(2):
        submitted(desk, start, type="batch", fault="F1")
    third = submitted(desk, start)
    joined = desk.act(
        third.number, "provide_info", by="requester", fields={"fields": {"fault": "F1"}}, at=start
    )
    assert "batch_fault" in joined.flags


# -- the rule engine ------------------------------------------------------------------------------


class _Odd:
    """A rule engine whose matchers do as they are told."""

    name = "odd"

    def __init__(self) -> None:
        self.answers = ANSWERS

    def compile(self, program: Program) -> Matcher:
        return _OddMatcher(self.answers)


class _OddMatcher:
    def __init__(self, answers: Callable[[], Any]) -> None:
        self.answers = answers

    def match(self, facts: Mapping[str, Any]) -> Sequence[str]:
        answer: Sequence[str] = self.answers()
        return answer

    def close(self) -> None:
        return


def ANSWERS() -> Any:  # noqa: N802 - replaced by the tests
    return ()


class _OddPlugin:
    @hookimpl
    def ruledesk_rule_engines(self) -> Sequence[type[RuleEngine]]:
        return [_Odd]


def _raises() -> Any:
    raise RuntimeError("no rules today")


@pytest.mark.parametrize(
    "answer", [_raises, lambda: None, lambda: ["nobody-knows"], lambda: 5, lambda: [["x"]]]
)
def test_an_engine_that_fails_costs_nobody_a_ticket(
    answer: Callable[[], Any],
    open_desk: Callable[..., Desk],
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    submitted: Submitted,
) -> None:
    monkeypatch.setattr(_Odd, "__init__", lambda self: setattr(self, "answers", answer))
    desk = open_desk(engine="odd", plugins={"odd": _OddPlugin()})
    with caplog.at_level(logging.ERROR):
        ticket = submitted(desk, start)
    assert ticket.priority == "P3"
    assert ticket.flags >= {"plugin_fault", "unrouted"}
    taken = decisions(desk, ticket, "priority")
    assert taken
    assert all(decision.incident for decision in taken)
    told = faults(desk, ticket)
    assert len(told) == len(set(told))

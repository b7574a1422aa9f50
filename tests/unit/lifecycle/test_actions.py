"""What single actions do, and what they refuse."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.model.ticket import Link, Status, Ticket

Submitted = Callable[..., Ticket]
Act = Callable[..., Ticket]
DeskWith = Callable[..., Desk]
TicketIn = Callable[[Status], Ticket]

Refusal = Callable[..., tuple[str, Any, tuple[str, ...]]]


# -- who may work on a ticket -----------------------------------------------------------------


@pytest.mark.requirement("E6")
@pytest.mark.parametrize(
    ("edit", "may"),
    [
        ("own", {"agent:A101", "agent:A100"}),
        ("team", {"agent:A101", "agent:A102", "agent:A100"}),
        ("any", {"agent:A101", "agent:A102", "agent:A100", "agent:S101"}),
    ],
)
def test_whose_tickets_an_agent_may_edit(
    edit: str, may: set[str], desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(f'[policy]\nedit = "{edit}"\n')
    fields = {"type": "repair", "description": "冰箱", "requester": {"phone": "1"}}
    done = set()
    for actor in ("agent:A101", "agent:A102", "agent:A100", "agent:S101"):
        # A100 is the head of after-sales, and may there what a supervisor may.
        ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
        desk.act(ticket.number, "assign", by="agent:S100", fields={"agent": "A101"}, at=start)
        try:
            desk.act(ticket.number, "contact", by=actor, at=start)
        except Refused as refused:
            assert refused.problems[0].field == "by"
        else:
            done.add(actor)
    assert done == may


@pytest.mark.requirement("E6")
@pytest.mark.parametrize(
    ("edit", "may"),
    [
        ("own", {"agent:A101", "agent:A100", "agent:S100"}),
        ("team", {"agent:A101", "agent:A102", "agent:A100", "agent:S101", "agent:S100"}),
    ],
)
def test_on_whose_tickets_an_agent_may_write_a_note(
    edit: str, may: set[str], desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(f'[policy]\nedit = "{edit}"\n')
    fields = {"type": "repair", "description": "冰箱", "requester": {"phone": "1"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    number = ticket.number
    desk.act(number, "assign", by="agent:S100", fields={"agent": "A101"}, at=start)
    done = set()
    for actor in ("agent:A101", "agent:A102", "agent:A100", "agent:S101", "agent:S100"):
        try:
            desk.act(number, "note", by=actor, fields={"text": "seen"}, at=start)
        except Refused as refused:
            assert refused.problems[0].field == "by"
        else:
            done.add(actor)
    assert done == may
    task = {"team": "customer-service", "duty": "call"}
    desk.act(number, "collaborate", by="agent:A101", fields=task, at=start)
    desk.act(number, "note", by="agent:S101", fields={"text": "called"}, at=start)


def test_in_the_pool_a_ticket_is_its_teams(
    desk_with: DeskWith, start: datetime, refusal: Refusal
) -> None:
    desk = desk_with('[policy]\nedit = "own"\n[dispatch]\nautomatic = false\n')
    fields = {"type": "repair", "description": "冰箱", "requester": {"phone": "1"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    assert (ticket.team, ticket.agent) == ("after-sales", "")
    field, *_ = refusal(lambda: desk.act(ticket.number, "accept", by="agent:S101", at=start))
    assert field == "by"
    taken = desk.act(ticket.number, "accept", by="agent:A102", at=start)
    assert (taken.team, taken.agent, taken.status) == (
        "after-sales",
        "A102",
        Status.IN_PROGRESS,
    )
    # From here on it is somebody's, and nobody else's.
    field, *_ = refusal(lambda: desk.act(ticket.number, "accept", by="agent:A101", at=start))
    assert field == "by"


def test_a_ticket_without_a_team_is_anybodys(submit: Submitted, act: Act) -> None:
    ticket = submit(type="batch", fault="F1", description="all broken")
    assert ticket.flags == {"unrouted"}
    taken = act(ticket, "accept", "agent:S101")
    assert (taken.team, taken.agent) == ("customer-service", "S101")
    assert taken.flags == frozenset()


def test_taking_a_colleagues_ticket_is_an_assignment(submit: Submitted, act: Act) -> None:
    ticket = submit()
    assert ticket.agent == "A101"
    taken = act(ticket, "accept", "agent:A102")
    assert (taken.team, taken.agent) == ("after-sales", "A102")


def test_accepting_ones_own_ticket_assigns_nothing(submit: Submitted, act: Act, desk: Desk) -> None:
    ticket = submit()
    act(ticket, "accept", "agent:A101")
    kinds = [e.body.kind for e in desk.store.events(ticket.number, after=ticket.version)]
    assert kinds[0] == "accepted"
    assert "assigned" not in kinds


@pytest.mark.parametrize("action", ["assign", "supervise"])
def test_the_head_does_for_the_team_what_a_supervisor_does(
    action: str, submit: Submitted, act: Act, refusal: Refusal
) -> None:
    fields = {"assign": {"agent": "A102"}, "supervise": {"reason": "press"}}[action]
    act(submit(), action, "agent:A100", **fields)
    elsewhere = submit(type="complaint", description="rude")
    assert elsewhere.team == "customer-service"
    assert refusal(lambda: act(elsewhere, action, "agent:A100", **fields))[0] == "by"


# -- assign ---------------------------------------------------------------------------------------


@pytest.mark.requirement("D7")
@pytest.mark.parametrize(
    ("fields", "goes_to"),
    [
        ({"team": "customer-service"}, ("customer-service", "S101")),
        ({"agent": "A102"}, ("after-sales", "A102")),
        ({"agent": "S101"}, ("customer-service", "S101")),
        ({"agent": "S100"}, ("customer-service", "S100")),
        ({"team": "emergency", "agent": "S101"}, ("emergency", "S101")),
    ],
)
def test_assign(
    fields: dict[str, str], goes_to: tuple[str, str], submit: Submitted, act: Act
) -> None:
    ticket = act(submit(), "assign", "agent:S100", note="VIP", **fields)
    assert (ticket.team, ticket.agent) == goes_to
    assert ticket.status is Status.NEW


def test_assigning_by_hand_brings_a_ticket_out_of_the_pool(submit: Submitted, act: Act) -> None:
    for fields in ({"agent": "A102"}, {"team": "after-sales"}):
        ticket = submit(type="batch", fault="F1", description="all broken")
        assert "unrouted" in ticket.flags
        assert "unrouted" not in act(ticket, "assign", "agent:S100", **fields).flags


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("fields", "field", "accepted"),
    [
        ({}, "team", ""),
        ({"team": "after-sale"}, "team", "after-sales"),
        ({"agent": "A999"}, "agent", "A100"),
    ],
)
def test_assign_to_nobody_known(
    fields: dict[str, str], field: str, accepted: str, submit: Submitted, act: Act, refusal: Refusal
) -> None:
    found = refusal(lambda: act(submit(), "assign", "agent:S100", **fields))
    assert found[0] == field
    assert not accepted or accepted in found[2]


# -- escalate -------------------------------------------------------------------------------------


@pytest.mark.requirement("C8")
@pytest.mark.parametrize(
    ("to", "goes_to"),
    [
        ("head", ("after-sales", "A100")),
        ("superior", ("after-sales", "A100")),
        ("role:supervisor", ("after-sales", "S100")),
        ("supervisor", ("after-sales", "S100")),
        ("team:customer-service", ("customer-service", "S101")),
        ("agent:S101", ("customer-service", "S101")),
        ("agent:A102", ("after-sales", "A102")),
    ],
)
def test_escalate(to: str, goes_to: tuple[str, str], submit: Submitted, act: Act) -> None:
    told = act(submit(), "escalate", "agent:A101", to=to, reason="beyond me")
    assert (told.team, told.agent) == ("after-sales", "A101")
    handed = act(submit(), "escalate", "agent:A101", to=to, reason="beyond me", hand_over=True)
    assert (handed.team, handed.agent) == goes_to


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("to", ["nobody", "role:", "role:king", "team:none", "agent:A9", "Head"])
def test_escalate_to_nobody(to: str, submit: Submitted, act: Act, refusal: Refusal) -> None:
    field, value, accepted = refusal(lambda: act(submit(), "escalate", "agent:A101", to=to))
    assert field == "to"
    assert value in (to, to.partition(":")[2])
    assert accepted


def test_nothing_is_handed_over_to_a_role_that_nobody_holds(
    submit: Submitted, act: Act, refusal: Refusal
) -> None:
    ticket = submit()
    told = act(ticket, "escalate", "agent:A101", to="role:director")
    assert told.agent == "A101"
    attempt = refusal(
        lambda: act(ticket, "escalate", "agent:A101", to="role:director", hand_over=True)
    )
    assert attempt[:2] == ("to", "role:director")


# -- plans and tasks ------------------------------------------------------------------------------


@pytest.mark.requirement("C9")
def test_a_plan_that_needs_approval(
    submit: Submitted, act: Act, desk: Desk, refusal: Refusal
) -> None:
    ticket = submit(type="complaint", description="rude")
    agent = f"agent:{ticket.agent}"
    attempt = refusal(lambda: act(ticket, "approve_plan", "agent:S100"))
    assert attempt[:2] == ("action", "approve_plan")
    planned = act(ticket, "plan", agent, cause="haste", solution="voucher")
    assert planned.plan is not None
    assert planned.plan.approval == "pending"
    blocked = refusal(lambda: act(ticket, "resolve", agent, solution="voucher sent"))
    assert blocked == ("plan.approval", "pending", ("approved",))
    assert refusal(lambda: act(ticket, "approve_plan", "agent:A101"))[0] == "by"
    rejected = act(ticket, "reject_plan", "agent:S100", reason="too dear")
    assert rejected.plan is not None
    assert (rejected.plan.approval, rejected.plan.approval_reason) == ("rejected", "too dear")
    blocked = refusal(lambda: act(ticket, "resolve", agent, solution="voucher sent"))
    assert blocked[1] == "rejected"
    act(ticket, "plan", agent, cause="haste", solution="apology")
    approved = act(ticket, "approve_plan", "agent:S100")
    assert approved.plan is not None
    assert approved.plan.approval == "approved"
    assert act(ticket, "resolve", agent, solution="sorry").status is Status.AWAITING_CONFIRMATION


def test_a_plan_that_needs_none(submit: Submitted, act: Act) -> None:
    ticket = act(submit(), "plan", "agent:A101", cause="leak", solution="weld")
    assert ticket.plan is not None
    assert (ticket.plan.cause, ticket.plan.approval, ticket.plan.by) == ("leak", "", "agent:A101")
    assert act(ticket, "resolve", "agent:A101", solution="welded").solution == "welded"


@pytest.mark.parametrize(("action", "field"), [("plan", "eta"), ("collaborate", "due")])
def test_what_is_promised_lies_ahead(
    action: str, field: str, submit: Submitted, act: Act, start: datetime, refusal: Refusal
) -> None:
    details = {"solution": "weld"} if action == "plan" else {"team": "emergency", "duty": "x"}
    at = start + timedelta(hours=1)
    given = {**details, field: start.isoformat()}
    found = refusal(lambda: act(submit(), action, "agent:A101", at=at, **given))
    assert found[0] == field
    act(submit(), action, "agent:A101", at=at, **{**details, field: "2026-03-09T12:00:00+08:00"})


@pytest.mark.requirement("A11")
@pytest.mark.requirement("D9")
def test_open_tasks_keep_a_ticket_from_being_resolved(
    submit: Submitted, act: Act, refusal: Refusal
) -> None:
    ticket = submit()
    act(ticket, "collaborate", "agent:A101", team="customer-service", duty="call her")
    act(ticket, "collaborate", "agent:A101", team="emergency", duty="drive there")
    blocked = refusal(lambda: act(ticket, "resolve", "agent:A101", solution="x"))
    assert blocked == ("tasks", "1, 2", ("answer_task first",))
    # Another team's task is not mine, though I have one here myself.
    field, _, accepted = refusal(lambda: act(ticket, "answer_task", "agent:S101", task=2, text="x"))
    assert (field, accepted) == ("by", ("emergency",))
    assert refusal(lambda: act(ticket, "answer_task", "agent:A102", task=1, text="x"))[0] == "by"
    assert refusal(lambda: act(ticket, "answer_task", "agent:S101", task=3, text="x")) == (
        "task",
        3,
        ("1", "2"),
    )
    answered = act(ticket, "answer_task", "agent:S101", task=1, text="called")
    assert (answered.tasks[0].answer, answered.tasks[0].answered_by) == ("called", "agent:S101")
    again = refusal(lambda: act(ticket, "answer_task", "agent:S100", task=1, text="x"))
    assert again[:2] == ("task", 1)
    act(ticket, "answer_task", "agent:S100", task=2, text="drove there")  # a supervisor may
    assert act(ticket, "resolve", "agent:A101", solution="x").status.value.startswith("await")


def test_a_task_for_a_team_that_is_not_there(submit: Submitted, act: Act, refusal: Refusal) -> None:
    found = refusal(lambda: act(submit(), "collaborate", "agent:A101", team="it", duty="x"))
    assert found[:2] == ("team", "it")
    assert "after-sales" in found[2]


# -- other tickets ----------------------------------------------------------------------------


@pytest.mark.requirement("E2")
def test_merge_and_link_are_told_on_both_sides(submit: Submitted, act: Act, desk: Desk) -> None:
    one, two, three = submit(), submit(), submit()
    merged = act(one, "merge", "agent:S100", into=two.number)
    assert merged.status is Status.MERGED
    assert merged.links == (Link(two.number, "merged-into"),)
    act(three, "link", "agent:S101", other=two.number, kind="duplicate")
    assert desk.ticket(two.number).links == (
        Link(one.number, "merged"),
        Link(three.number, "duplicate"),
    )
    assert desk.ticket(three.number).links == (Link(two.number, "duplicate"),)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(("action", "field"), [("merge", "into"), ("link", "other")])
def test_other_tickets_must_exist(
    action: str, field: str, submit: Submitted, act: Act, refusal: Refusal
) -> None:
    ticket = submit()
    found = refusal(lambda: act(ticket, action, "agent:S100", **{field: "G000"}))
    assert found[:2] == (field, "G000")
    found = refusal(lambda: act(ticket, action, "agent:S100", **{field: ticket.number}))
    assert found[:2] == (field, ticket.number)


def test_two_tickets_cannot_end_in_each_other(
    submit: Submitted, act: Act, refusal: Refusal
) -> None:
    one, two = submit(), submit()
    act(one, "merge", "agent:S100", into=two.number)
    found = refusal(lambda: act(two, "merge", "agent:S100", into=one.number))
    assert found[:2] == ("into", one.number)


# -- classification ---------------------------------------------------------------------------


def test_nothing_to_classify(submit: Submitted, act: Act, refusal: Refusal) -> None:
    attempt = refusal(lambda: act(submit(), "classify", "agent:A101", reason="x"))
    assert attempt[2] == ("category", "urgency", "impact", "priority")


@pytest.mark.parametrize("field", ["category", "urgency", "impact", "priority"])
def test_classify_knows_the_words(
    field: str, submit: Submitted, act: Act, refusal: Refusal
) -> None:
    found = refusal(lambda: act(submit(), "classify", "agent:A101", **{field: "nonsense"}))
    assert found[:2] == (field, "nonsense")
    assert found[2]


@pytest.mark.requirement("A7")
def test_an_opinion_is_kept_until_there_is_another(submit: Submitted, act: Act) -> None:
    ticket = submit()
    first = act(ticket, "acknowledge", "agent:A101", opinion="压缩机", category="repair/other")
    assert (first.status, first.opinion, first.category) == (
        Status.IN_PROGRESS,
        "压缩机",
        "repair/other",
    )
    assert first.manual == {"category"}
    assert act(ticket, "acknowledge", "agent:A101").opinion == "压缩机"
    assert act(ticket, "acknowledge", "agent:A101", opinion="电源").opinion == "电源"


@pytest.mark.requirement("D1")
def test_supervision(submit: Submitted, act: Act) -> None:
    assert "supervised" in act(submit(), "supervise", "agent:S100", reason="press").flags


def test_solution_steps_and_cautions_are_kept_apart(submit: Submitted, act: Act) -> None:
    given = {"solution": "阀门已更换", "steps": "关水；换阀；试压", "cautions": "24小时内勿用"}
    ticket = act(submit(), "resolve", "agent:A101", **given)
    assert (ticket.solution, ticket.steps, ticket.cautions) == tuple(given.values())


@pytest.mark.parametrize("by", ["agent:A101", "system"])
def test_agents_and_the_system_cancel_and_archive(by: str, ticket_in: TicketIn, act: Act) -> None:
    assert act(ticket_in(Status.IN_PROGRESS), "cancel", by).status is Status.CANCELLED
    assert act(ticket_in(Status.CLOSED), "archive", by).status is Status.ARCHIVED


@pytest.mark.requirement("F4", "F5")
def test_a_refusal_names_the_status_in_both_languages(ticket_in: TicketIn, act: Act) -> None:
    ticket = ticket_in(Status.CANCELLED)
    with pytest.raises(Refused) as refused:
        act(ticket, "accept", "agent:A101")
    (problem,) = refused.value.problems
    assert "cancelled" in problem.en
    assert "已取消" in problem.zh

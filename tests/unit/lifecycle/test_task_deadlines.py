"""What a collaboration task's deadline does: an event, messages, facts; not on what is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.codec import event_from_dict, event_to_dict
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Refused
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.event import TaskOverdue
from ruledesk.model.message import Message
from ruledesk.model.ticket import Ticket

DeskWith = Callable[..., Desk]
Submitted = Callable[..., Ticket]
Act = Callable[..., Ticket]
HANDLER = "agent:A101"

TEMPLATE = """
[templates.late]
text = { en = "{number}: {text} by {due}", zh = "{number}：{text}，{due}前" }
"""
TELL = (
    TEMPLATE
    + """
[[reactions]]
name = "late-task"
on = ["task_overdue"]
send = [{ to = ["owner", "agent", "team"], via = ["message"], template = "late" }]
"""
)


def asked(desk: Desk, start: datetime, hours: dict[str, float | None]) -> Ticket:
    """A ticket of A101's on which teams are asked for help, each with hours to answer."""
    given = {
        "type": "repair",
        "description": "冰箱不制冷",
        "requester": {"name": "Zhang", "phone": "13800000001"},
    }
    ticket = desk.submit(by="requester", line="main", channel="web", fields=given, at=start)
    for team, within in hours.items():
        fields: dict[str, Any] = {"team": team, "duty": f"help of {team}"}
        if within is not None:
            fields["due"] = start + timedelta(hours=within)
        ticket = desk.act(ticket.number, "collaborate", by=HANDLER, fields=fields, at=start)
    return ticket


def answer(desk: Desk, ticket: Ticket, at: datetime, task: int = 1) -> Ticket:
    fields = {"task": task, "text": "done"}
    return desk.act(ticket.number, "answer_task", by="agent:S100", fields=fields, at=at)


def overdue(desk: Desk, ticket: Ticket) -> list[tuple[datetime, str, Any]]:
    events = desk.store.events(ticket.number)
    return [(e.at, e.actor, e.body) for e in events if isinstance(e.body, TaskOverdue)]


def told(desk: Desk, ticket: Ticket, rule: str = "late-task") -> list[Message]:
    sent = [delivery.message for delivery in desk.store.messages(ticket.number)]
    return [message for message in sent if message.rule == rule]


# -- the event ------------------------------------------------------------------------------------


@pytest.mark.requirement("A11")
@pytest.mark.requirement("B10")
def test_a_task_still_open_at_its_deadline_is_overdue_once(desk: Desk, start: datetime) -> None:
    ticket = asked(desk, start, {"customer-service": 1, "emergency": 3, "after-sales": None})
    due = [start + timedelta(hours=hours) for hours in (1, 3)]
    desk.advance(due[0] - timedelta(seconds=1))
    assert overdue(desk, ticket) == []
    desk.advance(due[0])
    assert [t.overdue_at for t in desk.ticket(ticket.number).tasks] == [due[0], None, None]
    desk.advance(start + timedelta(days=2))
    assert overdue(desk, ticket) == [
        (due[0], "system", TaskOverdue(1, due[0])),
        (due[1], "system", TaskOverdue(2, due[1])),
    ]
    late = answer(desk, ticket, start + timedelta(days=2))
    assert late.tasks[0].overdue_at == due[0]
    assert not late.tasks[0].open
    events = desk.store.events(ticket.number)
    assert replay(event_from_dict(event_to_dict(event)) for event in events) == late


@pytest.mark.requirement("A11")
def test_an_answer_at_the_very_instant_is_in_time(desk: Desk, start: datetime) -> None:
    ticket = asked(desk, start, {"customer-service": 1})
    due = start + timedelta(hours=1)
    desk.advance(due, inclusive=False)
    answer(desk, ticket, due)
    desk.advance(start + timedelta(days=1))
    assert overdue(desk, ticket) == []
    assert desk.ticket(ticket.number).tasks[0].overdue_at is None


def test_a_deadline_that_passed_while_the_desk_was_down_is_passed(
    desk: Desk, start: datetime
) -> None:
    ticket = asked(desk, start, {"customer-service": 1})
    due = start + timedelta(hours=1)
    answered = answer(desk, ticket, due + timedelta(seconds=1))
    assert overdue(desk, ticket) == [(due, "system", TaskOverdue(1, due))]
    assert answered.tasks[0].overdue_at == due


@pytest.mark.parametrize(("action", "by"), [("cancel", "requester"), ("close", HANDLER)])
def test_a_ticket_that_is_over_asks_nothing_of_other_teams(
    action: str, by: str, desk: Desk, start: datetime
) -> None:
    ticket = asked(desk, start, {"customer-service": 1})
    desk.act(ticket.number, action, by=by, fields={"reason": "solved itself"}, at=start)
    desk.advance(start + timedelta(days=30))
    assert overdue(desk, ticket) == []
    assert desk.next_due() is None


def test_a_ticket_opened_again_asks_again(desk: Desk, start: datetime) -> None:
    ticket = asked(desk, start, {"customer-service": 1, "emergency": 9})
    desk.act(ticket.number, "close", by=HANDLER, fields={"reason": "done"}, at=start)
    again = start + timedelta(hours=5)
    desk.advance(again)
    desk.act(ticket.number, "reopen", by="requester", fields={"reason": "no"}, at=again)
    desk.advance(start + timedelta(days=1))
    assert [(at, body.task) for at, _, body in overdue(desk, ticket)] == [
        (again, 1),
        (start + timedelta(hours=9), 2),
    ]


# -- reactions ------------------------------------------------------------------------------------


@pytest.mark.requirement("A11")
@pytest.mark.requirement("B10")
def test_owner_handler_and_team_are_told_of_each_task(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(TELL)
    ticket = asked(desk, start, {"customer-service": 2, "emergency": 2})
    desk.advance(start + timedelta(hours=2))
    assert [(m.to, m.on_behalf, m.text) for m in told(desk, ticket)] == [
        (to, group, f"{ticket.number}: help of {team} by 2026-03-09 12:00")
        for to, group, team in (
            ("agent:S100", "team:customer-service", "customer-service"),
            ("agent:A101", "", "customer-service"),
            ("agent:S101", "team:customer-service", "customer-service"),
            ("agent:A100", "team:emergency", "emergency"),
            ("agent:A101", "", "emergency"),
            ("agent:E101", "team:emergency", "emergency"),
        )
    ]


@pytest.mark.requirement("A11")
def test_the_owner_and_the_deadline_from_the_first_to_the_answer(
    desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(
        TEMPLATE
        + """
[[reactions]]
name = "late-task"
on = ["task_opened", "task_answered"]
send = [{ to = ["owner", "team"], via = ["message"], template = "late" }]
"""
    )
    ticket = asked(desk, start, {"emergency": 2, "customer-service": None})
    assert [(m.to, m.text.partition(": ")[2]) for m in told(desk, ticket)] == [
        ("agent:A100", "help of emergency by 2026-03-09 12:00"),
        ("agent:E101", "help of emergency by 2026-03-09 12:00"),
        ("agent:S100", "help of customer-service by —"),
        ("agent:S101", "help of customer-service by —"),
    ]
    answer(desk, ticket, start)  # it is the handler's team that reads what was asked for
    answered = told(desk, ticket)[4:]
    assert {m.to for m in answered} == {"agent:A100", "agent:A101", "agent:A102"}
    assert {m.text.partition(": ")[2] for m in answered} == {"done by 2026-03-09 12:00"}


@pytest.mark.requirement("A11")
def test_each_task_is_waited_for_by_itself(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(
        TEMPLATE
        + """
[[reactions]]
name = "late-task"
on = ["task_overdue"]
every = "4h"
until = ["task_answered"]
send = [{ to = ["owner"], via = ["message"], template = "late" }]
"""
    )
    ticket = asked(desk, start, {"customer-service": 1, "emergency": 1})
    desk.advance(start + timedelta(hours=5))
    timers = desk.ticket(ticket.number).timers
    assert {"late-task@task:1", "late-task@task:2"} <= timers.keys()
    answer(desk, ticket, start + timedelta(hours=6), task=1)
    desk.advance(start + timedelta(hours=9))
    assert [(m.to, "emergency" in m.text) for m in told(desk, ticket)] == [
        ("agent:S100", False),
        ("agent:A100", True),
        ("agent:A100", True),
    ]
    answer(desk, ticket, start + timedelta(hours=10), task=2)
    desk.advance(start + timedelta(days=3))
    assert len(told(desk, ticket)) == 3


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("on", ['["noted"]', '["task_overdue", "target_breached"]'])
def test_an_owner_is_of_a_task_only(on: str, desk_with: DeskWith) -> None:
    overlay = f"""
[[reactions]]
name = "late-task"
on = {on}
send = [{{ to = ["owner"], via = ["message"], template = "progress" }}]
"""
    with pytest.raises(InvalidInput) as error:
        desk_with(overlay)
    (problem,) = error.value.problems
    assert (problem.field.rpartition(".")[2], problem.value) == ("to", "owner")
    assert 'on = ["task_overdue"]' in problem.accepted


# -- facts ----------------------------------------------------------------------------------------


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("engine", ["python", "durable"])
def test_overdue_tasks_are_counted_while_they_are_open(
    engine: str, desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with(
        """
[stages.lateness]
hit = "collect"
sets = ["flags"]
[[stages.lateness.rules]]
name = "late-team"
when = "overdue_tasks >= 1"
set = { flags = ["late_team"] }
[actions.note]
when = "overdue_tasks == 0"
reason = { en = "ask the late team first", zh = "请先催办" }
""",
        engine=engine,
    )
    ticket = asked(desk, start, {"customer-service": 1})
    note: dict[str, Any] = {"by": HANDLER, "fields": {"text": "x"}}
    desk.act(ticket.number, "note", at=start, **note)
    desk.advance(start + timedelta(hours=1))
    assert "late_team" in desk.ticket(ticket.number).flags
    later = start + timedelta(hours=2)
    with pytest.raises(Refused, match="late team first"):
        desk.act(ticket.number, "note", at=later, **note)
    answered = answer(desk, ticket, later)
    assert "late_team" not in answered.flags
    desk.act(ticket.number, "note", at=later, **note)

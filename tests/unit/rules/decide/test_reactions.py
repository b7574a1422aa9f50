"""What the desk does by itself: at once, later, again and again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Status, Ticket
from ruledesk.rules.compiled import CompiledRuleset
from ruledesk.rules.engine import Matcher, Program

Submitted = Callable[..., Ticket]
Messages = Callable[..., list[Delivery]]
Kinds = Callable[[Desk, Ticket], list[str]]
DeskWith = Callable[..., Desk]


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.requirement("A12")
def test_every_until_and_after(
    desk: Desk, start: datetime, resolved: Submitted, messages: Messages
) -> None:
    ticket = resolved(desk, start)
    desk.advance(start + timedelta(hours=23))
    assert [m.message.about for m in messages(desk, ticket, "resolved")] == ["resolved"] * 2
    assert desk.ticket(ticket.number).status is Status.AWAITING_CONFIRMATION
    desk.advance(start + timedelta(hours=24))
    closed = desk.ticket(ticket.number)
    assert (closed.status, closed.closed_at) == (Status.CLOSED, start + timedelta(hours=24))
    event = next(e for e in desk.store.events(ticket.number) if e.body.kind == "closed")
    assert (event.actor, event.body.rule) == ("system", "close-by-default")  # type: ignore[attr-defined]
    assert event.body.reason == "默认已解决"  # type: ignore[attr-defined]


@pytest.mark.requirement("A13")
def test_closed_tickets_are_put_away(desk: Desk, start: datetime, resolved: Submitted) -> None:
    ticket = resolved(desk, start)
    desk.act(ticket.number, "confirm", by="requester", at=start)
    assert set(desk.ticket(ticket.number).timers) == {"put-away"}
    desk.advance(start + timedelta(days=7))
    put_away = desk.ticket(ticket.number)
    assert (put_away.status, put_away.timers) == (Status.ARCHIVED, {})
    assert desk.next_due() is None


def test_an_answer_drops_what_waits(
    desk: Desk, start: datetime, resolved: Submitted, messages: Messages
) -> None:
    ticket = resolved(desk, start)
    assert set(ticket.timers) == {"remind", "close-by-default"}
    after = desk.act(ticket.number, "decline", by="requester", fields={"reason": "no"}, at=start)
    assert after.timers == {}
    desk.advance(start + timedelta(days=1))
    assert messages(desk, ticket, "resolved") == []


def test_the_condition_is_looked_at_when_the_wait_is_over(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "still-new"
on = ["submitted"]
after = "2h"
when = 'status == "new"'
raise_flags = ["vague"]
"""
    )
    idle, busy = submitted(desk, start), submitted(desk, start, type="complaint")
    desk.act(busy.number, "accept", by=f"agent:{busy.agent}", at=start)
    desk.advance(start + timedelta(hours=2))
    assert "vague" in desk.ticket(idle.number).flags
    assert "vague" not in desk.ticket(busy.number).flags
    assert "still-new" not in desk.ticket(busy.number).timers


def test_a_repetition_ends_when_the_condition_no_longer_holds(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "nag"
on = ["submitted"]
after = "1h"
every = "10m"
when = 'status == "new"'
send = [{ to = ["agent"], via = ["message"], template = "overdue" }]
"""
    )
    ticket = submitted(desk, start)
    desk.advance(start + timedelta(minutes=95))
    nags = [m for m in messages(desk, ticket) if m.message.rule == "nag"]
    assert [m.not_before - start for m in nags] == [timedelta(minutes=m) for m in (60, 70, 80, 90)]
    desk.act(ticket.number, "accept", by=f"agent:{ticket.agent}", at=start + timedelta(minutes=95))
    desk.advance(start + timedelta(hours=3))
    assert len([m for m in messages(desk, ticket) if m.message.rule == "nag"]) == 4
    assert "nag" not in desk.ticket(ticket.number).timers


def test_a_wait_in_working_time(desk_with: DeskWith, start: datetime, submitted: Submitted) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "later"
on = ["submitted"]
after = "9wh"
raise_flags = ["vague"]
"""
    )
    ticket = submitted(desk, start)  # Monday 10:00, work ends at 18:00
    due = datetime.fromisoformat("2026-03-10T10:00:00+08:00")
    assert desk.ticket(ticket.number).timers["later"] == due


# -- once, and an end -----------------------------------------------------------------------------


def test_a_reaction_acts_once_on_an_event(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "both"
on = ["noted", "noted.public"]
send = [{ to = ["head"], via = ["message"], template = "progress" }]
"""
    )
    ticket = submitted(desk, start)
    fields = {"text": "x", "public": True}
    desk.act(ticket.number, "note", by=f"agent:{ticket.agent}", fields=fields, at=start)
    assert len([m for m in messages(desk, ticket) if m.message.rule == "both"]) == 1


def test_reactions_that_chase_each_other_end(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    desk = desk_with(
        """
[[reactions]]
name = "up"
on = ["submitted", "escalated", "assigned"]
escalate_to = "head"
hand_over = true
[[reactions]]
name = "away"
on = ["submitted", "escalated", "assigned"]
assign_team = "customer-service"
[[reactions]]
name = "back"
on = ["submitted", "escalated", "assigned"]
assign_team = "after-sales"
"""
    )
    ticket = submitted(desk, start)
    assert ticket.version < 60
    assert ticket.team in ("after-sales", "customer-service")


def test_more_than_anybody_means_is_cut_off_and_flagged(
    desk_with: DeskWith, start: datetime, submitted: Submitted, kinds: Kinds
) -> None:
    many = "".join(
        f"""
[[reactions]]
name = "flag-{n}"
on = ["submitted", "assigned", "decided", "escalated"]
raise_flags = ["f{n}"]
escalate_to = "head"
"""
        for n in range(150)
    )
    desk = desk_with(many)
    ticket = submitted(desk, start)
    assert ticket.version < 1000
    assert "plugin_fault" in ticket.flags
    assert kinds(desk, ticket)[-1] == "plugin_faulted"


def test_a_plugins_fault_can_be_told(
    desk_with: DeskWith, start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with(
        """
[[stages.priority.rules]]
name = "always"
set = { priority = "P3" }
[[stages.priority.rules]]
name = "always-too"
set = { priority = "P3" }
[[reactions]]
name = "tell"
on = ["plugin_faulted"]
send = [{ to = ["role:supervisor"], via = ["message"], template = "overdue" }]
"""
    )
    ticket = submitted(desk, start)
    assert [m.message.to for m in messages(desk, ticket) if m.message.rule == "tell"] == [
        "agent:S100"
    ]


@pytest.mark.requirement("E6")
def test_a_ladder_waits_for_each_target_by_itself(
    desk_with: Callable[..., Desk], start: datetime, submitted: Submitted, messages: Messages
) -> None:
    desk = desk_with("""
[[reactions]]
name = "ladder"
on = ["target_breached"]
after = "2h"
when = 'event.target == "response"'
until = ["accepted"]
send = [{ to = ["role:supervisor"], via = ["message"], template = "overdue" }]
""")
    ticket = submitted(desk, start)
    desk.advance(start + timedelta(hours=5, minutes=59))
    assert not messages(desk, ticket, "overdue")[2:]
    desk.advance(start + timedelta(days=2))
    told = [d for d in messages(desk, ticket) if d.message.rule == "ladder"]
    assert [d.message.on_behalf for d in told] == ["role:supervisor"]
    # The daily update was missed, too; its own timer found that it is not about the response.
    assert desk.ticket(ticket.number).targets["update"].state == "breached"


def test_a_flag_raised_by_a_reaction_is_seen_by_the_stages(
    desk_with: Callable[..., Desk], start: datetime, submitted: Submitted
) -> None:
    desk = desk_with("""
[[reactions]]
name = "alarm"
on = ["noted"]
raise_flags = ["emergency"]
""")
    ticket = submitted(desk, start)
    assert ticket.priority == "P3"
    after = desk.act(ticket.number, "note", by="requester", fields={"text": "急"}, at=start)
    assert after.priority == "P0"
    assert after.targets["response"].limit == "15m"


@pytest.mark.requirement("E8")
def test_a_target_that_comes_to_apply_later_begins_then(
    desk_with: Callable[..., Desk], start: datetime, submitted: Submitted
) -> None:
    desk = desk_with("""
[targets.interim]
met_by = ["planned"]
[[targets.interim.limits]]
name = "interim-p0"
when = 'priority == "P0"'
within = "24h"
""")
    ticket = submitted(desk, start)
    assert "interim" not in ticket.targets
    later = start + timedelta(hours=1)
    by = f"agent:{ticket.agent}"
    after = desk.act(ticket.number, "classify", by=by, fields={"priority": "P0"}, at=later)
    assert after.targets["interim"].started_at == later
    assert after.targets["interim"].due == later + timedelta(hours=24)


@pytest.mark.requirement("C8")
def test_an_escalation_to_a_person_takes_the_ticket_to_their_team(
    desk_with: DeskWith, start: datetime, submitted: Submitted
) -> None:
    overlay = """
[[reactions]]
name = "hand-over"
on = ["contacted"]
escalate_to = "agent:E101"
hand_over = true
"""
    desk = desk_with(overlay)
    ticket = submitted(desk, start)
    assert ticket.team != "emergency"
    after = desk.act(ticket.number, "contact", by="agent:S100", at=start)
    assert (after.team, after.agent) == ("emergency", "E101")


class Counting:
    """A rule engine that fails at its third program, and counts what is open."""

    def __init__(self) -> None:
        self.made = self.open = 0

    def compile(self, program: Program) -> Matcher:
        self.made += 1
        if self.made == 3:
            raise InvalidInput.of("too wide", "过宽", field=program.label)
        self.open += 1
        return self  # type: ignore[return-value]

    def close(self) -> None:
        self.open -= 1


def test_programs_are_released_where_one_cannot_be_compiled(desk: Desk) -> None:
    engine = Counting()
    with pytest.raises(InvalidInput, match="too wide"):
        CompiledRuleset(desk.rulesets["main"], engine)  # type: ignore[arg-type]
    assert (engine.made, engine.open) == (3, 0)


@pytest.mark.requirement("E8")
def test_a_large_batch_does_not_link_each_with_each(
    desk: Desk, start: datetime, submitted: Submitted
) -> None:
    tickets = [
        submitted(desk, start + timedelta(minutes=n), type="batch", fault="F1") for n in range(30)
    ]
    last = desk.ticket(tickets[-1].number)
    assert [link.other for link in last.links] == [t.number for t in tickets[9:29]]
    decided = [e.body for e in desk.store.events(last.number) if e.body.kind == "decided"]
    cited = [d.events for body in decided for d in body.decisions if d.events]
    assert all(len(events["counts.same_fault"]) == 30 for events in cited)
    assert cited

"""Whatever a shipped form lets through is decided: one priority, one team, every promise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.surroundings import surroundings
from ruledesk.model.decision import Decision
from ruledesk.model.event import Decided, Event, MessagesQueued, PluginFaulted, Pooled
from ruledesk.model.people import Directory
from ruledesk.model.ticket import Status, Ticket
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import Projection
from ruledesk.rules.ruleset import Ruleset
from ruledesk.testing.strategies import repeated, submissions

SETTINGS = settings(settings.get_profile("any ticket"))
#: In the middle of a working day, and of the night before a holiday.
TIMES = (datetime(2026, 3, 9, 2, 0, tzinfo=UTC), datetime(2026, 9, 30, 17, 30, tzinfo=UTC))
#: One customer, so that correlations have something to count.
CUSTOMER = {"id": "C1", "name": "张伟", "phone": "13800000001", "email": "zhang@example.com"}


# -- who is there -----------------------------------------------------------------------------


def everybody(staff: Directory) -> Directory:
    return staff


def all_full(staff: Directory) -> Directory:
    agents = {one.id: evolve(one, capacity=0) for one in staff.agents.values()}
    return evolve(staff, agents=agents)


def nobody_leads(staff: Directory) -> Directory:
    teams = {one.name: evolve(one, head="") for one in staff.teams.values()}
    return evolve(all_full(staff), teams=teams)


def no_teams(staff: Directory) -> Directory:
    return evolve(staff, teams={})


STAFFS = st.sampled_from((everybody, everybody, everybody, all_full, nobody_leads, no_teams))


# -- what must hold ---------------------------------------------------------------------------


def decisions(events: list[Event]) -> list[Decision]:
    bodies = (event.body for event in events)
    return [one for body in bodies if isinstance(body, Decided) for one in body.decisions]


def check_decisions(ruleset: Ruleset, events: list[Event]) -> None:
    faults = [event.body for event in events if isinstance(event.body, PluginFaulted)]
    assert not faults
    known = set(ruleset.rule_names())
    for one in decisions(events):
        assert not one.incident, (one.stage, one.rule, one.incident)
        if one.hit == "unique":
            assert len(one.matched) <= 1, (one.stage, one.matched)
        assert known.issuperset(one.matched)
        assert one.ruleset == ruleset.id


def check_priority(ruleset: Ruleset, ticket: Ticket, events: list[Event]) -> None:
    assert ticket.priority in ruleset.form["priority"].type.values
    decided = [one for one in decisions(events) if "priority" in one.outcome]
    if "priority" not in ticket.manual:
        assert decided
        assert decided[-1].outcome["priority"] == ticket.priority


def check_place(desk: Desk, ticket: Ticket, events: list[Event]) -> None:
    """One team with somebody who knows of it, or the pool with a warning (D7)."""
    staff = desk.config.directory
    told = {
        reader
        for event in events
        if isinstance(event.body, MessagesQueued)
        for message in event.body.messages
        for reader in (message.to, message.on_behalf)
    }
    pooled = any(isinstance(event.body, Pooled) for event in events)
    assert bool(ticket.team) is ("unrouted" not in ticket.flags)
    if ticket.team:
        assert ticket.team in staff.teams
    if ticket.status is Status.MERGED:
        return  # it is the other ticket's team that works on it
    if ticket.agent:
        assert ticket.agent in staff.agents
    elif pooled:
        assert told & supervisors(staff), told
    else:
        team = staff.teams[ticket.team]
        assert told & {f"agent:{one}" for one in (*team.agents, team.head)}, told


def supervisors(staff: Directory) -> set[str]:
    people = {f"agent:{one.id}" for one in staff.agents.values() if "supervisor" in one.roles}
    return {"role:supervisor", *people}


def check_targets(desk: Desk, ticket: Ticket, now: datetime) -> None:
    """Every promise that the policy makes for this ticket, by its conditions read anew."""
    running = desk.parts.lines["line"]
    around = surroundings(ticket, desk.parts.situations.on(running, now, "system", ticket))
    for policy in running.ruleset.targets.values():
        facts = Projection(sorted(reads(rule.when for rule in policy.limits)))(ticket, around)
        limits = [rule.name for rule in policy.limits if holds(rule.when, facts)]
        assert len(limits) <= 1, (policy.name, limits)
        if "submitted" not in policy.starts or ticket.status is Status.MERGED:
            continue
        target = ticket.targets.get(policy.name)
        assert limits or policy.optional, f"{policy.name}: a gap"
        if not limits:
            assert target is None or target.state == "cancelled"
            continue
        assert target is not None, f"{policy.name} is not there"
        assert target.rule == limits[0]
        assert target.due > target.started_at
        assert target.state != "cancelled" or (policy.clock == "contact" and hung_up(ticket))


def hung_up(ticket: Ticket) -> bool:
    """A caller who hangs up in time is owed nothing (C2)."""
    call = ticket.call
    return call is not None and call.ended_at is not None and call.answered_at is None


def check(desk: Desk, number: str, now: datetime) -> None:
    ruleset = desk.rulesets["line"]
    ticket, events = desk.ticket(number), list(desk.store.events(number))
    assert replay(events) == ticket
    check_decisions(ruleset, events)
    check_priority(ruleset, ticket, events)
    check_place(desk, ticket, events)
    check_targets(desk, ticket, now)


def as_customer(intake: Intake) -> Intake:
    said = intake.fields.get("requester", {})
    return evolve(intake, fields={**intake.fields, "requester": {**said, **CUSTOMER}})


# -- the properties ---------------------------------------------------------------------------


@pytest.mark.requirement("F2", "F3")
@SETTINGS
@given(data=st.data())
def test_any_ticket_is_decided(shipped: Any, data: st.DataObject) -> None:
    now = data.draw(st.sampled_from(TIMES))
    numbers = []
    with shipped.open(data.draw(STAFFS)) as desk:
        agents = sorted(desk.config.directory.agents)[:1]
        drawn = data.draw(repeated(submissions(shipped.ruleset, now, line="line", agents=agents)))
        if data.draw(st.booleans()):
            drawn = [as_customer(one) for one in drawn]
        for intake in drawn:
            numbers.append(desk.take(intake, now).number)
            check(desk, numbers[-1], now)
            now += timedelta(minutes=data.draw(st.sampled_from((0, 1, 60))))
    assert len(set(numbers)) == len(numbers)


@pytest.mark.requirement("F3")
@settings(SETTINGS, max_examples=max(SETTINGS.max_examples // 4, 5))
@given(
    subject=st.sampled_from(("", "投诉", "help")),
    text=st.sampled_from(("", "系统不好用", "It is broken")) | st.text(max_size=20),
    now=st.sampled_from(TIMES),
)
def test_what_comes_by_mail_is_decided(
    shipped: Any, subject: str, text: str, now: datetime
) -> None:
    """Mail knows no form: what is missing is asked for, and the ticket is decided all the same."""
    fields = {"subject": subject, "description": text, "requester": {"email": "a@example.com"}}
    intake = Intake("requester", "line", "email", fields, lenient=True, textual=True)
    with shipped.open() as desk:
        check(desk, desk.take(intake, now).number, now)

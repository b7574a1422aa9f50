"""Every action by everybody in every status: done or refused, as the table says."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.lifecycle.parse import parse_action
from ruledesk.lifecycle.situation import capacities
from ruledesk.lifecycle.table import TABLE, Lead, actions_in, capacities_accepted
from ruledesk.model.action import ACTIONS
from ruledesk.model.ticket import TERMINAL_STATUSES, Status, Ticket

START = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
#: Actor to what makes them one: the handler, a colleague, the team's head, others.
ACTORS = (
    "requester",
    "system",
    "agent:A101",
    "agent:A102",
    "agent:A100",
    "agent:S101",
    "agent:S100",
)
DETAILS: dict[str, dict[str, Any]] = {
    "assign": {"team": "after-sales"},
    "classify": {"priority": "P0", "reason": "worse than it looked"},
    "note": {"text": "seen"},
    "collaborate": {"team": "customer-service", "duty": "call"},
    "answer_task": {"task": 1, "text": "called"},
    "plan": {"solution": "replace"},
    "reject_plan": {"reason": "too dear"},
    "resolve": {"solution": "replaced"},
    "decline": {"reason": "still broken"},
    "rate": {"rating": 4},
    "escalate": {"to": "head", "reason": "stuck"},
    "provide_info": {"text": "model X"},
    "request_info": {"text": "which model?"},
    "review": {"verdict": "improve", "text": "slow", "improvement": "call first"},
    "delete": {"reason": "no longer needed"},
}
#: These need something of the ticket first, and are tested one by one.
CONDITIONAL = {"merge", "link", "answer_task", "approve_plan", "reject_plan"}


def cases() -> Iterator[Any]:
    for action in sorted(TABLE.keys() - CONDITIONAL):
        for status in Status:
            yield pytest.param(action, status, id=f"{action}-{status.value}")


def test_the_table_holds_every_action_of_the_contract() -> None:
    assert set(TABLE) == {body.action for body in ACTIONS} - {"submit"}


def test_nothing_leads_out_of_a_final_status() -> None:
    for row in TABLE.values():
        for status in row.within & TERMINAL_STATUSES:
            assert row.to is Lead.STAY, status


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(("action", "status"), list(cases()))
def test_action_status_and_capacity(
    action: str,
    status: Status,
    desk: Desk,
    ticket_in: Callable[[Status], Ticket],
) -> None:
    row = TABLE[action]
    for actor in ACTORS:
        if (action, actor) == ("delete", "system") and status in row.within:
            continue  # only where a retention is over: see the tests of the retention run
        ticket = ticket_in(status)
        mine = capacities(actor, ticket, desk.config.directory, "team")
        allowed = status in row.within and bool(row.by & mine)
        if not allowed:
            with pytest.raises(Refused) as refused:
                desk.act(ticket.number, action, by=actor, fields=DETAILS.get(action, {}), at=START)
            (problem,) = refused.value.problems
            if status not in row.within:
                assert (problem.field, problem.value) == ("action", action)
                assert problem.accepted == (
                    actions_in(status) or ("(nothing: the status is final)",)
                )
            else:
                assert (problem.field, problem.value) == ("by", actor)
                assert problem.accepted == capacities_accepted(action)
            assert desk.ticket(ticket.number) == ticket
            continue
        after = desk.act(ticket.number, action, by=actor, fields=DETAILS.get(action, {}), at=START)
        event = desk.store.events(ticket.number, after=ticket.version)[0]
        assert event.actor == actor
        assert event.body.kind == next(b.kind for b in ACTIONS if b.action == action)
        if isinstance(row.to, Status):
            assert after.status is row.to
        elif row.to is Lead.STAY:
            assert after.status is status


@pytest.mark.parametrize(
    ("action", "status", "leads_to"),
    [
        ("provide_info", Status.WAITING_REQUESTER, Status.NEW),
        ("provide_info", Status.IN_PROGRESS, Status.IN_PROGRESS),
        ("decline", Status.AWAITING_CONFIRMATION, Status.FOLLOW_UP),
        ("reopen", Status.CLOSED, Status.IN_PROGRESS),
        ("plan", Status.NEW, Status.IN_PROGRESS),
        ("plan", Status.FOLLOW_UP, Status.FOLLOW_UP),
    ],
)
def test_where_the_policy_decides_the_status(
    action: str,
    status: Status,
    leads_to: Status,
    desk: Desk,
    ticket_in: Callable[[Status], Ticket],
) -> None:
    by = "agent:A101" if action == "plan" else "requester"
    ticket = ticket_in(status)
    after = desk.act(ticket.number, action, by=by, fields=DETAILS.get(action, {}), at=START)
    assert after.status is leads_to


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("action", sorted(TABLE))
def test_an_agent_whom_nobody_knows_does_nothing(
    action: str, desk: Desk, ticket_in: Callable[[Status], Ticket]
) -> None:
    status = sorted(TABLE[action].within)[0]
    details = {"merge": {"into": "X"}, "link": {"other": "X"}, **DETAILS}
    ticket = ticket_in(status)
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, action, by="agent:A999", fields=details.get(action, {}), at=START)
    (problem,) = refused.value.problems
    assert (problem.field, problem.value) == ("by", "agent:A999")
    assert "agent:A100" in problem.accepted
    assert desk.ticket(ticket.number) == ticket


def test_an_agent_whom_nobody_knows_submits_nothing(desk: Desk) -> None:
    before = dict(desk.store.counts())
    with pytest.raises(Refused, match="unknown agent"):
        desk.submit(
            by="agent:A999",
            line="main",
            channel="phone",
            fields={"type": "repair", "description": "x", "requester": {"phone": "1"}},
            at=START,
        )
    assert dict(desk.store.counts()) == before


@pytest.mark.parametrize("action", ["nonsense", "submit", "", None, ["note"]])
def test_unknown_actions_are_refused_by_name(action: Any) -> None:
    with pytest.raises(Refused) as refused:
        parse_action(action, {})
    (problem,) = refused.value.problems
    assert (problem.field, problem.value) == ("action", action)
    assert problem.accepted


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("answer_task", "task"),
        ("collaborate", "team"),
        ("decline", "reason"),
        ("escalate", "to"),
        ("link", "other"),
        ("merge", "into"),
        ("note", "text"),
        ("plan", "solution"),
        ("reject_plan", "reason"),
        ("resolve", "solution"),
    ],
)
@pytest.mark.requirement("F4")
def test_what_an_action_cannot_be_without(action: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_action(action, {})
    assert field in {problem.field for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("note", {"text": 5}, "text"),
        ("note", {"text": "a\0b"}, "text"),
        ("note", {"text": "a\ud800"}, "text"),
        ("note", {"text": "x" * 1_000_000}, "text"),
        ("note", {"text": "x", "public": "yes"}, "public"),
        ("note", {"text": "x", "publik": True}, "publik"),
        ("note", {"text": "x", "source": "forged"}, "source"),
        ("note", {"text": "x", 5: 6, "z": 1}, "5"),
        ("confirm", {"rating": "5"}, "rating"),
        ("confirm", {"rating": True}, "rating"),
        ("confirm", {"rating": 4.5}, "rating"),
        ("rate", {"scores": {"speed": "5"}}, "scores"),
        ("rate", {"scores": [5]}, "scores"),
        ("plan", {"solution": "x", "eta": "tomorrow"}, "eta"),
        ("plan", {"solution": "x", "eta": "2026-03-10T10:00:00"}, "eta"),
        ("plan", {"solution": "x", "eta": "0001-01-01T00:00:00+08:00"}, "eta"),
        ("collaborate", {"team": "it", "duty": "x", "due": 5}, "due"),
        ("request_info", {"missing": "product"}, "missing"),
        ("request_info", {"missing": [1]}, "missing"),
        ("provide_info", {"fields": [1]}, "fields"),
        ("answer_task", {"task": "1", "text": "x"}, "task"),
        ("escalate", {"to": "head", "rule": "forged"}, "rule"),
        ("link", {"other": "X", "kind_of": "y"}, "kind_of"),
    ],
)
@pytest.mark.requirement("F4")
def test_wrong_details_are_refused_by_field(action: str, given: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_action(action, given)
    fields = {problem.field for problem in refused.value.problems}
    assert field in {one.partition(".")[0] for one in fields}
    assert all(problem.en and problem.zh for problem in refused.value.problems)


@pytest.mark.parametrize("given", [None, [], "text", 5, [("text", "x")]])
def test_details_that_are_no_mapping_are_refused(given: Any) -> None:
    with pytest.raises(Refused, match="mapping"):
        parse_action("note", given)


@pytest.mark.requirement("F4")
def test_a_score_of_the_wrong_type_is_refused_by_its_name() -> None:
    with pytest.raises(Refused) as refused:
        parse_action("rate", {"scores": {"speed": 4.5, "attitude": True, "effect": 5}})
    found = [(p.field, p.value, p.accepted) for p in refused.value.problems]
    assert found == [
        ("scores.speed", 4.5, ("integer",)),
        ("scores.attitude", True, ("integer",)),
    ]


def test_several_mistakes_are_told_together() -> None:
    with pytest.raises(Refused) as refused:
        parse_action("plan", {"cause": 1, "solution": 2, "eta": 3, "when": 4})
    assert {p.field for p in refused.value.problems} == {"cause", "solution", "eta", "when"}


# -- the clock ------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
def test_the_clock_of_a_ticket_does_not_go_backwards(
    desk: Desk, ticket_in: Callable[[Status], Ticket]
) -> None:
    ticket = ticket_in(Status.IN_PROGRESS)
    with pytest.raises(Refused) as refused:
        desk.act(
            ticket.number,
            "note",
            by="requester",
            fields={"text": "x"},
            at=START - timedelta(microseconds=1),
        )
    (problem,) = refused.value.problems
    assert problem.field == "at"
    assert problem.accepted == (">= 2026-03-09T02:00:00+00:00",)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 9, 10),  # noqa: DTZ001 - a time without a zone is what is tested
        "2026-03-09T10:00:00",
        "yesterday",
        "",
        None,
        5,
        "0001-01-01T00:00:00+08:00",
    ],
)
@pytest.mark.requirement("F4")
def test_a_time_without_an_offset_is_refused(
    at: Any, desk: Desk, ticket_in: Callable[[Status], Ticket]
) -> None:
    ticket = ticket_in(Status.NEW)
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, "note", by="requester", fields={"text": "x"}, at=at)
    assert refused.value.problems[0].field == "at"
    with pytest.raises(Refused) as refused:
        desk.submit(by="requester", line="main", channel="web", fields={}, at=at)
    assert refused.value.problems[0].field == "at"


def test_a_time_may_be_text_with_an_offset(
    desk: Desk, ticket_in: Callable[[Status], Ticket]
) -> None:
    ticket = ticket_in(Status.NEW)
    late: Any = "2026-03-09T11:00:00+09:00"
    after = desk.act(ticket.number, "note", by="requester", fields={"text": "x"}, at=late)
    assert after.updated_at == START
    assert after.updated_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("by", ["", "agent:", "customer", "Agent:A101", None, 5, "role:head"])
def test_an_actor_has_one_of_three_forms(
    by: Any, desk: Desk, ticket_in: Callable[[Status], Ticket]
) -> None:
    ticket = ticket_in(Status.NEW)
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, "note", by=by, fields={"text": "x"}, at=START)
    (problem,) = refused.value.problems
    assert (problem.field, problem.accepted) == ("by", ("requester", "agent:<id>", "system"))

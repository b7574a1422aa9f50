"""Tickets in every status, and a short way to act on them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.model.ticket import Status, Ticket

Act = Callable[..., Ticket]
Submitted = Callable[..., Ticket]

#: What is done to a fresh ticket to bring it into a status.
WAY_TO: dict[Status, list[tuple[str, str, dict[str, Any]]]] = {
    Status.NEW: [],
    Status.IN_PROGRESS: [("accept", "agent:A101", {})],
    Status.WAITING_REQUESTER: [("request_info", "agent:A101", {"missing": ["product"]})],
    Status.AWAITING_CONFIRMATION: [("resolve", "agent:A101", {"solution": "换压缩机"})],
    Status.FOLLOW_UP: [
        ("resolve", "agent:A101", {"solution": "换压缩机"}),
        ("decline", "requester", {"reason": "还是坏的"}),
    ],
    Status.CLOSED: [("close", "agent:A101", {"reason": "done"})],
    Status.ARCHIVED: [
        ("close", "agent:A101", {"reason": "done"}),
        ("archive", "system", {}),
    ],
    Status.CANCELLED: [("cancel", "requester", {"reason": "solved itself"})],
}


@pytest.fixture
def submit(desk: Desk, start: datetime) -> Submitted:
    """Hands in a repair that goes to A101 of after-sales, changed by keywords."""

    def submitted(at: datetime = start, by: str = "requester", **fields: Any) -> Ticket:
        given = {
            "type": "repair",
            "description": "冰箱不制冷",
            "requester": {"name": "Zhang", "phone": "13800000001"},
            **fields,
        }
        return desk.submit(by=by, line="main", channel="web", fields=given, at=at)

    return submitted


@pytest.fixture
def act(desk: Desk, start: datetime) -> Act:
    """Acts on a ticket at the start of the tests, or `at`."""

    def acted(ticket: Ticket, action: str, by: str, at: datetime = start, **fields: Any) -> Ticket:
        return desk.act(ticket.number, action, by=by, fields=fields, at=at)

    return acted


@pytest.fixture
def ticket_in(submit: Submitted, act: Act) -> Callable[[Status], Ticket]:
    """Makes a ticket of A101 in a status."""

    def made(status: Status) -> Ticket:
        ticket = submit()
        if status is Status.MERGED:
            return act(ticket, "merge", "agent:A101", into=submit().number)
        for action, by, fields in WAY_TO[status]:
            ticket = act(ticket, action, by, **fields)
        assert ticket.status is status
        return ticket

    return made


@pytest.fixture
def refusal() -> Callable[[Callable[[], Any]], tuple[str, Any, tuple[str, ...]]]:
    """What a single refusal says; it must say so in both languages."""

    def refused_with(attempt: Callable[[], Any]) -> tuple[str, Any, tuple[str, ...]]:
        """Field, value and what would be accepted of a single refusal."""
        with pytest.raises(Refused) as refused:
            attempt()
        (problem,) = refused.value.problems
        assert problem.en
        assert problem.zh
        return problem.field, problem.value, problem.accepted

    return refused_with

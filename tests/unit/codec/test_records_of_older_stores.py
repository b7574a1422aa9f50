"""Records written before an attribute was there are read with its default."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ruledesk import codec
from ruledesk.model.action import Collaborate, Delete, MakePlan, MakeReview, Resolve
from ruledesk.model.event import Event
from ruledesk.model.ticket import Plan, Requester, Review, Status, Task, Ticket
from ruledesk.model.tombstone import Tombstone

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
AT = "2026-11-02T12:00:00Z"
OLD: dict[str, Any] = {
    "number": "T1",
    "line": "support",
    "channel": "web",
    "created_at": AT,
    "requester": {},
    "missing": ["type"],
    "flags": ["incomplete"],
    "tasks": [
        {"number": 1, "team": "it", "duty": "x", "due": AT, "opened_at": AT, "opened_by": "a"}
    ],
    "plan": {"cause": "c", "solution": "s", "eta": None, "by": "agent:A1"},
}


@pytest.mark.requirement("F3")
def test_a_ticket_of_an_older_store() -> None:
    ticket = codec.ticket_from_dict(OLD)
    assert ticket.tasks[0].owner == ""
    assert ticket.plan is not None
    assert ticket.plan.overrides is None
    assert (ticket.unfilled, ticket.asked, ticket.lacks, ticket.reviews) == ((), (), (), ())
    assert ticket.article == ""
    assert codec.ticket_to_dict(ticket) == OLD


@pytest.mark.parametrize(
    "body", [Collaborate("it", "x", NOON), MakePlan("c", "s", NOON), Resolve("s", "1", "2")]
)
def test_events_without_the_new_parts_are_written_as_before(body: Any) -> None:
    data = codec.event_to_dict(Event("T1", 2, NOON, "agent:A1", body))["data"]
    assert not data.keys() & {"agent", "owner", "overrides", "article"}
    assert codec.body_from_dict(body.kind, data) == body


@pytest.mark.parametrize(
    "body",
    [
        Collaborate("it", "x", None, "A1", "A1"),
        MakePlan("c", "s", NOON, overrides=NOON),
        Resolve(article="KB-7"),
        MakeReview("improve", "慢", "先打电话"),
        Delete("期满"),
    ],
)
def test_new_events_come_back(body: Any) -> None:
    event = Event("T1", 2, NOON, "agent:A1", body)
    assert codec.event_from_line(codec.event_line(event)) == event


def test_a_ticket_with_everything_new_comes_back() -> None:
    ticket = Ticket(
        "T1",
        "support",
        "web",
        NOON,
        Requester(),
        status=Status.CLOSED,
        tasks=(Task(1, "it", "x", None, NOON, "agent:A1", owner="A2"),),
        plan=Plan("c", "s", NOON, "agent:A1", overrides=NOON),
        unfilled=("type",),
        asked=("order",),
        lacks=("expected",),
        missing=("type", "order", "expected"),
        article="KB-7",
        reviews=(Review("good", "好", "", "agent:Q1", NOON),),
    )
    assert codec.ticket_from_dict(codec.ticket_to_dict(ticket)) == ticket


def test_a_tombstone_comes_back() -> None:
    left = Tombstone("T1", "support", 9, NOON, None, NOON, "agent:X1", "期满")
    assert codec.tombstone_from_dict(codec.tombstone_to_dict(left)) == left

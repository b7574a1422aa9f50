"""What the requester does to a ticket, and who may not do it for them."""

from collections.abc import Callable
from typing import Any

import pytest

from ruledesk.errors import Refused
from ruledesk.model.ticket import Status, Ticket

Submitted = Callable[..., Ticket]
Act = Callable[..., Ticket]
TicketIn = Callable[[Status], Ticket]

Refusal = Callable[..., tuple[str, Any, tuple[str, ...]]]


@pytest.mark.requirement("A4")
@pytest.mark.parametrize("status", [Status.NEW, Status.IN_PROGRESS, Status.FOLLOW_UP])
def test_information_resumes_the_former_status(
    status: Status, ticket_in: TicketIn, act: Act
) -> None:
    ticket = ticket_in(status)
    asked = act(ticket, "request_info", "agent:A101", missing=["product"], text="which?")
    assert (asked.status, asked.resumes) == (Status.WAITING_REQUESTER, status)
    assert asked.missing == ("product",)
    told = act(ticket, "provide_info", "requester", fields={"product": "KG-1"}, text="here")
    assert (told.status, told.resumes, told.missing) == (status, None, ())
    assert told.product == "KG-1"


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"type": "nonsense"}, "type"),
        ({"affected_users": "5"}, "affected_users"),
        ({"affected_users": -1}, "affected_users"),
        ({"description": "x" * 2001}, "description"),
        ({"requester": {"nonsense": 1}}, "requester.nonsense"),
        ({"requester": 5}, "requester"),
    ],
)
def test_information_is_held_to_the_form(
    fields: dict[str, Any], field: str, submit: Submitted, act: Act
) -> None:
    with pytest.raises(Refused) as refused:
        act(submit(), "provide_info", "requester", fields=fields)
    assert field in {problem.field for problem in refused.value.problems}


@pytest.mark.requirement("A12")
def test_confirm_decline_and_reopen(ticket_in: TicketIn, act: Act) -> None:
    ticket = ticket_in(Status.AWAITING_CONFIRMATION)
    declined = act(ticket, "decline", "requester", reason="still warm")
    assert (declined.status, declined.reopens) == (Status.FOLLOW_UP, 1)
    act(ticket, "resolve", "agent:A101", solution="again")
    closed = act(ticket, "confirm", "requester", rating=5, comment="thanks")
    assert (closed.status, closed.rating, closed.comment) == (Status.CLOSED, 5, "thanks")
    assert closed.closed_at is not None
    opened = act(ticket, "reopen", "requester", reason="warm again")
    assert (opened.status, opened.reopens, opened.closed_at) == (Status.IN_PROGRESS, 2, None)


def test_a_ticket_reopened_without_a_handler_is_new(submit: Submitted, act: Act) -> None:
    ticket = submit(type="batch", fault="F1", description="all broken")
    act(ticket, "close", "agent:S100", reason="no")
    assert act(ticket, "reopen", "requester", reason="yes").status is Status.NEW


@pytest.mark.requirement("A12")
@pytest.mark.parametrize("rating", [0, 6, -1, 100])
def test_a_rating_is_one_to_five(
    rating: int, ticket_in: TicketIn, act: Act, refusal: Refusal
) -> None:
    ticket = ticket_in(Status.AWAITING_CONFIRMATION)
    expected = ("rating", rating, ("1", "2", "3", "4", "5"))
    assert refusal(lambda: act(ticket, "confirm", "requester", rating=rating)) == expected
    assert refusal(lambda: act(ticket, "rate", "requester", rating=rating)) == expected
    found = refusal(lambda: act(ticket, "rate", "requester", scores={"speed": rating}))
    assert found[0] == "scores.speed"


@pytest.mark.requirement("C12")
def test_survey_answers_add_up(ticket_in: TicketIn, act: Act, refusal: Refusal) -> None:
    ticket = ticket_in(Status.CLOSED)
    act(ticket, "rate", "requester", rating=4, scores={"speed": 5})
    rated = act(ticket, "rate", "agent:S101", scores={"manner": 3}, comment="by phone")
    assert (rated.rating, rated.scores, rated.comment) == (
        4,
        {"speed": 5, "manner": 3},
        "by phone",
    )
    assert refusal(lambda: act(ticket, "rate", "requester"))[0] == "rating"


@pytest.mark.parametrize("action", ["confirm", "decline"])
def test_who_works_on_a_ticket_cannot_speak_for_the_requester(
    action: str, ticket_in: TicketIn, act: Act, refusal: Refusal
) -> None:
    ticket = ticket_in(Status.AWAITING_CONFIRMATION)
    details = {"reason": "still warm"} if action == "decline" else {}
    assert refusal(lambda: act(ticket, action, "agent:A101", **details))[0] == "by"
    assert act(ticket, action, "agent:A100", **details).status is not ticket.status


@pytest.mark.requirement("C12")
def test_nobody_rates_their_own_work(ticket_in: TicketIn, act: Act, refusal: Refusal) -> None:
    ticket = ticket_in(Status.AWAITING_CONFIRMATION)
    assert refusal(lambda: act(ticket, "rate", "agent:A101", rating=5))[0] == "by"
    assert act(ticket, "rate", "agent:S101", rating=5).rating == 5

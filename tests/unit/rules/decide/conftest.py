"""Repairs handed in, and what a desk did about them by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket

Submitted = Callable[..., Ticket]
Messages = Callable[..., list[Delivery]]
Kinds = Callable[[Desk, Ticket], list[str]]


@pytest.fixture
def submitted() -> Submitted:
    """Hands in a repair, changed by keywords."""

    def handed_in(desk: Desk, at: datetime, **fields: Any) -> Ticket:
        given = {
            "type": "repair",
            "description": "broken",
            "requester": {"name": "张", "phone": "13800000001"},
            **fields,
        }
        return desk.submit(by="requester", line="main", channel="web", fields=given, at=at)

    return handed_in


@pytest.fixture
def resolved(submitted: Submitted) -> Submitted:
    """Hands in a repair and resolves it."""

    def done(desk: Desk, at: datetime, **fields: Any) -> Ticket:
        ticket = submitted(desk, at, **fields)
        details = {"solution": "已更换"}
        return desk.act(ticket.number, "resolve", by="agent:S100", fields=details, at=at)

    return done


@pytest.fixture
def messages() -> Messages:
    """The messages of a ticket, or those about one subject."""

    def sent_of(desk: Desk, ticket: Ticket, about: str = "") -> list[Delivery]:
        sent = desk.store.messages(ticket.number)
        return [one for one in sent if not about or one.message.about == about]

    return sent_of


@pytest.fixture
def kinds() -> Kinds:
    """The kinds of a ticket's events, in order."""

    def kinds_of(desk: Desk, ticket: Ticket) -> list[str]:
        return [event.body.kind for event in desk.store.events(ticket.number)]

    return kinds_of

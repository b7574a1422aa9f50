"""Doubles for tests of plugins: what stands in for the desk, and values to call a plugin with.

Times are fixed: nothing here reads the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from attrs import evolve, field, frozen

from ruledesk.hooks.kinds import DeliveryError, Settings
from ruledesk.model.action import Note, Submit
from ruledesk.model.event import Event
from ruledesk.model.message import Message
from ruledesk.model.ticket import Call, Requester, Status, Ticket
from ruledesk.model.values import Value

#: The instant of all values made here: noon of a Monday in Shanghai, in UTC.
NOON: Final = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


@frozen
class FakeChannelContext:
    """A desk as a channel sees it, holding just what it was made with.

    Attributes:
        now: What the desk's clock says.
        sources: Channel identity to the number of the ticket it went to.
        tickets: Numbers of tickets that exist besides those.
        calls: Call id to what is known of the call and its ticket's number.
    """

    now: datetime = NOON
    sources: Mapping[str, str] = field(factory=dict)
    tickets: frozenset[str] = frozenset()
    calls: Mapping[str, tuple[Call, str]] = field(factory=dict)

    def ticket_of(self, source: str) -> str | None:
        """Return the ticket that an input with this identity went to."""
        return self.sources.get(source)

    def has_ticket(self, number: str) -> bool:
        """Say whether a ticket with this number exists."""
        return number in self.tickets or number in self.sources.values()

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        """Return what is known of a call, and its ticket's number."""
        return self.calls.get(id)


class RecordingNotifier:
    """A notifier that keeps what it is given.

    Args:
        settings: Taken as every notifier takes them, and not looked at.

    Attributes:
        delivered: The messages, in order.
        closed: Whether the desk closed it.
        failure: Raised by `deliver` instead, while it is set.
    """

    name: ClassVar[str] = "recording"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.delivered: list[Message] = []
        self.closed = False
        self.failure: DeliveryError | None = None

    def deliver(self, message: Message) -> None:
        """Keep a message.

        Raises:
            DeliveryError: The failure that was set.
        """
        if self.failure is not None:
            raise self.failure
        self.delivered.append(message)

    def close(self) -> None:
        """Note it."""
        self.closed = True


def settings(folder: Path | None = None, **values: Any) -> Settings:
    """Make the settings of a component.

    Args:
        folder: The desk's folder; by default the working folder.
        **values: The table of the component.

    Returns:
        Settings whose key path is ``desk.toml: test``.
    """
    return Settings(values, folder or Path(), "desk.toml: test")


def ticket(**changes: Any) -> Ticket:
    """Make a ticket that was just handed in.

    Args:
        **changes: Attributes of `Ticket` that differ.

    Returns:
        A new ticket ``T1`` on the line ``support``, from the requester Zhang.
    """
    made = Ticket(
        number="T1",
        line="support",
        channel="web",
        status=Status.NEW,
        created_at=NOON,
        version=1,
        requester=requester(),
        description="The printer on the third floor is out of paper.",
    )
    return evolve(made, **changes)


def requester(**changes: Any) -> Requester:
    """Make a requester with a name, a phone number and a mail address."""
    made = Requester(id="R1", name="Zhang", phone="13800000001", email="zhang@example.com")
    return evolve(made, **changes)


def submission(fields: Mapping[str, Value] | None = None, **changes: Any) -> Submit:
    """Make what ``ruledesk_validate`` gets.

    Args:
        fields: Ticket fields; by default a description.
        **changes: Attributes of `Submit` that differ.

    Returns:
        A submission on the line ``support``.
    """
    given = {"description": "The printer is out of paper."} if fields is None else fields
    return evolve(Submit("support", "web", requester(), given), **changes)


def event(**changes: Any) -> Event:
    """Make an event: by default a note on ticket ``T1``; arguments replace attributes."""
    made = Event(ticket="T1", version=2, at=NOON, actor="agent:A1", body=Note(text="Looked at."))
    return evolve(made, **changes)


def message(**changes: Any) -> Message:
    """Make a message: by default to the requester by SMS; arguments replace attributes."""
    made = Message(
        id="T1/1",
        ticket="T1",
        to="requester",
        via="sms",
        about="received",
        address="13800000001",
        subject="",
        text="We received your ticket T1.",
        locale="en",
        rule="received",
    )
    return evolve(made, **changes)

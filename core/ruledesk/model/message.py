"""Messages that the desk decides to send."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

Via: TypeAlias = Literal["sms", "message", "popup", "email", "phone", "chat"]
VIAS: tuple[Via, ...] = ("sms", "message", "popup", "email", "phone", "chat")


@frozen(slots=False)
class Message:
    """One message to one recipient by one way.

    Attributes:
        id: ``<ticket number>/<n>``; the same at every attempt, so that a receiver can drop doubles.
        to: ``requester``, ``agent:<id>``, or ``team:…`` / ``role:…`` where nobody is in it.
        via: The way it goes.
        about: The template's name.
        address: The phone number, mail address or staff number; empty where none is known.
        subject: First line of the rendered template; empty for ways that have none.
        text: The rendered text.
        rule: The reaction that decided it, ``<action>`` for messages that an action itself causes.
        on_behalf: The group through which the recipient was found (``team:it``,
            ``role:supervisor``); empty where the message names the person.
    """

    id: str
    ticket: str
    to: str
    via: Via
    about: str
    address: str
    subject: str
    text: str
    locale: str
    rule: str
    on_behalf: str = ""


@frozen(slots=False)
class Delivery:
    """Where a message stands in the outbox.

    Attributes:
        message: What is to be sent.
        state: Waiting (also between attempts), sent, or failed for good.
        attempts: How often it was tried.
        not_before: When it may be tried (again).
        error: What the last attempt said.
        notifier: The notifier that took it, once sent.
    """

    message: Message
    state: Literal["waiting", "sent", "failed"]
    not_before: datetime
    attempts: int = 0
    error: str = ""
    notifier: str = ""

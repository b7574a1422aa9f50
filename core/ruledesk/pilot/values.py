"""What a scenario or recording says, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

#: What kind of value a ticket field holds, as far as an expectation needs to know.
Kind: TypeAlias = Literal[
    "text", "number", "boolean", "time", "set", "links", "any", "group", "list"
]
#: How a field is compared; ``equals`` where the expectation is a plain value.
Operator: TypeAlias = Literal[
    "equals", "at_least", "at_most", "before", "after", "contains", "matches", "any_of", "absent"
]


@frozen
class Check:
    """One field of the ticket, compared in one way.

    Attributes:
        key: Dotted ticket field, as the contract names it.
        kind: What the field holds.
        operator: How it is compared.
        value: With what; times are aware and in UTC.
        written: The value as the file has it, for messages.
    """

    key: str
    kind: Kind
    operator: Operator
    value: Any
    written: Any


@frozen
class MessageCheck:
    """A message that must, or must not, have been sent; an empty part matches any.

    Attributes:
        to: ``requester``, ``agent:<id>``, ``team:<name>`` or ``role:<name>``.
        via: The way it went.
        about: The template's name.
        text: What subject or text must contain.
        times: How often exactly; None for at least once.
        written: The entry as the file has it, for messages.
    """

    to: str = ""
    via: str = ""
    about: str = ""
    text: str = ""
    times: int | None = None
    written: Mapping[str, Any] = field(factory=dict)


@frozen
class Expectation:
    """What must hold for one ticket after a step.

    Attributes:
        ticket: The scenario's name of the ticket; empty for the one of the step.
        checks: Fields of the ticket.
        sent: Messages that must have been sent since the start.
        not_sent: Messages that must not have been sent.
        received: What the channel must have made of a raw input; empty for no matter.
        deleted: Whether the ticket must be gone; None for no matter, where nothing else is
            expected of it.
    """

    ticket: str = ""
    checks: tuple[Check, ...] = ()
    sent: tuple[MessageCheck, ...] = ()
    not_sent: tuple[MessageCheck, ...] = ()
    received: tuple[str, ...] = ()
    deleted: bool | None = None


@frozen
class Raw:
    """Recorded input for a channel, as it came."""

    content: bytes
    content_type: str = "application/octet-stream"


@frozen
class Enclosure:
    """A file handed in with a submission or an action; `kind` is what the sender calls it."""

    name: str
    content: bytes
    media_type: str = ""
    kind: str = ""


@frozen
class Step:
    """One step.

    Attributes:
        number: Its place in the file, from 1.
        at: When, in UTC.
        written_at: The time as the file has it (``5m``).
        source_line: The line of the file on which it begins.
        do: An action of the contract, ``receive``, ``call``, or empty for a step that only looks.
        name: What the ticket made by the step is called from here on (``as``).
        ticket: The name of the ticket that is acted on; empty for the one submitted last.
        by: The actor.
        line: The business line; empty for the scenario's.
        channel: The channel of a submission or of raw input.
        fields: What the action is done with.
        enclosures: Files of a submission.
        raw: The input of ``receive``.
        call: What is said of a call: the one that is submitted with, or by ``do: call``.
        refused: Whether the step must be refused; a text must be part of the error.
        expect: What must hold afterwards.
    """

    number: int
    at: datetime
    written_at: str
    source_line: int
    do: str = ""
    name: str = ""
    ticket: str = ""
    by: str = ""
    line: str = ""
    channel: str = ""
    fields: Mapping[str, Any] = field(factory=dict)
    enclosures: tuple[Enclosure, ...] = ()
    raw: Raw | None = None
    call: Mapping[str, Any] | None = None
    refused: bool | str = False
    expect: tuple[Expectation, ...] = ()


#: The desk that a file names: people and lines inline, a path, or None for “the nearest desk”.
DeskSource: TypeAlias = Mapping[str, Any] | str | None


@frozen
class Head:
    """What a scenario or recording says before its steps.

    Attributes:
        name: Its title.
        file: The file it stands in.
        start: The instant at which the virtual clock begins, in UTC.
        until: The instant up to which time passes after the last step; None for no longer.
        line: The business line of submissions that name none; empty where each does.
        channel: The channel of submissions that name none.
        desk: The desk it runs on.
        desk_line: The line of the file on which `desk` stands.
        description: What it shows, for readers.
        requirements: The lines of the manual that it shows, by ID.
        source_line: The line of the file on which it begins.
    """

    name: str
    file: Path
    start: datetime
    until: datetime | None = None
    line: str = ""
    channel: str = "web"
    desk: DeskSource = None
    desk_line: int = 1
    description: str = ""
    requirements: tuple[str, ...] = ()
    source_line: int = 1


@frozen
class Scenario:
    """A scenario: a head and all its steps."""

    head: Head
    steps: tuple[Step, ...]

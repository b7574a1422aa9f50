"""Small questions to the store that several parts of the desk ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ruledesk.desk.lines import RunningLine
from ruledesk.errors import NotFound, Refused
from ruledesk.hooks.kinds import File
from ruledesk.model.ticket import Attachment, Ticket
from ruledesk.storage.interface import Store


def ticket_of(store: Store, number: str) -> Ticket:
    """Return a ticket.

    Raises:
        NotFound: There is none with this number.
    """
    ticket = store.ticket(number)
    if ticket is None:
        raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
    return ticket


def line_of(lines: Mapping[str, RunningLine], ticket: Ticket) -> RunningLine:
    """Return the line of a ticket.

    Raises:
        Refused: The desk no longer has it.
    """
    running = lines.get(ticket.line)
    if running is None:
        raise Refused.of(
            "the desk no longer has this ticket's line",
            "服务台已没有该工单的业务线",
            field="line",
            value=ticket.line,
            accepted=tuple(lines),
        )
    return running


def kept(store: Store, files: Sequence[File]) -> tuple[Attachment, ...]:
    """Keep files as blobs; returns what tickets say of them."""
    return tuple(
        Attachment(
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=store.put_blob(file.content),
        )
        for file in files
    )

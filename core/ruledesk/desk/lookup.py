"""Small questions to the store that several parts of the desk ask."""

from __future__ import annotations

from collections.abc import Mapping

from ruledesk.desk.lines import RunningLine
from ruledesk.errors import NotFound, Refused
from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import Store


def ticket_of(store: Store, number: str) -> Ticket:
    """Return a ticket.

    Raises:
        NotFound: There is none with this number.
    """
    ticket = store.ticket(number)
    if ticket is not None:
        return ticket
    gone = store.tombstone(number)
    if gone is None:
        raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
    when = gone.deleted_at.isoformat(timespec="seconds")
    raise NotFound.of(
        f"the ticket was deleted at {when} by {gone.by}",
        f"工单已于 {when} 由 {gone.by} 删除",
        field="number",
        value=number,
    )


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

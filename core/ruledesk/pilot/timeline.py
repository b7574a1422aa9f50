"""Draws the time line of a ticket: when, who, what, and the rule that decided it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.describe import Said, Teller
from ruledesk.pilot.plain import clean


def draw_title(name: str, ticket: Ticket, teller: Teller) -> Text:
    """Draw the line above a time line: names, where the ticket belongs, how it ended."""
    text = Text("  ")
    if name and name != ticket.number:
        text.append(f"{clean(name)} ", style="bold")
    text.append(clean(ticket.number), style="bold cyan")
    parts = (ticket.line, ticket.channel, ticket.priority, teller.word(ticket.status))
    for part in parts:
        if part:
            text.append(f" · {clean(part)}")
    return text


def draw_timeline(events: Iterable[Event], teller: Teller) -> Padding:
    """Draw what happened to a ticket.

    Args:
        events: Its events, in order.
        teller: Language, time zone, and how much is told.

    Returns:
        Three columns; time and actor stand only where they change.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, max_width=16, overflow="ellipsis")
    table.add_column(overflow="fold")
    before = ("", "")
    for event in events:
        for said in teller.event(event):
            now = (teller.time(event.at), teller.actor(event.actor))
            time = "" if now[0] == before[0] else now[0]
            actor = "" if now == before else now[1]
            table.add_row(time, Text(actor), _line(said))
            before = now
    return Padding(table, (0, 0, 0, 4))


def _line(said: Said) -> Text:
    text = Text(clean(said.text), style=said.style)
    if said.rule:
        text.append(f"  ← {clean(said.rule)}", style="dim not bold")
    return text

"""The tickets of a store, page by page, as cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ruledesk.insight.case import Case
from ruledesk.insight.history import TeamsOf, case_of
from ruledesk.model.ticket import Ticket
from ruledesk.reports.choice import Choice
from ruledesk.storage.interface import FilterField, Store, TicketQuery

_PAGE: Final = 500


def stored_cases(store: Store, choice: Choice, teams_of: TeamsOf) -> Iterator[Case]:
    """Stream the tickets of a store, oldest first; one page of them is held at a time.

    Args:
        store: The store, open while this is read.
        choice: Which tickets are wanted.
        teams_of: The teams of an agent, by staff number.

    Yields:
        A case for each ticket.
    """
    for ticket in _tickets(store, choice):
        yield case_of(ticket, store.events(ticket.number), teams_of)


def earlier_cases(store: Store, choice: Choice) -> Iterator[Case]:
    """Stream what repeats need of the tickets from before a period: who, what and when.

    Args:
        store: The store, open while this is read.
        choice: Which tickets the period has.

    Yields:
        A case for each ticket, without anything that only its events tell.
    """
    earlier = choice.earlier()
    if earlier is not None:
        yield from (case_of(ticket, ()) for ticket in _tickets(store, earlier))


def _tickets(store: Store, choice: Choice) -> Iterator[Ticket]:
    where: Mapping[FilterField, Sequence[str]] = {"line": (choice.line,)} if choice.line else {}
    after = ""
    while True:
        query = TicketQuery(
            where=where,
            created_from=choice.since,
            created_to=choice.until,
            sort="created_at",
            descending=False,
            limit=_PAGE,
            after=after,
        )
        page = store.query(query)
        yield from page.tickets
        after = page.next
        if not after:
            return

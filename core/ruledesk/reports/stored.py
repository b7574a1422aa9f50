"""The tickets of a store, page by page, as cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ruledesk.insight.case import Case
from ruledesk.insight.history import TeamsOf, case_of
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
        for ticket in page.tickets:
            yield case_of(ticket, store.events(ticket.number), teams_of)
        after = page.next
        if not after:
            return

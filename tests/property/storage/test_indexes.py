"""The indexes say of tickets what the tickets say, by whichever way they were filled."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.codec import ticket_to_dict
from ruledesk.model.values import changed
from ruledesk.storage import paging
from ruledesk.storage.paging import page_of
from ruledesk.storage.row import row_of, row_of_dict
from ruledesk.storage.ticket_index import TicketIndex
from ruledesk.testing import values
from ruledesk.testing.reference_store import ReferenceStore
from ruledesk.testing.samples import sample_ticket
from ruledesk.testing.storage_histories import CHANGES, QUERIES

SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@SETTINGS
@given(values.tickets())
def test_row_of_a_view_is_the_row_of_its_ticket(ticket):
    assert row_of_dict(ticket_to_dict(ticket)) == row_of(ticket)


TICKETS = st.lists(st.tuples(st.integers(0, 5), CHANGES), min_size=1, max_size=25)


@pytest.mark.parametrize("patience", [0, 3, 4000], ids=["rarest filter", "both", "walk"])
@settings(SETTINGS, max_examples=150)
@given(given_tickets=TICKETS, later=st.lists(CHANGES, max_size=5), query=QUERIES)
def test_pages_are_right_whichever_way_they_are_found(patience, given_tickets, later, query):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "_PATIENCE", patience)
        reference, index = ReferenceStore(), TicketIndex()
        for n, (minute, changes) in enumerate(given_tickets):
            reference.tickets[f"T{n:02d}"] = sample_ticket(f"T{n:02d}", minute, **changes)
        index.load(map(row_of, reference.tickets.values()))
        for n, changes in enumerate(later[: len(given_tickets)]):
            ticket = changed(reference.tickets[f"T{n:02d}"], **changes)
            reference.tickets[ticket.number] = ticket
            index.put(row_of(ticket))
        found = []
        numbers, after = page_of(index, query)
        while after:
            found += numbers
            numbers, after = page_of(index, attrs.evolve(query, after=after))
        assert found + numbers == [t.number for t in reference.query(query)]
        assert index.count(query.where) == reference.count(query.where)
        for agent in ("A1", "A2"):
            assert index.held(agent) == reference.open_of(agent)

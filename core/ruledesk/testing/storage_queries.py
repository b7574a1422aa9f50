"""What a store answers about its tickets: pages, filters, counts."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from ruledesk.errors import InvalidInput
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing.samples import (
    START,
    fill,
    noted,
    sample_ticket,
    store_ticket,
)


class QuerySuite:
    """Queries, and the pages they come in (E4)."""

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("sort", ["created_at", "updated_at", "next_due", "priority", "number"])
    def test_pages_are_exact_under_ties(self, store: Store, sort: str, descending: bool) -> None:
        """Pages neither repeat nor leave out tickets, with equal and missing sort values."""
        for n in range(20):
            due = START + timedelta(hours=n % 3)
            store_ticket(
                store,
                sample_ticket(
                    f"T{n:02d}",
                    n % 4,
                    priority=("", "P1", "P2")[n % 3],
                    updated_at=None if n % 5 == 0 else START + timedelta(minutes=n % 2),
                    timers={"close": due} if n % 2 else {},
                ),
            )
        seen: list[Ticket] = []
        query = TicketQuery(sort=sort, descending=descending, limit=3)  # type: ignore[arg-type]
        page = store.query(query)
        while page.next:
            seen += page.tickets
            page = store.query(attrs.evolve(query, after=page.next))
        seen += page.tickets
        whole = store.query(attrs.evolve(query, limit=500))
        assert [t.number for t in seen] == [t.number for t in whole.tickets]
        assert sorted(t.number for t in seen) == [f"T{n:02d}" for n in range(20)]
        assert whole.next == ""

    def test_pages_while_tickets_arrive(self, store: Store) -> None:
        """New tickets before the cursor do not shift what follows it."""
        for n in range(6):
            store_ticket(store, sample_ticket(f"T{n}"))
        query = TicketQuery(limit=2)
        page = store.query(query)
        seen = [t.number for t in page.tickets]
        for n in range(6, 9):
            store_ticket(store, sample_ticket(f"T{n}"))
        while page.next:
            page = store.query(attrs.evolve(query, after=page.next))
            seen += [t.number for t in page.tickets]
        assert seen == ["T5", "T4", "T3", "T2", "T1", "T0"]

    def test_full_last_page_has_no_next(self, store: Store) -> None:
        """The last page says that it is the last, also when it is full."""
        for n in range(4):
            store_ticket(store, sample_ticket(f"T{n}", n))
        query = TicketQuery(limit=2)
        page = store.query(attrs.evolve(query, after=store.query(query).next))
        assert [t.number for t in page.tickets] == ["T1", "T0"]
        assert page.next == ""

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            ({"team": ["it"]}, ["T1", "T3"]),
            ({"team": [""]}, ["T4"]),
            ({"team": ["it", "logistics"]}, ["T1", "T2", "T3"]),
            ({"team": []}, []),
            ({"team": ["it"], "status": ["closed"]}, ["T3"]),
            ({"flag": ["overdue"]}, ["T1", "T2"]),
            ({"flag": ["overdue", "vague"]}, ["T1", "T2", "T4"]),
            ({"requester": ["R2"]}, ["T2"]),
            ({"agent": ["A1"], "priority": ["P1"]}, ["T1"]),
            ({"line": ["support"], "channel": ["phone"]}, ["T1", "T2", "T3", "T4"]),
            ({"type": ["q"], "category": ["a/b"]}, ["T4"]),
            ({"team": ["nobody"]}, []),
        ],
    )
    def test_filters(self, store: Store, where: dict[str, list[str]], expected: list[str]) -> None:
        """Filters accept any of their values; all must hold; counting agrees."""
        fill(store)
        query = TicketQuery(where=where, sort="number", descending=False)  # type: ignore[arg-type]
        assert [t.number for t in store.query(query).tickets] == expected
        assert store.count(query.where) == len(expected)

    def test_filters_follow_changes(self, store: Store) -> None:
        """A ticket is found by what it is, no longer by what it was."""
        fill(store)
        ticket = store.ticket("T1")
        assert ticket is not None
        after, event = noted(changed(ticket, team="logistics", flags=frozenset({"vague"})))
        with store.transaction() as transaction:
            transaction.append(after, [event], expected_version=1)
        assert store.count({"team": ["it"]}) == 1
        assert store.count({"team": ["logistics"]}) == 2
        assert store.count({"flag": ["overdue"]}) == 1
        assert store.count({}) == 4

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("冰箱", ["T1"]),
            ("LOGIN", ["T2"]),
            ("t3", ["T3"]),
            ("100%", ["T4"]),
            ("%", ["T4"]),
            ("_", []),
            ("", ["T1", "T2", "T3", "T4"]),
        ],
    )
    def test_text(self, store: Store, text: str, expected: list[str]) -> None:
        """Number, subject and description are searched, literally, ignoring case."""
        fill(store)
        query = TicketQuery(text=text, sort="number", descending=False)
        assert [t.number for t in store.query(query).tickets] == expected

    @pytest.mark.parametrize("sort", ["created_at", "number"])
    def test_span_of_creation(self, store: Store, sort: str) -> None:
        """The beginning of a span belongs to it, its end does not."""
        fill(store)
        query = TicketQuery(
            created_from=START + timedelta(minutes=2),
            created_to=START + timedelta(minutes=4),
            sort=sort,  # type: ignore[arg-type]
            limit=1,
        )
        page = store.query(query)
        assert [t.number for t in page.tickets] == ["T3"]
        page = store.query(attrs.evolve(query, after=page.next))
        assert [t.number for t in page.tickets] == ["T2"]
        assert page.next == ""

    @pytest.mark.parametrize(
        "query",
        [
            TicketQuery(where={"colour": ["red"]}),  # type: ignore[dict-item]
            TicketQuery(sort="colour"),  # type: ignore[arg-type]
            TicketQuery(limit=0),
            TicketQuery(limit=501),
            TicketQuery(after="nonsense"),
        ],
    )
    def test_impossible_query_is_refused(self, store: Store, query: TicketQuery) -> None:
        """An unknown filter or order, a wrong length or cursor is an error that says so (F4)."""
        with pytest.raises(InvalidInput):
            store.query(query)

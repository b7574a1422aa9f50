"""Hints are counts over tickets; few cases say nothing."""

from datetime import UTC, datetime

import pytest

from ruledesk.insight.hints import find_hints
from ruledesk.model.ticket import Requester, Target, Ticket

pytestmark = pytest.mark.requirement("D13")
AT = datetime(2026, 3, 9, tzinfo=UTC)


def ticket(number, **values):
    return Ticket(number, "main", "web", AT, Requester(), **values)


def late(breached):
    state, at = ("breached", AT) if breached else ("met", None)
    return {"response": Target("response", state, AT, "2h", "", AT, "r", breached_at=at)}


def codes(tickets, pooled=None):
    return [(hint.code, hint.tickets) for hint in find_hints(tickets, pooled or {})]


def test_a_target_missed_often_names_team_and_tickets():
    tickets = [ticket(f"T{n}", team="it", targets=late(n < 3)) for n in range(10)]
    (hint,) = find_hints(tickets, {})
    assert hint.code == "missed_target"
    assert hint.tickets == ("T0", "T1", "T2")
    assert hint.text.en == "team it missed the target response on 3 of 10 tickets"
    assert hint.text.zh == "团队 it 在 10 张工单中有 3 张未达成时限 response"


@pytest.mark.parametrize(("cases", "of"), [(2, 2), (3, 31)])
def test_few_cases_or_a_small_share_say_nothing(cases, of):
    assert not codes([ticket(f"T{n}", team="it", targets=late(n < cases)) for n in range(of)])


def test_pools_declines_ratings_and_repeated_complaints():
    tickets = [
        *(ticket(f"P{n}", team="it") for n in range(4)),
        *(ticket(f"U{n}") for n in range(3)),
        *(ticket(f"D{n}", category="repair", reopens=1, resolved_at=AT) for n in range(3)),
        *(ticket(f"R{n}", category="consult", rating=1 + n % 2) for n in range(3)),
        ticket("R9", category="consult", rating=5),
        *(ticket(f"C{n}", flags=frozenset({"repeat_complaint"})) for n in range(3)),
    ]
    pooled = {**{f"P{n}": "it" for n in range(4)}, **{f"U{n}": "" for n in range(3)}}
    assert codes(tickets, pooled) == [
        ("nobody_free", ("P0", "P1", "P2", "P3")),
        ("declined", ("D0", "D1", "D2")),
        ("poor_rating", ("R0", "R1", "R2")),
        ("repeat_complaint", ("C0", "C1", "C2")),
        ("unrouted", ("U0", "U1", "U2")),
    ]

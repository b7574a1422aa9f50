"""Hints are counts over tickets; few cases say nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.insight.case import Case, HandOver, Misroute, Promise
from ruledesk.insight.hints import find_hints

pytestmark = pytest.mark.requirement("D13")
AT = datetime(2026, 3, 9, tzinfo=UTC)


def case(number, **values):
    return Case(number, AT, **values)


def late(breached):
    return {"response": Promise("breached" if breached else "met")}


def codes(cases):
    return [(hint.code, hint.tickets) for hint in find_hints(cases, AT)]


def test_a_target_missed_often_names_team_and_tickets():
    cases = [case(f"T{n}", team="it", promises=late(n < 3)) for n in range(10)]
    (hint,) = find_hints(cases, AT)
    assert hint.code == "missed_target"
    assert hint.tickets == ("T0", "T1", "T2")
    assert hint.text.en == "team it missed the target response on 3 of 10 tickets"
    assert hint.text.zh == "团队 it 在 10 张工单中有 3 张未达成时限 response"


@pytest.mark.parametrize(("cases", "of"), [(2, 2), (3, 31)])
def test_few_cases_or_a_small_share_say_nothing(cases, of):
    assert not codes([case(f"T{n}", team="it", promises=late(n < cases)) for n in range(of)])


def test_an_open_target_counts_once_it_is_due():
    due = {"response": Promise("open", AT)}
    cases = [case(f"T{n}", team="it", promises=due) for n in range(3)]
    assert not find_hints(cases, AT)
    (hint,) = find_hints(cases, AT + timedelta(seconds=1))
    assert hint.tickets == ("T0", "T1", "T2")


def test_a_cancelled_target_is_no_member_of_its_group():
    cases = [case(f"T{n}", promises=late(True)) for n in range(3)]
    cases += [case(f"C{n}", promises={"response": Promise("cancelled")}) for n in range(90)]
    assert codes(cases) == [("missed_target", ("T0", "T1", "T2"))]


def test_pools_declines_ratings_reviews_and_repeated_complaints():
    cases = [
        *(case(f"P{n}", pooled="it") for n in range(4)),
        *(case(f"U{n}", pooled="") for n in range(3)),
        *(case(f"D{n}", category="repair", reopens=1, resolved_at=AT) for n in range(3)),
        *(case(f"R{n}", category="consult", rating=1 + n % 2) for n in range(3)),
        case("R9", category="consult", rating=5),
        *(case(f"C{n}", flags=frozenset({"repeat_complaint"})) for n in range(3)),
        *(case(f"V{n}", team="it", verdict="improve") for n in range(3)),
        case("V9", team="it", verdict="good"),
    ]
    assert codes(cases) == [
        ("nobody_free", ("P0", "P1", "P2", "P3")),
        ("declined", ("D0", "D1", "D2")),
        ("poor_rating", ("R0", "R1", "R2")),
        ("poor_review", ("V0", "V1", "V2")),
        ("repeat_complaint", ("C0", "C1", "C2")),
        ("unrouted", ("U0", "U1", "U2")),
    ]


@pytest.mark.requirement("E9", "E1")
def test_wrong_teams_and_slow_hand_overs():
    moved = Misroute("words-order", "logistics", "after-sales", AT)
    slow = HandOver("it", "sales", AT, AT + timedelta(days=1, seconds=1))
    quick = HandOver("it", "sales", AT, AT + timedelta(days=1))
    cases = [
        *(case(f"W{n}", misroute=moved) for n in range(3)),
        *(case(f"S{n}", hand_overs=(slow,)) for n in range(3)),
        case("S9", hand_overs=(quick,)),
    ]
    hints = find_hints(cases, AT)
    assert [(hint.code, hint.tickets) for hint in hints] == [
        ("slow_hand_over", ("S0", "S1", "S2")),
        ("wrong_team", ("W0", "W1", "W2")),
    ]
    assert hints[0].text.en == "3 of 4 hand-overs from team it to team sales took more than a day"
    assert "rule words-order sent 3 tickets to team logistics" in hints[1].text.en

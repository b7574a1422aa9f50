"""Figures of small sets, calculated by hand."""

from zoneinfo import ZoneInfo

import pytest

from ruledesk.insight.case import HandOver, Misroute, Promise, TeamTask
from ruledesk.insight.percentile import durations, percentile
from ruledesk.insight.statistics import StatisticsAdder
from ruledesk.model.ticket import Status

pytestmark = pytest.mark.requirement("D12", "E1")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600


def statistics(cases, as_of=None, **options):
    adder = StatisticsAdder(SHANGHAI, **options)
    for case in cases:
        adder.add(case)
    return adder.statistics(as_of)


def values(found, dimension):
    return [(group.value, group.figures.tickets) for group in found.groups[dimension]]


@pytest.mark.parametrize(
    ("ordered", "share", "expected"),
    [([7], 0.9, 7), ([1, 2, 3, 4], 0.5, 2.5), ([10, 20, 30, 40, 50], 0.9, 46), ([1, 3], 0.95, 2.9)],
)
def test_percentiles_are_those_of_spreadsheets(ordered, share, expected):
    assert percentile(ordered, share) == pytest.approx(expected)


def test_durations_of_nothing_are_nothing():
    none = durations([])
    assert (none.count, none.total, none.mean) == (0, 0, 0)
    assert durations([4, 2, 6]).longest == 6


def test_handling_response_reopening_and_satisfaction(case, at):
    found = statistics(
        [
            case("1", 0, responded_at=at(1), resolved_at=at(2), closed_at=at(5), rating=5,
                 status=Status.CLOSED),
            case("2", 0, responded_at=at(3), resolved_at=at(6), rating=2, reopens=2,
                 status=Status.ARCHIVED, scores={"attitude": 4}),
            case("3", 0, closed_at=at(10), status=Status.CLOSED),
            case("4", 0, reopens=1),
            case("5", 0, closed_at=at(1), status=Status.CANCELLED),
        ]
    )  # fmt: skip
    total = found.total
    assert (total.tickets, total.open, total.done, total.withdrawn) == (5, 1, 3, 1)
    assert total.handling.p50 == 6 * HOUR  # of 2, 6 and 10 hours
    assert total.handling.p90 == pytest.approx(9.2 * HOUR)
    assert (total.response.count, total.response.p50) == (2, 2 * HOUR)
    assert (total.solved, total.reopened, total.reopens) == (4, 2, 3)
    assert total.reopen_rate == 0.5
    assert (total.ratings.mean, total.ratings.counts) == (3.5, (0, 1, 0, 0, 1))
    ((name, ratings),) = found.scores
    assert (name, ratings.mean) == ("attitude", 4)


def test_nothing_gives_no_rates(case):
    empty = statistics([])
    assert empty.total.overdue_rate is empty.total.reopen_rate is empty.complaints.rate is None
    assert empty.first is empty.total.ratings.mean is None
    assert empty.groups["team"] == ()


def test_the_overdue_rate_is_of_tickets_with_a_promise(case, at):
    cases = [
        case("1", promises={"response": Promise("met"), "resolution": Promise("breached")}),
        case("2", promises={"response": Promise("met")}),
        case("3", promises={"response": Promise("open", at(3))}),
        case("4", promises={"response": Promise("open", at(9))}),
        case("5", promises={"response": Promise("cancelled")}),
        case("6", promises={"answer": Promise("breached", flags=False)}),
        case("7"),
    ]
    found = statistics(cases, as_of=at(5))
    assert (found.total.promised, found.total.overdue) == (4, 2)
    assert found.total.overdue_rate == 0.5
    targets = {t.name: (t.met, t.breached, t.open, t.rate) for t in found.targets}
    assert targets["response"] == (2, 1, 1, pytest.approx(1 / 3))
    assert targets["resolution"] == (0, 1, 0, 1)
    assert targets["answer"] == (0, 1, 0, 1)


def test_without_a_time_the_last_thing_that_happened_is_now(case, at):
    cases = [
        case("1", promises={"response": Promise("open", at(4))}),
        case("2", 1, closed_at=at(5)),
    ]
    found = statistics(cases)
    assert found.as_of == at(5)
    assert found.total.overdue == 1


def test_groups_stand_in_the_order_that_people_look_for(case):
    found = statistics(
        [
            case("1", 0, team="b", agent="x", rating=5, category="c"),
            case("2", 1, team="a", agent="y", rating=1),
            case("3", 24 * 35, team="b", agent="x"),
        ]
    )
    assert values(found, "team") == [("b", 2), ("a", 1)]
    assert values(found, "month") == [("2026-11", 2), ("2026-12", 1)]
    assert values(found, "week") == [("2026-W45", 2), ("2026-W50", 1)]
    assert values(found, "rating") == [("", 1), ("1", 1), ("5", 1)]
    assert values(found, "problem") == [("", 3)]


def test_days_are_those_of_the_desk(case, at):
    made = case("1", 15.9, closed_at=at(16))  # 23:54 and 00:00 in Shanghai
    found = statistics([made])
    assert values(found, "day") == [("2026-11-02", 1)]
    assert found.closed_in["day"] == {"2026-11-03": 1}
    assert found.load == {(0, 23): 1}


def test_repeats_are_within_thirty_days_of_the_one_before_whatever_the_order(case):
    day = 24.0
    cases = [
        case("c", 60 * day + 0.1, type="complaint", requester="R"),
        case("a", 0, type="complaint", requester="R"),
        case("b", 30 * day, type="quality", requester="R"),
        case("d", 1, type="consult", requester="R"),
        case("e", 2, type="complaint", requester="S"),
        case("f", 3, type="complaint"),
    ]
    found = statistics(cases)
    assert (found.complaints.tickets, found.complaints.unknown) == (5, 1)
    assert found.complaints.numbers == ("b",)
    assert found.complaints.rate == pytest.approx(0.2)
    assert found.contacts.numbers == ("b", "d")
    assert statistics(cases, complaints=None).complaints == found.contacts


def test_what_was_before_the_period_is_repeated_but_not_counted(case):
    day = 24.0
    adder = StatisticsAdder(SHANGHAI)
    adder.add(case("c", 31 * day, type="complaint", requester="R"))
    adder.add(case("d", 61.5 * day, type="complaint", requester="R"))
    adder.add(case("e", 32 * day, type="complaint", requester="S"))
    for name, kind, requester in (
        ("a", "quality", "R"),
        ("b", "consult", "S"),
        ("n", "quality", ""),
    ):
        adder.add_earlier(case(name, 5 * day, type=kind, requester=requester))
    found = adder.statistics()
    assert (found.complaints.tickets, found.complaints.numbers) == (3, ("c",))
    assert (found.contacts.unknown, found.contacts.numbers) == (0, ("c", "e"))
    assert found.total.tickets == 3


def test_time_lost_between_teams(case, at):
    cases = [
        case("1", hand_overs=(HandOver("a", "b", at(1), at(3)), HandOver("b", "c", at(3), at(4)))),
        case("2", hand_overs=(HandOver("a", "b", at(0), at(8)),)),
        case("3", hand_overs=(HandOver("a", "b", at(0), None),)),
        case("4", tasks=(TeamTask("b", at(0), at(2)), TeamTask("b", at(0), None))),
    ]
    found = statistics(cases)
    first, second = found.hand_overs
    assert (first.from_team, first.to_team, first.waiting) == ("a", "b", 1)
    assert (first.lost.count, first.lost.total, first.lost.p50) == (2, 10 * HOUR, 5 * HOUR)
    assert second.lost.total == HOUR
    assert (found.hand_over.count, found.hand_over.p50) == (3, 2 * HOUR)
    (task,) = found.tasks
    assert (task.team, task.answered.p50, task.waiting) == ("b", 2 * HOUR, 1)


@pytest.mark.requirement("A13", "E9")
def test_reviews_and_misroutes_are_counted(case, at):
    moved = Misroute("r", "a", "b", at())
    found = statistics(
        [case("1", verdict="good"), case("2", verdict="improve"), case("3", misroute=moved)]
    )
    assert (found.reviewed, found.to_improve, found.misroutes) == (2, 1, 1)

"""Weeks from Monday to Sunday in the desk's time zone (E9)."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from ruledesk.insight.weekly import WrongTeam, add_weeks, count_weeks
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import Requester, Status

pytestmark = pytest.mark.requirement("E9")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SUBMIT = act.Submit("main", "web", Requester())
DAY = 24


@pytest.fixture
def event(at):
    versions = {}

    def made(ticket, hours, body, actor="system", status=None):
        versions[ticket] = versions.get(ticket, 0) + 1
        return Event(ticket, versions[ticket], at(hours), actor, body, status)

    return made


def test_each_week_counts_what_happened_in_it(event, at):
    events = [
        event("T1", 1, SUBMIT),
        event("T1", 1, ev.Assigned("it", "A", "route-it")),
        event("T2", 2, SUBMIT),
        event("T2", 2, ev.Pooled("", "no routing rule matched")),
        event("T2", 3, ev.Pooled("it", "nobody is free")),
        event("T1", 5, ev.TargetBreached("response", at(5))),
        event("T1", 6, act.Assign(team="sales"), "agent:S"),
        event("T1", 6, ev.Assigned("sales", "B")),
        # Sunday, 23:59:24 in Shanghai, and half a minute later
        event("T1", 7 * DAY - 8.01, act.Close(), status=Status.CLOSED),
        event("T1", 7 * DAY - 7.99, act.Reopen(), status=Status.IN_PROGRESS),
        event("T1", 15 * DAY, act.Confirm(), status=Status.CLOSED),
        event("T1", 15 * DAY, act.Archive(), status=Status.ARCHIVED),
    ]
    first, second, third = count_weeks(events, SHANGHAI)
    assert (first.monday, first.sunday) == (date(2026, 11, 2), date(2026, 11, 8))
    assert (first.created, first.closed, first.reopens, first.pooled) == (2, 1, 0, 1)
    assert first.breached == {"response": 1}
    assert first.wrong_team == (WrongTeam("route-it", "it", "sales", ("T1",)),)
    assert (second.created, second.closed, second.reopens) == (0, 0, 1)
    assert (third.closed, third.breached, third.wrong_team) == (1, {}, ())


def test_quiet_weeks_are_there_and_a_week_or_less_says_nothing(event):
    assert count_weeks([], SHANGHAI) == ()
    assert count_weeks([event("T1", 0, SUBMIT), event("T1", 7 * DAY, act.Accept())], SHANGHAI) == ()
    weeks = count_weeks([event("T3", 0, SUBMIT), event("T4", 22 * DAY, SUBMIT)], SHANGHAI)
    assert [week.created for week in weeks] == [1, 0, 0, 1]


def test_weeks_of_several_desks_add_up(event):
    one = count_weeks([event("T1", 0, SUBMIT), event("T2", 8 * DAY, SUBMIT)], SHANGHAI)
    both = add_weeks([one, one[1:], ()])
    assert [week.created for week in both] == [1, 2]
    assert add_weeks([]) == ()

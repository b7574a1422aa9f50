"""When clocks begin, whatever the calendar; and contacts, whenever the news of them comes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.calendar import WorkCalendar
from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput
from ruledesk.model.event import CallUpdated
from ruledesk.model.ticket import Call, Target
from ruledesk.model.values import changed
from ruledesk.rules.load import ruleset_from_document
from ruledesk.targets.clock import clock, resumed, started
from ruledesk.targets.ledger import Ledger

QUIET = settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ORIGIN = datetime(2026, 9, 24, tzinfo=UTC)  # before the holidays of October
LIMITS = ("10s", "15m", "2h", "24h", "3d", "30wm", "8wh", "1wd", "3wd", "5wd")
BASE = ruleset_from_document(
    {
        "ruleset": {"name": "base", "version": "1"},
        "channels": {"phone": {"hours": "opening"}, "chat": {}},
        "calendars": {"opening": {"hours": {"mon": []}}, "working": {"hours": {"mon": []}}},
        "targets": {
            "response": {
                "met_by": ["accepted"],
                "limits": [{"name": limit, "within": limit} for limit in LIMITS],
            }
        },
        "policy": {"calendar": "working"},
    }
)


@st.composite
def calendars(draw: Any) -> WorkCalendar:
    """Hours of some weekdays, closed on some dates, in some time zone."""
    minutes = st.integers(0, 288).map(lambda n: f"{n * 5 // 60:02}:{n * 5 % 60:02}")
    days = draw(st.lists(st.sampled_from(["mon", "tue", "wed", "sat", "sun"]), unique=True))
    hours = {}
    for day in days:
        first, second = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
        hours[day] = [(first, second)]
    holidays = draw(st.lists(st.sampled_from(["2026-09-28", "2026-10-01", "2026-10-06"])))
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]))
    return WorkCalendar(timezone=zone, hours=hours, holidays=holidays)


def begun(
    hours: WorkCalendar, working: WorkCalendar, opens: str, channel: str, limit: str, at: datetime
) -> tuple[Target, WorkCalendar] | None:
    """Start a target; None where its limit can never be used up."""
    ruleset = evolve(BASE, calendars={**BASE.calendars, "opening": hours, "working": working})
    policy = evolve(ruleset.targets["response"], opens=opens, warn=0.8)
    try:
        return started(ruleset, policy, limit, at, channel=channel), working
    except InvalidInput:
        return None


@pytest.mark.requirement("C1", "F1")
@QUIET
@given(
    hours=calendars(),
    working=calendars(),
    opens=st.sampled_from(["", "channel", "opening", "working"]),
    channel=st.sampled_from(["phone", "chat", "unheard-of"]),
    limit=st.sampled_from(LIMITS),
    at=st.integers(0, 14 * 1440).map(lambda n: ORIGIN + n * MINUTE),
    pause=st.tuples(st.integers(0, 4000), st.integers(0, 4000)),
)
def test_the_ledger_adds_up_to_the_due_time(
    hours: WorkCalendar,
    working: WorkCalendar,
    opens: str,
    channel: str,
    limit: str,
    at: datetime,
    pause: tuple[int, int],
) -> None:
    made = begun(hours, working, opens, channel, limit, at)
    if made is None:
        return
    target, calendar = made
    _adds_up(target, calendar, at)
    waited = {"channel": hours if channel == "phone" else None, "opening": hours}.get(opens)
    if opens == "working" and not target.calendar:
        waited = working
    if waited is None:
        assert (target.started_at, target.asked_at) == (at, None)
    else:
        assert waited.between(at, target.started_at) == timedelta(0)
        assert waited.is_open(target.started_at) or target.asked_at is None
    # A pause puts it off by what it costs, also where it begins before the clock does.
    paused = changed(target, state="paused", paused_at=at + min(pause) * MINUTE)
    until = at + max(pause) * MINUTE
    if paused.paused_at >= target.due:
        return
    ruleset = evolve(BASE, calendars={**BASE.calendars, "opening": hours, "working": working})
    policy = evolve(ruleset.targets["response"], opens=opens, warn=0.8)
    try:
        after = resumed(ruleset, policy, paused, until)
    except InvalidInput:
        return  # the pause has eaten all opening hours that there are
    _adds_up(after, calendar, at)
    assert after.due >= target.due
    effective = max(timedelta(0), until - max(paused.paused_at, target.started_at))
    assert after.paused_seconds == effective / SECOND


def _adds_up(target: Target, calendar: WorkCalendar, asked: datetime) -> None:
    ledger = Ledger.of(target, calendar, target.due)
    running = sum(piece.seconds for piece in ledger.segments if piece.kind == "running")
    assert running == pytest.approx(ledger.budget_seconds)
    assert ledger.left_seconds == 0
    assert ledger.due == target.due
    assert ledger.segments[0].start == (target.asked_at or target.started_at) == asked
    assert ledger.segments[-1].end == target.due
    assert all(one.end == other.start for one, other in pairwise(ledger.segments))
    assert target.warn_at is None or target.started_at <= target.warn_at <= target.due
    assert clock({"x": calendar}, "x").between(target.started_at, target.started_at) == timedelta(0)


# -- the contact ------------------------------------------------------------------------------

OVERLAY = """
[targets.answer]
clock = "contact"
met_by = ["answered", "accepted"]
[[targets.answer.limits]]
name = "answer-10s"
within = "10s"
"""
_CALLS = count(1)


@pytest.mark.requirement("C2")
def test_met_where_the_caller_waited_no_longer(
    desk_with: Callable[..., Desk], start: datetime
) -> None:
    desk = desk_with(OVERLAY)

    @settings(QUIET, max_examples=60)
    @given(
        wait=st.integers(0, 20_000).map(lambda n: n / 1000),
        submitted=st.integers(0, 40),
        told=st.integers(0, 60),
        by=st.sampled_from(["agent:S101", "requester"]),
        ticked=st.booleans(),
    )
    def check(wait: float, submitted: int, told: int, by: str, ticked: bool) -> None:
        ringing = Call(f"c{next(_CALLS)}", "1", start)
        answered = changed(ringing, answered_at=start + wait * SECOND)
        known = told <= submitted
        fields = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
        call = answered if known else ringing
        intake = Intake(by, "main", "phone", fields, call=call)
        number = desk.take(intake, start + submitted * SECOND).number
        if ticked:
            desk.advance(start + max(submitted, told) * SECOND)
        if not known:
            desk.record(number, [CallUpdated(answered)], start + told * SECOND)
        ticket = desk.ticket(number)
        target = ticket.targets["answer"]
        waited = answered.waiting_seconds
        assert waited is not None
        assert (target.state == "met") == (waited <= 10)
        assert (target.state == "breached") == (waited > 10)
        assert (target.breached_at is None) == (waited <= 10)
        assert ("overdue" in ticket.flags) == (waited > 10)
        assert (target.started_at, target.due) == (start, start + 10 * SECOND)
        assert target.met_at == start + waited * SECOND
        calendar = desk.rulesets["main"].calendars["business"]
        assert Ledger.of(target, calendar, start + timedelta(hours=1)).used_seconds == waited

    check()

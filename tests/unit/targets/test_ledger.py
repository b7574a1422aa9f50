from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.calendar import WorkCalendar, business_calendar
from ruledesk.model.ticket import Target
from ruledesk.targets.ledger import Ledger, ledger
from ruledesk.targets.limit import Limit

pytestmark = pytest.mark.requirement("F1")

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = business_calendar()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def target(limit="8wh", start="2026-09-30 16:00", calendar=OFFICE, **changes):
    """A target as the policy starts it."""
    started = at(start) if isinstance(start, str) else start
    due = Limit.parse(limit).due(started, calendar, changes.get("pauses", ()))
    given = {"state": "running", "calendar": "office", "rule": "r", **changes}
    return Target(name="resolution", started_at=started, limit=limit, due=due, **given)


def kinds(segments):
    return [(segment.kind, segment.seconds / 3600) for segment in segments]


class TestLedger:
    def test_shows_why_the_due_time_is_what_it_is(self):
        pauses = ((at("2026-09-30 17:00"), at("2026-10-08 10:00")),)
        drawn = Ledger.of(target(pauses=pauses), OFFICE, at("2026-10-08 12:00"))
        assert kinds(drawn.segments) == [
            ("running", 1),
            ("paused", 1),
            ("closed", 6),
            ("holiday", 168),
            ("closed", 9),
            ("paused", 1),
            ("running", 2),
        ]
        assert drawn.used_seconds == 3 * 3600
        assert drawn.budget_seconds == 8 * 3600
        assert drawn.left_seconds == 5 * 3600
        assert drawn.due == at("2026-10-08 17:00")

    def test_wall_clock_limits_do_not_look_at_the_calendar(self):
        drawn = Ledger.of(target("24h"), OFFICE, at("2026-10-01 15:00"))
        assert kinds(drawn.segments) == [("running", 23)]
        assert drawn.left_seconds == 3600

    def test_ends_when_the_target_was_met(self):
        met = target("24h", met_at=at("2026-09-30 17:00"), state="met")
        assert kinds(ledger(met, OFFICE, at("2026-10-08 12:00"))) == [("running", 1)]
        assert kinds(ledger(met, OFFICE, at("2026-09-30 16:30"))) == [("running", 0.5)]

    def test_while_paused_nothing_is_used_and_the_due_time_moves_on(self):
        paused = target("24h", state="paused", paused_at=at("2026-09-30 17:00"))
        drawn = Ledger.of(paused, OFFICE, at("2026-09-30 20:00"))
        assert kinds(drawn.segments) == [("running", 1), ("paused", 3)]
        assert drawn.due == paused.due + timedelta(hours=3)

    def test_runs_on_after_the_breach(self):
        late = target("1h", state="breached", breached_at=at("2026-09-30 17:00"))
        drawn = Ledger.of(late, OFFICE, at("2026-09-30 19:00"))
        assert kinds(drawn.segments) == [("running", 3)]
        assert drawn.left_seconds == -2 * 3600

    def test_nothing_before_the_start(self):
        drawn = Ledger.of(target(), OFFICE, at("2026-09-01 10:00"))
        assert drawn.segments == ()
        assert drawn.used_seconds == 0
        assert drawn.left_seconds == drawn.budget_seconds


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
SECONDS = st.integers(0, 45 * 86_400)
LIMITS = st.sampled_from(["10s", "45m", "2h", "3d", "30wm", "8wh", "40.25wh", "1wd", "3wd", "7wd"])


@given(
    st.sampled_from(ZONES),
    LIMITS,
    SECONDS,
    st.lists(st.tuples(SECONDS, st.integers(0, 3 * 86_400)), max_size=4),
)
@settings(deadline=None, max_examples=200)
def test_the_ledger_adds_up_to_the_due_time(zone, limit, start, pauses):
    calendar = WorkCalendar(
        timezone=zone,
        hours={"mon-fri": [("00:00", "02:30"), ("08:00", "12:00")], "sat": [("20:00", "24:00")]},
        holidays=["2026-03-09", "2026-04-03"],
    )
    started = BEGIN + timedelta(seconds=start)
    closed = tuple(
        (BEGIN + timedelta(seconds=a), BEGIN + timedelta(seconds=a + length))
        for a, length in pauses
    )
    given_target = target(limit, started, calendar, pauses=closed)
    drawn = Ledger.of(given_target, calendar, given_target.due)
    assert drawn.due == given_target.due
    assert drawn.left_seconds == 0
    running = sum(s.seconds for s in drawn.segments if s.kind == "running")
    assert running == pytest.approx(drawn.budget_seconds, abs=1e-6)
    assert running == pytest.approx(drawn.used_seconds, abs=1e-6)
    edges = [started, *(segment.end for segment in drawn.segments)]
    assert [segment.start for segment in drawn.segments] == edges[:-1]
    assert edges[-1] == given_target.due

"""Working time against an oracle that walks minute by minute and knows nothing of spans in UTC."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ruledesk.calendar import WALL, WorkCalendar

pytestmark = pytest.mark.requirement("F1")

MINUTE = timedelta(minutes=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Days around which the generated tickets arrive: changes of the offset, and the national holidays.
ANCHORS = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),  # by half an hour
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),  # at midnight
    "America/St_Johns": ("2011-03-13", "2011-11-06"),  # at one minute past midnight
    "Pacific/Apia": ("2011-12-30", "2012-04-01"),  # a date that never was
    "Asia/Shanghai": ("2026-10-01", "2026-02-16"),
}
QUIET = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
OFTEN = settings(QUIET, max_examples=200)


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def spans(draw, least=0):
    count = draw(st.integers(least, 3))
    edges = st.one_of(st.integers(0, 288).map(lambda n: n * 5), st.sampled_from([0, 60, 120, 1440]))
    cuts = sorted(draw(st.lists(edges, min_size=2 * count, max_size=2 * count, unique=True)))
    return [(clock_text(a), clock_text(b)) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]


@st.composite
def cases(draw, open_daily=False):
    """A calendar as arguments and as the oracle reads it, a start and pauses near an anchor."""
    name = draw(st.sampled_from(sorted(ANCHORS)))
    anchor = datetime.fromisoformat(draw(st.sampled_from(ANCHORS[name])))
    near = [str((anchor + timedelta(days=n)).date()) for n in range(-2, 6)]
    days = NAMES if open_daily else draw(st.lists(st.sampled_from(NAMES), unique=True))
    arguments = {
        "timezone": name,
        "hours": {day: draw(spans(least=int(open_daily))) for day in days},
        "holidays": [] if open_daily else draw(st.lists(st.sampled_from(near), max_size=3)),
        "dates": draw(st.dictionaries(st.sampled_from(near), spans(), max_size=2)),
    }
    origin = anchor.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
    minutes = st.integers(-2 * 1440, 3 * 1440)
    start = origin + draw(minutes) * MINUTE
    pauses = [
        (origin + a * MINUTE, origin + (a + length) * MINUTE)
        for a, length in draw(st.lists(st.tuples(minutes, st.integers(0, 1500)), max_size=4))
    ]
    return arguments, start, pauses


class Oracle:
    def __init__(self, arguments, pauses=()):
        self.zone = ZoneInfo(arguments["timezone"])
        self.arguments = arguments
        self.pauses = pauses

    def kind(self, instant):
        local = instant.astimezone(self.zone)
        date, time = local.date().isoformat(), f"{local:%H:%M}"
        if date in self.arguments["dates"]:
            today, named = self.arguments["dates"][date], True
        elif date in self.arguments["holidays"]:
            today, named = [], True
        else:
            today, named = self.arguments["hours"].get(NAMES[local.weekday()], []), False
        if not any(begin <= time < end for begin, end in today):
            return "holiday" if named and not today else "closed"
        return "paused" if any(a <= instant < b for a, b in self.pauses) else "running"

    def minutes(self, begin, end):
        while begin < end:
            yield begin, self.kind(begin)
            begin += MINUTE

    def between(self, begin, end):
        return sum(kind == "running" for _, kind in self.minutes(begin, end)) * MINUTE

    def add(self, start, budget, within):
        if not budget:
            return start
        for instant, kind in self.minutes(start, start + within):
            budget -= MINUTE * (kind == "running")
            if not budget:
                return instant + MINUTE
        return None


@given(cases(), st.integers(0, 4 * 1440))
@QUIET
def test_between_counts_the_minutes_in_which_the_clock_runs(case, length):
    arguments, start, pauses = case
    calendar, end = WorkCalendar(**arguments), start + length * MINUTE
    expected = Oracle(arguments, pauses).between(start, end)
    assert calendar.between(start, end, pauses) == expected
    assert calendar.between(end, start, pauses) == -expected


@given(cases(), st.integers(0, 1500))
@QUIET
def test_add_ends_with_the_minute_that_uses_up_the_budget(case, minutes):
    arguments, start, pauses = case
    expected = Oracle(arguments, pauses).add(start, minutes * MINUTE, timedelta(days=6))
    assume(expected is not None)
    assert WorkCalendar(**arguments).add(start, minutes * MINUTE, pauses) == expected


@given(cases(), st.integers(0, 4 * 1440))
@QUIET
def test_segments_tile_and_say_what_each_minute_was(case, length):
    arguments, start, pauses = case
    calendar, end = WorkCalendar(**arguments), start + length * MINUTE
    pieces = calendar.segments(start, end, pauses)
    edges = [start, *(stop for _, stop, _ in pieces)]
    assert [begin for begin, _, _ in pieces] == edges[:-1]
    assert edges[-1] == end
    assert all(a[2] != b[2] for a, b in pairwise(pieces))
    oracle = Oracle(arguments, pauses)
    of_minute = {
        begin + n * MINUTE: kind
        for begin, stop, kind in pieces
        for n in range((stop - begin) // MINUTE)
    }
    assert of_minute == dict(oracle.minutes(start, end))
    running = sum((b - a for a, b, kind in pieces if kind == "running"), timedelta())
    assert running == calendar.between(start, end, pauses)


@given(cases(), st.integers(0, 3 * 1440))
@QUIET
def test_is_open_is_what_the_wall_clock_says(case, minutes):
    arguments, start, _ = case
    instant = start + minutes * MINUTE
    expected = Oracle(arguments).kind(instant) == "running"
    assert WorkCalendar(**arguments).is_open(instant) == expected


budgets = st.integers(0, 30 * 86_400 * 10**6).map(lambda n: timedelta(microseconds=n))


@given(cases(open_daily=True), budgets, budgets)
@OFTEN
def test_add_and_between_undo_each_other_and_add_up(case, first, second):
    arguments, start, pauses = case
    calendar = WorkCalendar(**arguments)
    due = calendar.add(start, first, pauses)
    assert calendar.between(start, due, pauses) == first
    assert calendar.add(due, second, pauses) == calendar.add(start, first + second, pauses) or (
        not second  # nothing more to use: due at once, also after a pause or an opening
    )
    # The earliest such instant: just before it the budget is not yet used up.
    if first:
        assert calendar.between(start, due - timedelta(microseconds=1), pauses) < first


@given(cases(open_daily=True), budgets, budgets, st.integers(0, 10**6))
@OFTEN
def test_later_start_more_budget_or_more_pauses_never_make_it_due_earlier(case, a, b, later):
    arguments, start, pauses = case
    calendar = WorkCalendar(**arguments)
    assert calendar.add(start, min(a, b), pauses) <= calendar.add(start, max(a, b), pauses)
    second_start = start + timedelta(seconds=later)
    assert calendar.add(start, a, pauses) <= calendar.add(second_start, a, pauses)
    assert calendar.add(start, a) <= calendar.add(start, a, pauses)


@given(cases(open_daily=True), st.integers(1, 12), st.integers(0, 3 * 1440))
@example(  # a later start in the lunch break must not be due before one in the morning
    (
        {
            "timezone": "Europe/Berlin",
            "hours": {day: [("08:00", "12:00"), ("13:00", "17:00")] for day in NAMES},
            "holidays": [],
            "dates": {},
        },
        datetime(2026, 3, 28, 10, 59, tzinfo=UTC),
        [],
    ),
    1,
    31,
)
@OFTEN
def test_working_days_are_monotonic_and_end_on_a_working_day(case, n, later):
    arguments, start, pauses = case
    calendar = WorkCalendar(**arguments)
    due = calendar.add_days(start, n)
    assert due <= calendar.add_days(start + later * MINUTE, n)
    assert due <= calendar.add_days(start, n + 1)
    assert due <= calendar.add_days(start, n, pauses)
    # Inside a span, or where one ends.
    assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))


@given(cases(open_daily=True), st.integers(1, 6))
@QUIET
def test_working_days_of_the_oracle(case, n):
    """Walk minute by minute: which working day is it, and when does its time of day come?"""
    arguments, start, _ = case
    oracle = Oracle(arguments)
    calendar = WorkCalendar(**arguments)
    zone = oracle.zone
    today = start.astimezone(zone).date()
    days = {}
    for instant, kind in oracle.minutes(start - timedelta(days=2), start + timedelta(days=n + 6)):
        if kind == "running":
            days.setdefault(instant.astimezone(zone).date(), []).append(instant)
    working = sorted(days)
    in_day = today in days and days[today][0] <= start <= days[today][-1]
    later = [day for day in working if day > today]
    if in_day:
        target = later[n - 1]
        wanted = start.astimezone(zone).strftime("%H:%M:%S")
        minutes = days[target]
        texts = [m.astimezone(zone).strftime("%H:%M:%S") for m in minutes]
        assume(texts == sorted(texts))  # times shown twice are for another test
        expected = next(
            (m for m, text in zip(minutes, texts, strict=True) if text >= wanted),
            minutes[-1] + MINUTE,
        )
        # At the end of a span it is due at that end, not at the next opening.
        ends = {m + MINUTE for m in minutes} - set(minutes)
        same = [e for e in ends if e.astimezone(zone).strftime("%H:%M:%S") == wanted]
        expected = same[0] if same and same[0] < expected else expected
    else:
        coming = later if today not in days or start > days[today][-1] else [today, *later]
        expected = days[coming[n - 1]][-1] + MINUTE
    assert calendar.add_days(start, n) == expected


@given(cases(), budgets)
@OFTEN
def test_the_wall_clock_obeys_the_same_laws(case, budget):
    _, start, pauses = case
    due = WALL.add(start, budget, pauses)
    assert WALL.between(start, due, pauses) == budget
    pieces = WALL.segments(start, due, pauses)
    assert sum((b - a for a, b, kind in pieces if kind == "running"), timedelta()) == budget
    assert {kind for _, _, kind in pieces} <= {"running", "paused"}
    assert sum((b - a for a, b, _ in pieces), timedelta()) == due - start

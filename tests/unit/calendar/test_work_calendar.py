from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ruledesk.calendar import WALL, WorkCalendar, business_calendar
from ruledesk.errors import InvalidInput

pytestmark = pytest.mark.requirement("F1")

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
OFFICE = business_calendar()


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def shanghai(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def always(timezone="Europe/Berlin"):
    return WorkCalendar(timezone=timezone, hours={"mon-sun": [("00:00", "24:00")]})


@pytest.fixture(scope="module")
def contract():
    """The calendar of the contract, section 7."""
    return WorkCalendar(
        timezone="Europe/Berlin",
        hours={"mon": [("08:00", "12:00"), ("13:00", "24:00")]},
        holidays=["2026-12-25"],
        dates={"2026-10-10": [("09:00", "18:00")]},
    )


class TestAdd:
    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            ("2026-10-05 09:00", 2, "2026-10-05 11:00"),
            ("2026-10-05 11:00", 1, "2026-10-05 12:00"),  # at the end of a span, not at 13:00
            ("2026-10-05 11:00", 2, "2026-10-05 14:00"),  # over lunch
            ("2026-10-05 12:30", 1, "2026-10-05 14:00"),  # begun at lunch
            ("2026-10-05 22:00", 2, "2026-10-06 00:00"),  # to 24:00
            ("2026-10-05 23:00", 2, "2026-10-10 10:00"),  # on to a date of its own
            ("2026-10-10 17:00", 2, "2026-10-12 09:00"),  # from Saturday to Monday
            ("2026-10-06 03:00", 0, "2026-10-06 03:00"),  # nothing to use: at once, though closed
        ],
    )
    def test_budget_is_used_in_working_time(self, contract, start, hours, due):
        assert contract.add(berlin(start), hours * HOUR) == berlin(due)

    def test_result_is_in_utc(self, contract):
        assert contract.add(berlin("2026-10-05 09:00"), HOUR).tzinfo is UTC

    def test_span_to_midnight_joins_the_next_day(self):
        night = WorkCalendar(
            timezone="Europe/Berlin",
            hours={"mon": [("22:00", "24:00")], "tue": [("00:00", "06:00")]},
        )
        assert night.add(berlin("2026-10-05 23:00"), 3 * HOUR) == berlin("2026-10-06 02:00")
        pieces = night.segments(berlin("2026-10-05 22:00"), berlin("2026-10-06 06:00"))
        assert [kind for _, _, kind in pieces] == ["running"]

    def test_pauses_in_any_order_overlapping_and_outside_working_time(self, contract):
        pauses = [
            (berlin("2026-10-05 14:00"), berlin("2026-10-05 15:00")),
            (berlin("2026-10-05 10:00"), berlin("2026-10-05 10:30")),
            (berlin("2026-10-05 10:15"), berlin("2026-10-05 11:00")),
            (berlin("2026-10-05 12:10"), berlin("2026-10-05 12:50")),
            (berlin("2026-10-05 01:00"), berlin("2026-10-05 02:00")),
        ]
        start = berlin("2026-10-05 09:00")
        assert contract.add(start, 4 * HOUR, pauses=pauses) == berlin("2026-10-05 16:00")
        assert contract.between(start, berlin("2026-10-05 16:00"), pauses=pauses) == 4 * HOUR

    def test_pause_that_begins_when_the_budget_ends_changes_nothing(self, contract):
        pause = (berlin("2026-10-05 11:00"), berlin("2026-10-05 11:30"))
        due = contract.add(berlin("2026-10-05 09:00"), 2 * HOUR, [pause])
        assert due == berlin("2026-10-05 11:00")

    def test_pause_inside_another_counts_once(self, contract):
        hours = [("13:00", "16:00"), ("14:00", "15:00"), ("16:00", "17:00"), ("18:00", "18:00")]
        pauses = [(berlin(f"2026-10-05 {a}"), berlin(f"2026-10-05 {b}")) for a, b in hours]
        due = contract.add(berlin("2026-10-05 11:00"), 2 * HOUR, pauses)
        assert due == berlin("2026-10-05 18:00")

    def test_start_inside_a_pause_waits_for_its_end(self, contract):
        pause = (berlin("2026-10-05 08:30"), berlin("2026-10-05 09:30"))
        due = contract.add(berlin("2026-10-05 09:00"), HOUR, [pause])
        assert due == berlin("2026-10-05 10:30")

    def test_pauses_may_come_from_a_generator(self, contract):
        pauses = ((berlin(f"2026-10-05 {h}:00"), berlin(f"2026-10-05 {h}:30")) for h in (14, 10))
        due = contract.add(berlin("2026-10-05 09:00"), 2 * HOUR, pauses)
        assert due == berlin("2026-10-05 11:30")

    def test_microseconds_are_kept(self, contract):
        start = berlin("2026-10-05 09:00:00.000001")
        assert contract.add(start, HOUR) == berlin("2026-10-05 10:00:00.000001")

    @pytest.mark.parametrize("hours", [{}, {"mon": []}])
    def test_calendar_that_never_opens_is_an_error(self, hours):
        never = WorkCalendar(timezone="UTC", hours=hours)
        with pytest.raises(InvalidInput, match="too little working time within 100 years"):
            never.add(datetime(2026, 1, 1, tzinfo=UTC), HOUR)
        with pytest.raises(InvalidInput, match="too little working time within 100 years"):
            never.add_days(datetime(2026, 1, 1, tzinfo=UTC), 1)

    def test_calendar_that_stops_opening_is_an_error(self):
        once = WorkCalendar(timezone="UTC", hours={}, dates={"2026-01-02": [("09:00", "10:00")]})
        start = datetime(2026, 1, 1, tzinfo=UTC)
        assert once.add(start, HOUR) == datetime(2026, 1, 2, 10, tzinfo=UTC)
        with pytest.raises(InvalidInput, match="too little working time"):
            once.add(start, HOUR + timedelta(microseconds=1))

    def test_end_of_time_is_an_error_of_ours(self):
        start = datetime(9999, 12, 31, 20, tzinfo=UTC)
        with pytest.raises(InvalidInput, match="9999"):
            always().add(start, 12 * HOUR)
        with pytest.raises(InvalidInput, match="9999"):
            WALL.add(start, 12 * HOUR)
        assert always("UTC").add(start, HOUR) == datetime(9999, 12, 31, 21, tzinfo=UTC)


class TestSummerTime:
    """Spans are what the wall clock shows; what is measured is elapsed time."""

    def test_the_hour_that_is_skipped_is_not_worked(self):
        spring = always().between(berlin("2026-03-29 00:00"), berlin("2026-03-30 00:00"))
        assert spring == 23 * HOUR

    def test_the_hour_that_comes_twice_is_worked_twice(self):
        autumn = always().between(berlin("2026-10-25 00:00"), berlin("2026-10-26 00:00"))
        assert autumn == 25 * HOUR

    def test_budget_across_the_change_is_elapsed_time(self):
        due = always().add(berlin("2026-03-29 01:00"), 2 * HOUR)
        assert due == berlin("2026-03-29 04:00")

    @pytest.mark.parametrize(
        ("span", "begin", "end"),
        [
            (("01:00", "02:30"), "00:00", "01:00"),  # the end does not exist: at the change
            (("02:30", "04:00"), "01:00", "02:00"),  # nor does the beginning
            (("02:10", "02:50"), None, None),  # nothing of it exists
        ],
    )
    def test_span_that_begins_or_ends_at_a_time_that_is_skipped(self, span, begin, end):
        calendar = WorkCalendar(timezone="Europe/Berlin", hours={"sun": [span]})
        expected = (
            [tuple(datetime.fromisoformat(f"2026-03-29 {text}Z") for text in (begin, end))]
            if begin
            else []
        )
        assert calendar.spans_on(date(2026, 3, 29)) == expected

    def test_span_inside_the_hour_that_comes_twice_is_open_both_times(self):
        calendar = WorkCalendar(timezone="Europe/Berlin", hours={"sun": [("02:15", "02:45")]})
        begin = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
        assert calendar.spans_on(date(2026, 10, 25)) == [
            (begin, begin + HOUR / 2),
            (begin + HOUR, begin + 1.5 * HOUR),
        ]

    def test_fold_of_the_start_is_honoured(self):
        second = berlin("2026-10-25 02:30").replace(fold=1)
        assert always().add(second, HOUR) == berlin("2026-10-25 03:30")
        # Across zones Python calls repeated times unequal, whatever they are.
        assert always().add(second.replace(fold=0), HOUR) == second.astimezone(UTC)

    def test_half_an_hour_on_lord_howe(self):
        island = ZoneInfo("Australia/Lord_Howe")
        begin, end = (datetime(2026, 4, day, tzinfo=island) for day in (5, 6))
        assert always("Australia/Lord_Howe").between(begin, end) == 24.5 * HOUR

    def test_date_that_a_zone_skips_is_no_working_day(self):
        apia = always("Pacific/Apia")
        assert not apia.is_working_day(date(2011, 12, 30))
        start = datetime(2011, 12, 29, 10, tzinfo=ZoneInfo("Pacific/Apia"))
        assert apia.add_days(start, 1) == datetime(2011, 12, 31, 10, tzinfo=start.tzinfo)

    def test_working_day_that_ends_at_a_time_that_is_skipped(self):
        due = always().add_days(berlin("2026-03-28 02:30"), 1)
        assert due == berlin("2026-03-29 03:00")

    def test_working_day_that_ends_at_a_time_that_comes_twice(self):
        due = always().add_days(berlin("2026-10-24 02:30"), 1)
        assert due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first


class TestBetween:
    def test_swapped_is_negative(self, contract):
        a, b = berlin("2026-10-05 09:00"), berlin("2026-10-05 14:00")
        assert contract.between(a, b) == 4 * HOUR
        assert contract.between(b, a) == -4 * HOUR

    def test_over_years(self):
        weekly = WorkCalendar(timezone="UTC", hours={"mon": [("09:00", "10:00")]})
        begin = datetime(2026, 1, 5, tzinfo=UTC)
        assert weekly.between(begin, begin + timedelta(weeks=500)) == 500 * HOUR

    def test_times_of_different_zones(self, contract):
        begin = datetime(2026, 10, 5, 15, tzinfo=SHANGHAI)  # 09:00 in Berlin
        assert contract.between(begin, datetime(2026, 10, 5, 8, tzinfo=UTC)) == HOUR


class TestAddDays:
    @pytest.mark.parametrize(
        ("start", "n", "due"),
        [
            ("2026-11-02 10:00", 1, "2026-11-03 10:00"),
            ("2026-11-02 10:00", 3, "2026-11-05 10:00"),
            ("2026-11-02 09:00", 1, "2026-11-03 09:00"),  # the opening is working time
            ("2026-11-06 10:00", 1, "2026-11-09 10:00"),  # over the weekend
            ("2026-11-07 10:00", 1, "2026-11-09 18:00"),  # on Saturday: Monday is the first
            ("2026-11-07 10:00", 3, "2026-11-11 18:00"),
            ("2026-11-02 20:00", 1, "2026-11-03 18:00"),  # after the close
            ("2026-11-02 18:00", 1, "2026-11-03 18:00"),  # the close is no longer working time
            ("2026-11-02 07:00", 1, "2026-11-02 18:00"),  # before the opening: today is the first
            ("2026-11-02 07:00", 2, "2026-11-03 18:00"),
            ("2026-09-30 10:00", 1, "2026-10-08 10:00"),  # over the national holidays
            ("2026-10-09 10:00", 1, "2026-10-10 10:00"),  # a Saturday that is worked
            ("2026-11-07 10:00", 0, "2026-11-07 10:00"),
        ],
    )
    def test_working_days(self, start, n, due):
        assert OFFICE.add_days(shanghai(start), n) == shanghai(due)

    @pytest.mark.parametrize(
        ("start", "due"),
        [
            ("2026-11-05 16:00", "2026-11-06 14:00"),  # Friday has closed by then: at its close
            ("2026-11-06 08:30", "2026-11-07 10:00"),  # Saturday is not yet open: at its opening
            ("2026-11-02 12:30", "2026-11-03 13:00"),  # a break is part of the working day
            ("2026-11-02 11:59", "2026-11-03 11:59"),
            ("2026-11-04 12:00", "2026-11-05 12:00"),  # the end of a span is that end
            ("2026-11-06 14:00", "2026-11-07 12:00"),  # closed by then: Saturday is the first
            ("2026-11-07 12:00", "2026-11-09 17:00"),
        ],
    )
    def test_days_of_different_hours(self, start, due):
        calendar = WorkCalendar(
            timezone="Asia/Shanghai",
            hours={
                "mon-thu": [("08:00", "12:00"), ("13:00", "17:00")],
                "wed": [("08:00", "17:00")],
                "fri": [("08:00", "14:00")],
                "sat": [("10:00", "12:00")],
            },
        )
        assert calendar.add_days(shanghai(start), 1) == shanghai(due)

    def test_pauses_put_off_by_the_working_time_that_they_cost(self):
        start = shanghai("2026-11-02 10:00")
        pause = (shanghai("2026-11-02 17:00"), shanghai("2026-11-03 10:00"))
        assert OFFICE.add_days(start, 3, [pause]) == shanghai("2026-11-05 12:00")

    def test_pause_outside_working_time_changes_nothing(self):
        pause = (shanghai("2026-11-02 18:00"), shanghai("2026-11-03 09:00"))
        due = OFFICE.add_days(shanghai("2026-11-02 10:00"), 3, [pause])
        assert due == shanghai("2026-11-05 10:00")

    def test_pause_that_costs_nothing_keeps_a_due_time_at_an_opening(self):
        late = WorkCalendar(
            timezone="Asia/Shanghai",
            hours={"mon": [("08:00", "18:00")], "tue": [("10:00", "18:00")]},
        )
        pause = (shanghai("2026-11-02 19:00"), shanghai("2026-11-02 20:00"))
        start = shanghai("2026-11-02 09:00")
        assert late.add_days(start, 1) == shanghai("2026-11-03 10:00")
        assert late.add_days(start, 1, [pause]) == shanghai("2026-11-03 10:00")

    @pytest.mark.parametrize("n", [-1, 1.5, True, "2"])
    def test_what_is_no_number_of_days_is_refused(self, n):
        with pytest.raises(InvalidInput, match="whole number of days"):
            OFFICE.add_days(shanghai("2026-11-02 10:00"), n)


class TestSegments:
    def test_every_kind(self):
        start, end = shanghai("2026-09-30 16:00"), shanghai("2026-10-08 10:00")
        pause = (shanghai("2026-09-30 17:00"), shanghai("2026-10-08 09:30"))
        pieces = [
            (f"{a.astimezone(SHANGHAI):%d %H:%M}", f"{b.astimezone(SHANGHAI):%d %H:%M}", kind)
            for a, b, kind in business_calendar().segments(start, end, [pause])
        ]
        assert pieces == [
            ("30 16:00", "30 17:00", "running"),
            ("30 17:00", "30 18:00", "paused"),
            ("30 18:00", "01 00:00", "closed"),
            ("01 00:00", "08 00:00", "holiday"),
            ("08 00:00", "08 09:00", "closed"),
            ("08 09:00", "08 09:30", "paused"),
            ("08 09:30", "08 10:00", "running"),
        ]

    def test_nothing_between_swapped_times(self, contract):
        start = berlin("2026-10-05 09:00")
        assert contract.segments(start, start) == []
        assert contract.segments(start, start - HOUR) == []
        assert WALL.segments(start, start - HOUR) == []


class TestDays:
    def test_dates_go_before_holidays_and_may_close(self):
        calendar = WorkCalendar(
            timezone="UTC",
            hours={"mon-sun": [("09:00", "10:00")]},
            holidays=["2026-01-01", date(2026, 1, 2)],
            dates={"2026-01-01": [("12:00", "13:00")], "2026-01-03": []},
        )
        assert calendar.is_working_day(date(2026, 1, 1))
        assert not calendar.is_working_day(date(2026, 1, 2))
        assert not calendar.is_working_day(date(2026, 1, 3))
        assert calendar.is_working_day(date(2026, 1, 4))
        assert calendar.is_open(datetime(2026, 1, 1, 12, tzinfo=UTC))
        assert not calendar.is_open(datetime(2026, 1, 1, 13, tzinfo=UTC))

    def test_a_time_of_day_is_no_date(self, contract):
        for clock in (contract, WALL):
            with pytest.raises(InvalidInput, match="local date"):
                clock.is_working_day(datetime(2026, 1, 1, tzinfo=UTC))


class TestConstruction:
    def test_a_day_goes_before_a_range_and_ranges_may_wrap(self):
        calendar = WorkCalendar(
            timezone="UTC",
            hours={"fri": [("09:00", "12:00")], "mon-fri": [("09:00", "18:00")]},
        )
        assert calendar.hours[3] != calendar.hours[4]
        wrapped = WorkCalendar(timezone="UTC", hours={"Saturday-mon": [("9:00", "12:00:30")]})
        assert [bool(spans) for spans in wrapped.hours] == [True, *[False] * 4, True, True]

    def test_spans_may_touch(self):
        hours = {"mon": [("12:00", "18:00"), ("09:00", "12:00")]}
        calendar = WorkCalendar(timezone="UTC", hours=hours)
        start = datetime(2026, 10, 5, 9, tzinfo=UTC)
        pieces = calendar.segments(start, start + 9 * HOUR)
        assert pieces == [(start, start + 9 * HOUR, "running")]
        assert calendar.add(start, 4 * HOUR) == start + 4 * HOUR

    def test_toml_dates_and_times_and_order_of_spans_do_not_matter(self):
        a = WorkCalendar(timezone="UTC", hours={"mon": [("13:00", "18:00"), (time(9), time(12))]})
        b = WorkCalendar(timezone="UTC", hours={"mon": [["09:00", "12:00"], ["13:00", "18:00"]]})
        assert a == b
        assert hash(a) == hash(b)
        assert a.fingerprint == b.fingerprint

    def test_using_a_calendar_does_not_change_it(self, contract):
        before, key = repr(contract), hash(contract)
        contract.add(berlin("2026-10-05 09:00"), HOUR)
        assert (repr(contract), hash(contract)) == (before, key)
        with pytest.raises(AttributeError):
            contract.timezone = "UTC"

    @pytest.mark.parametrize(
        ("changes", "field", "says"),
        [
            ({"timezone": "Europe/Berlim"}, "timezone", "Europe/Berlin"),
            ({"timezone": "../etc/passwd"}, "timezone", "unknown time zone"),
            ({"timezone": "Europe"}, "timezone", "unknown time zone"),
            ({"timezone": None}, "timezone", "unknown time zone"),
            ({"hours": {"mom": []}}, "hours.mom", "accepted: mon"),
            ({"hours": {"mon-fri-sun": []}}, "hours.mon-fri-sun", "unknown weekday"),
            ({"hours": {"mon-wed": [], "tue-fri": []}}, "hours.tue-fri", "given twice"),
            ({"hours": {"mon": [], "monday": []}}, "hours.monday", "given twice"),
            ({"hours": []}, "hours", "a table is needed"),
            ({"hours": {"mon": "09:00"}}, "hours.mon", "list of spans"),
            ({"hours": {"mon": ["09:00", "18:00"]}}, "hours.mon[0]", "pair of times"),
            ({"hours": {"mon": [("09:00", "25:00")]}}, "hours.mon[0]", "'25:00'"),
            ({"hours": {"mon": [("09:00", "24:01")]}}, "hours.mon[0]", "'24:01'"),
            ({"hours": {"mon": [("09:60", "12:00")]}}, "hours.mon[0]", "'09:60'"),
            ({"hours": {"mon": [(9, 12)]}}, "hours.mon[0]", "time of day"),
            ({"hours": {"mon": [("09:00", "09:00")]}}, "hours.mon[0]", "does not end after"),
            ({"hours": {"mon": [("22:00", "06:00")]}}, "hours.mon[0]", "across midnight"),
            (
                {"hours": {"mon": [("09:00", "12:00"), ("11:00", "13:00")]}},
                "hours.mon",
                "spans overlap",
            ),
            ({"holidays": ["2026-02-30"]}, "holidays[0]", "2026-02-30"),
            ({"holidays": ["20260230"]}, "holidays[0]", "no such date"),
            ({"holidays": "2026-12-25"}, "holidays", "a list of dates"),
            ({"holidays": 5}, "holidays", "a list of dates"),
            ({"dates": {"tomorrow": []}}, "dates.tomorrow", "no such date"),
            ({"dates": {"2026-01-01": [("b", "a")]}}, "dates.2026-01-01[0]", "time of day"),
            (
                {"dates": {"2026-01-01": [], date(2026, 1, 1): []}},
                "dates.2026-01-01",
                "given twice",
            ),
        ],
    )
    def test_errors_name_key_value_and_what_is_accepted(self, changes, field, says):
        with pytest.raises(InvalidInput) as caught:
            WorkCalendar(**{"timezone": "UTC", "hours": {}, **changes})
        assert caught.value.problems[0].field == field
        assert says in str(caught.value)
        assert all(problem.zh != problem.en for problem in caught.value.problems)

    def test_all_problems_at_once(self):
        with pytest.raises(InvalidInput) as caught:
            WorkCalendar(timezone="Nowhere", hours={"mon": [("x", "y")]}, holidays=["z"])
        fields = [problem.field for problem in caught.value.problems]
        assert fields == ["timezone", "hours.mon[0]", "hours.mon[0]", "holidays[0]"]


class TestArguments:
    NAIVE = datetime(2026, 10, 5, 9)  # noqa: DTZ001 - that is the point

    @pytest.mark.parametrize("clock", [WALL, business_calendar()])
    @pytest.mark.parametrize(
        "call",
        [
            lambda c, t: c.add(t, HOUR),
            lambda c, t: c.add_days(t, 1),
            lambda c, t: c.between(t, datetime(2026, 1, 1, tzinfo=UTC)),
            lambda c, t: c.between(datetime(2026, 1, 1, tzinfo=UTC), t),
            lambda c, t: c.segments(t, t),
            lambda c, t: c.is_open(t),
            lambda c, t: c.add(datetime(2026, 1, 1, tzinfo=UTC), HOUR, [(t, t)]),
        ],
    )
    def test_times_without_a_zone_are_refused(self, clock, call):
        with pytest.raises(InvalidInput, match="time with a time zone"):
            call(clock, self.NAIVE)

    def test_negative_budgets_are_refused(self, contract):
        with pytest.raises(InvalidInput, match="budget"):
            contract.add(berlin("2026-10-05 09:00"), -HOUR)

    def test_inverted_pauses_are_refused(self, contract):
        start = berlin("2026-10-05 09:00")
        with pytest.raises(InvalidInput, match=r"pauses\[0\].*ends before"):
            contract.add(start, HOUR, [(start, start - HOUR)])
        with pytest.raises(InvalidInput, match=r"pauses\[0\].*pair"):
            contract.add(start, HOUR, [start])


class TestWallClock:
    def test_runs_always(self):
        start = datetime(2026, 10, 3, 3, tzinfo=UTC)
        assert WALL.is_open(start)
        assert WALL.is_working_day(date(2026, 10, 3))
        assert WALL.add(start, 2 * HOUR) == start + 2 * HOUR
        assert WALL.add_days(start, 2) == start + 48 * HOUR
        assert WALL.add(start, 2 * HOUR, [(start + HOUR, start + 3 * HOUR)]) == start + 4 * HOUR

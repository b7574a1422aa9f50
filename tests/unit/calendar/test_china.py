from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ruledesk.calendar import (
    WorkCalendar,
    business_calendar,
    coverage_problem,
    from_mapping,
    known_years,
)
from ruledesk.calendar.china import makeup_days, public_holidays
from ruledesk.errors import InvalidInput

pytestmark = pytest.mark.requirement("F1")

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = {"mon-fri": [["09:00", "18:00"]]}
WHERE = "desk.toml: calendars.phone"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class TestBusinessCalendar:
    def test_national_holidays_of_2026_are_closed(self):
        days = [date(2026, 10, day) for day in range(1, 8)]
        assert set(days) <= public_holidays()
        assert not any(business_calendar().is_working_day(day) for day in days)
        assert business_calendar().is_working_day(date(2026, 10, 8))

    @pytest.mark.parametrize("day", [date(2026, 9, 20), date(2026, 10, 10), date(2026, 2, 14)])
    def test_make_up_days_of_2026_are_worked(self, day):
        assert day.weekday() >= 5
        assert day in makeup_days()
        assert business_calendar().spans_on(day) == [
            (at(f"{day} 09:00"), at(f"{day} 18:00")),
        ]

    def test_ordinary_weekends_are_closed(self):
        assert not business_calendar().is_working_day(date(2026, 10, 17))

    def test_working_time_over_the_national_holidays(self):
        start = at("2026-09-30 17:00")
        assert business_calendar().add(start, timedelta(hours=2)) == at("2026-10-08 10:00")

    def test_unknown_years_have_their_weekends(self):
        new_year = date(known_years()[-1] + 40, 5, 1)
        assert business_calendar().is_working_day(new_year) == (new_year.weekday() < 5)


class TestCoverage:
    def test_known_years(self):
        assert 2026 in known_years()
        assert 2003 not in known_years()

    def test_warns_a_month_ahead(self):
        last = known_years()[-1]
        calendar = business_calendar()
        assert coverage_problem(calendar, date(last, 11, 30)) is None
        problem = coverage_problem(calendar, date(last, 12, 10), "calendars.office")
        assert problem is not None
        assert str(last + 1) in problem.en
        assert str(last + 1) in problem.zh
        assert problem.field == "calendars.office"

    def test_other_calendars_need_no_holidays_of_china(self):
        calendar = WorkCalendar(timezone="UTC", hours=OFFICE)
        assert coverage_problem(calendar, date(9000, 1, 1)) is None


class TestFromMapping:
    def test_public_holidays_make_the_default_calendar(self):
        assert from_mapping({"hours": OFFICE, "holidays": "CN"}, WHERE) == business_calendar()

    def test_without_holidays_only_weekends_are_closed(self):
        calendar = from_mapping({"hours": OFFICE}, WHERE, timezone="Europe/Berlin")
        assert calendar == WorkCalendar(timezone="Europe/Berlin", hours=OFFICE)

    def test_make_up_days_have_mondays_hours(self):
        hours = {"mon": [["08:00", "10:00"]], "tue-sat": [["09:00", "18:00"]]}
        calendar = from_mapping({"hours": hours, "holidays": "CN"}, WHERE)
        assert calendar.spans_on(date(2026, 10, 10)) == [
            (at("2026-10-10 08:00"), at("2026-10-10 10:00"))
        ]

    def test_make_up_hours(self):
        data = {"hours": OFFICE, "holidays": "CN", "makeup_hours": [["10:00", "12:00"]]}
        assert from_mapping(data, WHERE).spans_on(date(2026, 10, 10)) == [
            (at("2026-10-10 10:00"), at("2026-10-10 12:00"))
        ]

    def test_listed_holidays_close_make_up_days_and_dates_go_before_both(self):
        data = {
            "hours": OFFICE,
            "holidays": ["CN", "2026-10-10", date(2027, 1, 1), "2026-09-20"],
            "dates": {"2026-10-01": [["09:00", "10:00"]], "2026-09-20": [["09:00", "10:00"]]},
        }
        calendar = from_mapping(data, WHERE)
        assert calendar.holidays_of == "CN"
        assert not calendar.is_working_day(date(2026, 10, 10))
        assert not calendar.is_working_day(date(2027, 1, 1))
        assert calendar.is_working_day(date(2026, 10, 1))
        assert calendar.is_working_day(date(2026, 9, 20))

    @pytest.mark.requirement("F4")
    @pytest.mark.parametrize(
        ("data", "field", "says"),
        [
            ({"hours": OFFICE, "hollidays": "CN"}, "hollidays", "accepted: holidays"),
            ({}, "hours", "missing"),
            ({"hours": OFFICE, "holidays": "DE"}, "holidays", "accepted: CN, a list of dates"),
            ({"hours": OFFICE, "holidays": ["CN", "DE"]}, "holidays[0]", "no such date"),
            ({"hours": OFFICE, "makeup_hours": []}, "makeup_hours", 'holidays = "CN"'),
            (
                {"hours": OFFICE, "holidays": "CN", "makeup_hours": [["9", "10"]]},
                "makeup_hours[0]",
                "time of day",
            ),
            ({"hours": OFFICE, "timezone": "Asia/Shangai"}, "timezone", "Asia/Shanghai"),
            ({"hours": {"mno": []}}, "hours.mno", "accepted: mon"),
            ({"hours": OFFICE, "dates": {"2026-13-01": []}}, "dates.2026-13-01", "no such date"),
        ],
    )
    def test_errors_name_the_key_path(self, data, field, says):
        with pytest.raises(InvalidInput) as caught:
            from_mapping(data, WHERE)
        problem = caught.value.problems[0]
        assert problem.field == f"{WHERE}.{field}"
        assert says in problem.text()
        assert problem.zh != problem.en

    def test_what_is_no_table_is_refused(self):
        with pytest.raises(InvalidInput, match="a table is needed"):
            from_mapping(["CN"], WHERE)  # type: ignore[arg-type]

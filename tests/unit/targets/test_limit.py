from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ruledesk.calendar import WALL, business_calendar
from ruledesk.errors import InvalidInput
from ruledesk.targets.limit import Limit, warn_at

pytestmark = pytest.mark.requirement("F1")

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = business_calendar()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "canonical", "working"),
        [
            ("10s", "10s", False),
            ("15m", "15m", False),
            ("2h", "2h", False),
            ("0.5h", "0.5h", False),
            ("24h", "24h", False),
            ("3d", "3d", False),
            ("30wm", "30wm", True),
            ("8wh", "8wh", True),
            ("3wd", "3wd", True),
            (" 2 h ", "2h", False),
            ("1.50h", "1.5h", False),
            ("10wd", "10wd", True),
            ("3.0wd", "3wd", True),
        ],
    )
    def test_forms(self, text, canonical, working):
        limit = Limit.parse(text)
        assert str(limit) == canonical
        assert limit.working is working
        assert Limit.parse(str(limit)) == limit

    @pytest.mark.requirement("F4")
    @pytest.mark.parametrize(
        "text",
        ["", "2", "h", "-2h", "+2h", "2 hours", "2H", "1h30m", "0h", "0.0wd", "0.0000001s", "1e3s",
         "0.5wd", "40000d", "4000wd", "999999999999h", "9" * 40 + "h", "٢h", "2h\n2h", 30, None,
         2.5, True, ["2h"]],
    )  # fmt: skip
    def test_nonsense_is_refused_with_the_forms(self, text):
        with pytest.raises(InvalidInput) as caught:
            Limit.parse(text, "targets.response.limit")
        problem = caught.value.problems[0]
        assert problem.field == "targets.response.limit"
        assert problem.value == text
        assert "30wm, 8wh" in problem.text()
        assert "3wd" in problem.text("zh")
        assert problem.zh != problem.en


class TestDue:
    @pytest.mark.parametrize(
        ("limit", "start", "due"),
        [
            ("15m", "2026-10-03 23:50", "2026-10-04 00:05"),  # 7×24, on a holiday
            ("0.5h", "2026-11-06 17:45", "2026-11-06 18:15"),
            ("3d", "2026-11-06 10:00", "2026-11-09 10:00"),
            ("30wm", "2026-11-06 17:45", "2026-11-09 09:15"),
            ("8wh", "2026-11-06 10:00", "2026-11-06 18:00"),
            ("8wh", "2026-11-06 11:00", "2026-11-09 10:00"),
            ("3wd", "2026-11-06 10:00", "2026-11-11 10:00"),
            ("3wd", "2026-11-07 10:00", "2026-11-11 18:00"),
        ],
    )
    def test_due(self, limit, start, due):
        assert Limit.parse(limit).due(at(start), OFFICE) == at(due)

    def test_pauses(self):
        start = at("2026-11-06 10:00")
        pauses = [(at("2026-11-06 17:00"), at("2026-11-09 10:00"))]  # two working hours
        assert Limit.parse("3d").due(start, OFFICE, pauses) == at("2026-11-12 03:00")
        assert Limit.parse("8wh").due(start, OFFICE, pauses) == at("2026-11-09 11:00")
        assert Limit.parse("3wd").due(start, OFFICE, pauses) == at("2026-11-11 12:00")

    def test_clock(self):
        assert Limit.parse("2h").clock(OFFICE) is WALL
        assert Limit.parse("2wh").clock(OFFICE) is OFFICE

    def test_budget(self):
        assert Limit.parse("0.5h").budget(at("2026-11-07 10:00"), OFFICE) == timedelta(minutes=30)
        assert Limit.parse("2wd").budget(at("2026-11-06 10:00"), OFFICE) == timedelta(hours=18)
        assert Limit.parse("1wd").budget(at("2026-11-07 10:00"), OFFICE) == timedelta(hours=9)


class TestWarn:
    @pytest.mark.parametrize(
        ("limit", "share", "warned"),
        [
            ("10h", 0.8, "2026-11-06 18:00"),
            ("10wh", 0.8, "2026-11-06 18:00"),
            ("10wh", 0.9, "2026-11-09 10:00"),
            ("2wd", 0.5, "2026-11-09 10:00"),
            ("2wd", 1, "2026-11-10 10:00"),
            ("2wd", 0, "2026-11-06 10:00"),
        ],
    )
    def test_share_of_the_budget(self, limit, share, warned):
        start = at("2026-11-06 10:00")
        assert warn_at(Limit.parse(limit), start, OFFICE, share=share) == at(warned)

    def test_pauses_put_off_the_warning(self):
        start = at("2026-11-06 10:00")
        pauses = [(start, start + timedelta(hours=1))]
        assert warn_at(Limit.parse("10h"), start, OFFICE, pauses) == at("2026-11-06 19:00")

    @pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), True, "0.8", None])
    def test_what_is_no_share_is_refused(self, share):
        with pytest.raises(InvalidInput, match="from 0 to 1"):
            warn_at(Limit.parse("2h"), datetime(2026, 1, 1, tzinfo=UTC), OFFICE, share=share)


def test_equal_limits_are_equal_values():
    assert Limit.parse("10h") == Limit(Decimal(10), "h")
    assert hash(Limit.parse("10.0h")) == hash(Limit.parse("10h"))

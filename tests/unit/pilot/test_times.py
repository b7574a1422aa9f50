from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.pilot.times import NaiveTimeError, parse_instant, parse_moment, parse_offset

START = datetime(2026, 11, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0m", timedelta(0)),
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("1d2h", timedelta(days=1, hours=2)),
        ("1d 2h 3m 4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("", None),
        ("5", None),
        ("5 minutes", None),
        ("-5m", None),
        ("5m!", None),
        ("999999999d999999999d", None),
    ],
)
def test_offsets(text, expected):
    assert parse_offset(text) == expected


@given(st.integers(0, 4000), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
@settings(deadline=None)
def test_an_offset_is_the_sum_of_its_parts(d, h, m, s):
    expected = timedelta(days=d, hours=h, minutes=m, seconds=s)
    assert parse_offset(f"{d}d{h}h{m}m{s}s") == expected


def test_iso_times_become_utc():
    assert parse_instant("2026-11-02T09:00:00+08:00") == START
    assert parse_instant("2026-11-02T09:00:00+08:00").tzinfo is UTC
    assert parse_instant("2026-11-02 01:00Z") == START


@pytest.mark.parametrize("text", ["2026-11-02T09:00:00", "2026-11-02"])
def test_times_without_offset_from_utc_are_refused(text):
    with pytest.raises(NaiveTimeError):
        parse_instant(text)


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00+08:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - any is as good
        parse_instant(text)


def test_a_moment_is_either():
    assert parse_moment("2h", START) == START + timedelta(hours=2)
    assert parse_moment("2026-11-02T01:00:00Z", START) == START
    with pytest.raises(ValueError, match="3000000d"):
        parse_moment("3000000d", START)

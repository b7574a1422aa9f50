"""How long tickets are kept, by the calendar."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput
from ruledesk.rules.retention import Retention

pytestmark = pytest.mark.requirement("C13")


@pytest.mark.parametrize(
    ("text", "start", "until"),
    [
        ("30d", "2026-03-09T10:00:00+08:00", "2026-04-08T10:00:00+08:00"),
        ("6m", "2026-08-15T10:00:00+08:00", "2027-02-15T10:00:00+08:00"),
        ("3y", "2026-12-31T23:59:00+08:00", "2029-12-31T23:59:00+08:00"),
        ("1y", "2028-02-29T10:00:00+08:00", "2029-03-01T10:00:00+08:00"),
        ("1m", "2026-01-31T10:00:00+08:00", "2026-03-01T10:00:00+08:00"),
        ("12 m", "2026-01-31T10:00:00+08:00", "2027-01-31T10:00:00+08:00"),
    ],
)
def test_until(text: str, start: str, until: str) -> None:
    found = Retention.parse(text).until(datetime.fromisoformat(start))
    assert found == datetime.fromisoformat(until)


@settings(deadline=None)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 40))  # noqa: DTZ001
def test_never_shorter_than_said(start: datetime, months: int) -> None:
    until = Retention(months, "m").until(start)
    assert until - start >= timedelta(days=28 * months)
    assert until > Retention(months, "d").until(start)


@pytest.mark.parametrize("text", ["", "3", "3w", "0y", "-1y", "1.5y", "999y", "y", None, 3])
def test_what_is_no_retention(text: object) -> None:
    with pytest.raises(InvalidInput) as error:
        Retention.parse(text, "policy.retention")
    (problem,) = error.value.problems
    assert problem.field == "policy.retention"
    assert problem.accepted == ("30d", "6m", "3y")


def test_said_as_written() -> None:
    assert str(Retention.parse("3 y")) == "3y"

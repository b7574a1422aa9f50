"""What a timeline says of a collaboration task that nobody answered in time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ruledesk.model.event import Event, TaskOverdue
from ruledesk.pilot.describe import Said, Teller

DUE = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)


@pytest.mark.requirement("A11")
@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "task 2: overdue, was due 03-09 11:00"), ("zh", "协同任务 2: 超时，应于 03-09 11:00")],
)
def test_a_late_task(locale, text):
    event = Event("T1", 7, DUE, "system", TaskOverdue(2, DUE))
    teller = Teller(locale, ZoneInfo("Asia/Shanghai"))
    assert list(teller.event(event)) == [Said(text, style="red")]

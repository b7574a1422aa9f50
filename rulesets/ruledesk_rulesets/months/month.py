"""A recorded month: everybody who comes, and everybody who works."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ruledesk.calendar import WorkCalendar
from ruledesk_rulesets.months.arrivals import START, Arrivals
from ruledesk_rulesets.months.words import Words
from ruledesk_rulesets.recorder.recorder import ZONE, Recorder, Watched

_EVERY_DAY: Final = {"mon-sun": [["08:00", "20:30"]]}


class RecordedMonth(Recorder):
    """The month of a line.

    Args:
        desk: The desk that it is played on.
        line: The name of the line.
        seed: What the invented people come from.
        until: When nobody does anything any more.
    """

    def __init__(self, desk: Watched, line: str, seed: int, until: datetime) -> None:
        super().__init__(desk, START, until, seed)
        self.words = Words(self.random, line)
        ruleset = desk.rulesets[line]
        self.office = ruleset.calendars[ruleset.policy.calendar]
        self.duty = WorkCalendar(timezone=ZONE.key, hours=_EVERY_DAY)

    def begin(self) -> None:
        """Have everybody come at their time."""
        Arrivals(self).plan()

    def head(self, team: str) -> str:
        """Name who leads a team, as an actor."""
        return f"agent:{self.desk.config.directory.teams[team].head}"

    def title(self, team: str) -> str:
        """Say what people call a team."""
        return self.desk.config.directory.teams[team].title or team

    def working(self) -> bool:
        """Say whether today is a working day."""
        return self.office.is_working_day(self.now.astimezone(ZONE).date())

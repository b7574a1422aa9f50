"""What a file of old records means: its columns, words, dates, deadlines and hand-overs (E1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ruledesk.calendar import WorkCalendar
from ruledesk.targets.limit import Limit

#: What a column may hold of a ticket.
TEXTS: Final = (
    "number", "line", "channel", "type", "category", "problem", "product", "subject", "priority",
    "urgency", "team", "agent",
)  # fmt: skip
INSTANTS: Final = ("created_at", "responded_at", "resolved_at", "closed_at")
#: Who reported; the first of these that a row has tells repeated complaints.
REQUESTER: Final = ("requester.id", "requester.phone", "requester.email", "requester.name")
FIELDS: Final = (*TEXTS, *INSTANTS, *REQUESTER, "status", "reopens", "rating")
#: ``scores.<name>`` is an answer of a survey.
SCORES: Final = "scores."

#: Under `within`, the limit of words that have none of their own.
OTHERWISE: Final = "*"

#: Names of encodings as people write them, to Python's.
ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
}
ENCODINGS_SHOWN: Final = ("utf-8", "gb18030", "gbk", "big5", "utf-16", "windows-1252")


@frozen
class Deadline:
    """How a file tells whether a target was kept.

    Attributes:
        target: Its name.
        due: The column of its due time; empty where there is none.
        within: Its limit, by word of the field `by`; under the empty word where it is the same for
            all, under `OTHERWISE` for words not named. Empty where `due` tells.
        by: The ticket field that the limit depends on.
        met: The column of when it was met; empty for the ticket's response or solution.
        breached: The column that says itself whether it was missed; empty for none.
        yes: The words of that column for “missed”.
    """

    target: str
    due: str = ""
    within: Mapping[str, Limit] = field(factory=dict)
    by: str = ""
    met: str = ""
    breached: str = ""
    yes: frozenset[str] = frozenset()


@frozen
class HandOverColumns:
    """The columns of one hand-over between teams.

    Attributes:
        from_team: Who had the ticket.
        to_team: Who got it; a row without both, or with the same in both, was not handed over.
        at: When it was handed over.
        taken_at: When the next team took it up.
    """

    from_team: str
    to_team: str
    at: str
    taken_at: str


@frozen
class RecordMapping:
    """What a file means.

    Attributes:
        encoding: Python's name for how its text is encoded.
        delimiter: What stands between two cells.
        zone: The time zone of times that say none.
        dates: Formats of times, as for `strptime`; empty for ISO 8601.
        calendar: What limits in working time run on.
        as_of: When the records were taken; None for the last thing that happened in them.
        columns: Column to ticket field; several columns may not share one.
        values: By ticket field, the file's words to what they mean.
    """

    encoding: str
    delimiter: str
    zone: ZoneInfo
    dates: tuple[str, ...]
    calendar: WorkCalendar
    as_of: datetime | None
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    deadlines: tuple[Deadline, ...]
    hand_overs: tuple[HandOverColumns, ...]

    def column_of(self, name: str) -> str:
        """Name the column of a ticket field; empty where there is none."""
        return next((column for column, held in self.columns.items() if held == name), "")

    def needed(self) -> tuple[str, ...]:
        """Name all columns that the file must have, each once."""
        wanted = [*self.columns]
        for deadline in self.deadlines:
            wanted += [deadline.due, deadline.met, deadline.breached]
        for one in self.hand_overs:
            wanted += [one.from_team, one.to_team, one.at, one.taken_at]
        return tuple(dict.fromkeys(column for column in wanted if column))

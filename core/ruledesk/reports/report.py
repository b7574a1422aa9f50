"""A report: statistics with all that it takes to write them down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ruledesk.insight.case import Case
from ruledesk.insight.statistics import Statistics
from ruledesk.reports.labels import Labels
from ruledesk.reports.records.cases import Intake
from ruledesk.reports.tables import ReportTable, tables_of


@frozen
class Source:
    """Where a report's tickets come from.

    Attributes:
        name: What the report is about: the desk's name, or the file's.
        zone: In which days begin and end.
        locale: The language where nobody asks for another.
        labels: What values are called.
        cases: Streams the tickets; may be called again.
        as_of: When they were looked at; None for the last thing that happened to any.
        intake: What became of the rows of a file; None where there was none.
        earlier: Streams the tickets from before the period that those in it may repeat.
        every_type: Whether tickets of all types count as complaints, for want of types.
    """

    name: str
    zone: ZoneInfo
    locale: str
    labels: Labels
    cases: Callable[[], Iterator[Case]]
    as_of: datetime | None = None
    intake: Intake | None = None
    earlier: Callable[[], Iterable[Case]] = tuple
    every_type: bool = False


@frozen
class Report:
    """A report.

    Attributes:
        statistics: Its figures.
        source: Where they come from.
        locale: Its language.
        by: The tables wanted; empty for all.
        tables: Laid out.
    """

    statistics: Statistics
    source: Source
    locale: str
    by: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = field(init=False)

    @tables.default
    def _laid_out(self) -> tuple[ReportTable, ...]:
        every = tables_of(self.statistics, self.source.labels)
        return tuple(table for table in every if not self.by or table.key in self.by)

    def time(self, instant: datetime) -> str:
        """Write an instant in local time, to the minute."""
        return f"{instant.astimezone(self.source.zone):%Y-%m-%d %H:%M}"

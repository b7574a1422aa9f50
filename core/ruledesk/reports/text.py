"""A report for the terminal, or as a plain text file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ruledesk.pilot.plain import clean
from ruledesk.reports.report import Report
from ruledesk.reports.shown import shown
from ruledesk.reports.tables import ReportTable
from ruledesk.reports.words import say

_ROWS_SHOWN: Final = 15
#: Columns that a terminal has room for; the other outputs have all of them.
_COLUMNS: Final = (
    "tickets", "share", "closed_in", "overdue_rate", "handling_p50", "handling_p90",
    "reopen_rate", "rating_mean", "to_team", "count", "waiting", "lost_p50", "lost_p90",
    "lost_total",
)  # fmt: skip
_WHOLE: Final = ("summary", "targets", "scores", "hints")


def write_text(report: Report, stream: TextIO, short: Sequence[str]) -> None:
    """Write a report as text.

    Args:
        report: What is written.
        stream: Where to; a terminal gives its width and colours.
        short: The tables shown where the report names none.
    """
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    locale, statistics = report.locale, report.statistics
    console.print(Text(f"{say('title', locale)} · {clean(report.source.name)}", style="bold"))
    if statistics.first is None or statistics.last is None:
        console.print(say("no_tickets", locale))
    else:
        span = {"a": report.time(statistics.first), "b": report.time(statistics.last)}
        as_of = {"t": report.time(statistics.as_of), "zone": statistics.timezone}
        console.print(say("from_to", locale, **span), style="dim")
        console.print(say("as_of", locale, **as_of), style="dim")
    intake = report.source.intake
    if intake is not None:
        counts = {"rows": intake.rows, "used": intake.used, "skipped": intake.skipped,
                  "blank": intake.blank}  # fmt: skip
        console.print(say("rows", locale, **counts), style="dim")
    for table in report.tables:
        if report.by or table.key in short:
            _table(console, table, locale, whole=bool(report.by))


def _table(console: Console, table: ReportTable, locale: str, *, whole: bool) -> None:
    places = [
        place
        for place, column in enumerate(table.columns)
        if place == 0 or table.key in _WHOLE or column.key in _COLUMNS or table.key == "load"
    ]
    drawn = Table(
        box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0),
        title=Text(table.title.in_(locale), style="bold"), title_justify="left",
    )  # fmt: skip
    for place in places:
        column = table.columns[place]
        right = column.kind not in ("text", "numbers")
        drawn.add_column(
            Text(column.title.in_(locale)), justify="right" if right else "left", overflow="fold"
        )
    rows = table.rows if whole or table.key == "summary" else table.rows[:_ROWS_SHOWN]
    for row in rows:
        drawn.add_row(
            *(Text(clean(shown(table.columns[p], row[p], locale)), overflow="fold") for p in places)
        )
    console.print()
    with console.capture() as captured:
        console.print(drawn)
    for line in captured.get().splitlines():
        console.file.write(f"{line.rstrip()}\n")
    if len(rows) < len(table.rows):
        console.print(say("more", locale, n=len(table.rows) - len(rows)), style="dim")

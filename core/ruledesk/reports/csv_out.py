"""A report as CSV: one table as it is, or several with a row for each figure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TextIO

from ruledesk.model.values import Text
from ruledesk.reports.report import Report
from ruledesk.reports.shown import harmless, resolved
from ruledesk.reports.tables import Column, ReportTable
from ruledesk.reports.tickets import COLUMNS, ticket_rows


def write_csv(report: Report, stream: TextIO) -> None:
    """Write a report as CSV.

    With one table wanted: its columns, a row a group. With several: the columns ``table``,
    ``group``, ``figure``, ``amount``, a row for each figure, so that the file is one table all the
    same. Numbers are bare: shares from 0 to 1, durations in seconds.

    Args:
        report: What is written.
        stream: Opened without translation of line ends.
    """
    writer = csv.writer(stream)
    if len(report.by) == 1:
        for table in report.tables:
            writer.writerows(_wide(table, report.locale))
    else:
        writer.writerow(("table", "group", "figure", "amount"))
        writer.writerows(row for table in report.tables for row in _long(table, report.locale))


def write_tickets(report: Report, stream: TextIO) -> None:
    """Write a row for each ticket, with local times; streamed.

    Args:
        report: What is written.
        stream: Opened without translation of line ends.
    """
    writer = csv.writer(stream)
    writer.writerow(column.title.in_(report.locale) for column in COLUMNS)
    for row in ticket_rows(report):
        writer.writerow(_cells(COLUMNS, row, report))


def _cells(columns: Iterable[Column], row: Iterable[Any], report: Report) -> Iterator[Any]:
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, datetime):
            yield value.astimezone(report.source.zone).strftime("%Y-%m-%d %H:%M:%S")
        else:
            yield _bare(column, value, report.locale)


def _wide(table: ReportTable, locale: str) -> Iterator[Iterable[Any]]:
    yield [column.title.in_(locale) for column in table.columns]
    for row in table.rows:
        yield [_bare(*cell, locale) for cell in zip(table.columns, row, strict=True)]


def _long(table: ReportTable, locale: str) -> Iterator[Iterable[Any]]:
    names = [column for column in table.columns if column.kind in ("text", "numbers")]
    title = table.title.in_(locale)
    for row in table.rows:
        cells = list(zip(table.columns, row, strict=True))
        group = " → ".join(
            str(_bare(column, value, locale)) for column, value in cells if column in names[:2]
            and column.kind == "text" and column.key != "note"
        )  # fmt: skip
        for column, value in cells:
            if column not in names:
                yield title, group, column.title.in_(locale), _bare(column, value, locale)


def _bare(column: Column, value: Any, locale: str) -> Any:
    kind, value = resolved(column, value)
    if value is None:
        return ""
    if isinstance(value, Text):
        return harmless(value.in_(locale))
    if kind == "numbers":
        return harmless(" ".join(value))
    if isinstance(value, float):
        return round(value, 6)
    return harmless(value) if isinstance(value, str) else value

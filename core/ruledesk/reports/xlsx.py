"""A report as an Excel workbook, streamed to the disk row by row (requirement D12)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final

import xlsxwriter  # type: ignore[import-untyped]

from ruledesk.errors import InvalidInput
from ruledesk.model.values import Text
from ruledesk.reports.report import Report
from ruledesk.reports.shown import resolved, some_of
from ruledesk.reports.tables import Column, ReportTable
from ruledesk.reports.tickets import COLUMNS, ticket_rows
from ruledesk.reports.words import say

#: Rows of a sheet, its header among them; a limit of the file format.
MOST_ROWS: Final = 1_048_576
_LONGEST_CELL: Final = 32_767
_NUMBERS_SHOWN: Final = 50
_LONGEST_NAME: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_HOUR: Final = 3600
_FORMATS: Final = {
    "count": "0",
    "share": "0.0%",
    "seconds": "0.00",
    "rating": "0.00",
    "instant": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS: Final = {"text": 22, "instant": 19, "numbers": 60}
_OPTIONS: Final = {
    # Each row goes to the disk as soon as it is written.
    "constant_memory": True,
    # What people wrote stays what it is, even where it looks like a formula.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}


def write_xlsx(report: Report, path: Path, *, most_rows: int = MOST_ROWS) -> None:
    """Write a workbook: a sheet for each group of figures, then every ticket.

    Durations are in hours, times in the report's zone. Tickets beyond what a sheet holds go on
    in a further one.

    Args:
        report: What is written.
        path: The file; replaced where there is one.
        most_rows: Rows that a sheet holds, its header among them.

    Raises:
        InvalidInput: The file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        # Opened before any work is done; what was there is replaced only by a whole workbook.
        with part.open("wb") as stream, TemporaryDirectory() as rows:
            _write(report, stream, rows, most_rows)
        part.replace(path)
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be written ({error.strerror})",
            f"无法写入（{error.strerror}）",
            field=str(path),
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _write(report: Report, stream: BinaryIO, rows: str, most_rows: int) -> None:
    """Write the workbook; rows on their way are kept in the folder `rows`."""
    book = xlsxwriter.Workbook(stream, {**_OPTIONS, "tmpdir": rows})
    writer = _Book(book, report, most_rows)
    try:
        for table in report.tables:
            writer.table(table)
        if not report.by:
            writer.hint_tickets()
            writer.tickets()
    except BaseException:
        for sheet in book.worksheets():
            sheet.row_data_fh.close()
        raise
    book.close()


class _Book:
    """The sheets of a workbook."""

    def __init__(self, book: Any, report: Report, most_rows: int) -> None:
        self._book = book
        self._report = report
        self._most_rows = most_rows
        self._names: set[str] = set()
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        # The quote prefix keeps a text a text also when somebody edits its cell.
        self._text = book.add_format({"quote_prefix": True, "valign": "top"})
        self._formats = {
            kind: book.add_format({"num_format": form, "valign": "top"})
            for kind, form in _FORMATS.items()
        }

    def table(self, table: ReportTable) -> None:
        """Write a group of figures."""
        self._rows(table.title.in_(self._report.locale), table.columns, table.rows)

    def hint_tickets(self) -> None:
        """Write the tickets behind each hint, a row each."""
        hints = self._report.statistics.hints
        if not hints:
            return
        locale = self._report.locale
        title = f"{say('hints', locale)} – {say('tickets_sheet', locale)}"
        columns = (
            Column("hint", Text(say("hint", "en"), say("hint", "zh"))),
            Column("number", Text(say("number", "en"), say("number", "zh"))),
        )
        self._rows(title, columns, ((h.text, number) for h in hints for number in h.tickets))

    def tickets(self) -> None:
        """Write every ticket."""
        title = say("tickets_sheet", self._report.locale)
        self._rows(title, COLUMNS, ticket_rows(self._report))

    def _rows(
        self, title: str, columns: tuple[Column, ...], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        sheet, last = self._sheet(title, columns), 0
        for row in rows:
            if last + 1 >= self._most_rows:
                self._finish(sheet, last, columns)
                sheet, last = self._sheet(title, columns), 0
            last += 1
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._cell(sheet, last, place, column, value)
        self._finish(sheet, last, columns)

    def _sheet(self, title: str, columns: tuple[Column, ...]) -> Any:
        sheet = self._book.add_worksheet(self._name(title))
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS.get(column.kind, 12))
            name = column.title.in_(self._report.locale)
            # Durations are hours here, so that sheets can go on calculating with them.
            shown = f"{name} (h)" if column.kind == "seconds" else name
            sheet.write_string(0, place, shown, self._head)
        return sheet

    def _finish(self, sheet: Any, last: int, columns: tuple[Column, ...]) -> None:
        if last:
            sheet.autofilter(0, 0, last, len(columns) - 1)

    def _name(self, title: str) -> str:
        """Name a sheet: short enough, and not as another one."""
        base = _FORBIDDEN.sub(" ", title).strip()[:_LONGEST_NAME]
        name, number = base, 1
        while name.casefold() in self._names:
            number += 1
            name = f"{base[: _LONGEST_NAME - len(str(number)) - 1]} {number}"
        self._names.add(name.casefold())
        return name

    def _cell(self, sheet: Any, row: int, place: int, column: Column, value: Any) -> None:
        kind, value = resolved(column, value)
        locale = self._report.locale
        if value is None or value == "":
            return
        if isinstance(value, datetime):
            local = value.astimezone(self._report.source.zone).replace(tzinfo=None, microsecond=0)
            sheet.write_datetime(row, place, local, self._formats["instant"])
        elif isinstance(value, Text | str | tuple):
            text = value if isinstance(value, str) else _text(value, locale)
            sheet.write_string(row, place, text[:_LONGEST_CELL], self._text)
        else:
            hours = kind == "seconds"
            sheet.write_number(row, place, value / _HOUR if hours else value, self._formats[kind])


def _text(value: Any, locale: str) -> str:
    if isinstance(value, Text):
        return value.in_(locale)
    return some_of(value, _NUMBERS_SHOWN, locale)

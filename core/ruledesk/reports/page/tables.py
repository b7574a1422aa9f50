"""The table beside each chart: every figure, for everybody."""

from __future__ import annotations

from ruledesk.markup import Markup, joined, tag
from ruledesk.reports.shown import shown
from ruledesk.reports.tables import ReportTable
from ruledesk.reports.words import say


def table_of(table: ReportTable, locale: str) -> Markup:
    """Write a table, a header on each row and column."""
    head = joined(
        *(
            tag("th", column.title.in_(locale), scope="col", class_=_side(column.kind))
            for column in table.columns
        )
    )
    rows = []
    for row in table.rows:
        cells = []
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            text = shown(column, value, locale)
            if place == 0:
                cells.append(tag("th", text, scope="row"))
            else:
                cells.append(tag("td", text, class_=_side(column.kind)))
        rows.append(tag("tr", *cells))
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", head)), tag("tbody", *rows)),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=table.title.in_(locale),
    )


def folded(table: ReportTable, locale: str) -> Markup:
    """Write a table that opens on demand."""
    return tag("details", tag("summary", say("as_table", locale)), table_of(table, locale))


def _side(kind: str) -> str | None:
    return None if kind in ("text", "numbers") else "n"

"""Every ticket of a report as a row (requirement D12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ruledesk.insight.case import Case, is_breached
from ruledesk.model.values import Text
from ruledesk.reports.report import Report
from ruledesk.reports.tables import Column, Kind
from ruledesk.reports.words import WORDS
from ruledesk.rules.labels import flag

_SECOND = timedelta(seconds=1)
_Get = Callable[[Case], Any]


def _after(case: Case, at: datetime | None) -> int | None:
    return None if at is None else (at - case.created_at) // _SECOND


#: Column to kind and how it is read from a case. Those named after a dimension are labelled.
_COLUMNS: Final[Mapping[str, tuple[Kind, _Get]]] = {
    "number": ("text", lambda c: c.number),
    "value.line": ("text", lambda c: c.line),
    "value.channel": ("text", lambda c: c.channel),
    "value.type": ("text", lambda c: c.type),
    "value.category": ("text", lambda c: c.category),
    "value.product": ("text", lambda c: c.product),
    "subject": ("text", lambda c: c.subject),
    "requester": ("text", lambda c: c.requester_name or c.requester),
    "value.urgency": ("text", lambda c: c.urgency),
    "value.priority": ("text", lambda c: c.priority),
    "value.status": ("text", lambda c: c.status.value),
    "value.team": ("text", lambda c: c.team),
    "value.agent": ("text", lambda c: c.agent),
    "created_at": ("instant", lambda c: c.created_at),
    "responded_at": ("instant", lambda c: c.responded_at),
    "resolved_at": ("instant", lambda c: c.resolved_at),
    "closed_at": ("instant", lambda c: c.closed_at),
    "response": ("seconds", lambda c: _after(c, c.responded_at)),
    "handling": ("seconds", lambda c: _after(c, c.solved_at)),
    "reopens": ("count", lambda c: c.reopens),
    "value.rating": ("count", lambda c: c.rating),
    "flags": ("text", lambda c: _joined([flag(one) for one in sorted(c.flags)])),
}
_MISSED: Final = "missed_targets"

COLUMNS: Final = (
    *(Column(key.removeprefix("value."), WORDS[key], kind) for key, (kind, _) in _COLUMNS.items()),
    Column(_MISSED, WORDS[_MISSED]),
)


def ticket_rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """Stream a row for each ticket, by `COLUMNS`, reading the report's source once more."""
    labels, as_of = report.source.labels, report.statistics.as_of
    for case in report.source.cases():
        cells = (_cell(key, read(case), report) for key, (_, read) in _COLUMNS.items())
        missed = (name for name, one in case.promises.items() if is_breached(one, as_of))
        yield (*cells, _joined([labels("target", name) for name in missed]))


def _cell(key: str, value: Any, report: Report) -> Any:
    dimension = key.removeprefix("value.")
    if isinstance(value, Text):
        return value
    if dimension == key or not isinstance(value, str):
        return value
    return report.source.labels(dimension, value) if value else ""


def _joined(texts: list[Text]) -> Text:
    return Text(", ".join(t.en for t in texts), "、".join(t.zh for t in texts))

"""The embedded queue as the JSON document in which the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ruledesk.jobs.job import FailedJob
from ruledesk.jobs.state import Entry, QueueState

#: The document's key in the store.
KEY: Final = "jobs"


def to_document(state: QueueState) -> dict[str, Any]:
    """Write the queue as plain data."""
    return {
        "last": state.last,
        "entries": [_entry_to(entry) for entry in state.entries],
        "failed": [_failed_to(one) for one in state.failed],
        "periods": {job: _time_to(at) for job, at in state.periods.items()},
    }


def from_document(document: Mapping[str, Any] | None) -> QueueState:
    """Read the queue; an empty one where there is no document."""
    if document is None:
        return QueueState()
    return QueueState(
        last=int(document["last"]),
        entries=tuple(_entry_from(data) for data in document["entries"]),
        failed=tuple(_failed_from(data) for data in document["failed"]),
        periods={job: _instant(at) for job, at in document["periods"].items()},
    )


def _entry_to(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "job": entry.job,
        "arguments": dict(entry.arguments),
        "once": entry.once,
        "lock": entry.lock,
        "attempts": entry.attempts,
        "not_before": _time_to(entry.not_before),
        "holder": entry.holder,
        "leased_until": _time_to(entry.leased_until),
    }


def _entry_from(data: Mapping[str, Any]) -> Entry:
    return Entry(
        id=int(data["id"]),
        job=str(data["job"]),
        not_before=_instant(data["not_before"]),
        arguments=dict(data["arguments"]),
        once=str(data["once"]),
        lock=str(data["lock"]),
        attempts=int(data["attempts"]),
        holder=str(data["holder"]),
        leased_until=_time_from(data["leased_until"]),
    )


def _failed_to(one: FailedJob) -> dict[str, Any]:
    return {
        "id": one.id,
        "job": one.job,
        "arguments": dict(one.arguments),
        "attempts": one.attempts,
        "error": one.error,
        "at": _time_to(one.at),
    }


def _failed_from(data: Mapping[str, Any]) -> FailedJob:
    return FailedJob(
        id=int(data["id"]),
        job=str(data["job"]),
        arguments=dict(data["arguments"]),
        attempts=int(data["attempts"]),
        error=str(data["error"]),
        at=_time_from(data["at"]),
    )


def _time_to(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time_from(text: str) -> datetime | None:
    return _instant(text) if text else None


__all__ = ["KEY", "from_document", "to_document"]

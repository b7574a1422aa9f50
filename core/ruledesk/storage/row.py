"""What the indexes of a store need to know of a ticket, taken from its view.

There are two ways to the same row: from the ticket, when it is committed, and from the JSON
object of its view, when a file with many tickets is opened and none of them is asked for yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import define

from ruledesk.model.ticket import OPEN_STATUSES, OVER_STATUSES, Ticket
from ruledesk.storage.interface import next_due, over_at

#: The filters of a query that have one value a ticket; ``flag`` is the one that has several.
SINGLE: Final = (
    "line",
    "status",
    "team",
    "agent",
    "priority",
    "channel",
    "type",
    "category",
    "requester",
)
#: The orders of a query that are about an attribute; ``number`` is the one that is the key itself.
SORTED: Final = ("created_at", "updated_at", "next_due", "priority", "over_at")
#: What a collaboration task has once the clock no longer watches it.
_SETTLED: Final = frozenset({"answered_at", "overdue_at"})


@define(frozen=True)
class Row:
    """A ticket as the indexes see it.

    Attributes:
        number: The ticket's number.
        version: The number of its events.
        single: Its values for the filters `SINGLE`, in that order.
        flags: Its flags, sorted.
        sort: Its values for the orders `SORTED`; None where it has none.
        keys: Its correlation keys, without doubles.
        text: What a text search looks in, case-folded.
    """

    number: str
    version: int
    single: tuple[str, ...]
    flags: tuple[str, ...]
    sort: tuple[datetime | str | None, ...]
    keys: tuple[str, ...]
    text: str

    @property
    def created_at(self) -> datetime:
        """When the ticket was created."""
        created: Any = self.sort[0]
        return created  # type: ignore[no-any-return]

    @property
    def holder(self) -> str:
        """The agent whose open work the ticket is; empty where it is nobody's or not open."""
        return self.single[3] if self.single[1] in OPEN_STATUSES else ""


def row_of(ticket: Ticket) -> Row:
    """Take the row from a ticket."""
    t = ticket
    return Row(
        t.number,
        t.version,
        (
            t.line,
            str(t.status),
            t.team,
            t.agent,
            t.priority,
            t.channel,
            t.type,
            t.category,
            t.requester.id,
        ),
        tuple(sorted(t.flags)),
        (t.created_at, t.updated_at, next_due(t), t.priority or None, over_at(t)),
        tuple(dict.fromkeys(t.correlation_keys)),
        _text(t.number, t.subject, t.description),
    )


def row_of_dict(view: Mapping[str, Any]) -> Row:
    """Take the row from what `ruledesk.codec.ticket_to_dict` wrote.

    Equal to the row of the ticket that the object stands for.
    """
    get = view.get
    created, updated = datetime.fromisoformat(view["created_at"]), _instant(view, "updated_at")
    return Row(
        view["number"],
        get("version", 0),
        (
            view["line"],
            get("status", "new"),
            get("team", ""),
            get("agent", ""),
            get("priority", ""),
            view["channel"],
            get("type", ""),
            get("category", ""),
            view["requester"].get("id", ""),
        ),
        tuple(get("flags", ())),
        (
            created,
            updated,
            _next_due(view),
            get("priority") or None,
            _over_at(view, updated or created),
        ),
        tuple(dict.fromkeys(get("correlation_keys", ()))),
        _text(view["number"], get("subject", ""), get("description", "")),
    )


def _text(*parts: str) -> str:
    return "\n".join(parts).casefold()


def _instant(view: Mapping[str, Any], name: str) -> datetime | None:
    text = view.get(name)
    return datetime.fromisoformat(text) if text else None


def _over_at(view: Mapping[str, Any], otherwise: datetime) -> datetime | None:
    if view.get("status", "new") not in OVER_STATUSES:
        return None
    return _instant(view, "closed_at") or otherwise


def _next_due(view: Mapping[str, Any]) -> datetime | None:
    return min(map(datetime.fromisoformat, _instants(view)), default=None)


def _instants(view: Mapping[str, Any]) -> Iterable[str]:
    yield from view.get("timers", {}).values()
    for target in view.get("targets", {}).values():
        if target["state"] == "running":
            yield target["due"]
            if "warn_at" in target:
                yield target["warn_at"]
    if view.get("status", "new") not in OVER_STATUSES:
        for task in view.get("tasks", ()):
            if task["due"] is not None and not task.keys() & _SETTLED:
                yield task["due"]

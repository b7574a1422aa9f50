"""Comparing what is kept beside the events with the events: chains, sources, groups, blobs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from attrs import define, field
from sqlalchemy import literal_column, select

from ruledesk.codec import event_from_line
from ruledesk.errors import Problem, RuleDeskError
from ruledesk.model.event import Assigned, Event
from ruledesk.storage.interface import blobs, sources
from ruledesk_plugins.sql.reading import instant
from ruledesk_plugins.sql.rows import digest_of, row_of
from ruledesk_plugins.sql.schema import (
    blob_tickets,
    correlations,
    escaped,
    events,
    loads,
    shortened,
    tickets,
    unescaped,
)
from ruledesk_plugins.sql.schema import sources as source_table
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.streams import stream
from ruledesk_plugins.sql.tickets import decoded

_VIEWS: Final = Statement(
    select(tickets.c.number, tickets.c.version, tickets.c.head, tickets.c.body).order_by(
        tickets.c.number
    )
)
_HISTORIES: Final = Statement(
    select(
        events.c.ticket,
        events.c.version,
        events.c.at,
        events.c.kind,
        events.c.body,
        events.c.digest,
    ).order_by(events.c.ticket, events.c.version)
)
_SOURCES: Final = Statement(
    select(source_table.c.ticket, source_table.c.source).order_by(source_table.c.ticket)
)
_BLOBS: Final = Statement(
    select(blob_tickets.c.ticket, blob_tickets.c.blob).order_by(blob_tickets.c.ticket)
)
_KEYS: Final = Statement(
    select(correlations.c.ticket, correlations.c.key, correlations.c.created_at).order_by(
        correlations.c.ticket
    )
)
_TURNS: Final = Statement(select(loads.c.agent).where(loads.c.last_assigned > literal_column("0")))


def derived_faults(session: Session) -> Iterator[Problem]:
    """Walk all tickets in the order of their numbers, each with what is kept of it in each table.

    Args:
        session: Within `still`.
    """
    assigned: set[str] = set()
    merged = _merged(
        *(_groups(session, one) for one in (_VIEWS, _HISTORIES, _SOURCES, _BLOBS, _KEYS))
    )
    for stored, (view, history, carried, named, keys) in merged:
        yield from _Kept(unescaped(stored), view, history, carried, named, keys).faults(assigned)
    yield from _turns(session, assigned)


@define
class _Kept:
    """What the tables have of one ticket."""

    number: str
    view: list[tuple[Any, ...]]
    history: list[tuple[Any, ...]]
    carried: list[tuple[Any, ...]]
    named: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]
    _read: list[Event] = field(factory=list)

    def faults(self, assigned: set[str]) -> Iterator[Problem]:
        """Compare; agents that events assign it to are added to `assigned`."""
        yield from self._chain()
        assigned.update(
            event.body.agent
            for event in self._read
            if isinstance(event.body, Assigned) and event.body.agent
        )
        if len(self._read) < len(self.history):
            return  # what follows from the events is not known
        yield from self._compared(
            "sources", {one for (one,) in self.carried}, {shortened(s) for s in sources(self._read)}
        )
        yield from self._compared(
            "blobs", {one for (one,) in self.named}, {escaped(name) for name in blobs(self._read)}
        )
        yield from self._groups()

    def _chain(self) -> Iterator[Problem]:
        """Follow the digests from the first event to the ticket's head."""
        head = ""
        for wanted, (version, at, kind, body, digest) in enumerate(self.history, 1):
            what = f"event {self.number}/{version}"
            if version != wanted:
                yield Problem("an event is missing", "缺少事件", f"event {self.number}/{wanted}")
                return
            head = digest_of(head, body.encode())
            if digest != head:
                yield Problem(
                    "is not what was stored, or one before it is not",
                    "与写入时不符,或其前的事件不符",
                    what,
                )
                return
            try:
                event = event_from_line(body)
            except RuleDeskError as fault:
                yield from fault.problems
                continue
            self._read.append(event)
            right = (event.ticket, event.version, event.at, event.body.kind)
            if right != (self.number, version, instant(at), unescaped(kind)):
                yield Problem("is stored as another event", "存为其他事件", what)
        if not self.view:
            yield Problem("has events and no view", "有事件而无视图", f"ticket {self.number}")
        elif (self.view[0][0], self.view[0][1]) != (len(self.history), head):
            yield Problem(
                "is not at its last event", "与最后事件不符", f"ticket {self.number}",
                self.view[0][0], (str(len(self.history)),),
            )  # fmt: skip

    def _groups(self) -> Iterator[Problem]:
        if not self.view:
            return
        try:
            row = row_of(decoded(self.number, self.view[0][2]))
        except RuleDeskError:
            return  # told where tickets are looked at
        right = {(shortened(key), row.created_at) for key in row.keys}
        yield from self._compared(
            "correlations", {(key, instant(at)) for key, at in self.keys}, right
        )

    def _compared(self, table: str, kept: set[Any], right: set[Any]) -> Iterator[Problem]:
        for one in sorted(kept - right, key=repr):
            yield Problem("is kept, and nothing is known of it", "多余", self._at(table), str(one))
        for one in sorted(right - kept, key=repr):
            yield Problem("is missing", "缺失", self._at(table), str(one))

    def _at(self, table: str) -> str:
        return f"ticket {self.number}: {table}"


def _turns(session: Session, assigned: set[str]) -> Iterator[Problem]:
    """Whoever was assigned a ticket has had a turn."""
    known = {unescaped(agent) for (agent,) in session.rows(_TURNS)}
    for agent in sorted(assigned - known):
        yield Problem("is missing", "缺失", f"loads/{agent}: last_assigned")


def _groups(session: Session, statement: Statement) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Stream rows grouped by their first column, by which they are ordered."""
    for key, rows in groupby(stream(session, statement), key=lambda row: row[0]):
        yield key, [tuple(row[1:]) for row in rows]


def _merged(
    *streams: Iterator[tuple[str, list[tuple[Any, ...]]]],
) -> Iterator[tuple[str, list[list[tuple[Any, ...]]]]]:
    """Walk several streams of groups side by side; a group that a stream does not have is empty."""
    heads = [next(one, None) for one in streams]
    while present := [head[0] for head in heads if head is not None]:
        key = min(present)  # by code point, as both databases order them
        groups = [head[1] if head is not None and head[0] == key else [] for head in heads]
        heads = [
            next(one, None) if head is not None and head[0] == key else head
            for one, head in zip(streams, heads, strict=True)
        ]
        yield key, groups


__all__ = ["derived_faults"]

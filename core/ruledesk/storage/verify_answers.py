"""Whether what a store answers from its indexes fits the records that it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, cast

from ruledesk.model.event import Assigned, Event
from ruledesk.model.ticket import OPEN_STATUSES, Status, Ticket
from ruledesk.storage.findings import Finding
from ruledesk.storage.interface import (
    FilterField,
    SortField,
    Store,
    TicketQuery,
    next_due,
    over_at,
    sources,
)
from ruledesk.storage.scratch import Scratch

_PAGE: Final = 500
#: Filters whose values are few; requesters are as many as tickets.
_FACETS: Final = (
    "line", "status", "team", "agent", "priority", "channel", "type", "category",
)  # fmt: skip
_SORTS: Final[Mapping[str, Callable[[Ticket], datetime | None]]] = {
    "next_due": next_due,
    "over_at": over_at,
}


def sortable(at: datetime | None) -> str:
    """Write an instant as text that orders by time; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


class Totals:
    """What the counters of a store must say, counted anew from its records.

    Attributes:
        counts: As `Store.counts`.
        facets: Field and value to how many tickets have it.
        carried: Agent to how many open tickets are theirs.
        assigned: Agent to the place, in the order of commit, of the latest assignment.
    """

    def __init__(self) -> None:
        self.counts = {"tickets": 0, "events": 0, "messages": 0}
        self.facets: Counter[tuple[str, str]] = Counter()
        self.carried: Counter[str] = Counter()
        self.assigned: dict[str, int] = {}

    def event(self, event: Event) -> None:
        """Count an event; they come in the order of commit."""
        self.counts["events"] += 1
        if isinstance(event.body, Assigned) and event.body.agent:
            self.assigned[event.body.agent] = self.counts["events"]

    def ticket(self, ticket: Ticket) -> None:
        """Count a ticket."""
        self.counts["tickets"] += 1
        for name in _FACETS:
            self.facets[name, str(getattr(ticket, name))] += 1
        for flag in ticket.flags:
            self.facets["flag", flag] += 1
        if ticket.agent and ticket.status in OPEN_STATUSES:
            self.carried[ticket.agent] += 1

    def findings(self, store: Store, *, deleted: bool) -> Iterator[Finding]:
        """Compare a store's counters with these, while nobody writes.

        Args:
            store: Whose records were counted.
            deleted: Whether tickets were deleted; assignments of theirs may be forgotten.
        """
        for name, stored in store.counts().items():
            if name in self.counts and stored != self.counts[name]:
                yield _count(name, stored, self.counts[name])
        facets = {**dict.fromkeys((("status", s.value) for s in Status), 0), **self.facets}
        for (name, value), expected in sorted(facets.items()):
            stored = store.count({cast("FilterField", name): [value]})
            if stored != expected:
                yield _count(f"{name}={value}", stored, expected)
        yield from self._workloads(store, ordered=not deleted)

    def _workloads(self, store: Store, *, ordered: bool) -> Iterator[Finding]:
        agents = sorted({*self.carried, *self.assigned})
        loads = store.workloads(agents)
        for agent in agents:
            if loads[agent].open != self.carried[agent]:
                yield Finding(
                    "count", agent, "open tickets of an agent", "处理人的未结工单数",
                    field="workloads.open", stored=loads[agent].open, expected=self.carried[agent],
                )  # fmt: skip
        places = {agent: loads[agent].last_assigned for agent in agents}
        stored = sorted((a for a in agents if places[a]), key=lambda agent: places[agent])
        expected = sorted(self.assigned, key=lambda agent: self.assigned[agent])
        if ordered and stored != expected:
            yield Finding(
                "count", "workloads", "agents are not in the order of their latest assignments",
                "处理人未按最近分派排序", field="last_assigned", stored=stored, expected=expected,
            )  # fmt: skip


def _count(what: str, stored: int, expected: int) -> Finding:
    return Finding(
        "count", what, "the counter is wrong", "计数错误", stored=stored, expected=expected
    )


def source_findings(store: Store, number: str, events: Sequence[Event]) -> Iterator[Finding]:
    """Look a ticket up by each channel identity that its events carry."""
    for source in dict.fromkeys(sources(events)):
        found = store.by_source(source)
        if found == number:
            continue
        if found is None or source not in sources(store.events(found)):
            yield Finding(
                "index", source, "is not found by its source", "按来源查不到", number,
                field="source", stored=found, expected=number,
            )  # fmt: skip


def correlation_findings(store: Store, scratch: Scratch) -> Iterator[Finding]:
    """Ask for the tickets of each correlation key."""
    for key, created in scratch.correlations():
        found = set(store.correlated(key, datetime.fromisoformat(created)))
        members = scratch.members(key)
        for number in members:
            if number not in found and _unchanged(store, scratch, number):
                yield Finding(
                    "index", key, "a ticket is not found by its correlation key",
                    "按关联键查不到工单", number, field="correlation_keys", expected=number,
                )  # fmt: skip
        for number in sorted(found.difference(members)):
            if _unchanged(store, scratch, number):
                yield Finding(
                    "index", key, "a ticket is found by a correlation key that it lacks",
                    "按关联键查到了不相关的工单", number, field="correlation_keys", stored=number,
                )  # fmt: skip


def order_findings(
    store: Store, scratch: Scratch, progress: Callable[[], None]
) -> Iterator[Finding]:
    """Walk the lists that the clock and the retention run live on: by due time, by end."""
    for sort, value in _SORTS.items():
        last = ""
        for ticket in _walk(store, cast("SortField", sort)):
            progress()
            at = sortable(value(ticket))
            if not at:
                break
            scratch.listed(sort, ticket.number)
            if at < last:
                yield Finding(
                    "index", sort, "the ticket is not in its place in the list",
                    "工单在列表中的位置错误", ticket.number, field=sort,
                    stored=f"behind {last}", expected=at,
                )  # fmt: skip
            last = max(last, at)
        for number, version in scratch.unlisted(sort):
            again = store.ticket(number)
            if again is not None and again.version == version:
                yield Finding(
                    "index", sort, "the ticket is not in the list", "列表中缺少此工单", number,
                    field=sort, expected=sortable(value(again)),
                )  # fmt: skip


def first_due_findings(store: Store, scratch: Scratch) -> Iterator[Finding]:
    """Compare when the store is next due, while nobody writes."""
    stored, expected = sortable(store.next_due()), scratch.first_due()
    if stored != expected:
        yield Finding(
            "index", "next_due", "the earliest due time is wrong", "最早到期时间错误",
            stored=stored, expected=expected,
        )  # fmt: skip


def _walk(store: Store, sort: SortField) -> Iterator[Ticket]:
    query = TicketQuery(sort=sort, descending=False, limit=_PAGE)
    while True:
        page = store.query(query)
        yield from page.tickets
        if not page.next:
            return
        query = TicketQuery(sort=sort, descending=False, limit=_PAGE, after=page.next)


def _unchanged(store: Store, scratch: Scratch, number: str) -> bool:
    ticket = store.ticket(number)
    return ticket is not None and ticket.version == scratch.version(number)

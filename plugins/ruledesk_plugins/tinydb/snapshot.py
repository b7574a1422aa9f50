"""Everything that a store holds at one instant, streamed from its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, groupby
from typing import Any, Final

from ruledesk.codec import (
    call_from_dict,
    delivery_from_dict,
    event_from_dict,
    requester_from_dict,
    ticket_from_dict,
    tombstone_from_dict,
)
from ruledesk.errors import RuleDeskError
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.record import Blob, Record, SequenceTaken, Unreadable
from ruledesk_plugins.tinydb.blobs import BlobFolder
from ruledesk_plugins.tinydb.content import ORDERED
from ruledesk_plugins.tinydb.deliveries import merged
from ruledesk_plugins.tinydb.source import Source, events_of
from ruledesk_plugins.tinydb.view import View

_Make = Callable[[str, Any], Record]

_MAKE: Final[Mapping[str, tuple[str, _Make]]] = {
    "tickets": ("ticket", lambda name, data: ticket_from_dict(data, name)),
    "requesters": (
        "requester",
        lambda name, data: RequesterSaved(requester_from_dict(data, name)),
    ),
    "calls": (
        "call",
        lambda name, data: CallSaved(call_from_dict(data["call"], name), data["ticket"]),
    ),
    "sequences": ("sequence", lambda name, data: SequenceTaken(name, data["value"])),
    "documents": ("document", DocumentSaved),
    "tombstones": ("tombstone", lambda name, data: tombstone_from_dict(data, name)),
}


class Snapshot:
    """A store's content when this is made; the ``with`` block streams it, once.

    Of what is stored, only where it is is in memory; documents are read one by one.

    Args:
        source: The journal; its lock is held.
        blobs: The blobs, of which none is removed until the snapshot has been read.
        version: Says how many events a ticket has, where the file cannot.
    """

    def __init__(self, source: Source, blobs: BlobFolder, version: Callable[[str], int]) -> None:
        catalogue = source.catalogue
        self._names = blobs.names()
        self._places = {table: dict(catalogue.tables[table]) for table in _MAKE}
        self._catalogue = catalogue
        self._blobs = blobs
        self._version = version
        self._states: dict[str, int] = {}
        self._view = View(source.journal, catalogue)

    def __enter__(self) -> Iterator[Record]:
        return self._records()

    def __exit__(self, *_: object) -> None:
        self._view.close()

    def _records(self) -> Iterator[Record]:
        """Stream everything, in the order that `Store.snapshot` states."""
        yield from self._events()
        yield from self._documents("tickets")
        yield from self._deliveries()
        for table in ("requesters", "calls", "sequences", "documents", "tombstones"):
            yield from self._documents(table)
        yield from map(self._blob, self._names)

    def _events(self) -> Iterator[Record]:
        """Stream the events, and note where the messages' states are."""
        lost: list[int] = []
        for offset, body in self._bodies(lost):
            for state in body.get("deliveries", ()):
                self._states[state["id"]] = offset
            for event in body.get("events", ()):
                key = f"{event['ticket']}/{event['version']}"
                yield _made("event", key, partial(event_from_dict, event, key))
        yield from self._lost_events(lost)

    def _bodies(self, lost: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        return self._view.bodies(lost.append)

    def _deliveries(self) -> Iterator[Record]:
        lost: list[int] = []
        for _, body in self._bodies(lost):
            for queued in body.get("messages", ()):
                name = queued["message"]["id"]
                yield _made("delivery", name, partial(self._delivery, queued))
        for number in self._tickets_at(lost):
            yield Unreadable("delivery", f"{number}/?", "a line of the journal is damaged")

    def _delivery(self, queued: Mapping[str, Any]) -> Record:
        name = queued["message"]["id"]
        at = self._states.get(name)
        if at is None:
            return delivery_from_dict(queued, name)
        states = [one for one in self._view.read(at).get("deliveries", ()) if one["id"] == name]
        return delivery_from_dict(merged(queued, states[-1]), name)

    def _documents(self, table: str) -> Iterator[Record]:
        kind, make = _MAKE[table]
        line: dict[str, Any] = {}
        last = -1
        for name, offset in self._in_order(table):
            try:
                if offset != last:
                    line, last = {}, offset
                    line = self._view.read(offset)
                document = line.get("put", {}).get(table, {}).get(name)
                if document is None:
                    yield Unreadable(kind, name, f"is not at byte {offset} of the journal")
                    continue
                yield make(name, document)
            except RuleDeskError as error:
                yield Unreadable(kind, name, str(error))

    def _in_order(self, table: str) -> list[tuple[str, int]]:
        """Return ids and places in the order of saving, which is that of the journal."""
        places = sorted(self._places[table].items(), key=lambda one: one[1])
        if table not in ORDERED:
            return places
        lines = (self._line(table, list(line)) for _, line in groupby(places, lambda one: one[1]))
        return list(chain.from_iterable(lines))

    def _line(self, table: str, places: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Order what one commit saved."""
        if len(places) == 1:
            return places
        try:
            order = self._view.read(places[0][1]).get("order", {}).get(table, [])
        except RuleDeskError:
            return places
        return sorted(places, key=lambda one: order.index(one[0]) if one[0] in order else -1)

    def _blob(self, name: str) -> Record:
        try:
            content = self._blobs.get(name)
        except RuleDeskError as error:
            return Unreadable("blob", name, str(error))
        return (
            Unreadable("blob", name, "its file is gone") if content is None else Blob(name, content)
        )

    def _lost_events(self, lost: list[int]) -> Iterator[Record]:
        for number in self._tickets_at(lost):
            known: set[int] = set()
            for offset in self._catalogue.history(number):
                if offset < self._view.size and offset not in lost:
                    known.update(e["version"] for e in events_of(self._view.read(offset), number))
            for version in range(1, self._last(number) + 1):
                if version not in known:
                    error = "a line of the journal is damaged"
                    yield Unreadable("event", f"{number}/{version}", error)

    def _last(self, number: str) -> int:
        """Return how many events a ticket has: its view says it, or is in the damaged line, too."""
        try:
            line = self._view.read(self._places["tickets"][number])
            return int(line["put"]["tickets"][number]["version"])
        except (RuleDeskError, KeyError):
            return self._version(number)

    def _tickets_at(self, offsets: list[int]) -> Iterator[str]:
        sought = frozenset(offsets)
        for number in self._catalogue.tickets() if sought else ():
            if not sought.isdisjoint(self._catalogue.history(number)):
                yield number


def _made(kind: str, key: str, make: Callable[[], Record]) -> Record:
    try:
        return make()
    except RuleDeskError as error:
        return Unreadable(kind, key, str(error))

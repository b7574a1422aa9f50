"""Where in the journal everything is: what is kept in memory instead of the documents.

A commit's content has these parts, each left out when empty:

- ``events``: new events, as `ruledesk.codec` writes them.
- ``messages``: messages queued for the outbox.
- ``deliveries``: where messages queued before stand now, by message ``id`` and ``ticket``.
- ``put``: documents by table and id, each in the place of an older one.
- ``remove``: ids of documents removed, by table.
- ``order``: the order of ``put`` by table, where it matters and is not that of the ids.
- ``deleted``: tickets deleted: ``number``, how many ``events`` and ``messages`` they had, and the
  ``blobs`` that they named. It is in the file until a compaction has taken out what they were.
- ``rewritten``: tickets whose words were replaced: ``ticket``, the ``events`` and ``messages`` that
  stand in the place of those stored before, and the ``blobs`` that it no longer names. New events
  are in ``events``. A compaction puts the new words where the old ones were.
- ``erase``: true where the journal holds words from before that are to leave it.
- ``unneeded``: names of blobs that were to be removed when the journal was compacted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

#: Tables that the desk writes with ``put``; nobody else may write to them.
DESK_TABLES: Final = ("tickets", "requesters", "calls", "documents", "sequences", "tombstones")
#: Tables that are read from the parts ``events`` and ``messages``.
LISTED_TABLES: Final = ("events", "messages")
#: About how many bytes a ticket's view and any other document take.
_VIEW: Final = 1024
_SMALL: Final = 128


class Catalogue:
    """Offsets by table and document id, and by ticket.

    Attributes:
        tables: Table to document id to the offset of the commit that holds the document.
        events: How many events there are.
        messages: How many messages there are.
        superseded: About how many bytes of the journal nobody needs any more.
        erasable: Whether the journal still holds what was deleted, replaced or forgotten.
        rewritten: Ticket to the offset of the commit that replaced its words last.
        size: Where the last commit ends.
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, int]] = {table: {} for table in DESK_TABLES}
        self.events = 0
        self.messages = 0
        self.superseded = 0
        self.erasable = False
        self.rewritten: dict[str, int] = {}
        self.size = 0
        self._history: dict[str, array[int]] = {}

    def note(self, offset: int, body: Mapping[str, Any], length: int) -> None:
        """Take a commit over.

        Args:
            offset: Where its line begins.
            body: Its content.
            length: The length of its line, in bytes.
        """
        self.size = max(self.size, offset + length)
        for words in body.get("rewritten", ()):
            self._rewrite(offset, words)
        for number in _tickets(body):
            self._history.setdefault(number, array("Q")).append(offset)
        events, messages = body.get("events", ()), body.get("messages", ())
        self.events += len(events)
        self.messages += len(messages)
        self._put(offset, body.get("put", {}))
        for table, names in body.get("remove", {}).items():
            for name in names:
                self.tables[table].pop(name, None)
        for gone in body.get("deleted", ()):
            self._delete(gone)
        self.erasable = self.erasable or "erase" in body
        if not events and not messages and "put" not in body:
            self.superseded += length

    def history(self, number: str) -> Sequence[int]:
        """Return the offsets of the commits with events or messages of a ticket, in order."""
        return self._history.get(number, ())

    def tickets(self) -> Iterator[str]:
        """Iterate over the numbers of all tickets that have a history."""
        return iter(list(self._history))

    def image(self) -> dict[str, Mapping[Any, Any]]:
        """Return what it says, as plain values that can be compared."""
        return {
            **{f"table {table}": dict(places) for table, places in self.tables.items() if places},
            "history": {number: tuple(places) for number, places in self._history.items()},
            "rewritten": dict(self.rewritten),
            "counts": {"events": self.events, "messages": self.messages},
        }

    def _rewrite(self, offset: int, words: Mapping[str, Any]) -> None:
        """Read a ticket from here on, and no earlier."""
        self._history[words["ticket"]] = array("Q")
        self.rewritten[words["ticket"]] = offset
        self.superseded += _VIEW + _SMALL * (len(words["events"]) + len(words["messages"]))

    def _delete(self, gone: Mapping[str, Any]) -> None:
        self._history.pop(gone["number"], None)
        self.rewritten.pop(gone["number"], None)
        self.events -= gone["events"]
        self.messages -= gone["messages"]
        self.superseded += _VIEW + _SMALL * (gone["events"] + gone["messages"])
        self.erasable = True

    def _put(self, offset: int, tables: Mapping[str, Mapping[str, Any]]) -> None:
        for table, documents in tables.items():
            places = self.tables.setdefault(table, {})
            size = _VIEW if table == "tickets" else _SMALL
            for name in documents:
                if name in places:
                    self.superseded += size
                places[name] = offset


def _tickets(body: Mapping[str, Any]) -> dict[str, None]:
    """Name the tickets that a commit has events, messages or deliveries of."""
    names = {words["ticket"]: None for words in body.get("rewritten", ())}
    names |= {event["ticket"]: None for event in body.get("events", ())}
    for delivery in body.get("messages", ()):
        names[delivery["message"]["ticket"]] = None
    for state in body.get("deliveries", ()):
        names[state["ticket"]] = None
    return names

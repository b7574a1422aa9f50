"""What a store learns from the commits that are in its file when it is opened.

Views are read into rows for the indexes, and no further: a ticket is made of its view when it is
asked for. Only what stands at the end is kept while reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ruledesk.codec import (
    call_from_dict,
    delivery_from_dict,
    requester_from_dict,
    tombstone_from_dict,
)
from ruledesk.model.message import Delivery
from ruledesk.storage.row import Row, row_of_dict
from ruledesk.storage.state import IndexedState
from ruledesk_plugins.tinydb.deliveries import folded, merged
from ruledesk_plugins.tinydb.source import Source


class Loader:
    """Collects from commits, in order, what a state consists of.

    Args:
        state: An empty one, to fill.
    """

    def __init__(self, state: IndexedState) -> None:
        self.state = state
        self._rows: dict[str, Row] = {}
        self._waiting: dict[str, dict[str, Any] | str] = {}
        self._messages = 0
        self._left_over: dict[str, None] = {}
        self._deleted: dict[str, int] = {}

    def watch(self, body: Mapping[str, Any]) -> None:
        """Take the content of one commit over."""
        for event in body.get("events", ()):
            data = event["data"]
            agent = data.get("agent", "") if event["kind"] == "assigned" else ""
            self.state.note_event(event["ticket"], data.get("source", ""), agent, _blobs(data))
        for queued in body.get("messages", ()):
            self._queued(queued)
        for state in body.get("deliveries", ()):
            self._saved(state)
        put = body.get("put")
        if put:
            self._put(put, body.get("order", {}))
        for call in body.get("remove", {}).get("calls", ()):
            self.state.calls.forget(call)
        for requester in body.get("remove", {}).get("requesters", ()):
            self.state.requesters.forget(requester)
        for gone in body.get("deleted", ()):
            self._delete(gone)
        self._left_over.update(dict.fromkeys(body.get("unneeded", ())))
        for words in body.get("rewritten", ()):
            self._left_over.update(dict.fromkeys(words["blobs"]))

    def again(self, state: IndexedState, bodies: Iterable[Mapping[str, Any]]) -> Loader:
        """Begin anew, where tickets were rewritten: with the words that hold now.

        Args:
            state: An empty one, to fill.
            bodies: Content of the commits as `ruledesk_plugins.tinydb.compaction.needed` has it.
        """
        other = Loader(state)
        other._left_over = self._left_over
        for body in bodies:
            other.watch(body)
        return other

    def finish(self, source: Source) -> None:
        """Fill the indexes; `source` is asked for messages that wait again after they failed."""
        self._forget_deleted()
        self.state.tickets.load(self._rows.values())
        self.state.load_messages(self._messages, self._deliveries(source))

    def unneeded_blobs(self) -> list[str]:
        """Name the blobs that tickets once named and none does now; they may be there still."""
        return [name for name in self._left_over if not self.state.needs_blob(name)]

    def _delete(self, gone: Mapping[str, Any]) -> None:
        self._rows.pop(gone["number"], None)
        self._messages -= gone["messages"]
        self._deleted[gone["number"]] = gone["events"]
        self._left_over.update(dict.fromkeys(gone["blobs"]))

    def _forget_deleted(self) -> None:
        """Forget all deleted tickets at once: to look for each would take long where many are."""
        if not self._deleted:
            return
        self._waiting = {
            name: waiting
            for name, waiting in self._waiting.items()
            if _ticket_of(waiting) not in self._deleted
        }
        self.state.note_deletions(self._deleted, sum(self._deleted.values()), 0)

    def _queued(self, queued: dict[str, Any]) -> None:
        self._messages += 1
        if queued["state"] == "waiting":
            self._waiting[queued["message"]["id"]] = queued

    def _saved(self, state: Mapping[str, Any]) -> None:
        name = state["id"]
        known = self._waiting.get(name)
        if state["state"] != "waiting":
            self._waiting.pop(name, None)
        elif isinstance(known, dict):
            self._waiting[name] = merged(known, state)
        else:
            self._waiting[name] = state["ticket"]

    def _put(
        self, put: Mapping[str, Mapping[str, Any]], order: Mapping[str, Sequence[str]]
    ) -> None:
        for number, view in put.get("tickets", {}).items():
            self._rows[number] = row_of_dict(view)
        requesters, tombstones = put.get("requesters", {}), put.get("tombstones", {})
        for name in order.get("requesters", requesters):
            self.state.requesters.put(requester_from_dict(requesters[name]))
        for name, saved in put.get("calls", {}).items():
            self.state.calls[name] = (call_from_dict(saved["call"]), saved["ticket"])
        for key, sequence in put.get("sequences", {}).items():
            self.state.sequences[key] = sequence["value"]
        for number in order.get("tombstones", tombstones):
            self.state.tombstones[number] = tombstone_from_dict(tombstones[number])

    def _deliveries(self, source: Source) -> Iterator[Delivery]:
        for name, waiting in self._waiting.items():
            if isinstance(waiting, str):
                yield delivery_from_dict(folded(source.history(waiting), waiting)[name])
            else:
                yield delivery_from_dict(waiting)


def _ticket_of(waiting: Mapping[str, Any] | str) -> str:
    """Return the ticket of a waiting message: the message itself is known, or the ticket only."""
    if isinstance(waiting, str):
        return waiting
    ticket: str = waiting["message"]["ticket"]
    return ticket


def _blobs(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the blobs that an event carries; see `interface.blobs`."""
    if data.get("raw"):
        yield data["raw"]
    for attachment in data.get("attachments", ()):
        yield attachment["sha256"]

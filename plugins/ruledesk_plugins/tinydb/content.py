"""The content of commits, as `ruledesk_plugins.tinydb.catalogue` describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ruledesk.codec import (
    call_to_dict,
    delivery_to_dict,
    event_to_dict,
    requester_to_dict,
    ticket_to_dict,
    tombstone_to_dict,
)
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    DocumentSaved,
    RequesterForgotten,
    RequesterSaved,
    Rewritten,
    Step,
    TicketDeleted,
)
from ruledesk.storage.interface import blobs
from ruledesk_plugins.tinydb.deliveries import state_to_dict

#: Tables in which the order of saving matters.
ORDERED: Final = ("requesters", "tombstones")


def body_of(change: Change) -> dict[str, Any]:
    """Write a change as the content of a commit."""
    content = Content()
    for step in change.steps:
        content.add(step)
    for key, last in change.sequences.items():
        content.put("sequences", key, {"value": last})
    return content.body()


class Content:
    """Collects the content of one commit, step by step."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Any]] = {
            part: [] for part in ("events", "messages", "deliveries", "deleted", "rewritten")
        }
        self._put: dict[str, dict[str, Any]] = {}
        self._remove: dict[str, dict[str, None]] = {}
        self._erase = False

    def body(self) -> dict[str, Any]:
        """Return what was collected, without what is empty."""
        put = {table: documents for table, documents in self._put.items() if documents}
        order = {t: list(put[t]) for t in ORDERED if t in put and list(put[t]) != sorted(put[t])}
        body: dict[str, Any] = {
            **self._parts,
            "put": put,
            "order": order,
            "remove": {table: list(names) for table, names in self._remove.items() if names},
            "erase": self._erase,
        }
        return {part: content for part, content in body.items() if content}

    def put(self, table: str, name: str, document: Any) -> None:
        """Put a document in the place of an older one."""
        documents = self._put.setdefault(table, {})
        documents.pop(name, None)
        documents[name] = document

    def add(self, step: Step) -> None:
        """Add what a step changes."""
        match step:
            case Appended(ticket, events, messages):
                self.view(ticket)
                self._parts["events"].extend(map(event_to_dict, events))
                self._parts["messages"].extend(map(delivery_to_dict, messages))
            case DeliverySaved(delivery):
                self._parts["deliveries"].append(state_to_dict(delivery))
            case Rewritten():
                self._rewrite(step)
            case TicketDeleted():
                self._delete(step)
            case _:
                self._document(step)

    def view(self, ticket: Ticket) -> None:
        """Add a ticket as it stands."""
        self.put("tickets", ticket.number, ticket_to_dict(ticket))

    def tombstone(self, tombstone: Tombstone) -> None:
        """Add what stays of a deleted ticket."""
        self.put("tombstones", tombstone.number, tombstone_to_dict(tombstone))

    def _document(self, step: Step) -> None:
        match step:
            case RequesterSaved(requester):
                self._requester(requester)
            case RequesterForgotten(name):
                self._put.get("requesters", {}).pop(name, None)
                self._remove.setdefault("requesters", {})[name] = None
                self._erase = True
            case CallSaved(call, number):
                self.put("calls", call.id, {"call": call_to_dict(call), "ticket": number})
            case DocumentSaved(key, document):
                self.put("documents", key, document)
            case _:
                raise TypeError(step)

    def _requester(self, requester: Requester) -> None:
        self.put("requesters", requester.id, requester_to_dict(requester))
        self._remove.get("requesters", {}).pop(requester.id, None)

    def _rewrite(self, step: Rewritten) -> None:
        ticket = step.ticket
        self.view(ticket)
        states = self._parts["deliveries"]
        states[:] = [state for state in states if state["ticket"] != ticket.number]
        self._parts["rewritten"].append(
            {
                "ticket": ticket.number,
                "events": list(map(event_to_dict, step.events[: len(step.before)])),
                "messages": list(map(delivery_to_dict, step.messages)),
                "blobs": _without(blobs(step.before), blobs(step.events)),
            }
        )
        self._parts["events"].extend(map(event_to_dict, step.new))
        self._remove.setdefault("calls", {}).update(dict.fromkeys(step.calls))
        self._erase = True

    def _delete(self, step: TicketDeleted) -> None:
        number = step.tombstone.number
        self.tombstone(step.tombstone)
        self._remove.setdefault("tickets", {})[number] = None
        self._remove.setdefault("calls", {}).update(dict.fromkeys(step.calls))
        self._parts["deleted"].append(
            {
                "number": number,
                "events": step.tombstone.version,
                "messages": len(step.messages),
                "blobs": list(step.blobs),
            }
        )


def events_body(events: Sequence[Any]) -> dict[str, Any]:
    """Write events alone as the content of a commit."""
    return {"events": list(map(event_to_dict, events))}


def messages_body(messages: Sequence[Delivery]) -> dict[str, Any]:
    """Write queued messages, as they stand, as the content of a commit."""
    return {"messages": list(map(delivery_to_dict, messages))}


def _without(names: Iterable[str], kept: Iterator[str]) -> list[str]:
    left = set(kept)
    return [name for name in dict.fromkeys(names) if name not in left]

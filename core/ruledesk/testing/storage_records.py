"""What a store holds, in a form in which two stores can be compared."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, RequesterSaved
from ruledesk.storage.interface import Store
from ruledesk.storage.record import Record

#: Kinds of records whose order says something; the others are compared in any order.
_ORDERED = (Event, Delivery, RequesterSaved, Tombstone)


def holdings(store: Store) -> dict[str, list[Any]]:
    """Read a store's snapshot: records by kind, in order where the order is part of it."""
    found: defaultdict[type[Any], list[Any]] = defaultdict(list)
    with store.snapshot() as records:
        for record in records:
            found[type(record)].append(record)
    return {
        kind.__name__: some if kind in _ORDERED else sorted(some, key=_key)
        for kind, some in found.items()
    }


def _key(record: Record) -> str:
    match record:
        case Ticket():
            return record.number
        case CallSaved():
            return record.call.id
        case _:
            return str(getattr(record, "key", None) or getattr(record, "name", ""))

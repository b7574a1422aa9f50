"""Records of another store as the content of a new journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, groupby
from typing import Any

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.record import Blob, Record, SequenceTaken
from ruledesk_plugins.tinydb.content import Content, events_body, messages_body


def bodies_of(records: Iterable[Record], keep: Callable[[Blob], None]) -> Iterator[dict[str, Any]]:
    """Write records as the content of commits.

    What follows each other of one ticket is one commit, as it was when it came about; so a ticket
    is read as quickly as before.

    Args:
        records: What a store holds.
        keep: Keeps a blob.
    """
    each = count()

    def run(record: Record) -> object:
        match record:
            case Event():
                return "events", record.ticket
            case Delivery():
                return "messages", record.message.ticket
            case _:
                return next(each)

    for _, group in groupby(records, run):
        together: list[Any] = list(group)
        match together[0]:
            case Event():
                yield events_body(together)
            case Delivery():
                yield messages_body(together)
            case Blob():
                keep(together[0])
            case record:
                yield _document(record)


def _document(record: Any) -> dict[str, Any]:
    content = Content()
    match record:
        case Ticket():
            content.view(record)
        case SequenceTaken(key, last):
            content.put("sequences", key, {"value": last})
        case Tombstone():
            content.tombstone(record)
        case _:
            content.add(record)
    return content.body()

"""Records into the indexes of a store: when one is loaded, and to compare what a store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, RequesterSaved
from ruledesk.storage.record import Blob, Readable, Record, SequenceTaken
from ruledesk.storage.row import Row, row_of
from ruledesk.storage.state import IndexedState
from ruledesk.storage.tally import readable


def intact(records: Iterable[Record]) -> Iterator[Readable]:
    """Stream records, and refuse those that a store must not take over.

    Raises:
        InvalidInput: A record is `Unreadable`, or bytes are not those that their name says.
    """
    for record in readable(records):
        if isinstance(record, Blob) and sha256(record.content).hexdigest() != record.name:
            raise InvalidInput.of("is damaged", "已损坏", field=f"blob {record.name}")
        yield record


class StateFiller:
    """Fills the indexes from the records of a snapshot.

    Args:
        state: Empty indexes; they can be asked after `finish`.
    """

    def __init__(self, state: IndexedState) -> None:
        self._state = state
        self._rows: list[Row] = []

    def take(self, record: Record) -> None:
        """Take one record over; documents and blobs are not answered from indexes."""
        match record:
            case Event():
                self._state.note_events((record,))
            case Ticket():
                self._rows.append(row_of(record))
            case Delivery():
                self._state.note_message(record)
            case RequesterSaved(requester):
                self._state.requesters.put(requester)
            case CallSaved(call, ticket):
                self._state.calls[call.id] = (call, ticket)
            case SequenceTaken(key, last):
                self._state.sequences[key] = last
            case Tombstone():
                self._state.tombstones[record.number] = record
            case _:
                pass

    def finish(self) -> None:
        """Build what is quicker built at once."""
        self._state.tickets.load(self._rows)

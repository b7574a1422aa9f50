"""What a store holds, record by record: the words of snapshots, copies and backups."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from ruledesk.errors import Problem
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved


@frozen
class SequenceTaken:
    """A sequence and the last number that was taken from it."""

    key: str
    last: int


@frozen
class Blob:
    """Kept bytes by their SHA-256 in hex."""

    name: str
    content: bytes


@frozen
class Unreadable:
    """Something that is stored and cannot be read.

    Attributes:
        kind: ``event``, ``ticket``, ``delivery``, ``requester``, ``call``, ``document``,
            ``sequence``, ``tombstone`` or ``blob``.
        key: Which one: ``<number>/<version>`` for an event, else its own key.
        error: What is wrong with it.
    """

    kind: str
    key: str
    error: str

    @property
    def problem(self) -> Problem:
        """What is said of it."""
        en, zh = f"cannot be read ({self.error})", f"无法读取（{self.error}）"
        return Problem(en, zh, f"{self.kind} {self.key}")


#: Records that have a line: everything but bytes.
Written: TypeAlias = (
    Event
    | Ticket
    | Delivery
    | RequesterSaved
    | CallSaved
    | SequenceTaken
    | DocumentSaved
    | Tombstone
)
#: Everything that has been read.
Readable: TypeAlias = Written | Blob
Record: TypeAlias = Readable | Unreadable

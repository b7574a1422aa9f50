"""What stays of a ticket that was deleted: that it was, and nothing of what was in it."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen(slots=False)
class Tombstone:
    """The mark of a deleted ticket; its number is never given again (A5, C13).

    Attributes:
        number: The ticket's number.
        line: Its business line.
        version: How many events it had; a store deletes no other version than this.
        created_at: When it was handed in.
        closed_at: When it was closed; None where it was cancelled or merged.
        deleted_at: When it was deleted.
        by: Who deleted it: ``agent:<id>``.
        reason: Why.
    """

    number: str
    line: str
    version: int
    created_at: datetime
    closed_at: datetime | None
    deleted_at: datetime
    by: str
    reason: str = ""

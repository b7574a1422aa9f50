"""The rows of the tables, made from the desk's values."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from zlib import crc32

from ruledesk.codec import (
    call_to_dict,
    canonical,
    delivery_to_dict,
    event_to_dict,
    requester_to_dict,
    ticket_to_dict,
    tombstone_to_dict,
)
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import OPEN_STATUSES, Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.row import SINGLE, SORTED, Row, row_of


def ticket_columns(row: Row) -> dict[str, Any]:
    """Make what lists filter and sort by."""
    made: dict[str, Any] = {"number": row.number, "version": row.version}
    made.update(zip(SINGLE, row.single, strict=True))
    made.update(zip(SORTED, row.sort, strict=True))
    made["priority"] = row.single[SINGLE.index("priority")]
    made["is_open"] = made["status"] in OPEN_STATUSES
    return made


def ticket_row(id_: int, ticket: Ticket, row: Row, head: str) -> dict[str, Any]:
    """Make the row of a ticket.

    Args:
        id_: `tickets.id`; given under ``id`` and, for an update, ``ticket_id``.
        ticket: The ticket.
        row: Its row for indexes.
        head: The digest of its last event.
    """
    made = ticket_columns(row)
    made.update(id=id_, ticket_id=id_, head=head, body=canonical(ticket_to_dict(ticket)).decode())
    return made


def digest_of(before: str, body: bytes) -> str:
    """Chain an event to the one before.

    Args:
        before: The digest of the event before; empty for the first.
        body: Its canonical JSON.
    """
    return sha256(before.encode() + body).hexdigest()


def event_row(event: Event, before: str) -> dict[str, Any]:
    """Make the row of an event; `before` is the digest of the one before."""
    body = canonical(event_to_dict(event))
    return {
        "ticket": event.ticket,
        "version": event.version,
        "of_ticket": event.ticket,
        "of_version": event.version,
        "at": event.at,
        "kind": event.body.kind,
        "body": body.decode(),
        "digest": digest_of(before, body),
    }


def _record(data: dict[str, Any]) -> dict[str, Any]:
    body = canonical(data)
    return {"body": body.decode(), "crc": crc32(body)}


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Make the row of a delivery that nobody has in hand."""
    waiting = delivery.state == "waiting"
    return {
        "id": delivery.message.id,
        "of_id": delivery.message.id,
        "ticket": delivery.message.ticket,
        "state": delivery.state,
        "not_before": delivery.not_before,
        "ready_at": delivery.not_before if waiting else None,
        **_record(delivery_to_dict(delivery)),
    }


def requester_row(requester: Requester) -> dict[str, Any]:
    """Make the row of a requester, without its turn."""
    return {
        "id": requester.id,
        "phone": requester.phone,
        "email": requester.email,
        **_record(requester_to_dict(requester)),
    }


def call_row(call: Call, ticket: str) -> dict[str, Any]:
    """Make the row of a call."""
    return {"id": call.id, "ticket": ticket, **_record(call_to_dict(call))}


def document_row(key: str, document: bytes) -> dict[str, Any]:
    """Make the row of a document, of which the canonical JSON is given."""
    return {"key": key, "body": document.decode(), "crc": crc32(document)}


def tombstone_row(tombstone: Tombstone) -> dict[str, Any]:
    """Make the row of a tombstone."""
    return {"number": tombstone.number, **_record(tombstone_to_dict(tombstone))}


__all__ = [
    "call_row",
    "delivery_row",
    "digest_of",
    "document_row",
    "event_row",
    "requester_row",
    "row_of",
    "ticket_columns",
    "ticket_row",
    "tombstone_row",
]

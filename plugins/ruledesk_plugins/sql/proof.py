"""By what a commit is known to be stored, when nobody said whether it is."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk.model.ticket import Ticket
from ruledesk_plugins.sql import reading
from ruledesk_plugins.sql.columns import escaped, shortened
from ruledesk_plugins.sql.commit import Proof
from ruledesk_plugins.sql.rows import (
    call_row,
    delivery_row,
    document_row,
    requester_row,
    tombstone_row,
)
from ruledesk_plugins.sql.staged import Staged


def proof_of(heads: Sequence[tuple[str, Ticket]], staged: Staged) -> Proof | None:
    """Choose by what a commit is known: what nobody else writes, or writes differently.

    A commit that only takes numbers from sequences has nothing of the kind.

    Args:
        heads: Tickets as they are to be stored, with the digests of their last events.
        staged: The rest of what is to be stored.
    """
    if heads:
        head, ticket = heads[0]
        return Proof(reading.DIGEST, {"ticket": ticket.number, "version": ticket.version}, (head,))
    for one in staged.touched:
        if one.tombstone is not None:
            row = tombstone_row(one.tombstone)
            return Proof(reading.TOMBSTONE, {"number": one.number}, (row["body"], row["crc"]))
    for id_, delivery in staged.deliveries.items():
        row = delivery_row(delivery)
        return Proof(reading.DELIVERY, {"id": id_}, (shortened(id_), row["body"], row["crc"]))
    for id_, requester in staged.requesters.items():
        found = None
        if requester is not None:
            row = requester_row(requester)
            found = (row["body"], row["crc"])
        return Proof(reading.REQUESTER, {"id": id_}, found)
    for id_, (call, number) in staged.calls.items():
        row = call_row(call, number)
        return Proof(reading.CALL, {"id": id_}, (escaped(number), row["body"], row["crc"]))
    for key, body in staged.documents.items():
        row = document_row(key, body)
        return Proof(reading.DOCUMENT, {"key": key}, (row["body"], row["crc"]))
    return None


__all__ = ["proof_of"]

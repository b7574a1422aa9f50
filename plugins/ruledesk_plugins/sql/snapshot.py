"""Everything that is stored, record by record, as it was at one instant."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from sqlalchemy import Table, select

from ruledesk.codec import (
    call_from_dict,
    delivery_from_dict,
    event_from_line,
    requester_from_dict,
    tombstone_from_dict,
)
from ruledesk.errors import RuleDeskError
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.record import Blob, Record, SequenceTaken, Unreadable
from ruledesk_plugins.sql.blobs import BlobFolder, BlobKeeper
from ruledesk_plugins.sql.reading import checked
from ruledesk_plugins.sql.schema import (
    calls,
    deliveries,
    documents,
    events,
    requesters,
    sequences,
    tickets,
    tombstones,
    unescaped,
)
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.streams import stream
from ruledesk_plugins.sql.tickets import decoded

_EVENTS: Final = Statement(
    select(events.c.ticket, events.c.version, events.c.body).order_by(events.c.position)
)
_TICKETS: Final = Statement(select(tickets.c.number, tickets.c.body).order_by(tickets.c.id))
_SEQUENCES: Final = Statement(select(sequences.c.key, sequences.c.last).order_by(sequences.c.key))
_CALLS: Final = Statement(
    select(calls.c.id, calls.c.ticket, calls.c.body, calls.c.crc).order_by(calls.c.id)
)


def _records_of(table: Table, key: str, order: str) -> Statement:
    c = table.c
    return Statement(select(c[key], c.body, c.crc).order_by(c[order]))


_DELIVERIES: Final = _records_of(deliveries, "id", "position")
_REQUESTERS: Final = _records_of(requesters, "id", "saved")
_DOCUMENTS: Final = _records_of(documents, "key", "key")
_TOMBSTONES: Final = _records_of(tombstones, "number", "position")


@contextmanager
def snapshot(keeper: BlobKeeper, folder: BlobFolder) -> Iterator[Iterator[Record]]:
    """Stream everything; see `ruledesk.storage.interface.Store.snapshot`.

    Args:
        keeper: Keeps everything as it is until the end.
        folder: Where blobs are.
    """
    with keeper.still() as session, closing(_records(session, folder)) as records:
        yield records


def _records(session: Session, folder: BlobFolder) -> Generator[Record, None, None]:
    yield from _events(session)
    yield from _tickets(session)
    yield from _checked(session, "delivery", _DELIVERIES, lambda _, data: delivery_from_dict(data))
    yield from _checked(
        session,
        "requester",
        _REQUESTERS,
        lambda _, data: RequesterSaved(requester_from_dict(data)),
    )
    yield from _calls(session)
    for key, last in stream(session, _SEQUENCES):
        yield SequenceTaken(unescaped(key), last)
    yield from _checked(session, "document", _DOCUMENTS, DocumentSaved)
    yield from _checked(
        session, "tombstone", _TOMBSTONES, lambda _, data: tombstone_from_dict(data)
    )
    for name in folder.names():
        blob = _read("blob", name, lambda name=name: folder.get(name))  # type: ignore[misc]
        if isinstance(blob, Unreadable):
            yield blob
        elif blob is not None:  # else the ticket that named it was deleted since
            yield Blob(name, blob)


def _read(kind: str, key: str, read: Callable[[], Any]) -> Any:
    """Read a record; what is wrong with it becomes a record, too."""
    try:
        return read()
    except RuleDeskError as fault:
        return Unreadable(kind, key, str(fault))
    except (ValueError, TypeError, KeyError) as fault:
        return Unreadable(kind, key, repr(fault))


def _events(session: Session) -> Iterator[Record]:
    for ticket, version, body in stream(session, _EVENTS):
        key = f"{unescaped(ticket)}/{version}"
        yield _read("event", key, lambda body=body: event_from_line(body))  # type: ignore[misc]


def _tickets(session: Session) -> Iterator[Record]:
    for stored, body in stream(session, _TICKETS):
        number = unescaped(stored)
        yield _read("ticket", number, lambda n=number, b=body: decoded(n, b))  # type: ignore[misc]


def _checked(
    session: Session, kind: str, statement: Statement, make: Callable[[str, Any], Record]
) -> Iterator[Record]:
    """Stream the records of a table that has checksums."""
    for stored, body, crc in stream(session, statement):
        name = unescaped(stored)
        yield _read(
            kind,
            name,
            lambda name=name, body=body, crc=crc: make(name, checked(kind, name, body, crc)),  # type: ignore[misc]
        )


def _calls(session: Session) -> Iterator[Record]:
    for stored, ticket, body, crc in stream(session, _CALLS):
        key = unescaped(stored)
        yield _read(
            "call",
            key,
            lambda key=key, ticket=ticket, body=body, crc=crc: CallSaved(  # type: ignore[misc]
                call_from_dict(checked("call", key, body, crc)), unescaped(ticket)
            ),
        )


__all__ = ["snapshot"]

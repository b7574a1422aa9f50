"""The questions of a store, each answered on one connection by an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from ruledesk.codec import (
    call_from_dict,
    delivery_from_dict,
    event_from_line,
    parse,
    requester_from_dict,
    tombstone_from_dict,
)
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Call, Requester
from ruledesk.model.tombstone import Tombstone
from ruledesk_plugins.sql import schema
from ruledesk_plugins.sql.schema import (
    WordList,
    calls,
    correlations,
    deliveries,
    documents,
    events,
    loads,
    requesters,
    sources,
    tickets,
    tombstones,
    unescaped,
)
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement, insert_into

_LIMIT: Final = bindparam("limit", type_=schema.events.c.version.type)


def among(column_: ColumnElement[Any], dialect: str, name: str) -> ColumnElement[bool]:
    """Say that a column has one of a list of words, given as one value.

    Args:
        column_: The column.
        dialect: ``sqlite`` or ``postgresql``.
        name: The value's name; a list of texts.
    """
    words = bindparam(name, type_=WordList)
    if dialect == "postgresql":
        return column_ == any_(words)
    return column_.in_(select(column("value", String)).select_from(func.json_each(words)))


def instant(value: Any) -> datetime | None:
    """Read a time as the driver gives it."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    moment: datetime | None = value
    return moment


def checked(kind: str, key: str, body: str, crc: int) -> Any:
    """Read the JSON of a record.

    Raises:
        StorageFault: It is not what was written.
    """
    if crc32(body.encode()) != crc:
        raise damaged(f"{kind} {key}")
    return parse(body)


def damaged(what: str) -> StorageFault:
    """Make the error of a record that is not what was written."""
    return StorageFault.of("is damaged", "已损坏", field=what)


# -- tickets ----------------------------------------------------------------------------------

#: A ticket's body is left out where the asker knows the one with this head.
_BODY = case((tickets.c.head == bindparam("known"), null()), else_=tickets.c.body)
_TICKET = select(tickets.c.id, tickets.c.version, tickets.c.head, _BODY).where(
    tickets.c.number == bindparam("number")
)
TICKET: Final = Statement(_TICKET)
LOCKED_TICKET: Final = Statement(_TICKET.with_for_update(key_share=True))
_DUE = (
    select(tickets.c.number)
    .where(tickets.c.next_due <= bindparam("now"))
    .order_by(tickets.c.next_due, tickets.c.number)
    .limit(_LIMIT)
)
_DUES: Final = Statement(_DUE)
CLAIMED: Final = Statement(_DUE.with_for_update(key_share=True, skip_locked=True))
_NEXT_DUE: Final = Statement(
    select(tickets.c.next_due)
    .where(tickets.c.next_due.is_not(None))
    .order_by(tickets.c.next_due, tickets.c.number)
    .limit(literal_column("1"))
)


def due(session: Session, now: datetime, limit: int) -> list[str]:
    """Name the tickets due at or before `now`."""
    return [unescaped(number) for (number,) in session.rows(_DUES, now=now, limit=limit)]


def next_due(session: Session) -> datetime | None:
    """Return the earliest `next_due` of all tickets."""
    found = session.row(_NEXT_DUE)
    return None if found is None else instant(found[0])


# -- events -----------------------------------------------------------------------------------

_EVENTS: Final = Statement(
    select(events.c.body)
    .where(events.c.ticket == bindparam("ticket"), events.c.version > bindparam("after"))
    .order_by(events.c.version)
)
DIGEST: Final = Statement(
    select(events.c.digest).where(
        events.c.ticket == bindparam("ticket"), events.c.version == bindparam("version")
    )
)
_LOG: Final = Statement(
    select(events.c.position, events.c.ticket, events.c.version, events.c.body)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(_LIMIT)
)


def event_of(body: str, what: str) -> Event:
    """Read an event.

    Raises:
        StorageFault: It cannot be read.
    """
    try:
        return event_from_line(body)
    except InvalidInput as fault:
        raise StorageFault(*fault.problems, *damaged(f"event {what}").problems) from fault


def events_of(session: Session, number: str, after: int) -> list[Event]:
    """Return a ticket's events above a version."""
    found = session.rows(_EVENTS, ticket=number, after=after)
    return [event_of(body, f"{number}/{after + n}") for n, (body,) in enumerate(found, 1)]


def log_page(session: Session, after: int, limit: int) -> tuple[list[Event], int]:
    """Return some events behind a position, in the order of commit, and the last one's position."""
    found = session.rows(_LOG, after=after, limit=limit)
    page = [event_of(body, f"{unescaped(t)}/{version}") for _, t, version, body in found]
    return page, found[-1][0] if found else after


# -- groups and people ------------------------------------------------------------------------

_SOURCE: Final = Statement(
    select(sources.c.ticket)
    .where(sources.c.source == bindparam("source"))
    .order_by(sources.c.position)
    .limit(literal_column("1"))
)
_CORRELATED: Final = Statement(
    select(correlations.c.ticket)
    .where(correlations.c.key == bindparam("key"), correlations.c.created_at >= bindparam("since"))
    .order_by(correlations.c.created_at, correlations.c.ticket)
)


def _loads(dialect: str) -> Any:
    return (
        select(loads.c.agent, loads.c.open, loads.c.last_assigned)
        .where(among(loads.c.agent, dialect, "agents"))
        .order_by(loads.c.agent)
    )


_LOADS: Final = Statement(_loads)
LOCKED_LOADS: Final = Statement(lambda dialect: _loads(dialect).with_for_update(key_share=True))


def _one_requester(rank: int, column_: Any, name: str) -> Any:
    return select(
        literal_column(str(rank)).label("rank"),
        requesters.c.id,
        requesters.c.saved,
        requesters.c.body,
        requesters.c.crc,
    ).where(and_(column_ == bindparam(name), column_ != literal_column("''")))


_ANY_REQUESTER = union_all(
    _one_requester(1, requesters.c.id, "id"),
    _one_requester(2, requesters.c.phone, "phone"),
    _one_requester(3, requesters.c.email, "email"),
).subquery()
_REQUESTER: Final = Statement(
    select(_ANY_REQUESTER.c.id, _ANY_REQUESTER.c.body, _ANY_REQUESTER.c.crc)
    .order_by(_ANY_REQUESTER.c.rank, _ANY_REQUESTER.c.saved.desc())
    .limit(literal_column("1"))
)
REQUESTER: Final = Statement(
    select(requesters.c.body, requesters.c.crc).where(requesters.c.id == bindparam("id"))
)
CALL: Final = Statement(
    select(calls.c.ticket, calls.c.body, calls.c.crc).where(calls.c.id == bindparam("id"))
)


KNOW_AGENT: Final = Statement(
    lambda dialect: (
        insert_into(dialect, loads, "agent")
        .values(open=literal_column("0"), last_assigned=literal_column("0"))
        .on_conflict_do_nothing()
    )
)


def by_source(session: Session, source: str) -> str | None:
    """Return the number of the first ticket that carries a channel identity."""
    found = session.row(_SOURCE, source=source)
    return None if found is None else unescaped(found[0])


def correlated(session: Session, key: str, since: datetime) -> list[str]:
    """Name the tickets with a correlation key created at or after `since`."""
    return [unescaped(ticket) for (ticket,) in session.rows(_CORRELATED, key=key, since=since)]


def workloads(
    session: Session, agents: Sequence[str], statement: Statement = _LOADS
) -> dict[str, Workload]:
    """Say what each agent carries, of whom anything is stored."""
    found = session.rows(statement, agents=list(agents))
    return {unescaped(agent): Workload(open_, last) for agent, open_, last in found}


def requester(session: Session, id_: str, phone: str, email: str) -> Requester | None:
    """Find a requester by the first of these that is given and known."""
    found = session.row(_REQUESTER, id=id_, phone=phone, email=email)
    if found is None:
        return None
    key, body, crc = found
    return requester_from_dict(checked("requester", key, body, crc))


def call(session: Session, id_: str) -> tuple[Call, str] | None:
    """Return a call and its ticket's number."""
    found = session.row(CALL, id=id_)
    if found is None:
        return None
    ticket, body, crc = found
    return call_from_dict(checked("call", id_, body, crc)), unescaped(ticket)


# -- outbox -----------------------------------------------------------------------------------

_DELIVERY = (deliveries.c.id, deliveries.c.body, deliveries.c.crc)
_PENDING: Final = Statement(
    select(*_DELIVERY)
    .where(deliveries.c.ready_at.is_not(None), deliveries.c.not_before <= bindparam("now"))
    .order_by(deliveries.c.position)
    .limit(_LIMIT)
)
_NEXT_DELIVERY: Final = Statement(
    select(deliveries.c.ready_at)
    .where(deliveries.c.ready_at.is_not(None))
    .order_by(deliveries.c.ready_at, deliveries.c.position)
    .limit(literal_column("1"))
)
_MESSAGES: Final = Statement(
    select(*_DELIVERY)
    .where(deliveries.c.ticket == bindparam("ticket"))
    .order_by(deliveries.c.position)
)
DELIVERY: Final = Statement(select(*_DELIVERY).where(deliveries.c.id == bindparam("id")))
LOCKED_DELIVERY: Final = Statement(
    select(*_DELIVERY).where(deliveries.c.id == bindparam("id")).with_for_update(key_share=True)
)


def delivery_of(row: Sequence[Any]) -> Delivery:
    """Read a delivery from its id, body and checksum."""
    id_, body, crc = row
    return delivery_from_dict(checked("delivery", id_, body, crc))


def pending(session: Session, now: datetime, limit: int) -> list[Delivery]:
    """Return waiting deliveries whose time has come, in order of queueing."""
    return [delivery_of(row) for row in session.rows(_PENDING, now=now, limit=limit)]


def next_delivery(session: Session) -> datetime | None:
    """Return when the next waiting delivery may be claimed."""
    found = session.row(_NEXT_DELIVERY)
    return None if found is None else instant(found[0])


def messages(session: Session, ticket: str) -> list[Delivery]:
    """Return all deliveries of a ticket, in order of queueing."""
    return [delivery_of(row) for row in session.rows(_MESSAGES, ticket=ticket)]


# -- tombstones and documents -----------------------------------------------------------------

TOMBSTONE: Final = Statement(
    select(tombstones.c.body, tombstones.c.crc).where(tombstones.c.number == bindparam("number"))
)
_TOMBSTONES: Final = Statement(
    select(tombstones.c.position, tombstones.c.number, tombstones.c.body, tombstones.c.crc)
    .where(tombstones.c.position > bindparam("after"))
    .order_by(tombstones.c.position)
    .limit(_LIMIT)
)
DOCUMENT: Final = Statement(
    select(documents.c.body, documents.c.crc).where(documents.c.key == bindparam("key"))
)


def tombstone(session: Session, number: str) -> Tombstone | None:
    """Return what stays of a deleted ticket."""
    found = session.row(TOMBSTONE, number=number)
    return None if found is None else tombstone_from_dict(checked("tombstone", number, *found))


def tombstone_page(session: Session, after: int, limit: int) -> tuple[list[Tombstone], int]:
    """Return some tombstones behind a position, and the last one's position."""
    found = session.rows(_TOMBSTONES, after=after, limit=limit)
    page = [tombstone_from_dict(checked("tombstone", n, body, crc)) for _, n, body, crc in found]
    return page, found[-1][0] if found else after


def document(session: Session, key: str) -> Mapping[str, Any] | None:
    """Return a stored document."""
    found = session.row(DOCUMENT, key=key)
    if found is None:
        return None
    made: Mapping[str, Any] = checked("document", key, *found)
    return made


def paged(page: Any, size: int = 500) -> Iterator[Any]:
    """Walk all pages of a question.

    Args:
        page: Returns the items behind a position, and the last one's position.
        size: How many a page has.
    """
    after = 0
    while True:
        items, after = page(after, size)
        yield from items
        if len(items) < size:
            return


def locked_workloads(session: Session, agents: Sequence[str]) -> dict[str, Workload]:
    """Say what agents carry, and let nobody change it; rows of agents never seen are made."""
    known = workloads(session, agents, LOCKED_LOADS)
    unknown = sorted(set(agents) - known.keys())
    if not unknown:
        return known
    for agent in unknown:
        session.run(KNOW_AGENT, agent=agent)
    return workloads(session, agents, LOCKED_LOADS)

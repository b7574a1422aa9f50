"""Looking for damage: in the database's own structures, in checksums, and in what is derived."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Table, func, literal_column, select, text

from ruledesk.codec import time_from_text
from ruledesk.errors import Problem, RuleDeskError
from ruledesk_plugins.sql import lists
from ruledesk_plugins.sql.blobs import BlobFolder
from ruledesk_plugins.sql.derived import derived_faults
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.reading import checked, instant
from ruledesk_plugins.sql.rows import row_of, ticket_columns
from ruledesk_plugins.sql.schema import (
    calls,
    deliveries,
    documents,
    escaped,
    loads,
    requesters,
    shortened,
    tickets,
    tombstones,
    unescaped,
)
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.streams import still, stream
from ruledesk_plugins.sql.tickets import decoded

_COLUMNS: Final = tuple(column for column in tickets.columns if column.name not in {"id", "head"})
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_TICKETS: Final = Statement(select(*_COLUMNS).order_by(tickets.c.id))
_DELIVERIES: Final = Statement(
    select(
        deliveries.c.id,
        deliveries.c.ticket,
        deliveries.c.state,
        deliveries.c.not_before,
        deliveries.c.ready_at,
        deliveries.c.body,
        deliveries.c.crc,
    )
)
_HELD: Final = Statement(
    select(tickets.c.agent, func.count())
    .where(tickets.c.is_open, tickets.c.agent != literal_column("''"))
    .group_by(tickets.c.agent)
)
_LOADS: Final = Statement(select(loads.c.agent, loads.c.open))


def _found_by(table: Table, *names: str) -> Statement:
    return Statement(select(*(table.c[name] for name in names), table.c.body, table.c.crc))


#: What small records are found by, and what it has to be.
_RECORDS: Final[tuple[tuple[str, Statement, Callable[[Any], tuple[str, ...] | None]], ...]] = (
    (
        "requester",
        _found_by(requesters, "id", "phone", "email"),
        lambda data: tuple(shortened(data.get(name, "")) for name in ("id", "phone", "email")),
    ),
    ("call", _found_by(calls, "id"), lambda data: (shortened(data["id"]),)),
    ("document", _found_by(documents, "key"), lambda _: None),
    (
        "tombstone",
        _found_by(tombstones, "number"),
        lambda data: (escaped(data["number"]),),
    ),
)


def faults(database: Database, folder: BlobFolder) -> Iterator[Problem]:
    """Look at everything; see `ruledesk.storage.interface.Store.faults`.

    Args:
        database: Where.
        folder: Where blobs are.
    """
    with still(database) as session:
        yield from _of_database(session)
        yield from derived_faults(session)
        yield from _of_tickets(session)
        yield from _of_deliveries(session)
        yield from _of_records(session)
        yield from _of_loads(session)
        yield from lists.faults(session.connection)
    yield from _of_blobs(folder)


def differs(field: str, stored: Any, right: Any) -> Problem:
    """Make the problem of something that is not what follows from the records."""
    return Problem(
        "is not what follows from the records", "与记录不符", field, stored, (repr(right),)
    )


def _of_database(session: Session) -> Iterator[Problem]:
    """Ask the database about its own structures."""
    connection = session.connection
    if session.dialect == "sqlite":
        for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if line != "ok":
                yield Problem(
                    f"the file is damaged: {line}", f"文件已损坏:{line}", "integrity_check"
                )
        return
    invalid = text(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
    )
    for (name,) in connection.execute(invalid):
        yield Problem("the index is not valid; REINDEX it", "索引无效,请 REINDEX", f"index {name}")
    failures = text(
        "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
    )
    broken = connection.execute(failures).scalar()
    if broken:
        yield Problem(
            "PostgreSQL has read pages with a wrong checksum", "PostgreSQL 读到校验和错误的页",
            "checksum_failures", broken,
        )  # fmt: skip


def _of_tickets(session: Session) -> Iterator[Problem]:
    """Compare what lists filter and sort by with the tickets."""
    for values in stream(session, _TICKETS):
        stored = dict(zip(_NAMES, values, strict=True))
        number, body = unescaped(stored["number"]), stored.pop("body")
        try:
            right = ticket_columns(row_of(decoded(number, body)))
        except RuleDeskError as fault:
            yield from fault.problems
            continue
        for name, value in stored.items():
            if _plain(name, value) != _stored(right[name]):
                yield differs(f"ticket {number}: {name}", value, right[name])


def _stored(value: Any) -> Any:
    return shortened(value) if isinstance(value, str) else value


def _plain(name: str, value: Any) -> Any:
    """Read a value of a column; text stays as it is stored."""
    if name in {"created_at", "updated_at", "next_due", "over_at"}:
        with suppress(ValueError):
            return instant(value)
    if name == "is_open":
        return bool(value)
    return value


def _of_deliveries(session: Session) -> Iterator[Problem]:
    for id_, ticket, state, not_before, ready_at, body, crc in stream(session, _DELIVERIES):
        data = yield from _sound("delivery", id_, body, crc)
        if data is None:
            continue
        message = data["message"]
        right = (shortened(message["id"]), message["ticket"], data["state"], data["not_before"])
        found = (id_, unescaped(ticket), state)
        if found != right[:3] or instant(not_before) != time_from_text(right[3]):
            yield differs(f"delivery {id_}", (*found, str(not_before)), right)
        if (ready_at is not None) != (state == "waiting"):
            yield differs(f"delivery {id_}: ready_at", str(ready_at), state)


def _of_records(session: Session) -> Iterator[Problem]:
    """Look at the checksums of the small records, and at what they are found by."""
    for kind, statement, right in _RECORDS:
        for *found, body, crc in stream(session, statement):
            data = yield from _sound(kind, found[0], body, crc)
            wanted = None if data is None else right(data)
            if wanted is not None and wanted != tuple(found):
                yield differs(f"{kind} {found[0]}", tuple(found), wanted)


def _sound(kind: str, key: str, body: str, crc: int) -> Generator[Problem, None, Any]:
    """Return the JSON of a record, or yield what is wrong with it."""
    try:
        return checked(kind, unescaped(key), body, crc)
    except RuleDeskError as fault:
        yield from fault.problems
    return None


def _of_loads(session: Session) -> Iterator[Problem]:
    """Count the open tickets of each agent."""
    held, kept = dict(session.rows(_HELD)), dict(session.rows(_LOADS))
    for agent in sorted(held.keys() | kept.keys()):
        if held.get(agent, 0) != kept.get(agent, 0):
            yield differs(f"loads/{agent}", kept.get(agent, 0), held.get(agent, 0))


def _of_blobs(folder: BlobFolder) -> Iterator[Problem]:
    for name in folder.names():
        try:
            folder.get(name)
        except RuleDeskError as fault:
            yield from fault.problems


__all__ = ["differs", "faults"]

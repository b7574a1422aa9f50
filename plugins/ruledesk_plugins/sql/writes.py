"""The statements that change the tables, compiled once."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    null,
    select,
    text,
    union_all,
    update,
)

from ruledesk_plugins.sql.schema import (
    blob_tickets,
    calls,
    correlations,
    deliveries,
    documents,
    events,
    fresh_blobs,
    left_blobs,
    loads,
    requesters,
    sequences,
    sources,
    tickets,
    tombstones,
    turns,
)
from ruledesk_plugins.sql.statement import Statement, insert_into

_ONE: Final[ColumnElement[Any]] = literal_column("1")


def _insert(table: Any, *columns: str) -> Statement:
    return Statement(lambda dialect: insert_into(dialect, table, *columns))


def _insert_once(table: Any, *columns: str) -> Statement:
    """An insert that leaves what is there."""
    return Statement(lambda dialect: insert_into(dialect, table, *columns).on_conflict_do_nothing())


def _upsert(table: Any, key: str, *columns: str) -> Statement:
    """An insert that replaces what is there."""

    def build(dialect: str) -> Any:
        made = insert_into(dialect, table, key, *columns)
        return made.on_conflict_do_update(
            index_elements=[key], set_={name: made.excluded[name] for name in columns}
        )

    return Statement(build)


def _delete(table: Any, *columns: str) -> Statement:
    return Statement(delete(table).where(*(table.c[name] == bindparam(name) for name in columns)))


def turn(dialect: str, column_: Any) -> Any:
    """What comes after every value of a column so far."""
    if dialect == "postgresql":
        return turns.next_value()
    last = select(func.coalesce(func.max(column_), literal_column("0")) + _ONE)
    return last.scalar_subquery()


# -- tickets ----------------------------------------------------------------------------------

_TICKET_CHANGES: Final = tuple(
    column.name for column in tickets.columns if column.name not in {"id", "number"}
)
INSERT_TICKET: Final = _insert(tickets)
UPDATE_TICKET: Final = Statement(
    update(tickets)
    .where(tickets.c.id == bindparam("ticket_id"))
    .values({name: bindparam(name) for name in _TICKET_CHANGES})
)
DELETE_TICKET: Final = Statement(delete(tickets).where(tickets.c.id == bindparam("ticket_id")))
_GONE = exists(select(tombstones.c.number).where(tombstones.c.number == bindparam("number")))
#: PostgreSQL: fails where the number is that of a deleted ticket, by dividing by zero. It runs
#: after the insert, which has waited for a deletion that was under way.
NEVER_DELETED: Final = Statement(select(_ONE / case((_GONE, literal_column("0")), else_=_ONE)))

INSERT_EVENT: Final = _insert(events, "ticket", "version", "at", "kind", "body", "digest")
UPDATE_EVENT: Final = Statement(
    update(events)
    .where(events.c.ticket == bindparam("of_ticket"), events.c.version == bindparam("of_version"))
    .values({name: bindparam(name) for name in ("at", "kind", "body", "digest")})
)
DELETE_EVENTS: Final = _delete(events, "ticket")
TICKET_ID: Final = Statement(select(func.coalesce(func.max(tickets.c.id), literal_column("0"))))

# -- outbox -----------------------------------------------------------------------------------

_DELIVERY: Final = ("id", "ticket", "state", "not_before", "ready_at", "body", "crc")
INSERT_DELIVERY: Final = _insert(deliveries, *_DELIVERY)
UPDATE_DELIVERY: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in ("state", "not_before", "ready_at", "body", "crc")})
)
#: Other words for a message; whoever has it in hand goes on having it.
REWRITE_DELIVERY: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("of_id"))
    .values(
        {name: bindparam(name) for name in ("state", "not_before", "body", "crc")}
        | {
            "ready_at": case(
                (
                    bindparam("state", type_=deliveries.c.state.type)
                    != literal_column("'waiting'"),
                    null(),
                ),
                (
                    deliveries.c.ready_at > bindparam("ready_at", type_=deliveries.c.ready_at.type),
                    deliveries.c.ready_at,
                ),
                else_=bindparam("ready_at", type_=deliveries.c.ready_at.type),
            )
        }
    )
)
DELETE_DELIVERIES: Final = _delete(deliveries, "ticket")


_FIRST = (
    select(deliveries.c.position)
    .where(deliveries.c.ready_at <= bindparam("now"))
    .order_by(deliveries.c.position)
    .limit(bindparam("limit", type_=events.c.version.type))
    .with_for_update(skip_locked=True)
    .cte("first")  # a subquery might be run again for each row, and lock others each time
)
CLAIM: Final = Statement(
    update(deliveries)
    .where(deliveries.c.position.in_(select(_FIRST.c.position)))
    .values(ready_at=bindparam("until"))
    .returning(deliveries.c.position, deliveries.c.id, deliveries.c.body, deliveries.c.crc)
)

# -- people, calls, documents, sequences ------------------------------------------------------


def _requester(dialect: str) -> Any:
    made = insert_into(dialect, requesters, "id", "phone", "email", "body", "crc")
    made = made.values(saved=turn(dialect, requesters.c.saved))
    return made.on_conflict_do_update(
        index_elements=["id"],
        set_={n: made.excluded[n] for n in ("phone", "email", "saved", "body", "crc")},
    )


PUT_REQUESTER: Final = Statement(_requester)
DELETE_REQUESTER: Final = _delete(requesters, "id")
REQUESTER_KEYS: Final = Statement(
    select(requesters.c.phone, requesters.c.email).where(requesters.c.id == bindparam("id"))
)
PUT_CALL: Final = _upsert(calls, "id", "ticket", "body", "crc")
DELETE_CALLS: Final = _delete(calls, "ticket")
CALLS_OF: Final = Statement(select(calls.c.id).where(calls.c.ticket == bindparam("ticket")))
PUT_DOCUMENT: Final = _upsert(documents, "key", "body", "crc")
PUT_SEQUENCE: Final = _upsert(sequences, "key", "last")
SEQUENCE: Final = Statement(select(sequences.c.last).where(sequences.c.key == bindparam("key")))


def _next_in_sequence(dialect: str) -> Any:
    made = insert_into(dialect, sequences, "key").values(last=_ONE)
    return made.on_conflict_do_update(
        index_elements=["key"], set_={"last": sequences.c.last + _ONE}
    ).returning(sequences.c.last)


NEXT_IN_SEQUENCE: Final = Statement(_next_in_sequence)

# -- tombstones, sources, correlations --------------------------------------------------------

INSERT_TOMBSTONE: Final = _insert(tombstones, "number", "body", "crc")
INSERT_SOURCE: Final = _insert_once(sources, "source", "ticket")
DELETE_SOURCES: Final = _delete(sources, "ticket")
#: By the key as it is stored, which may be a shortened one.
DELETE_SOURCE: Final = Statement(
    delete(sources).where(
        sources.c.source == bindparam("stored", type_=Text),
        sources.c.ticket == bindparam("ticket"),
    )
)
SOURCES_OF: Final = Statement(
    select(sources.c.source).where(sources.c.ticket == bindparam("ticket"))
)
INSERT_CORRELATION: Final = _insert_once(correlations)
DELETE_CORRELATION: Final = _delete(correlations, "key", "created_at", "ticket")

# -- what agents carry ------------------------------------------------------------------------


def _move_load(dialect: str) -> Any:
    made = insert_into(dialect, loads, "agent").values(
        open=bindparam("open", type_=loads.c.open.type), last_assigned=literal_column("0")
    )
    return made.on_conflict_do_update(
        index_elements=["agent"], set_={"open": loads.c.open + made.excluded.open}
    )


def _move_and_assign(dialect: str) -> Any:
    last = turn(dialect, loads.alias().c.last_assigned)
    made = insert_into(dialect, loads, "agent").values(
        open=bindparam("open", type_=loads.c.open.type), last_assigned=last
    )
    return made.on_conflict_do_update(
        index_elements=["agent"],
        set_={
            "open": loads.c.open + made.excluded.open,
            # PostgreSQL: again, once the row is locked; who waited for it longest came last.
            "last_assigned": last if dialect == "postgresql" else made.excluded.last_assigned,
        },
    )


MOVE_LOAD: Final = Statement(_move_load)
#: `MOVE_LOAD` and `ASSIGN` of one agent.
MOVE_AND_ASSIGN: Final = Statement(_move_and_assign)
ASSIGN: Final = Statement(
    lambda dialect: (
        update(loads)
        .where(loads.c.agent == bindparam("of_agent"))
        .values(last_assigned=turn(dialect, loads.alias().c.last_assigned))
    )
)
PUT_LOAD: Final = _upsert(loads, "agent", "open", "last_assigned")

# -- blobs ------------------------------------------------------------------------------------

NAME_BLOB: Final = _insert_once(blob_tickets, "blob", "ticket")
UNNAME_BLOB: Final = _delete(blob_tickets, "blob", "ticket")
UNNAME_BLOBS: Final = _delete(blob_tickets, "ticket")
BLOBS_OF: Final = Statement(
    select(blob_tickets.c.blob).where(blob_tickets.c.ticket == bindparam("ticket"))
)


def _keep_fresh(dialect: str) -> Any:
    made = insert_into(dialect, fresh_blobs, "blob", "holder", "kept_at").values(waiting=_ONE)
    return made.on_conflict_do_update(
        index_elements=["blob", "holder"],
        set_={"waiting": fresh_blobs.c.waiting + _ONE, "kept_at": made.excluded.kept_at},
    )


KEEP_FRESH: Final = Statement(_keep_fresh)
_MINE = and_(
    fresh_blobs.c.blob == bindparam("of_blob"), fresh_blobs.c.holder == bindparam("of_holder")
)
LESS_FRESH: Final = Statement(
    update(fresh_blobs).where(_MINE).values(waiting=fresh_blobs.c.waiting - _ONE)
)
NOT_FRESH: Final = Statement(
    delete(fresh_blobs).where(_MINE, fresh_blobs.c.waiting <= literal_column("0"))
)
FORGET_FRESH: Final = Statement(
    delete(fresh_blobs).where(
        (fresh_blobs.c.holder == bindparam("of_holder"))
        | (fresh_blobs.c.kept_at < bindparam("before"))
    )
)
LEAVE_BLOB: Final = _insert_once(left_blobs, "blob")
LEFT_BLOBS: Final = Statement(select(left_blobs.c.blob).order_by(left_blobs.c.blob))
NOT_LEFT: Final = _delete(left_blobs, "blob")
#: Rows: who needs a blob; ``1`` a ticket, ``2`` one that is about to be stored.
NEEDED: Final = Statement(
    union_all(
        select(_ONE.label("by")).where(
            exists(select(blob_tickets.c.blob).where(blob_tickets.c.blob == bindparam("blob")))
        ),
        select(literal_column("2").label("by")).where(
            exists(select(fresh_blobs.c.blob).where(fresh_blobs.c.blob == bindparam("blob")))
        ),
    )
)
OWN_FRESH: Final = Statement(
    select(_ONE).where(
        exists(select(fresh_blobs.c.blob).where(fresh_blobs.c.holder == bindparam("holder")))
        | exists(select(left_blobs.c.blob))
    )
)
ANY_BLOB: Final = Statement(select(_ONE).where(exists(select(blob_tickets.c.blob))))
SHARED_LOCK: Final = Statement(
    select(func.pg_advisory_xact_lock_shared(bindparam("lock", type_=BigInteger)))
)
TRY_LOCK: Final = Statement(
    select(func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)))
)
ADVISORY_LOCK: Final = Statement(
    select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger)))
)
#: Several, in the order in which they are given, as `array_of` writes them.
ADVISORY_LOCKS: Final = Statement(
    text("SELECT pg_advisory_xact_lock(one) FROM unnest(CAST(:locks AS bigint[])) AS one")
)
NOTIFY: Final = Statement(
    select(func.pg_notify(literal_column("'ruledesk'"), literal_column("''")))
)

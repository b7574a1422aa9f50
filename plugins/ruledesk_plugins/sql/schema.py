"""The tables of a desk, the same on SQLite and PostgreSQL.

Times are ``timestamptz`` on PostgreSQL and text of fixed width on SQLite, so that both order them
as instants. Keys and words are compared by code point. A record's own JSON is canonical text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ruledesk_plugins.sql.columns import (
    Instant,
    Key,
    Word,
    WordList,
    escaped,
    serial,
    shortened,
    unescaped,
)

metadata = MetaData()

#: PostgreSQL only. Each process takes ids of new tickets from it by the hundred.
ticket_ids = Sequence("ticket_ids", metadata=metadata)
#: PostgreSQL only: what was saved, or assigned, after what.
turns = Sequence("turns", metadata=metadata)

#: What the desk's storage says of itself: ``store_id`` ties the folder of blobs to it. On SQLite
#: ``texts_indexed`` is the id of the last ticket whose text is in the search index.
meta = Table(
    "meta",
    metadata,
    Column("key", Word, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Each ticket as its events have made it, with what lists filter and sort by. `id` is given
#: before the row is written; it is what other tables of this plugin join by.
tickets = Table(
    "tickets",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=False),
    Column("number", Word, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("line", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("team", Key, nullable=False),
    Column("agent", Key, nullable=False),
    Column("priority", Key, nullable=False),
    Column("channel", Key, nullable=False),
    Column("type", Key, nullable=False),
    Column("category", Key, nullable=False),
    Column("requester", Key, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("next_due", Instant),
    Column("over_at", Instant),
    Column("head", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

#: Only ever added to; `head` of the ticket is the `digest` of its last event, and each digest
#: covers the one before, so that nothing in between can be changed or left out unseen.
events = Table(
    "events",
    metadata,
    Column("position", serial(), primary_key=True, autoincrement=True),
    Column("ticket", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Word, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("ticket", "version", name="events_ticket_version"),
)

#: The outbox. `ready_at` is when a waiting message may be claimed: its `not_before`, or later the
#: end of the lease of whoever is sending it now; none once it is settled.
deliveries = Table(
    "deliveries",
    metadata,
    Column("position", serial(), primary_key=True, autoincrement=True),
    Column("id", Key, nullable=False, unique=True),
    Column("ticket", Word, nullable=False, index=True),
    Column("state", Word, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("ready_at", Instant),
    Column("body", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
    Index("deliveries_ready", "ready_at", "position",
          sqlite_where=text("ready_at IS NOT NULL"),
          postgresql_where=text("ready_at IS NOT NULL")),
    Index("deliveries_waiting", "position", "not_before", sqlite_where=text("ready_at IS NOT NULL"),
          postgresql_where=text("ready_at IS NOT NULL")),
)  # fmt: skip

sequences = Table(
    "sequences",
    metadata,
    Column("key", Word, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

#: `saved` orders them by saving: of two with the same phone number, the later one is found.
requesters = Table(
    "requesters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("phone", Key, nullable=False),
    Column("email", Key, nullable=False),
    Column("saved", BigInteger, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
    Index("requesters_phone", "phone", "saved"),
    Index("requesters_email", "email", "saved"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket", Word, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("key", Word, primary_key=True),
    Column("body", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("position", serial(), primary_key=True, autoincrement=True),
    Column("number", Word, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
)

#: Which ticket an input of a channel went to; of several the one with the lowest position.
sources = Table(
    "sources",
    metadata,
    Column("position", serial(), primary_key=True, autoincrement=True),
    Column("source", Key, nullable=False),
    Column("ticket", Word, nullable=False, index=True),
    UniqueConstraint("source", "ticket", name="sources_source_ticket"),
)

correlations = Table(
    "correlations",
    metadata,
    Column("key", Key, primary_key=True),
    Column("created_at", Instant, primary_key=True),
    Column("ticket", Word, primary_key=True, index=True),
)

#: What dispatch looks at; a row is locked while somebody decides by it.
loads = Table(
    "loads",
    metadata,
    Column("agent", Word, primary_key=True),
    Column("open", Integer, nullable=False),
    Column("last_assigned", BigInteger, nullable=False, index=True),
)

blob_tickets = Table(
    "blob_tickets",
    metadata,
    Column("blob", Word, primary_key=True),
    Column("ticket", Word, primary_key=True, index=True),
)

#: Blobs that were kept and that no stored ticket names yet, by the store that keeps them.
fresh_blobs = Table(
    "fresh_blobs",
    metadata,
    Column("blob", Word, primary_key=True),
    Column("holder", String(32), primary_key=True),
    Column("waiting", Integer, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

#: Blobs of tickets that are gone; whoever finds nobody that needs one removes its file.
left_blobs = Table(
    "left_blobs",
    metadata,
    Column("blob", Word, primary_key=True),
)

__all__ = [
    "Instant",
    "Key",
    "Word",
    "WordList",
    "blob_tickets",
    "calls",
    "correlations",
    "deliveries",
    "documents",
    "escaped",
    "events",
    "fresh_blobs",
    "left_blobs",
    "loads",
    "meta",
    "metadata",
    "requesters",
    "sequences",
    "serial",
    "shortened",
    "sources",
    "ticket_ids",
    "tickets",
    "tombstones",
    "turns",
    "unescaped",
]

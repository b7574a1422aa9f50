"""The tables that the store itself needs."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE TABLE blob_tickets (
        blob TEXT NOT NULL,
        ticket TEXT NOT NULL,
        PRIMARY KEY (blob, ticket)
    )
    """,
    "CREATE INDEX ix_blob_tickets_ticket ON blob_tickets (ticket)",
    """
    CREATE TABLE calls (
        id TEXT NOT NULL,
        ticket TEXT NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_calls_ticket ON calls (ticket)",
    """
    CREATE TABLE correlations (
        "key" TEXT NOT NULL,
        created_at TEXT NOT NULL,
        ticket TEXT NOT NULL,
        PRIMARY KEY ("key", created_at, ticket)
    )
    """,
    "CREATE INDEX ix_correlations_ticket ON correlations (ticket)",
    """
    CREATE TABLE deliveries (
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        ticket TEXT NOT NULL,
        state TEXT NOT NULL,
        not_before TEXT NOT NULL,
        ready_at TEXT,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (position),
        UNIQUE (id)
    )
    """,
    """
    CREATE INDEX deliveries_ready ON deliveries (ready_at, position)
    WHERE ready_at IS NOT NULL
    """,
    """
    CREATE INDEX deliveries_waiting ON deliveries (position, not_before)
    WHERE ready_at IS NOT NULL
    """,
    "CREATE INDEX ix_deliveries_ticket ON deliveries (ticket)",
    """
    CREATE TABLE documents (
        "key" TEXT NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE events (
        position INTEGER NOT NULL,
        ticket TEXT NOT NULL,
        version INTEGER NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        digest VARCHAR(64) NOT NULL,
        PRIMARY KEY (position),
        CONSTRAINT events_ticket_version UNIQUE (ticket, version)
    )
    """,
    """
    CREATE TABLE fresh_blobs (
        blob TEXT NOT NULL,
        holder VARCHAR(32) NOT NULL,
        waiting INTEGER NOT NULL,
        kept_at TEXT NOT NULL,
        PRIMARY KEY (blob, holder)
    )
    """,
    """
    CREATE TABLE left_blobs (
        blob TEXT NOT NULL,
        PRIMARY KEY (blob)
    )
    """,
    """
    CREATE TABLE loads (
        agent TEXT NOT NULL,
        open INTEGER NOT NULL,
        last_assigned BIGINT NOT NULL,
        PRIMARY KEY (agent)
    )
    """,
    "CREATE INDEX ix_loads_last_assigned ON loads (last_assigned)",
    """
    CREATE TABLE meta (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE requesters (
        id TEXT NOT NULL,
        phone TEXT NOT NULL,
        email TEXT NOT NULL,
        saved BIGINT NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (saved)
    )
    """,
    "CREATE INDEX requesters_email ON requesters (email, saved)",
    "CREATE INDEX requesters_phone ON requesters (phone, saved)",
    """
    CREATE TABLE sequences (
        "key" TEXT NOT NULL,
        last BIGINT NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE sources (
        position INTEGER NOT NULL,
        source TEXT NOT NULL,
        ticket TEXT NOT NULL,
        PRIMARY KEY (position),
        CONSTRAINT sources_source_ticket UNIQUE (source, ticket)
    )
    """,
    "CREATE INDEX ix_sources_ticket ON sources (ticket)",
    """
    CREATE TABLE tickets (
        id INTEGER NOT NULL,
        number TEXT NOT NULL,
        version INTEGER NOT NULL,
        line TEXT NOT NULL,
        status TEXT NOT NULL,
        team TEXT NOT NULL,
        agent TEXT NOT NULL,
        priority TEXT NOT NULL,
        channel TEXT NOT NULL,
        type TEXT NOT NULL,
        category TEXT NOT NULL,
        requester TEXT NOT NULL,
        is_open BOOLEAN NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT,
        next_due TEXT,
        over_at TEXT,
        head VARCHAR(64) NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (number)
    )
    """,
    """
    CREATE TABLE tombstones (
        position INTEGER NOT NULL,
        number TEXT NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (position),
        UNIQUE (number)
    )
    """,
)

POSTGRESQL = (
    "CREATE SEQUENCE ticket_ids",
    "CREATE SEQUENCE turns",
    """
    CREATE TABLE blob_tickets (
        blob VARCHAR COLLATE "C" NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        PRIMARY KEY (blob, ticket)
    )
    """,
    "CREATE INDEX ix_blob_tickets_ticket ON blob_tickets (ticket)",
    """
    CREATE TABLE calls (
        id VARCHAR COLLATE "C" NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_calls_ticket ON calls (ticket)",
    """
    CREATE TABLE correlations (
        key VARCHAR COLLATE "C" NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        PRIMARY KEY (key, created_at, ticket)
    )
    """,
    "CREATE INDEX ix_correlations_ticket ON correlations (ticket)",
    """
    CREATE TABLE deliveries (
        position BIGSERIAL NOT NULL,
        id VARCHAR COLLATE "C" NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        state VARCHAR COLLATE "C" NOT NULL,
        not_before TIMESTAMP WITH TIME ZONE NOT NULL,
        ready_at TIMESTAMP WITH TIME ZONE,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (position),
        UNIQUE (id)
    )
    """,
    """
    CREATE INDEX deliveries_ready ON deliveries (ready_at, position)
    WHERE ready_at IS NOT NULL
    """,
    """
    CREATE INDEX deliveries_waiting ON deliveries (position, not_before)
    WHERE ready_at IS NOT NULL
    """,
    "CREATE INDEX ix_deliveries_ticket ON deliveries (ticket)",
    """
    CREATE TABLE documents (
        key VARCHAR COLLATE "C" NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE events (
        position BIGSERIAL NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        kind VARCHAR COLLATE "C" NOT NULL,
        body TEXT NOT NULL,
        digest VARCHAR(64) NOT NULL,
        PRIMARY KEY (position),
        CONSTRAINT events_ticket_version UNIQUE (ticket, version)
    )
    """,
    """
    CREATE TABLE fresh_blobs (
        blob VARCHAR COLLATE "C" NOT NULL,
        holder VARCHAR(32) NOT NULL,
        waiting INTEGER NOT NULL,
        kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (blob, holder)
    )
    """,
    """
    CREATE TABLE left_blobs (
        blob VARCHAR COLLATE "C" NOT NULL,
        PRIMARY KEY (blob)
    )
    """,
    """
    CREATE TABLE loads (
        agent VARCHAR COLLATE "C" NOT NULL,
        open INTEGER NOT NULL,
        last_assigned BIGINT NOT NULL,
        PRIMARY KEY (agent)
    )
    """,
    "CREATE INDEX ix_loads_last_assigned ON loads (last_assigned)",
    """
    CREATE TABLE meta (
        key VARCHAR COLLATE "C" NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE requesters (
        id VARCHAR COLLATE "C" NOT NULL,
        phone VARCHAR COLLATE "C" NOT NULL,
        email VARCHAR COLLATE "C" NOT NULL,
        saved BIGINT NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (saved)
    )
    """,
    "CREATE INDEX requesters_email ON requesters (email, saved)",
    "CREATE INDEX requesters_phone ON requesters (phone, saved)",
    """
    CREATE TABLE sequences (
        key VARCHAR COLLATE "C" NOT NULL,
        last BIGINT NOT NULL,
        PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE sources (
        position BIGSERIAL NOT NULL,
        source VARCHAR COLLATE "C" NOT NULL,
        ticket VARCHAR COLLATE "C" NOT NULL,
        PRIMARY KEY (position),
        CONSTRAINT sources_source_ticket UNIQUE (source, ticket)
    )
    """,
    "CREATE INDEX ix_sources_ticket ON sources (ticket)",
    """
    CREATE TABLE tickets (
        id BIGINT NOT NULL,
        number VARCHAR COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        line VARCHAR COLLATE "C" NOT NULL,
        status VARCHAR COLLATE "C" NOT NULL,
        team VARCHAR COLLATE "C" NOT NULL,
        agent VARCHAR COLLATE "C" NOT NULL,
        priority VARCHAR COLLATE "C" NOT NULL,
        channel VARCHAR COLLATE "C" NOT NULL,
        type VARCHAR COLLATE "C" NOT NULL,
        category VARCHAR COLLATE "C" NOT NULL,
        requester VARCHAR COLLATE "C" NOT NULL,
        is_open BOOLEAN NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE,
        next_due TIMESTAMP WITH TIME ZONE,
        over_at TIMESTAMP WITH TIME ZONE,
        head VARCHAR(64) NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (number)
    )
    """,
    """
    CREATE TABLE tombstones (
        position BIGSERIAL NOT NULL,
        number VARCHAR COLLATE "C" NOT NULL,
        body TEXT NOT NULL,
        crc BIGINT NOT NULL,
        PRIMARY KEY (position),
        UNIQUE (number)
    )
    """,
)


def upgrade() -> None:
    """Create them."""
    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        op.execute(statement)

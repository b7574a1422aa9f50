"""Indexes of lists, the tables of flags, searches and counters, and what is in them."""

from __future__ import annotations

from alembic import op

from ruledesk_plugins.sql import lists

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE TABLE ticket_flags ( flag TEXT NOT NULL, id BIGINT NOT NULL, is_over BOOLEAN
    NOT NULL, number TEXT NOT NULL, agent TEXT NOT NULL, team TEXT NOT NULL, line TEXT
    NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT, next_due TEXT, over_at TEXT, PRIMARY KEY (flag, id) ) WITHOUT ROWID
    """,
    "CREATE INDEX flags_created_at ON ticket_flags (flag, is_over, created_at, number)",
    "CREATE INDEX flags_next_due ON ticket_flags (flag, is_over, next_due, number)",
    """
    CREATE INDEX flags_over_at ON ticket_flags (flag, is_over, over_at, number) WHERE
    over_at IS NOT NULL
    """,
    "CREATE INDEX flags_priority ON ticket_flags (flag, is_over, priority, number)",
    "CREATE INDEX flags_updated_at ON ticket_flags (flag, is_over, updated_at, number)",
    """
    CREATE TABLE ticket_texts ( id INTEGER NOT NULL, search TEXT NOT NULL, grams TEXT,
    PRIMARY KEY (id) )
    """,
    """
    CREATE VIRTUAL TABLE ticket_grams USING fts5(grams, content='', detail=none,
    columnsize=0, tokenize='ascii')
    """,
    """
    CREATE TABLE counter_deltas ( id INTEGER NOT NULL, n INTEGER NOT NULL, agent TEXT
    NOT NULL, team TEXT NOT NULL, line TEXT NOT NULL, status TEXT NOT NULL, priority
    TEXT NOT NULL, flags TEXT NOT NULL, tickets INTEGER NOT NULL, events INTEGER NOT
    NULL, messages INTEGER NOT NULL, PRIMARY KEY (id) )
    """,
    """
    CREATE TABLE counters ( flag TEXT NOT NULL, team TEXT NOT NULL, line TEXT NOT NULL,
    status TEXT NOT NULL, priority TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (flag,
    team, line, status, priority) ) WITHOUT ROWID
    """,
    """
    CREATE TABLE agent_counters ( agent TEXT NOT NULL, flag TEXT NOT NULL, team TEXT NOT
    NULL, line TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, n BIGINT NOT
    NULL, PRIMARY KEY (agent, flag, team, line, status, priority) ) WITHOUT ROWID
    """,
    "CREATE TABLE totals ( name TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (name) )",
    """
    CREATE INDEX lists_agent_created_at ON tickets (agent, created_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_next_due ON tickets (agent, next_due, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_over_at ON tickets (agent, over_at, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_priority ON tickets (agent, priority, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_updated_at ON tickets (agent, updated_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_due ON tickets (next_due, number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NOT NULL
    """,
    "CREATE INDEX lists_facets ON tickets (category, type, channel, created_at, number)",
    """
    CREATE INDEX lists_open_created_at ON tickets (created_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_priority ON tickets (priority, number, agent, team, line,
    status, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_undue ON tickets (number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NULL AND over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_updated_at ON tickets (updated_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_over_created_at ON tickets (created_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_over_at ON tickets (over_at, number, agent, team, line,
    status, priority) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_priority ON tickets (priority, number, agent, team, line,
    status, over_at) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_undue ON tickets (number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NULL AND over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_updated_at ON tickets (updated_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NOT NULL
    """,
    "CREATE INDEX lists_requester ON tickets (requester, created_at, number)",
    """
    CREATE INDEX lists_scope ON tickets (team, status, agent, line, priority, number,
    created_at, updated_at, next_due, over_at)
    """,
    """
    CREATE INDEX lists_team_created_at ON tickets (team, created_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_next_due ON tickets (team, next_due, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_over_at ON tickets (team, over_at, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_priority ON tickets (team, priority, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_updated_at ON tickets (team, updated_at, number, status)
    WHERE over_at IS NOT NULL
    """,
)

POSTGRESQL = (
    """
    CREATE TABLE ticket_flags ( flag VARCHAR COLLATE "C" NOT NULL, id BIGINT NOT NULL,
    is_over BOOLEAN NOT NULL, number VARCHAR COLLATE "C" NOT NULL, agent VARCHAR COLLATE
    "C" NOT NULL, team VARCHAR COLLATE "C" NOT NULL, line VARCHAR COLLATE "C" NOT NULL,
    status VARCHAR COLLATE "C" NOT NULL, priority VARCHAR COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, updated_at TIMESTAMP WITH TIME ZONE,
    next_due TIMESTAMP WITH TIME ZONE, over_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY
    (flag, id) )
    """,
    "CREATE INDEX flags_created_at ON ticket_flags (flag, is_over, created_at, number)",
    "CREATE INDEX flags_next_due ON ticket_flags (flag, is_over, next_due, number)",
    """
    CREATE INDEX flags_over_at ON ticket_flags (flag, is_over, over_at, number) WHERE
    over_at IS NOT NULL
    """,
    "CREATE INDEX flags_priority ON ticket_flags (flag, is_over, priority, number)",
    "CREATE INDEX flags_updated_at ON ticket_flags (flag, is_over, updated_at, number)",
    """
    CREATE TABLE ticket_texts ( id BIGINT NOT NULL, search TEXT NOT NULL, grams
    TSVECTOR, PRIMARY KEY (id) )
    """,
    """
    CREATE INDEX ticket_texts_grams ON ticket_texts USING gin (grams) WITH (fastupdate =
    on, gin_pending_list_limit = 256)
    """,
    """
    CREATE TABLE counter_deltas ( id BIGSERIAL NOT NULL, n INTEGER NOT NULL, agent
    VARCHAR COLLATE "C" NOT NULL, team VARCHAR COLLATE "C" NOT NULL, line VARCHAR
    COLLATE "C" NOT NULL, status VARCHAR COLLATE "C" NOT NULL, priority VARCHAR COLLATE
    "C" NOT NULL, flags TEXT NOT NULL, tickets INTEGER NOT NULL, events INTEGER NOT
    NULL, messages INTEGER NOT NULL, PRIMARY KEY (id) )
    """,
    """
    CREATE TABLE counters ( flag VARCHAR COLLATE "C" NOT NULL, team VARCHAR COLLATE "C"
    NOT NULL, line VARCHAR COLLATE "C" NOT NULL, status VARCHAR COLLATE "C" NOT NULL,
    priority VARCHAR COLLATE "C" NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (flag, team,
    line, status, priority) )
    """,
    """
    CREATE TABLE agent_counters ( agent VARCHAR COLLATE "C" NOT NULL, flag VARCHAR
    COLLATE "C" NOT NULL, team VARCHAR COLLATE "C" NOT NULL, line VARCHAR COLLATE "C"
    NOT NULL, status VARCHAR COLLATE "C" NOT NULL, priority VARCHAR COLLATE "C" NOT
    NULL, n BIGINT NOT NULL, PRIMARY KEY (agent, flag, team, line, status, priority) )
    """,
    """
    CREATE TABLE totals ( name VARCHAR COLLATE "C" NOT NULL, n BIGINT NOT NULL, PRIMARY
    KEY (name) )
    """,
    """
    CREATE INDEX lists_agent_created_at ON tickets (agent, created_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_next_due ON tickets (agent, next_due, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_over_at ON tickets (agent, over_at, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_priority ON tickets (agent, priority, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_agent_updated_at ON tickets (agent, updated_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_due ON tickets (next_due, number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NOT NULL
    """,
    "CREATE INDEX lists_facets ON tickets (category, type, channel, created_at, number)",
    """
    CREATE INDEX lists_open_created_at ON tickets (created_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_priority ON tickets (priority, number, agent, team, line,
    status, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_undue ON tickets (number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NULL AND over_at IS NULL
    """,
    """
    CREATE INDEX lists_open_updated_at ON tickets (updated_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NULL
    """,
    """
    CREATE INDEX lists_over_created_at ON tickets (created_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_over_at ON tickets (over_at, number, agent, team, line,
    status, priority) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_priority ON tickets (priority, number, agent, team, line,
    status, over_at) WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_undue ON tickets (number, agent, team, line, status,
    priority, over_at) WHERE next_due IS NULL AND over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_over_updated_at ON tickets (updated_at, number, agent, team,
    line, status, priority, over_at) WHERE over_at IS NOT NULL
    """,
    "CREATE INDEX lists_requester ON tickets (requester, created_at, number)",
    """
    CREATE INDEX lists_scope ON tickets (team, status, agent, line, priority, number,
    created_at, updated_at, next_due, over_at)
    """,
    """
    CREATE INDEX lists_team_created_at ON tickets (team, created_at, number, status)
    WHERE over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_next_due ON tickets (team, next_due, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_over_at ON tickets (team, over_at, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_priority ON tickets (team, priority, number, status) WHERE
    over_at IS NOT NULL
    """,
    """
    CREATE INDEX lists_team_updated_at ON tickets (team, updated_at, number, status)
    WHERE over_at IS NOT NULL
    """,
)


def upgrade() -> None:
    """Create them, and fill them from the tickets that are stored."""
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)
    lists.fill(connection)

"""Storage in a database: ``sqlite:///data/desk.db`` on one machine, ``postgresql://…`` on many."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import StorageBackend, hookimpl
from ruledesk_plugins.sql.backend import PostgreSQLBackend, SQLiteBackend

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_storages() -> Sequence[type[StorageBackend]]:
    """Provide the backends of ``sqlite:`` and ``postgresql:`` URLs."""
    return [SQLiteBackend, PostgreSQLBackend]


__all__ = ["RULEDESK_API", "PostgreSQLBackend", "SQLiteBackend", "ruledesk_storages"]

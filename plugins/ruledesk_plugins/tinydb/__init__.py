"""Storage in one file, read by TinyDB: ``storage = "tinydb:data/desk.json"``.

The file is a journal: commits are appended and durable before they are acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import StorageBackend, hookimpl
from ruledesk_plugins.tinydb.backend import TinyDBBackend
from ruledesk_plugins.tinydb.storage import JournalStorage
from ruledesk_plugins.tinydb.store import TinyDBStore
from ruledesk_plugins.tinydb.table import JournalDB, JournalTable

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_storages() -> Sequence[type[StorageBackend]]:
    """Provide the backend of ``tinydb:`` URLs."""
    return [TinyDBBackend]


__all__ = [
    "RULEDESK_API",
    "JournalDB",
    "JournalStorage",
    "JournalTable",
    "TinyDBBackend",
    "TinyDBStore",
    "ruledesk_storages",
]

"""Storage in memory, for tests, trials and replays: ``storage = "memory:"``. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import StorageBackend, hookimpl
from ruledesk_plugins.memory.store import MemoryBackend, MemoryStore

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_storages() -> Sequence[type[StorageBackend]]:
    """Provide the backend of ``memory:`` URLs."""
    return [MemoryBackend]


__all__ = ["RULEDESK_API", "MemoryBackend", "MemoryStore", "ruledesk_storages"]

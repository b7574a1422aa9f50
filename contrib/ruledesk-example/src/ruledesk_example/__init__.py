"""An example plugin: channel `suggestion_box`, notifier `shout`, storage ``audited:``."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Channel, Notifier, StorageBackend, hookimpl
from ruledesk_example.audited import AuditedBackend
from ruledesk_example.notifier import Shout
from ruledesk_example.suggestion_box import SuggestionBox

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_channels() -> Sequence[type[Channel]]:
    """Provide the channel."""
    return [SuggestionBox]


@hookimpl
def ruledesk_notifiers() -> Sequence[type[Notifier]]:
    """Provide the notifier."""
    return [Shout]


@hookimpl
def ruledesk_storages() -> Sequence[type[StorageBackend]]:
    """Provide the storage backend."""
    return [AuditedBackend]

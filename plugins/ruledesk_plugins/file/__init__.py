"""The `file` notifier: messages as lines of a JSON Lines file."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Notifier, hookimpl
from ruledesk_plugins.file.notifier import FileNotifier

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_notifiers() -> Sequence[type[Notifier]]:
    """Provide the notifier."""
    return [FileNotifier]

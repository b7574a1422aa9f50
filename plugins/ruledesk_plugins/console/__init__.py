"""The `console` notifier: one line a message on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Notifier, hookimpl
from ruledesk_plugins.console.notifier import ConsoleNotifier

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_notifiers() -> Sequence[type[Notifier]]:
    """Provide the notifier."""
    return [ConsoleNotifier]

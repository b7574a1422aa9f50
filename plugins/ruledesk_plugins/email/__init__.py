"""The `email` channel: every mail becomes a ticket, belongs to one, or is ignored with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Channel, hookimpl
from ruledesk_plugins.email.channel import EmailChannel

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_channels() -> Sequence[type[Channel]]:
    """Provide the channel."""
    return [EmailChannel]

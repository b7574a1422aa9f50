"""The `web` channel: forms of web pages, as form posts or JSON (A2, E2)."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Channel, hookimpl
from ruledesk_plugins.web.channel import WebChannel

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_channels() -> Sequence[type[Channel]]:
    """Provide the channel."""
    return [WebChannel]

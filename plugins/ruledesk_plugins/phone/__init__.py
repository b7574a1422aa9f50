"""The `phone` channel: events of a telephone system, in the generic CTI form (D3)."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Channel, hookimpl
from ruledesk_plugins.phone.channel import PhoneChannel

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_channels() -> Sequence[type[Channel]]:
    """Provide the channel."""
    return [PhoneChannel]

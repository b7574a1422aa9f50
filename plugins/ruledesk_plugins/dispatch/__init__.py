"""Dispatchers that ship with RuleDesk: `least_loaded`, `round_robin` and `nearest` (A1, C7, D7)."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk import Dispatcher, hookimpl
from ruledesk_plugins.dispatch.load import LeastLoaded, RoundRobin
from ruledesk_plugins.dispatch.region import Nearest

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_dispatchers() -> Sequence[type[Dispatcher]]:
    """Provide the three dispatchers."""
    return [LeastLoaded, RoundRobin, Nearest]

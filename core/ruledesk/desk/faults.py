"""Faults of plugins, as tickets record them."""

from __future__ import annotations

from ruledesk.hooks.guard import Fault
from ruledesk.model.event import PluginFaulted


def as_event(fault: Fault) -> PluginFaulted:
    """Turn a plugin's fault into what a ticket records of it."""
    return PluginFaulted(fault.plugin, fault.hook, fault.error)

"""The channels that are on at a desk."""

from __future__ import annotations

from attrs import frozen

from ruledesk.hooks.kinds import Channel


@frozen
class InstalledChannel:
    """A channel that is on, and the line that its input belongs to by default."""

    name: str
    plugin: str
    channel: Channel
    line: str = ""

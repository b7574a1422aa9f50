"""What a desk is assembled from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from ruledesk.desk.channels import InstalledChannel
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.lines import RunningLine
from ruledesk.desk.outbox import Outbox
from ruledesk.desk.situations import Situations
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.manager import Plugins
from ruledesk.storage.interface import Store


@frozen
class Parts:
    """What a desk is assembled from; see `ruledesk.desk.assembly`."""

    config: DeskConfig
    store: Store
    plugins: Plugins
    lines: Mapping[str, RunningLine]
    situations: Situations
    outbox: Outbox
    channels: Mapping[str, InstalledChannel]
    on_close: Callable[[], None]
    deliver: bool = True

    @property
    def guard(self) -> Guard:
        """Guards calls into plugins, and shields commits that a plugin's hook asked for."""
        return self.plugins.guard

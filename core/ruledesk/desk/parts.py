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
    """What a desk is assembled from; see `ruledesk.desk.assembly`.

    Attributes:
        lines: Business lines by name, each with its ruleset, compiled.
        situations: Puts together what surrounds an action.
        outbox: Hands messages to the notifiers.
        channels: Every installed channel, by name.
        close: Closes notifiers, rulesets, store and plugins; once is enough, twice does no harm.
        deliver: Whether messages go out.
    """

    config: DeskConfig
    store: Store
    plugins: Plugins
    lines: Mapping[str, RunningLine]
    situations: Situations
    outbox: Outbox
    channels: Mapping[str, InstalledChannel]
    close: Callable[[], None]
    deliver: bool = True

    @property
    def guard(self) -> Guard:
        """Guards calls into plugins, and shields commits that a plugin's hook asked for."""
        return self.plugins.guard

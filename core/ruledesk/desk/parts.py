"""What a desk is assembled from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import field, frozen

from ruledesk.desk.again import Again
from ruledesk.desk.channels import InstalledChannel
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.lines import RunningLine
from ruledesk.desk.outbox import Outbox
from ruledesk.desk.situations import Situations
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.manager import Plugins
from ruledesk.storage.interface import Store, Transaction

T = TypeVar("T")


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
        again: Runs a block again where another process was faster or the store out of reach.
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
    again: Again = field(factory=Again)

    @property
    def guard(self) -> Guard:
        """Guards calls into plugins, and shields commits that a plugin's hook asked for."""
        return self.plugins.guard

    def commit(self, block: Callable[[Transaction], T], again: Again | None = None) -> T:
        """Run a block in a transaction of its own, and again where the store asks for it.

        Args:
            block: Reads afresh what it decides on, and has no effect besides the transaction: it
                may be run several times, of which the last one counts.
            again: Other limits than the desk's.

        Returns:
            What the block returned, once all of it is stored.

        Raises:
            Conflict: Others were faster each time.
            Unavailable: The store could not be reached for too long.
        """

        def once() -> T:
            with self.store.transaction() as transaction:
                return block(transaction)

        with self.guard.shield():
            return (again or self.again)(once)

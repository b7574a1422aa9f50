"""What the parts of the machine that compares stores have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import Transaction
from ruledesk.testing.reference_store import ReferenceStore
from ruledesk.testing.storage_factory import StoreFactory, commit

P = ParamSpec("P")
T = TypeVar("T")


class Machine(RuleBasedStateMachine):
    """A store and a `ReferenceStore` side by side.

    Args:
        factory: Where the store comes from.
    """

    def __init__(self, factory: StoreFactory) -> None:
        super().__init__()
        self.factory = factory
        self.store = factory.fresh()
        self.reference = ReferenceStore()

    def has_tickets(self) -> bool:
        """Say whether there is a ticket."""
        return bool(self.reference.tickets)

    def has_waiting(self) -> bool:
        """Say whether a message waits."""
        return bool(self.waiting())

    def any_ticket(self, data: st.DataObject) -> Ticket:
        """Draw a ticket; there is one."""
        return data.draw(st.sampled_from(list(self.reference.tickets.values())))

    def waiting(self) -> list[Delivery]:
        """Return the messages that wait."""
        return [d for d in self.reference.outbox.values() if d.state == "waiting"]

    def commit(
        self,
        work: Callable[Concatenate[Transaction, P], T],
        *arguments: P.args,
        **keywords: P.kwargs,
    ) -> T:
        """Do a block's work in the store; see `ruledesk.testing.storage_factory.commit`."""
        return commit(self.store, work, *arguments, **keywords)

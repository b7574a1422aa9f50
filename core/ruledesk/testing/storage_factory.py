"""Where the stores under test come from, and how a block is committed to any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from attrs import frozen

from ruledesk.errors import Conflict, Unavailable
from ruledesk.storage.interface import Store, Transaction

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS: Final = 10_000


@frozen
class StoreFactory:
    """How to get stores to test.

    Attributes:
        fresh: Makes a new, empty store.
        reopen: Closes a store and opens the same data again; None where nothing outlives closing.
    """

    fresh: Callable[[], Store]
    reopen: Callable[[Store], Store] | None = None


def commit(
    store: Store,
    work: Callable[Concatenate[Transaction, P], T],
    *arguments: P.args,
    **keywords: P.kwargs,
) -> T:
    """Do a block's work, again from the beginning while another process or thread is in the way.

    Args:
        store: The store.
        work: What is done inside the block; it may be called several times.
        *arguments: What `work` is given besides the transaction.
        **keywords: The same by name.

    Returns:
        What `work` returned when its block was committed.
    """
    for _ in range(_ATTEMPTS):
        try:
            with store.transaction() as transaction:
                result = work(transaction, *arguments, **keywords)
        except (Conflict, Unavailable):
            continue
        return result
    raise AssertionError("the block conflicts without end")

"""The tries of a block that did not succeed at once: how long to wait, and when to give up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_random_exponential,
)

from ruledesk.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from ruledesk.desk.again import Again

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("ruledesk.desk")
_AFTER_CONFLICT: Final = wait_random_exponential(multiplier=0.002, max=0.1)
_AFTER_OUTAGE: Final = wait_random_exponential(multiplier=0.05, max=1.0)


def run(block: Callable[[], T], first: Conflict | Unavailable, limits: Again) -> T:
    """Run a block again after its first failure.

    Args:
        block: The block.
        first: How it failed.
        limits: How often, how long.

    Returns:
        What the block returned.

    Raises:
        Conflict: Others were faster each time.
        Unavailable: The store could not be reached within the patience.
    """
    failed: list[Conflict | Unavailable] = [first]

    def attempt() -> T:
        if failed:  # the first try was made already
            raise failed.pop()
        return block()

    retrying = Retrying(
        sleep=limits.sleep,
        retry=retry_if_exception_type((Conflict, Unavailable)),
        wait=_wait,
        stop=_Used(limits).up,
        reraise=True,
    )
    return retrying(attempt)


@define
class _Used:
    """What the tries of one block have used up of its limits."""

    limits: Again
    conflicts: int = 0
    since: float | None = None

    def up(self, state: RetryCallState) -> bool:
        """Whether the failure that was just met is the last one."""
        error = _failure(state)
        _LOGGER.debug("try %d of a block failed: %s", state.attempt_number, error)
        if not isinstance(error, Unavailable):
            self.since = None  # the store answers
            self.conflicts += 1
            return self.conflicts >= self.limits.tries
        now = self.limits.clock()
        self.since = now if self.since is None else self.since
        return now - self.since >= self.limits.patience


def _wait(state: RetryCallState) -> float:
    """Wait at random, so that those who met do not meet again, and longer from try to try."""
    outage = isinstance(_failure(state), Unavailable)
    return (_AFTER_OUTAGE if outage else _AFTER_CONFLICT)(state)


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None

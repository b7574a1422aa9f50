"""Running a block again: another process was faster, or the store was out of reach for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from attrs import frozen

from ruledesk.errors import Conflict, Unavailable

T = TypeVar("T")

#: How often a block is tried that others keep overtaking.
TRIES: Final = 20
#: Seconds for which a store that cannot be reached is asked again.
PATIENCE: Final = 15.0


@frozen
class Again:
    """Runs blocks until they are stored, within limits.

    `Conflict` and `Unavailable` both say that nothing of the block is stored, so that it may be run
    once more, from fresh reads. Every other error is the caller's at once: a refusal stays one, and
    of a plain `StorageFault` nobody knows that it passes.

    Attributes:
        patience: Seconds for which an unreachable store is asked again.
        tries: How often a block is run at most that others keep overtaking.
        sleep: Waits for so many seconds.
        clock: Monotonic seconds.
    """

    patience: float = PATIENCE
    tries: int = TRIES
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __call__(self, block: Callable[[], T]) -> T:
        """Run a block, again where the store asks for it.

        Args:
            block: Reads, decides and stores. It must begin with nothing that an earlier run left
                behind, since each run is the first that counts.

        Returns:
            What the block returned.

        Raises:
            Conflict: Others were faster each time.
            Unavailable: The store could not be reached within the patience.
        """
        try:
            return block()  # nearly always: it costs no more than the call
        except (Conflict, Unavailable) as error:
            first = error
        from ruledesk.desk import tries  # noqa: PLC0415 - slow to import, and seldom needed

        return tries.run(block, first, self)

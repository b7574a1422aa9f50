"""Waking those who wait for work, within one process."""

from __future__ import annotations

from threading import Condition, local


class WakeUp:
    """Wakes waiting threads; what happened since a thread's last wait ends its next one at once.

    So nothing is missed between a look at the work and the wait for more.
    """

    def __init__(self) -> None:
        self._condition = Condition()
        self._rung = 0
        self._seen = local()

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until `ring` is called, or was since this thread waited last.

        Args:
            seconds: How long at most.

        Returns:
            Whether it was.
        """
        seen = getattr(self._seen, "rung", 0)
        with self._condition:
            rung = self._condition.wait_for(lambda: self._rung != seen, max(seconds, 0.0))
            self._seen.rung = self._rung
        return rung

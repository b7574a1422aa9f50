"""Blobs on their way into a ticket, which a deletion at the same time must not take away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

#: How many are remembered. A blob is in a ticket seconds after it was kept, or never (an input
#: that was ignored), and those are not to pile up.
_MOST: Final = 10_000


class FreshBlobs:
    """Blobs that were kept and that no stored ticket names yet.

    A blob is kept before the transaction that names it begins. Where the same bytes were in a
    ticket that is deleted meanwhile, they are still needed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: OrderedDict[str, int] = OrderedDict()
        self._left: dict[str, None] = {}
        self._holders = 0

    def keep(self, name: str) -> None:
        """Note that a blob is about to be kept; called before it is looked for."""
        with self._lock:
            self._waiting[name] = self._waiting.pop(name, 0) + 1
            if len(self._waiting) > _MOST:
                self._waiting.popitem(last=False)

    def named(self, names: Iterable[str]) -> None:
        """Note blobs that stored events name."""
        with self._lock:
            for name in names:
                left = self._waiting.get(name, 0) - 1
                if left > 0:
                    self._waiting[name] = left
                else:
                    self._waiting.pop(name, None)

    def drop(
        self, names: Iterable[str], needed: Callable[[str], bool], remove: Callable[[str], None]
    ) -> None:
        """Remove blobs that nobody needs; those on their way are left for `settle`.

        Args:
            names: The blobs of deleted tickets.
            needed: Says whether a stored ticket names one.
            remove: Removes one.
        """
        with self._lock:
            for name in names:
                if self._holders or name in self._waiting:
                    self._left[name] = None
                elif not needed(name):
                    remove(name)

    def left(self) -> tuple[str, ...]:
        """Name the blobs that `drop` left."""
        with self._lock:
            return tuple(self._left)

    def hold(self) -> None:
        """Remove nothing until `release` is called as often: somebody reads all blobs."""
        with self._lock:
            self._holders += 1

    def release(self, needed: Callable[[str], bool], remove: Callable[[str], None]) -> None:
        """End a `hold`, and remove what `drop` would have removed meanwhile.

        Args:
            needed: As for `drop`.
            remove: As for `drop`.
        """
        with self._lock:
            self._holders -= 1
            left = [] if self._holders else [n for n in self._left if n not in self._waiting]
            for name in left:
                del self._left[name]
        self.drop(left, needed, remove)

    def settle(self, needed: Callable[[str], bool], remove: Callable[[str], None]) -> None:
        """Remove what `drop` left for an input that never became a ticket: a mail that came twice.

        Called once nothing is on its way any more.

        Args:
            needed: As for `drop`.
            remove: As for `drop`.
        """
        with self._lock:
            left, self._left = self._left, {}
            for name in left:
                if not needed(name):
                    remove(name)

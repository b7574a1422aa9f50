"""Keys kept in order, in blocks, so that one more key costs the same among a thousand or a million.

A single sorted list would move all keys behind the place of insertion; here at most one block
moves. Keys are unique.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K", bound=Any)

_FULL: Final = 1024


class OrderedKeys(Generic[K]):
    """A sorted set of mutually comparable keys.

    Args:
        keys: The first keys, in any order, without doubles.
    """

    __slots__ = ("_blocks", "_lasts", "_size")

    def __init__(self, keys: Iterable[K] = ()) -> None:
        ordered = sorted(keys)
        half = _FULL // 2
        self._blocks = [ordered[i : i + half] for i in range(0, len(ordered), half)]
        self._lasts = [block[-1] for block in self._blocks]
        self._size = len(ordered)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        for block in self._blocks:
            yield from block

    def __reversed__(self) -> Iterator[K]:
        for block in reversed(self._blocks):
            yield from reversed(block)

    def first(self) -> K | None:
        """Return the least key, None when there is none."""
        return self._blocks[0][0] if self._blocks else None

    def add(self, key: K) -> None:
        """Put a key in its place; the key is not there yet."""
        self._size += 1
        if not self._blocks:
            self._blocks.append([key])
            self._lasts.append(key)
            return
        at = min(bisect_left(self._lasts, key), len(self._blocks) - 1)
        block = self._blocks[at]
        if key > block[-1]:
            block.append(key)
        else:
            insort(block, key)
        if len(block) > _FULL:
            self._split(at)
        else:
            self._lasts[at] = block[-1]

    def remove(self, key: K) -> None:
        """Take a key away.

        Raises:
            KeyError: It is not there.
        """
        at = bisect_left(self._lasts, key)
        if at == len(self._blocks):
            raise KeyError(key)
        block = self._blocks[at]
        place = bisect_left(block, key)
        if block[place] != key:
            raise KeyError(key)
        del block[place]
        self._size -= 1
        if block:
            self._lasts[at] = block[-1]
        else:
            del self._blocks[at], self._lasts[at]

    def after(self, key: K) -> Iterator[K]:
        """Iterate upwards over the keys greater than `key`, whether or not that one is there."""
        at = bisect_left(self._lasts, key)
        if at == len(self._blocks):
            return
        block = self._blocks[at]
        place = bisect_left(block, key)
        yield from block[place + (block[place] == key) :]
        for later in self._blocks[at + 1 :]:
            yield from later

    def before(self, key: K) -> Iterator[K]:
        """Iterate downwards over the keys less than `key`."""
        at = bisect_left(self._lasts, key)
        if at < len(self._blocks):
            block = self._blocks[at]
            yield from reversed(block[: bisect_left(block, key)])
        for earlier in reversed(self._blocks[:at]):
            yield from reversed(earlier)

    def _split(self, at: int) -> None:
        block = self._blocks[at]
        middle = len(block) // 2
        self._blocks[at : at + 1] = [block[:middle], block[middle:]]
        self._lasts[at : at + 1] = [block[middle - 1], block[-1]]

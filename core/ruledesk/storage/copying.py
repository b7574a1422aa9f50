"""Moving all that a store holds into an empty one, and making sure that it arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ruledesk.errors import InvalidInput, RuleDeskError
from ruledesk.storage.interface import Store
from ruledesk.storage.record import Blob, Record
from ruledesk.storage.tally import Tally, differences, tallied, tally_of

Progress = Callable[[int], None]


class CopyDiffers(RuleDeskError):  # noqa: N818 - named like the other errors
    """What was stored is not what was given; the copy must not be used."""


def is_empty(store: Store) -> bool:
    """Say whether a store holds nothing at all."""
    with store.snapshot() as records:
        return next(iter(records), None) is None


def check_kept(store: Store) -> None:
    """Refuse a copy of which nothing is left once it was closed and opened again.

    Raises:
        CopyDiffers: The store is empty: it keeps nothing, as one in memory.
    """
    if is_empty(store):
        raise CopyDiffers.of(
            "keeps nothing once it is closed", "关闭后不保留任何内容", field="TO",
            accepted=("a store on a disk or a server",),
        )  # fmt: skip


def copy(
    source: Store,
    target: Store,
    progress: Progress | None = None,
    checking: Progress | None = None,
) -> Tally:
    """Copy everything that a store holds, while others go on writing to it.

    Args:
        source: What is read, as it is at one instant.
        target: An empty store.
        progress: Told how many records were copied.
        checking: Told how many records of the copy were read again.

    Returns:
        What was copied.

    Raises:
        InvalidInput: The target is not empty, or something in the source cannot be read: nothing
            is stored.
        CopyDiffers: The target holds something else than what it was given.
    """
    with source.snapshot() as records:
        return fill(target, records, progress, checking)


def fill(
    target: Store,
    records: Iterable[Record],
    progress: Progress | None = None,
    checking: Progress | None = None,
) -> Tally:
    """Load records into an empty store, all or none, and read them again; see `copy`."""
    left = left_blobs(target)
    given = Tally()
    target.load(_told_blobs(tallied(records, given, progress), left))
    with target.snapshot() as stored:
        wrong = differences(given, tally_of(_without(stored, left), checking))
    if wrong:
        raise CopyDiffers(*wrong)
    return given


def left_blobs(store: Store) -> set[str]:
    """Refuse a store that holds something.

    Returns:
        The names of blobs without tickets: a copy that was interrupted may have left them.

    Raises:
        InvalidInput: It holds more.
    """
    names = set()
    with store.snapshot() as records:
        for record in records:
            if not isinstance(record, Blob):
                raise InvalidInput.of(
                    "the store to write to is not empty; nothing was written",
                    "目标存储不为空，未写入任何内容",
                    field="storage",
                )
            names.add(record.name)
    return names


def _told_blobs(records: Iterable[Record], left: set[str]) -> Iterator[Record]:
    """Pass records on; blobs that are given are no left ones."""
    for record in records:
        if isinstance(record, Blob):
            left.discard(record.name)
        yield record


def _without(records: Iterable[Record], left: set[str]) -> Iterator[Record]:
    return (one for one in records if not (isinstance(one, Blob) and one.name in left))

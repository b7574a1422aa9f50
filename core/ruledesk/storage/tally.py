"""Counting records while they pass, with a digest by which two stores are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from ruledesk.codec import canonical
from ruledesk.errors import InvalidInput, Problem
from ruledesk.storage.record import Blob, Readable, Record, Unreadable
from ruledesk.storage.record_lines import KINDS, kind_of, record_line

#: Kinds whose order means something; of the others stores keep no order.
_ORDERED: Final = frozenset({"event", "delivery", "requester", "tombstone"})
_MODULUS: Final = 1 << 256
_MOST_TOLD: Final = 50


class Tally:
    """How many records of each kind passed, and a digest over all that is in them.

    Two tallies are equal where the records are: in the same order, of the kinds that have one.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(KINDS, 0)
        self._ordered: dict[str, Any] = {kind: sha256() for kind in KINDS if kind in _ORDERED}
        self._sums = {kind: 0 for kind in KINDS if kind not in _ORDERED}

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of records of each kind, in the order of `KINDS`."""
        return self._counts

    @property
    def total(self) -> int:
        """The number of all records."""
        return sum(self._counts.values())

    def add(self, record: Readable) -> bytes:
        """Count a record.

        Returns:
            Its line, or the bytes of a blob: whoever writes the record needs them, too.
        """
        kind = kind_of(record)
        self._counts[kind] += 1
        if isinstance(record, Blob):
            digest = sha256(f"{record.name}:".encode())
            digest.update(record.content)
            self._sum(kind, digest.digest())
            return record.content
        line = record_line(record)
        if kind in _ORDERED:
            self._ordered[kind].update(line)
        else:
            self._sum(kind, sha256(line).digest())
        return line

    def _sum(self, kind: str, digest: bytes) -> None:
        self._sums[kind] = (self._sums[kind] + int.from_bytes(digest, "big")) % _MODULUS

    def digests(self) -> dict[str, str]:
        """Return the digest of each kind, in hex."""
        return {
            kind: self._ordered[kind].hexdigest()
            if kind in _ORDERED
            else f"{self._sums[kind]:064x}"
            for kind in KINDS
        }

    def digest(self) -> str:
        """Return the digest over everything, in hex."""
        return sha256(canonical({"counts": self._counts, "digests": self.digests()})).hexdigest()


def readable(records: Iterable[Record]) -> Iterator[Readable]:
    """Pass records on as long as they can be read.

    Raises:
        InvalidInput: Something stored cannot be read; all that cannot is named at once.
    """
    rest = iter(records)
    for record in rest:
        if isinstance(record, Unreadable):
            raise _unreadable([record, *(one for one in rest if isinstance(one, Unreadable))])
        yield record


def tallied(
    records: Iterable[Record], tally: Tally, progress: Callable[[int], None] | None = None
) -> Iterator[Readable]:
    """Pass records on, counted.

    Args:
        records: A store's snapshot.
        tally: Counts them.
        progress: Told how many have passed, after each.

    Raises:
        InvalidInput: Something stored cannot be read.
    """
    for done, record in enumerate(readable(records), 1):
        tally.add(record)
        yield record
        if progress is not None:
            progress(done)


def tally_of(records: Iterable[Record], progress: Callable[[int], None] | None = None) -> Tally:
    """Count records; raises `InvalidInput` as `tallied` does."""
    tally = Tally()
    for _ in tallied(records, tally, progress):
        pass
    return tally


def differences(given: Tally, stored: Tally) -> list[Problem]:
    """Say in which kinds of records two stores differ; empty where they are alike."""
    found = []
    before, after = given.digests(), stored.digests()
    for kind, (en, zh) in KINDS.items():
        if before[kind] == after[kind]:
            continue
        one, other = given.counts[kind], stored.counts[kind]
        if one != other:
            found.append(
                Problem(
                    f"{one} {en} were given and {other} are stored",
                    f"应有 {one} 条{zh}，实有 {other} 条",
                    kind,
                )
            )
        else:
            found.append(
                Problem(
                    f"the {one} {en} that are stored are not those that were given",
                    f"已存的 {one} 条{zh}与来源不一致",
                    kind,
                )
            )
    return found


def _unreadable(records: Iterable[Unreadable]) -> InvalidInput:
    found = [one.problem for one in records]
    left = len(found) - _MOST_TOLD
    if left > 0:
        more = Problem(f"{left} more records cannot be read", f"另有 {left} 条记录无法读取")
        return InvalidInput(*found[:_MOST_TOLD], more)
    return InvalidInput(*found)

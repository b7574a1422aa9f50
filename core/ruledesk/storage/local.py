"""What stores of one process have in common: locking, transactions, answers from the indexes.

A subclass keeps the bodies (tickets, events, messages, documents, blobs) and makes commits last;
everything that an index can answer is answered by `ruledesk.storage.local_answers`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from threading import Lock, get_ident
from typing import Any

from ruledesk.errors import InvalidInput, Problem, StorageFault
from ruledesk.storage.change import Appended, Change, Rewritten, TicketDeleted
from ruledesk.storage.filling import StateFiller, intact
from ruledesk.storage.fresh import FreshBlobs
from ruledesk.storage.image import differences, image_of
from ruledesk.storage.interface import blobs
from ruledesk.storage.local_answers import LocalAnswers
from ruledesk.storage.record import Record, Unreadable
from ruledesk.storage.staging import StagedTransaction
from ruledesk.storage.state import IndexedState


class LocalStore(LocalAnswers):
    """A `Store` whose indexes are in this process's memory.

    One transaction runs at a time. Whoever reads, in the transaction or beside it, sees what is
    committed, and waits for no disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fresh = FreshBlobs()
        self._writing = Lock()
        self._writer: int | None = None

    # -- what a subclass provides -----------------------------------------------------------------

    @abstractmethod
    def _persist(self, change: Change) -> Any:
        """Make a change last; nothing is changed if it raises.

        Returns:
            What `_keep` needs to know of it.
        """

    @abstractmethod
    def _keep(self, change: Change, stored: Any) -> None:
        """Take over the bodies of a change that lasts; `stored` is what `_persist` returned."""

    @abstractmethod
    def _remove_blob(self, name: str) -> None:
        """Remove kept bytes; where that fails, say so in the log, since the commit lasts."""

    @abstractmethod
    def _capture(self) -> AbstractContextManager[Iterator[Record]]:
        """Note what is stored now; the ``with`` block streams it, whatever is committed later."""

    @abstractmethod
    def _is_empty(self) -> bool:
        """Say whether nothing is stored."""

    @abstractmethod
    def _load(self, records: Iterable[Record]) -> None:
        """Take all records over, into an empty store, or none if it raises."""

    # -- writing ----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[StagedTransaction]:
        """Begin a unit of work; see `Store.transaction`.

        Raises:
            StorageFault: This thread has one open already, or the store cannot write.
        """
        self._outside()
        with self._writing:
            self._check()
            self._writer = get_ident()
            staged = StagedTransaction(self._state, self)
            try:
                try:
                    yield staged
                finally:
                    change = staged.finish()
                if change:
                    self._commit(change)
            finally:
                self._writer = None

    def _commit(self, change: Change) -> None:
        try:
            stored = self._persist(change)
        except Exception:
            raise  # nothing was changed
        except BaseException:
            self._interrupted()
            raise
        try:
            with self._reading:
                was = self._state.next_work()
                self._state.apply(change)
                self._keep(change, stored)
                urgent = self._state.is_earlier(was) or _queues(change)
            self._settle_blobs(change)
        except BaseException:
            self._interrupted()
            raise
        if urgent:
            self._work.ring()

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty store; see `Store.load`.

        Raises:
            InvalidInput: The store is not empty, or a record cannot be read.
            StorageFault: The store cannot write.
        """
        self._outside()
        with self._writing:
            self._check()
            if not self._is_empty():
                raise InvalidInput.of(
                    "the store is not empty; only an empty one can be filled",
                    "存储不为空,只能向空的存储导入",
                    field="storage",
                )
            self._writer = get_ident()
            try:
                self._load(intact(records))
            except Exception:
                raise
            except BaseException:
                self._interrupted()
                raise
            finally:
                self._writer = None
        self._work.ring()

    def _settle_blobs(self, change: Change) -> None:
        """Take away the blobs of deleted and rewritten tickets that nobody needs any more."""
        for step in change.steps:
            match step:
                case Appended():
                    self._fresh.named(blobs(step.events))
                case TicketDeleted():
                    self._fresh.drop(step.blobs, self._state.needs_blob, self._remove_blob)
                case Rewritten():
                    was = dict.fromkeys(blobs(step.before))
                    self._fresh.named(name for name in blobs(step.events) if name not in was)
                    self._fresh.drop(was, self._state.needs_blob, self._remove_blob)

    def _interrupted(self) -> None:
        """Answer nothing more: what is stored and what is in memory may differ."""
        self._unusable = StorageFault.of(
            "the store was interrupted in a commit; open it again",
            "存储在提交时被中断,请重新打开",
        )

    def _outside(self) -> None:
        if self._writer == get_ident():
            raise StorageFault.of(
                "a transaction is open already in this thread", "此线程已有未结束的事务"
            )

    # -- copying and checking ---------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[Iterator[Record]]:
        """Stream everything that is stored, as it is now; see `Store.snapshot`."""
        with self._blobs_held():
            with self._reading:
                self._check()
                captured = self._capture()
            with captured as records:
                yield records

    def faults(self) -> Iterator[Problem]:
        """Work the indexes out anew from what is stored, and compare; see `Store.faults`."""
        right, damaged = IndexedState(), False
        filler = StateFiller(right)
        with self._blobs_held():
            with self._reading:
                self._check()
                kept, captured = image_of(self._state), self._capture()
            with captured as records:
                for record in records:
                    filler.take(record)
                    if isinstance(record, Unreadable):
                        damaged = True
                        yield record.problem
        filler.finish()
        if not damaged:  # else the indexes differ from what is left
            yield from differences(kept, image_of(right))

    @contextmanager
    def _blobs_held(self) -> Iterator[None]:
        """Remove no blob meanwhile: whoever reads everything is to find it."""
        self._fresh.hold()
        try:
            yield
        finally:
            self._fresh.release(self._state.needs_blob, self._remove_blob)

    def close(self) -> None:
        """Release what is held; the store is not used again.

        Raises:
            StorageFault: This thread has a transaction open.
        """
        self._outside()
        with self._writing, self._reading:
            if self._unusable is None:
                self._fresh.settle(self._state.needs_blob, self._remove_blob)
                self._unusable = StorageFault.of("the store is closed", "存储已关闭")
        self._work.ring()


def _queues(change: Change) -> bool:
    """Say whether a commit has a message for the outbox."""
    queued = chain.from_iterable(s.messages for s in change.steps if isinstance(s, Appended))
    return any(delivery.state == "waiting" for delivery in queued)

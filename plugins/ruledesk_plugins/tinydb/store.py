"""The store on one journal file."""

from __future__ import annotations

import gc
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ruledesk.codec import delivery_from_dict, event_from_dict, ticket_from_dict
from ruledesk.errors import Problem, StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.storage.change import Appended, Change, Rewritten, TicketDeleted
from ruledesk.storage.local import LocalStore
from ruledesk.storage.record import Blob, Record
from ruledesk.storage.state import IndexedState
from ruledesk_plugins.tinydb.blobs import BlobFolder, blob_name
from ruledesk_plugins.tinydb.checking import journal_faults
from ruledesk_plugins.tinydb.compaction import compact, needed
from ruledesk_plugins.tinydb.content import body_of
from ruledesk_plugins.tinydb.deliveries import folded
from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.filling import bodies_of
from ruledesk_plugins.tinydb.loading import Loader
from ruledesk_plugins.tinydb.snapshot import Snapshot
from ruledesk_plugins.tinydb.source import events_of
from ruledesk_plugins.tinydb.storage import JournalStorage
from ruledesk_plugins.tinydb.table import JournalDB
from ruledesk_plugins.tinydb.view import view_of

_LOG: Final = logging.getLogger(__name__)
_CACHED: Final = 2048
#: A file is compacted when a third of it is superseded and it is at least this long, in bytes:
#: when it is opened, and while it is in use (which stops the desk for as long as it takes).
COMPACT_AT_OPEN: Final = 1 << 20
COMPACT_IN_USE: Final = 64 << 20
#: What was deleted leaves a file of at most this many bytes at once, a longer one when it is
#: compacted, closed or opened next: nobody is to wait for seconds at each deletion of many.
_ERASE_AT_ONCE: Final = 4 << 20


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cyclic garbage: all that an opening makes is kept, and looking takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class TinyDBStore(LocalStore):
    """A `Store` on a journal file that TinyDB can read.

    Args:
        path: The file; blobs are in a folder beside it that ends in ``.blobs``.
        files: The file system.
        compact_at_open: Least size of a file that is compacted when opened, in bytes.
        compact_in_use: Least size of a file that is compacted in use, in bytes.

    Attributes:
        path: The file.

    Raises:
        StorageFault: The file is locked, damaged, not a journal, or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        files: Files | None = None,
        compact_at_open: int = COMPACT_AT_OPEN,
        compact_in_use: int = COMPACT_IN_USE,
    ) -> None:
        super().__init__()
        files = files or Files()
        self.path = path
        loader = Loader(self._state)
        with _uncollected():
            self._storage = JournalStorage(path, files=files, watch=loader.watch)
        source = self._storage.source
        try:
            with _uncollected():
                if source.catalogue.rewritten:
                    self._state = IndexedState()
                    loader = loader.again(self._state, needed(source))
                loader.finish(source)
            self._blobs = BlobFolder(path.with_name(path.stem + ".blobs"), files)
            self._cache: OrderedDict[str, Ticket] = OrderedDict()
            self._compact_in_use = compact_in_use
            unneeded = loader.unneeded_blobs()
            for name in unneeded:  # a crash came before they were removed
                self._remove_blob(name)
            if unneeded:  # the journal need not remember them any more
                source.catalogue.erasable = True
            self._erase(self._storage.journal.size)
            self._compact_if(compact_at_open)
        except BaseException:
            self._storage.close()
            raise

    @property
    def db(self) -> JournalDB:
        """The same data as TinyDB tables; the desk's can be read, others also written."""
        return JournalDB(storage=lambda: self._storage)

    def compact(self) -> bool:
        """Write the file anew without what was superseded.

        Returns:
            Whether it was done; if not, everything is as before.

        Raises:
            StorageFault: The file is damaged, or takes no more writes.
        """
        self._outside()
        with self._writing:
            self._check()
            return compact(self._storage, self._fresh.left())

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        with self._reading:
            self._check()
            bodies = self._storage.source.history(number)
        return [
            event_from_dict(event, f"{number}/{event['version']}")
            for body in bodies
            for event in events_of(body, number)
            if event["version"] > after
        ]

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit, from the file."""
        self._check()
        with view_of(self._storage.source) as view:
            for _, body in view.bodies():
                for event in body.get("events", ()):
                    yield event_from_dict(event, f"{event['ticket']}/{event['version']}")

    def document(self, key: str) -> Mapping[str, Any] | None:
        """Return a stored document."""
        with self._reading:
            self._check()
            return self._storage.source.document("documents", key)

    def put_blob(self, content: bytes) -> str:
        """Keep bytes; durable on return. Returns their SHA-256 in hex."""
        self._check()
        name = blob_name(content)
        self._fresh.keep(name)
        self._blobs.put(name, content)
        return name

    def blob(self, sha256: str) -> bytes | None:
        """Return kept bytes."""
        self._check()
        return self._blobs.get(sha256)

    def close(self) -> None:
        """Close the file and give its lock back; what was deleted is out of it then."""
        usable = self._unusable is None
        super().close()
        if usable:
            self._compacted(lambda: self._erase(self._storage.journal.size))
        self._storage.close()

    def faults(self) -> Iterator[Problem]:
        """Read the file and the blobs anew, and compare; see `Store.faults`."""
        self._check()
        yield from journal_faults(self._storage.source)
        yield from super().faults()

    def _capture(self) -> Snapshot:
        source = self._storage.source
        with source.journal.lock:
            return Snapshot(source, self._blobs, self._state.version)

    def _is_empty(self) -> bool:
        return self._state.is_empty() and not any(self._storage.source.catalogue.tables.values())

    def _load(self, records: Iterable[Record]) -> None:
        """Write a new file; it takes the place of the empty one at once, or not at all."""
        kept: list[str] = []

        def keep(blob: Blob) -> None:
            if not self._blobs.has(blob.name):
                kept.append(blob.name)
                self._blobs.put(blob.name, blob.content)

        loader = Loader(IndexedState())
        try:
            self._storage.replace(bodies_of(records, keep), loader.watch)
        except Exception:
            if not self._storage.journal.usable:
                self._interrupted()
                raise
            for name in kept:
                self._remove_blob(name)
            raise
        loader.finish(self._storage.source)
        with self._reading:
            self._state = loader.state

    def _commit(self, change: Change) -> None:
        super()._commit(change)
        self._compacted(lambda: self._erase(_ERASE_AT_ONCE))
        self._compacted(lambda: self._compact_if(self._compact_in_use))

    @staticmethod
    def _compacted(compacting: Callable[[], None]) -> None:
        try:
            compacting()
        except StorageFault as error:  # the commit itself lasts
            _LOG.error("%s", error)

    def _erase(self, most: int) -> None:
        """Take what was in deleted tickets out of the file, where it has at most so many bytes."""
        if self._storage.source.catalogue.erasable and self._storage.journal.size <= most:
            compact(self._storage, self._fresh.left())

    def _compact_if(self, least: int) -> None:
        size, superseded = self._storage.journal.size, self._storage.source.catalogue.superseded
        if size < least or superseded * 3 <= size:
            return
        if compact(self._storage, self._fresh.left()):
            _LOG.info("compacted from %d to %d bytes", size, self._storage.journal.size)
        else:  # a full disk, perhaps: the next commit must not pay for trying again
            self._compact_in_use = max(self._compact_in_use, 2 * size)

    def _persist(self, change: Change) -> tuple[dict[str, Any], tuple[int, int]]:
        body = body_of(change)
        return body, self._storage.append(body)

    def _keep(self, change: Change, stored: tuple[dict[str, Any], tuple[int, int]]) -> None:
        self._storage.note(*stored)
        for step in change.steps:
            if isinstance(step, Appended | Rewritten):
                self._remember(step.ticket)
            elif isinstance(step, TicketDeleted):
                self._cache.pop(step.tombstone.number, None)

    def _remove_blob(self, name: str) -> None:
        try:
            self._blobs.remove(name)
        except StorageFault as error:
            _LOG.error("a blob that no ticket needs is left: %s", error)

    def _ticket(self, number: str) -> Ticket:
        ticket = self._cache.get(number)
        if ticket is None:
            view = self._storage.source.document("tickets", number)
            ticket = ticket_from_dict(view or {}, number)
        self._remember(ticket)
        return ticket

    def _remember(self, ticket: Ticket) -> None:
        self._cache[ticket.number] = ticket
        self._cache.move_to_end(ticket.number)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)

    def _messages(self, ticket: str) -> Sequence[Delivery]:
        found = folded(self._storage.source.history(ticket), ticket)
        return [delivery_from_dict(delivery, name) for name, delivery in found.items()]

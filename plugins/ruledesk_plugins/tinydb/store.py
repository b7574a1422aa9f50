"""The store on one journal file."""

from __future__ import annotations

import gc
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from ruledesk.codec import (
    call_to_dict,
    delivery_from_dict,
    delivery_to_dict,
    event_from_dict,
    event_to_dict,
    requester_to_dict,
    ticket_from_dict,
    ticket_to_dict,
    tombstone_to_dict,
)
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    DocumentSaved,
    RequesterSaved,
    Step,
    TicketDeleted,
)
from ruledesk.storage.interface import Store
from ruledesk.storage.local import LocalStore
from ruledesk_plugins.tinydb.blobs import BlobFolder, blob_name
from ruledesk_plugins.tinydb.compaction import compact
from ruledesk_plugins.tinydb.deliveries import folded, state_to_dict
from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.loading import Loader
from ruledesk_plugins.tinydb.storage import JournalStorage
from ruledesk_plugins.tinydb.table import JournalDB

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
        try:
            with _uncollected():
                loader.finish(self._storage.source)
            self._blobs = BlobFolder(path.with_name(path.stem + ".blobs"), files)
            self._cache: OrderedDict[str, Ticket] = OrderedDict()
            self._compact_in_use = compact_in_use
            for name in loader.unneeded_blobs():  # a crash came before they were removed
                self._remove_blob(name)
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
            return compact(self._storage)

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        with self._reading:
            self._check()
            bodies = self._storage.source.history(number)
        return [
            event_from_dict(event, f"{number}/{event['version']}")
            for body in bodies
            for event in body.get("events", ())
            if event["ticket"] == number and event["version"] > after
        ]

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit, from the file."""
        self._check()
        for _, body in self._storage.journal.bodies():
            for event in body.get("events", ()):
                if event["ticket"] not in self._state.tombstones:
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
        self._outside()
        with self._writing:
            if self._unusable is None:
                self._compacted(lambda: self._erase(self._storage.journal.size))
        super().close()
        self._storage.close()

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
            compact(self._storage)

    def _compact_if(self, least: int) -> None:
        size, superseded = self._storage.journal.size, self._storage.source.catalogue.superseded
        if size < least or superseded * 3 <= size:
            return
        if compact(self._storage):
            _LOG.info("compacted from %d to %d bytes", size, self._storage.journal.size)
        else:  # a full disk, perhaps: the next commit must not pay for trying again
            self._compact_in_use = max(self._compact_in_use, 2 * size)

    def _persist(self, change: Change) -> tuple[dict[str, Any], tuple[int, int]]:
        body = body_of(change)
        return body, self._storage.append(body)

    def _keep(self, change: Change, stored: tuple[dict[str, Any], tuple[int, int]]) -> None:
        self._storage.note(*stored)
        for step in change.steps:
            if isinstance(step, Appended):
                self._remember(step.ticket)
            elif isinstance(step, TicketDeleted):
                self._cache.pop(step.tombstone.number, None)

    def _remove_blob(self, name: str) -> None:
        try:
            self._blobs.remove(name)
        except StorageFault as error:
            _LOG.error("a blob of a deleted ticket is left: %s", error)

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


def body_of(change: Change) -> dict[str, Any]:
    """Write a change as the content of a commit; see `ruledesk_plugins.tinydb.catalogue`."""
    parts: dict[str, list[Any]] = {"events": [], "messages": [], "deliveries": []}
    put: dict[str, dict[str, Any]] = {}
    for step in change.steps:
        _add(step, parts, put)
    deleted = [step for step in change.steps if isinstance(step, TicketDeleted)]
    if change.sequences:
        put["sequences"] = {key: {"value": last} for key, last in change.sequences.items()}
    body: dict[str, Any] = {part: content for part, content in parts.items() if content}
    if deleted:
        body |= _deletions(deleted)
    return {**body, "put": put} if put else body


def _deletions(deleted: Sequence[TicketDeleted]) -> dict[str, Any]:
    calls = [call for step in deleted for call in step.calls]
    remove = {"tickets": [step.tombstone.number for step in deleted], "calls": calls}
    return {
        "remove": {table: names for table, names in remove.items() if names},
        "deleted": [
            {
                "number": step.tombstone.number,
                "events": step.tombstone.version,
                "messages": len(step.messages),
                "blobs": list(step.blobs),
            }
            for step in deleted
        ],
    }


def _add(step: Step, parts: dict[str, list[Any]], put: dict[str, dict[str, Any]]) -> None:
    match step:
        case Appended(ticket, events, messages):
            put.setdefault("tickets", {})[ticket.number] = ticket_to_dict(ticket)
            parts["events"].extend(map(event_to_dict, events))
            parts["messages"].extend(map(delivery_to_dict, messages))
        case DeliverySaved(delivery):
            parts["deliveries"].append(state_to_dict(delivery))
        case RequesterSaved(requester):
            put.setdefault("requesters", {})[requester.id] = requester_to_dict(requester)
        case CallSaved(call, number):
            saved = {"call": call_to_dict(call), "ticket": number}
            put.setdefault("calls", {})[call.id] = saved
        case DocumentSaved(key, document):
            put.setdefault("documents", {})[key] = document
        case TicketDeleted(tombstone):
            put.setdefault("tombstones", {})[tombstone.number] = tombstone_to_dict(tombstone)


class TinyDBBackend:
    """Opens ``tinydb:<file>``."""

    scheme: ClassVar[str] = "tinydb"

    @staticmethod
    def open(url: str, folder: Path) -> Store:
        """Open or create a store.

        Args:
            url: ``tinydb:data/desk.json``; a relative path is relative to `folder`.
            folder: The desk's folder.

        Raises:
            InvalidInput: The URL names no file.
            StorageFault: It cannot be opened.
        """
        scheme, _, rest = url.partition(":")
        if scheme != TinyDBBackend.scheme or not rest or rest.endswith("/"):
            raise InvalidInput.of(
                "names no file",
                "不是文件地址",
                field="storage",
                value=url,
                accepted=("tinydb:data/desk.json",),
            )
        return TinyDBStore(folder / rest)

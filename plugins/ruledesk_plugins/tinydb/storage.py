"""A TinyDB storage on a journal: what is written is appended, what is read is looked up.

Use it with `JournalTable` (`JournalDB` does), whose writes cost the same however much is stored.
A plain `tinydb.Table` works as well, at the cost that TinyDB has by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import RLock
from typing import Any, Final

from tinydb import Storage

from ruledesk.errors import StorageFault
from ruledesk_plugins.tinydb.catalogue import DESK_TABLES, LISTED_TABLES, Catalogue
from ruledesk_plugins.tinydb.documents import Documents, Events, Messages
from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.journal import Journal, fault
from ruledesk_plugins.tinydb.source import Document, Source

#: Tables that only the desk writes.
OWNED: Final = frozenset((*DESK_TABLES, *LISTED_TABLES))


class JournalStorage(Storage):
    """The tables of a journal file.

    Args:
        path: The file.
        access_mode: ``"r+"`` to read and write, with the file locked; ``"r"`` to look at what is
            there now, also while a desk has it open.
        files: The file system.
        watch: Told the content of every commit that is there already, in order.

    Raises:
        StorageFault: The file cannot be opened: locked, damaged, not a journal.
    """

    def __init__(
        self,
        path: str | Path,
        access_mode: str = "r+",
        *,
        files: Files | None = None,
        watch: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        super().__init__()
        catalogue = Catalogue()
        journal = Journal(Path(path), files, read_only=access_mode == "r")

        def note(offset: int, body: dict[str, Any], length: int) -> None:
            catalogue.note(offset, body, length)
            if watch is not None:
                watch(body)

        try:
            journal.load(note)
        except BaseException:
            journal.close()
            raise
        self.source = Source(journal, catalogue)
        self.writing = RLock()

    @property
    def journal(self) -> Journal:
        """The file."""
        return self.source.journal

    def read(self) -> dict[str, Any]:
        """Return all tables, as mappings that read a document when it is asked for."""
        tables: dict[str, Any] = {
            table: Documents(self.source, table)
            for table, places in list(self.source.catalogue.tables.items())
            if places or table in DESK_TABLES
        }
        return tables | {"events": Events(self.source), "messages": Messages(self.source)}

    def write(self, data: Mapping[str, Any]) -> None:
        """Make the tables what `data` says, by appending what differs.

        Raises:
            StorageFault: A table of the desk would change, or the file cannot be written.
        """
        put: dict[str, dict[str, Document]] = {}
        remove: dict[str, list[str]] = {}
        for table in {**self.read(), **data}:
            refuse_owned(table, data.get(table))
            if table not in OWNED:
                put[table], remove[table] = self._difference(table, data.get(table, {}))
        self.store(put, remove)

    def store(
        self, put: Mapping[str, Mapping[str, Document]], remove: Mapping[str, list[str]]
    ) -> None:
        """Put and remove documents of tables that are not the desk's, in one commit.

        Raises:
            StorageFault: A table is the desk's, or the file cannot be written.
        """
        body: dict[str, Any] = {}
        for key, tables in (("put", put), ("remove", remove)):
            filled = {table: content for table, content in tables.items() if content}
            for table in filled:
                refuse_owned(table)
            if filled:
                body[key] = filled
        if body:
            with self.writing:
                self.note(body, self.append(body))

    def append(self, body: dict[str, Any]) -> tuple[int, int]:
        """Append a commit; durable on return, and seen by readers after `note`.

        Args:
            body: Its content, in the parts that `Catalogue` describes.

        Returns:
            Offset and length of its line.

        Raises:
            StorageFault: It could not be stored; nothing of it is.
            InvalidInput: It has no JSON form.
        """
        with self.writing:
            return self.journal.append(body)

    def note(self, body: Mapping[str, Any], stored: tuple[int, int]) -> None:
        """Let readers see a commit; `stored` is what `append` returned."""
        with self.journal.lock:
            self.source.catalogue.note(stored[0], body, stored[1])

    def replace(
        self, bodies: Iterable[dict[str, Any]], watch: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Put a journal of other commits in the place of this one, at once or not at all.

        Args:
            bodies: Content of the commits, in order.
            watch: Told the content of each.

        Raises:
            StorageFault: It cannot be written. Where `Journal.usable` is no longer true, it is not
                certain which of the two a crash would leave.
        """
        catalogue = Catalogue()

        def note(offset: int, body: dict[str, Any], length: int) -> None:
            catalogue.note(offset, body, length)
            watch(body)

        with self.writing:
            try:
                new = self.journal.write_beside(bodies, note)
            except OSError as error:
                raise fault(self.journal.path, "cannot be written", "无法写入", error) from error
            with self.journal.lock:
                if not self.journal.adopt(new):
                    raise fault(self.journal.path, "cannot be replaced", "无法替换")
                self.source.catalogue = catalogue

    def close(self) -> None:
        """Close the file and give its lock back."""
        self.journal.close()

    def _difference(
        self, table: str, wanted: Mapping[str, Any]
    ) -> tuple[dict[str, Document], list[str]]:
        current = Documents(self.source, table)
        named = {str(name): dict(document) for name, document in wanted.items()}
        put = {
            name: document
            for name, document in named.items()
            if name not in current or current[name] != document
        }
        return put, [name for name in current if name not in named]


def refuse_owned(table: str, content: Any = None) -> None:
    """Refuse content for a table of the desk, unless it is what `read` returned."""
    if table in OWNED and not isinstance(content, Documents | Events | Messages):
        raise StorageFault.of(
            "is written by the desk only; use a table of your own",
            "此表只由服务台写入,请使用自己的表",
            field="table",
            value=table,
        )

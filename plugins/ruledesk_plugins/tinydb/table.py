"""A TinyDB table whose writes touch only the documents concerned."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, cast

from tinydb import TinyDB
from tinydb.table import Table

from ruledesk_plugins.tinydb.source import Document
from ruledesk_plugins.tinydb.storage import OWNED, JournalStorage, refuse_owned


class _Overlay(MutableMapping[Any, Document]):
    """A table with changes on top that are not stored yet; documents may be changed in place."""

    def __init__(self, below: Mapping[str, Document], name_of: Callable[[Any], Any]) -> None:
        self._below = below
        self._name_of = name_of
        self._above: dict[str, Document] = {}
        self._read: dict[str, Document] = {}
        self._gone: dict[str, None] = {}

    def changes(self) -> tuple[dict[str, Document], list[str]]:
        """Return the documents to put, and the ids to remove."""
        put = {
            name: document
            for name, document in self._above.items()
            if self._read.get(name) != document
        }
        return put, [name for name in self._gone if name in self._below]

    def __getitem__(self, key: Any) -> Document:
        name = str(key)
        if name in self._above:
            return self._above[name]
        if name in self._gone:
            raise KeyError(key)
        self._read[name] = self._below[name]
        self._above[name] = copy.deepcopy(self._read[name])
        return self._above[name]

    def __setitem__(self, key: Any, document: Document) -> None:
        name = str(key)
        self._gone.pop(name, None)
        self._above[name] = document

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise KeyError(key)
        self._above.pop(str(key), None)
        self._gone[str(key)] = None

    def clear(self) -> None:
        """Remove every document."""
        self._above.clear()
        self._gone = dict.fromkeys(self._below)

    def __contains__(self, key: object) -> bool:
        name = str(key)
        return name in self._above or (name not in self._gone and name in self._below)

    def __iter__(self) -> Iterator[Any]:
        below = (name for name in self._below if name not in self._gone)
        new = (name for name in self._above if name not in self._below)
        return map(self._name_of, [*below, *new])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class JournalTable(Table):
    """A table of a `JournalStorage`; one operation is one commit, durable when it returns.

    The tables of the desk have texts as ids (a ticket's number), those of others numbers.
    """

    _storage: JournalStorage

    def _update_table(self, updater: Callable[[dict[int, Mapping[Any, Any]]], None]) -> None:
        below = cast("Mapping[str, Document]", self._read_table())
        overlay = _Overlay(below, self.document_id_class)
        updater(cast("dict[int, Mapping[Any, Any]]", overlay))  # TinyDB needs a mapping only
        put, remove = overlay.changes()
        self._storage.store({self.name: put}, {self.name: remove})
        self.clear_cache()


class _TextIds(JournalTable):
    document_id_class: Any = str

    def _get_next_id(self) -> int:
        refuse_owned(self.name)
        raise AssertionError(self.name)


class JournalDB(TinyDB):
    """TinyDB on a desk's journal.

    ``JournalDB("data/desk.json", access_mode="r").table("tickets").search(where("team") == "it")``
    """

    table_class = JournalTable
    default_storage_class: Any = JournalStorage

    def table(self, name: str, **kwargs: Any) -> Table:
        """Return a table; see `tinydb.TinyDB.table`."""
        if name in OWNED and name not in self._tables:
            self._tables[name] = _TextIds(self.storage, name, **kwargs)
        return super().table(name, **kwargs)

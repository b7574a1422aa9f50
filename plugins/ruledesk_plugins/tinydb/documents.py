"""A journal's content as TinyDB sees it: tables of documents, read when they are asked for."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping

from ruledesk_plugins.tinydb.deliveries import folded
from ruledesk_plugins.tinydb.source import Document, Source, events_of
from ruledesk_plugins.tinydb.view import view_of


class Documents(Mapping[str, Document]):
    """The documents of one table that are stored by id."""

    def __init__(self, source: Source, table: str) -> None:
        self._source = source
        self._table = table

    def __getitem__(self, name: str) -> Document:
        document = self._source.document(self._table, name)
        if document is None:
            raise KeyError(name)
        return document

    def __contains__(self, name: object) -> bool:
        return name in self._source.catalogue.tables.get(self._table, {})

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._source.catalogue.tables.get(self._table, {})))

    def __len__(self) -> int:
        return len(self._source.catalogue.tables.get(self._table, {}))


class _Stream(ItemsView[str, Document]):
    """Items read in the order of the journal instead of one by one."""

    _mapping: Events

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        return self._mapping.stream()


class Events(Mapping[str, Document]):
    """All events; ``<ticket>/<version>`` is the id."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Document:
        ticket, _, version = name.rpartition("/")
        for body in self._source.history(ticket):
            for event in events_of(body, ticket):
                if str(event["version"]) == version:
                    return event
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.stream())

    def __len__(self) -> int:
        return self._source.catalogue.events

    def items(self) -> ItemsView[str, Document]:
        """View ids and events in the order of commit."""
        return _Stream(self)

    def stream(self) -> Iterator[tuple[str, Document]]:
        """Read ids and events in the order of commit."""
        with view_of(self._source) as view:
            for _, body in view.bodies():
                for event in body.get("events", ()):
                    yield f"{event['ticket']}/{event['version']}", event


class Messages(Mapping[str, Document]):
    """All messages and where they stand; the message's id is the id."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Document:
        ticket = name.rpartition("/")[0]
        return folded(self._source.history(ticket), ticket)[name]

    def __iter__(self) -> Iterator[str]:
        for ticket in self._source.catalogue.tickets():
            yield from folded(self._source.history(ticket), ticket)

    def __len__(self) -> int:
        return self._source.catalogue.messages

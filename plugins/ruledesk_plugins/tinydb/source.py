"""A journal and where in it everything is: what is read by ticket, or by table and id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ruledesk_plugins.tinydb.catalogue import Catalogue
from ruledesk_plugins.tinydb.journal import Journal

Document: TypeAlias = dict[str, Any]


class Source:
    """A journal and where in it everything is; the two change together when it is compacted."""

    def __init__(self, journal: Journal, catalogue: Catalogue) -> None:
        self.journal = journal
        self.catalogue = catalogue

    def history(self, ticket: str) -> list[dict[str, Any]]:
        """Read all commits with events or messages of a ticket, in order."""
        with self.journal.lock:
            return [self.journal.read(offset) for offset in self.catalogue.history(ticket)]

    def document(self, table: str, name: str) -> Document | None:
        """Read a document by table and id."""
        with self.journal.lock:
            offset = self.catalogue.tables.get(table, {}).get(name)
            if offset is None:
                return None
            document: Document = self.journal.read(offset)["put"][table][name]
            return document


def events_of(body: Mapping[str, Any], ticket: str) -> Iterator[Document]:
    """Yield the events of a ticket that a commit holds: those it replaced, and new ones."""
    for words in body.get("rewritten", ()):
        if words["ticket"] == ticket:
            yield from words["events"]
    for event in body.get("events", ()):
        if event["ticket"] == ticket:
            yield event

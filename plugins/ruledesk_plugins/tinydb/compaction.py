"""What of a journal is still needed: the events of tickets there are, the latest of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruledesk_plugins.tinydb.catalogue import Catalogue
from ruledesk_plugins.tinydb.deliveries import merged
from ruledesk_plugins.tinydb.documents import Source
from ruledesk_plugins.tinydb.storage import JournalStorage


def compact(storage: JournalStorage) -> bool:
    """Write the journal anew without what was superseded. Nothing is appended meanwhile.

    A crash at any moment leaves the old file or the new one, each with every commit.

    Args:
        storage: The tables of the journal.

    Returns:
        Whether it was done; if not, everything is as before.

    Raises:
        StorageFault: The journal is damaged, or takes no more writes from here on.
    """
    source = storage.source
    with storage.writing:
        catalogue = Catalogue()
        new = source.journal.rewrite(needed(source), catalogue.note)
        if new is None:
            return False
        with source.journal.lock:
            if not source.journal.adopt(new):
                return False
            source.catalogue = catalogue
    return True


def needed(source: Source) -> Iterator[dict[str, Any]]:
    """Stream the content of commits without what was superseded."""
    gone = source.catalogue.gone
    states: dict[str, Mapping[str, Any]] = {}
    for _, body in source.journal.bodies():
        for state in body.get("deliveries", ()):
            states[state["id"]] = state
    for offset, body in source.journal.bodies():
        kept = {
            "events": [e for e in body.get("events", ()) if not gone(e["ticket"])],
            "messages": [
                _current(queued, states)
                for queued in body.get("messages", ())
                if not gone(queued["message"]["ticket"])
            ],
            "put": _latest(offset, body.get("put", {}), source.catalogue),
        }
        filled = {part: content for part, content in kept.items() if content}
        if filled:
            yield filled


def _current(queued: dict[str, Any], states: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    state = states.get(queued["message"]["id"])
    return queued if state is None else merged(queued, state)


def _latest(
    offset: int, put: Mapping[str, Mapping[str, Any]], catalogue: Catalogue
) -> dict[str, dict[str, Any]]:
    tables = {
        table: {
            name: document
            for name, document in documents.items()
            if catalogue.tables[table].get(name) == offset
        }
        for table, documents in put.items()
    }
    return {table: documents for table, documents in tables.items() if documents}

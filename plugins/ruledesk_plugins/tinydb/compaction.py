"""What of a journal is still needed: the events of tickets there are, the latest of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ruledesk_plugins.tinydb.catalogue import Catalogue
from ruledesk_plugins.tinydb.deliveries import merged
from ruledesk_plugins.tinydb.source import Source
from ruledesk_plugins.tinydb.storage import JournalStorage
from ruledesk_plugins.tinydb.view import view_of


def compact(storage: JournalStorage, unneeded: Sequence[str] = ()) -> bool:
    """Write the journal anew without what was superseded. Nothing is appended meanwhile.

    A crash at any moment leaves the old file or the new one, each with every commit.

    Args:
        storage: The tables of the journal.
        unneeded: Names of blobs that are to be removed later: the journal remembers them.

    Returns:
        Whether it was done; if not, everything is as before.

    Raises:
        StorageFault: The journal is damaged, or takes no more writes from here on.
    """
    source = storage.source
    with storage.writing:
        catalogue = Catalogue()
        last = [{"unneeded": list(unneeded)}] if unneeded else []
        new = source.journal.rewrite(chain(needed(source), last), catalogue.note)
        if new is None:
            return False
        with source.journal.lock:
            if not source.journal.adopt(new):
                return False
            source.catalogue = catalogue
    return True


def needed(source: Source) -> Iterator[dict[str, Any]]:
    """Stream the content of commits without what was superseded."""
    with view_of(source) as view:
        states: dict[str, Mapping[str, Any]] = {}
        for _, body in view.bodies():
            for state in body.get("deliveries", ()):
                states[state["id"]] = state
        for offset, body in view.bodies():
            put = _latest(offset, body.get("put", {}), source.catalogue)
            kept = {
                "events": body.get("events"),
                "messages": [_current(queued, states) for queued in body.get("messages", ())],
                "put": put,
                "order": _order(body.get("order", {}), put),
            }
            filled = {part: content for part, content in kept.items() if content}
            if filled:
                yield filled


def _order(
    order: Mapping[str, Sequence[str]], put: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    kept = {table: [n for n in names if n in put.get(table, ())] for table, names in order.items()}
    return {table: names for table, names in kept.items() if len(names) > 1}


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

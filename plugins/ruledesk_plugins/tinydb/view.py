"""A journal as it is at one instant, with the words that hold now in the place of replaced ones."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

from attrs import frozen

from ruledesk.errors import StorageFault
from ruledesk_plugins.tinydb.catalogue import Catalogue
from ruledesk_plugins.tinydb.journal import Journal, damaged_at, read_commit
from ruledesk_plugins.tinydb.lines import intact, lines_of, opened
from ruledesk_plugins.tinydb.source import Source

#: How many rewritten tickets are kept at hand; their events are mostly near each other.
_AT_HAND: Final = 64
#: Parts of a commit that are shown as they hold, or not at all.
_REPLACED: Final = frozenset({"events", "messages", "deliveries", "rewritten"})


@frozen
class Words:
    """What a rewritten ticket's events and messages say: by version, and by message id."""

    events: Mapping[int, dict[str, Any]]
    messages: Mapping[str, dict[str, Any]]


class View:
    """What a journal holds when this is made, however it grows or is replaced later.

    Args:
        journal: The journal.
        catalogue: Where in it everything is. The two change together under the journal's lock,
            which whoever makes a view holds.

    Attributes:
        size: The length of the file that is looked at.
        gone: The deleted tickets' numbers; what the file still holds of them is not shown.
        rewritten: Ticket to the offset of the commit that replaced its words.
    """

    def __init__(self, journal: Journal, catalogue: Catalogue) -> None:
        self.path = journal.path
        self.size = catalogue.size
        self.gone = frozenset(catalogue.tables["tombstones"])
        self.rewritten = dict(catalogue.rewritten)
        self._file = journal.share()
        self._lenient = False
        self._words: OrderedDict[str, Words] = OrderedDict()

    def close(self) -> None:
        """Close the file; the view is not used again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Stream number, offset and bytes of every line."""
        for number, (offset, line) in enumerate(lines_of(self._file, 0, self.size), 1):
            yield number, offset, line

    def bodies(
        self, damaged: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Stream offset and content of every commit, without what is gone or was replaced.

        Args:
            damaged: Told where a line begins that is not as it was written; what is there, and
                words that it put in the place of others, is left out.

        Raises:
            StorageFault: A line is not as it was written, and `damaged` is None.
        """
        self._lenient = damaged is not None
        for number, offset, line in self.lines():
            if not intact(line):
                if damaged is None:
                    raise damaged_at(self.path, number)
                damaged(offset)
            elif number > 1:
                yield offset, self._holding(offset, opened(line, f"{self.path}:{number}"))

    def read(self, offset: int) -> dict[str, Any]:
        """Read the commit whose line begins at an offset, as it was written.

        Raises:
            StorageFault: The line is not as it was written, or cannot be read.
        """
        return read_commit(self._file, offset, self.path)

    def _holding(self, offset: int, body: dict[str, Any]) -> dict[str, Any]:
        if not self.gone and not self.rewritten:
            return body
        parts: dict[str, list[dict[str, Any]]] = {
            "events": [
                said
                for event in body.get("events", ())
                if event["ticket"] not in self.gone and (said := self._event(event, offset))
            ],
            "messages": [
                said
                for queued in body.get("messages", ())
                if queued["message"]["ticket"] not in self.gone
                and (said := self._message(queued, offset))
            ],
            "deliveries": [
                state
                for state in body.get("deliveries", ())
                if state["ticket"] not in self.gone
                and self.rewritten.get(state["ticket"], 0) <= offset
            ],
        }
        kept = {part: content for part, content in body.items() if part not in _REPLACED}
        return kept | {part: content for part, content in parts.items() if content}

    def _event(self, event: dict[str, Any], offset: int) -> dict[str, Any] | None:
        at = self.rewritten.get(event["ticket"], 0)
        if at <= offset:
            return event
        return self._said(event["ticket"], at).events.get(event["version"])

    def _message(self, queued: dict[str, Any], offset: int) -> dict[str, Any] | None:
        message = queued["message"]
        at = self.rewritten.get(message["ticket"], 0)
        if at <= offset:
            return queued
        return self._said(message["ticket"], at).messages.get(message["id"])

    def _said(self, ticket: str, at: int) -> Words:
        found = self._words.get(ticket) or self._words_at(ticket, at)
        self._words[ticket] = found
        self._words.move_to_end(ticket)
        if len(self._words) > _AT_HAND:
            self._words.popitem(last=False)
        return found

    def _words_at(self, ticket: str, at: int) -> Words:
        try:
            return words_of(self.read(at), ticket)
        except StorageFault:
            if not self._lenient:
                raise
            return Words({}, {})


def words_of(body: Mapping[str, Any], ticket: str) -> Words:
    """Take what a commit put in the place of a ticket's words."""
    events: dict[int, dict[str, Any]] = {}
    messages: dict[str, dict[str, Any]] = {}
    for words in body.get("rewritten", ()):
        if words["ticket"] == ticket:
            events = {event["version"]: event for event in words["events"]}
            messages = {queued["message"]["id"]: queued for queued in words["messages"]}
    return Words(events, messages)


@contextmanager
def view_of(source: Source) -> Iterator[View]:
    """Look at a journal as it is now."""
    with source.journal.lock:
        view = View(source.journal, source.catalogue)
    with closing(view):
        yield view

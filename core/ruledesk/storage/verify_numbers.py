"""Which place of which sequence a ticket's number is, as far as its ruleset's format tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from ruledesk.errors import RuleDeskError
from ruledesk.explain.rulebook import KEPT
from ruledesk.model.action import Submit
from ruledesk.model.event import Decided, Event
from ruledesk.model.people import Line
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.number import NumberParts, number, sequence_key
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.interface import Store

_PLACE = "#"


class Numbers:
    """Collects the highest number in use of each sequence.

    Args:
        store: Keeps the rulesets that decided.
        lines: The desk's lines, whose department numbers may name.
        timezone: The desk's; dates in numbers are local.

    Attributes:
        highest: Sequence to the highest place in use, and the ticket that has it.
    """

    def __init__(self, store: Store, lines: Mapping[str, Line], timezone: ZoneInfo) -> None:
        self.highest: dict[str, tuple[int, str]] = {}
        self._store = store
        self._lines = lines
        self._timezone = timezone
        self._rulesets: dict[str, Ruleset | None] = {}

    def note(self, events: Sequence[Event]) -> None:
        """Note the number of a ticket; nothing where the format does not tell its place."""
        place = self.place(events)
        if place is not None and place[1] > self.highest.get(place[0], (0, ""))[0]:
            self.highest[place[0]] = (place[1], events[0].ticket)

    def place(self, events: Sequence[Event]) -> tuple[str, int] | None:
        """Return the sequence that a ticket's number is from, and the place in it."""
        first = events[0] if events else None
        if first is None or not isinstance(first.body, Submit):
            return None
        ruleset = self._ruleset(events)
        if ruleset is None:
            return None
        body, line = first.body, self._lines.get(first.body.line)
        parts = NumberParts(
            local=first.at.astimezone(self._timezone),
            type_code=ruleset.type_codes.get(str(body.fields.get("type", "")), ""),
            department=(line.department if line else "") or ruleset.department,
            line=body.line,
        )
        key = sequence_key(ruleset.number, parts)
        before, found, after = key.partition(_PLACE)
        place = first.ticket.removeprefix(before).removesuffix(after)
        if not found or _PLACE in after or not (place.isascii() and place.isdigit()):
            return None
        taken = int(place)
        return (key, taken) if number(ruleset.number, parts, taken) == first.ticket else None

    def _ruleset(self, events: Sequence[Event]) -> Ruleset | None:
        decided = (event.body for event in events if isinstance(event.body, Decided))
        hashes = (decision.hash for body in decided for decision in body.decisions)
        hash_ = next(hashes, "")
        if hash_ not in self._rulesets:
            self._rulesets[hash_] = self._kept(f"{KEPT}{hash_}") if hash_ else None
        return self._rulesets[hash_]

    def _kept(self, key: str) -> Ruleset | None:
        document = self._store.document(key)
        try:
            return None if document is None else ruleset_from_document(document, key)
        except RuleDeskError:
            return None  # of an older version: it tells no places

"""What writers say of each step, and what can be held against them afterwards.

``? word``: the step is begun. ``+ word number version digest``: it was acknowledged; the digest is
that of the ticket that was returned. ``- word``: it failed, and nothing of it is stored.
``! word``: it failed, and nobody knows. The word is in the text of the step's event, and nowhere
else; but that of an ``act:`` is in none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from attrs import define, field, frozen

from ruledesk.codec import canonical, ticket_to_dict
from ruledesk.model.ticket import Ticket


def digest(ticket: Ticket) -> str:
    """Return a short digest of everything that a ticket says."""
    return hashlib.sha256(canonical(ticket_to_dict(ticket))).hexdigest()[:16]


@frozen
class Acknowledged:
    """A ticket as a writer was given it back."""

    number: str
    version: int
    digest: str


@define
class Told:
    """What all writers have said so far.

    Attributes:
        begun: Words of all steps.
        acknowledged: By word, what was given back.
        refused: Words of steps of which nothing is stored.
    """

    begun: set[str] = field(factory=set)
    acknowledged: dict[str, Acknowledged] = field(factory=dict)
    refused: set[str] = field(factory=set)

    def add(self, lines: Iterable[str]) -> None:
        """Take note of what a writer said."""
        for line in lines:
            kind, word, *rest = line.split()
            if kind == "?":
                self.begun.add(word)
            elif kind == "+":
                number, version, seen = rest
                self.acknowledged[word] = Acknowledged(number, int(version), seen)
            elif kind == "-":
                self.refused.add(word)


def line_of(word: str, ticket: Ticket) -> str:
    """Write the line that acknowledges a step."""
    return f"+ {word} {ticket.number} {ticket.version} {digest(ticket)}"

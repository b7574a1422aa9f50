"""One ticket compared with its events, its blobs and its requester, though others write to it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from ruledesk.errors import RuleDeskError
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.storage import verify_answers as answers
from ruledesk.storage.findings import Finding
from ruledesk.storage.interface import Store, blobs
from ruledesk.storage.verify_ticket import ticket_findings

#: How often a ticket that is changed meanwhile is looked at again.
_TRIES: Final = 5
_BLOBS: Final = 4096


class Comparison:
    """Compares tickets.

    Args:
        store: Who has them.
        told: Kind and ticket of what was told already; what was deleted meanwhile is added.
    """

    def __init__(self, store: Store, told: set[tuple[str, str]]) -> None:
        self._store = store
        self._told = told
        self._good_blobs: OrderedDict[str, None] = OrderedDict()

    def compared(self, ticket: Ticket) -> tuple[list[Finding], Sequence[Event]]:
        """Compare a ticket with its events; again where somebody has changed it meanwhile.

        Args:
            ticket: As a snapshot has it.

        Returns:
            What differs, and the events as they are now.
        """
        number = ticket.number
        found: list[Finding] = []
        events: Sequence[Event] = ()
        for _ in range(_TRIES):
            found, events = self._findings_of(ticket)
            again = self._again(ticket)
            if not found and again is not None:
                break
            if again is None and self._store.tombstone(number) is not None:
                self._told.add(("delivery", number))  # deleted meanwhile, with its messages
                return [], ()
            if again is None:
                found.append(Finding("ticket", number, "is not found", "查不到", number))
            if again is None or again == ticket:
                break
            ticket = again
        return found, events

    def _again(self, ticket: Ticket) -> Ticket | None:
        """Read a ticket again; one that cannot be read is told of when its record comes."""
        try:
            return self._store.ticket(ticket.number)
        except RuleDeskError:
            return ticket

    def _findings_of(self, ticket: Ticket) -> tuple[list[Finding], Sequence[Event]]:
        number = ticket.number
        try:
            events = self._store.events(number)
        except RuleDeskError as error:
            told = ("event", number) in self._told
            return [] if told else [unread("event", number, number, error)], ()
        try:
            deliveries = self._store.messages(number)
        except RuleDeskError as error:
            return [unread("delivery", number, number, error)], events
        if ("event", number) in self._told:  # one of them cannot be read: nothing can be replayed
            return [], events
        found = list(ticket_findings(ticket, events, deliveries))
        found += answers.source_findings(self._store, number, events)
        for name in dict.fromkeys(blobs(events)):
            found += self._blob(name, number)
        requester = ticket.requester.id
        if requester and self._store.requester(id=requester) is None:
            en, zh = "a ticket names this requester, who is not stored", "工单中的客户不存在"
            found.append(Finding("requester", requester, en, zh, number, field="requester.id"))
        return found, events

    def _blob(self, name: str, number: str) -> Iterator[Finding]:
        if name in self._good_blobs:
            self._good_blobs.move_to_end(name)
            return
        try:
            content = self._store.blob(name)
        except RuleDeskError as error:
            yield unread("blob", name, number, error)
            return
        if content is None:
            yield Finding(
                "blob", name, "an event names this blob, which is missing", "事件引用的附件缺失",
                number,
            )  # fmt: skip
            return
        found = list(content_findings(name, content, number))
        yield from found
        if not found:
            self._good_blobs[name] = None
            if len(self._good_blobs) > _BLOBS:
                self._good_blobs.popitem(last=False)


def unread(kind: str, key: str, number: str, error: RuleDeskError) -> Finding:
    """Make the finding that something cannot be read."""
    en = "; ".join(error.text("en").splitlines())
    zh = "；".join(error.text("zh").splitlines())
    return Finding(kind, key, f"cannot be read ({en})", f"无法读取（{zh}）", number)


def content_findings(name: str, content: bytes, number: str = "") -> Iterator[Finding]:
    """Compare bytes with their name."""
    digest = sha256(content).hexdigest()
    if digest != name:
        yield Finding(
            "blob", name, "is not what was kept", "内容已被改动", number, field="sha256",
            stored=digest, expected=name,
        )  # fmt: skip

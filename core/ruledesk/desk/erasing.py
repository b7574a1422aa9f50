"""Erasing a person from a desk: names, contacts and words go, statistics stay (C13).

Ticket by ticket, each in a transaction of its own; then, in one more, the requester's record. While
it lasts a document of the store says whom it is about and under which pseudonym, so that one that
was cut off is finished by running it again; the last transaction forgets that, too. What stays of
it is an entry of the log without anything personal.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve, frozen

from ruledesk.desk.parts import Parts
from ruledesk.desk.person import UNDER_WAY, Person, nobody, under_way
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.lifecycle.erasing import Eraser
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.situation import agent_id
from ruledesk.model.event import Event, PersonErased
from ruledesk.model.ticket import OVER_STATUSES, Status, Ticket
from ruledesk.storage.interface import Store, TicketQuery, Transaction
from ruledesk.strict import clean_text, instant

_LOGGER: Final = logging.getLogger("ruledesk.desk")
#: Documents: the log, by place; and the sequence of the places.
_LOG: Final = "log/erasure/"
#: Sequence of the pseudonyms' numbers; taking from `_TURN` lets one at a time begin or end.
_PSEUDONYMS: Final = "erased"
_TURN: Final = "erasing"
_PAGE: Final = 50
_NOT_OVER: Final = tuple(status.value for status in Status if status not in OVER_STATUSES)
_SHORTEST: Final = 2
_SHORTEST_PHONE: Final = 5


@frozen
class Erasure:
    """An erasure, as the log has it.

    Attributes:
        pseudonym: What the requester is called on the tickets.
        by: Who did it: ``agent:<id>``.
        begun: When it was begun.
        finished: When all was done; None where it was cut off: it is to be run again.
        tickets: How many tickets the person was erased from.
    """

    pseudonym: str
    by: str
    reason: str
    begun: datetime
    finished: datetime | None = None
    tickets: int = 0


@frozen
class Plan:
    """What an erasure would touch.

    Attributes:
        person: Whom.
        tickets: Numbers of the person's tickets that are over.
        open: Numbers of those that are not: nothing is erased while there are any.
        messages: How many messages they have.
    """

    person: Person
    tickets: tuple[str, ...]
    open: tuple[str, ...]
    messages: int


class Erasing:
    """Erases people from a desk.

    Args:
        desk: The desk.
    """

    def __init__(self, desk: Desk) -> None:
        self._parts: Parts = desk.parts
        self._store: Store = desk.store

    def plan(self, person: Person) -> Plan:
        """Look at what there is of a person; nothing is changed."""
        over: list[str] = []
        open_: list[str] = []
        messages = 0
        for ticket in self._tickets(person.id):
            (over if ticket.status in OVER_STATUSES else open_).append(ticket.number)
            messages += len(self._store.messages(ticket.number))
        return Plan(person, tuple(over), tuple(open_), messages)

    def erase(self, person: Person, *, reason: str, by: str, now: datetime) -> Erasure:
        """Erase a person; run again after it was cut off, it goes on where it stood.

        Args:
            person: Whom; see `ruledesk.desk.person.find_person`.
            reason: Why, for the log; nothing personal.
            by: ``agent:<id>`` of an administrator.
            now: The desk's clock, aware.

        Returns:
            What the log says of it.

        Raises:
            Refused: The actor may not, the reason says nothing or names the person, or a ticket of
                the person is not over; what was erased before that stays erased.
            NotFound: There is nothing of the person any more.
            Conflict: Others changed a ticket each time; run it again.
        """
        now = instant(now, "now")
        self.check(person, reason=reason, by=by)
        self._check_open(person)
        erasure, place = self._parts.commit(lambda t: self._begin(t, person, reason, by, now))
        done: Erasure | None = None
        while done is None:
            while tickets := self._page(person.id):
                self._check_open(person)
                for ticket in tickets:
                    self._erase(ticket.number, person, erasure, now)
            done = self._parts.commit(lambda t: self._end(t, person, erasure, place, now))
        _LOGGER.info("a person was erased from %d tickets by %s", done.tickets, by)
        return done

    # -- what is looked at ------------------------------------------------------------------------

    def _tickets(self, requester: str) -> Iterator[Ticket]:
        after = ""
        while True:
            page = self._store.query(
                TicketQuery(where={"requester": (requester,)}, limit=_PAGE, after=after)
            )
            yield from page.tickets
            after = page.next
            if not after:
                return

    def _page(self, requester: str) -> tuple[Ticket, ...]:
        """Read some tickets that still have the person's id; those that are done have not."""
        query = TicketQuery(where={"requester": (requester,)}, limit=_PAGE)
        return tuple(self._store.query(query).tickets)

    def check(self, person: Person, *, reason: str, by: str) -> None:
        """Refuse who may not erase, or a reason that will not do; nothing is changed.

        Args:
            person: Whom.
            reason: Why, for the log.
            by: ``agent:<id>`` of an administrator.

        Raises:
            Refused: It is nobody who may, or the reason is empty or names the person.
        """
        self._check_actor(by)
        _check_reason(reason, person)

    def _check_actor(self, by: str) -> None:
        agents = self._parts.config.directory.agents
        agent = agents.get(agent_id(by))
        if agent is not None and "administrator" in agent.roles:
            return
        accepted = tuple(f"agent:{a.id}" for a in agents.values() if "administrator" in a.roles)
        raise Refused.of(
            "only an administrator may erase a person", "只有管理员可以清除客户信息",
            field="by", value=by, accepted=accepted or ("role:administrator",),
        )  # fmt: skip

    def _check_open(self, person: Person) -> None:
        query = TicketQuery(where={"requester": (person.id,), "status": _NOT_OVER}, limit=_PAGE)
        open_ = [ticket.number for ticket in self._store.query(query).tickets]
        if not open_:
            return
        raise Refused.of(
            "tickets of this person are not over yet: close or cancel them first",
            "该客户还有未结束的工单：请先关闭或取消",
            field="tickets",
            value=", ".join(open_),
        )

    # -- what is changed --------------------------------------------------------------------------

    def _begin(
        self, transaction: Transaction, person: Person, reason: str, by: str, now: datetime
    ) -> tuple[Erasure, int]:
        transaction.next_in_sequence(_TURN)
        pending = under_way(self._store)
        known = pending.get(person.id)
        if known is not None:
            place = int(known)
            return _read(self._store.document(f"{_LOG}{place}") or {}), place
        if not self._held(person.id) and not self._page(person.id):
            raise nobody("requester", person.id)  # another process has erased the person meanwhile
        place = transaction.next_in_sequence(_PSEUDONYMS)
        erasure = Erasure(f"erased-{place:06d}", by, reason, now)
        transaction.save_requester(Eraser(erasure.pseudonym).requester(person.requester))
        transaction.save_document(f"{_LOG}{place}", erasure_data(erasure))
        transaction.save_document(UNDER_WAY, {**pending, person.id: place})
        return erasure, place

    def _erase(self, number: str, person: Person, erasure: Erasure, now: datetime) -> None:
        done = self._parts.commit(lambda t: self._rewrite(t, number, person, erasure, now))
        if done is None:
            return
        ticket, event = done
        for fault in self._parts.plugins.hooks.after_event(ticket, event):
            _LOGGER.warning(
                "ticket %s: %s failed in %s: %s", number, fault.plugin, fault.hook, fault.error
            )

    def _rewrite(
        self,
        transaction: Transaction,
        number: str,
        person: Person,
        erasure: Erasure,
        now: datetime,
    ) -> tuple[Ticket, Event] | None:
        """Put a ticket's erased history in the place of the old one; None where it is gone."""
        ticket = self._store.ticket(number)
        if ticket is None or ticket.requester.id != person.id:
            return None
        if ticket.status not in OVER_STATUSES:  # opened again since it was looked at
            raise Refused.of(
                "the ticket is not over", "工单尚未结束", field="tickets", value=number
            )
        running = self._parts.lines.get(ticket.line)
        eraser = Eraser.of(erasure.pseudonym, running.ruleset if running else None)
        at = max(now, ticket.updated_at or now)
        body = PersonErased(erasure.reason)
        last = Event(number, ticket.version + 1, at, erasure.by, body)
        events = (*map(eraser.event, self._store.events(number)), last)
        after = replay(events)
        transaction.rewrite(
            after,
            events,
            expected_version=ticket.version,
            messages=tuple(map(eraser.delivery, self._store.messages(number))),
        )
        return after, last

    def _end(
        self, transaction: Transaction, person: Person, erasure: Erasure, place: int, now: datetime
    ) -> Erasure | None:
        """Forget the person; None where a ticket came in since all the others were erased."""
        transaction.next_in_sequence(_TURN)
        known = self._held(person.id)
        if self._page(person.id):
            return None
        pending = under_way(self._store)
        left = {id_: one for id_, one in pending.items() if id_ != person.id}
        tickets = self._store.count({"requester": (erasure.pseudonym,)})
        done = evolve(erasure, finished=now, tickets=tickets)
        transaction.save_document(f"{_LOG}{place}", erasure_data(done))
        transaction.save_document(UNDER_WAY, left)
        if known:
            transaction.forget_requester(person.id)
        return done

    def _held(self, id: str) -> bool:  # noqa: A002
        """Look a requester up in each way, so that nobody links a ticket until the block ends."""
        known = self._store.requester(id=id)
        if known is None:
            return False
        self._store.requester(phone=known.phone)
        self._store.requester(email=known.email)
        return True


def erasures(store: Store) -> Iterator[Erasure]:
    """Stream the log of erasures, in the order in which they were begun."""
    place = 1
    while (entry := store.document(f"{_LOG}{place}")) is not None:
        yield _read(entry)
        place += 1


def erasure_data(erasure: Erasure) -> dict[str, Any]:
    """Write an entry of the log as plain data."""
    return {
        "kind": "person_erased",
        "pseudonym": erasure.pseudonym,
        "by": erasure.by,
        "reason": erasure.reason,
        "begun": erasure.begun.isoformat(),
        "at": erasure.finished.isoformat() if erasure.finished else None,
        "tickets": erasure.tickets,
    }


def _read(entry: Mapping[str, Any]) -> Erasure:
    finished = entry["at"]
    return Erasure(
        pseudonym=entry["pseudonym"],
        by=entry["by"],
        reason=entry["reason"],
        begun=datetime.fromisoformat(entry["begun"]),
        finished=datetime.fromisoformat(finished) if finished else None,
        tickets=entry["tickets"],
    )


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _check_reason(reason: str, person: Person) -> None:
    """Refuse a reason that says nothing, or what the erasure is to take away."""
    text = clean_text(reason, "reason").strip()
    if not text:
        raise Refused.of("is required", "必填", field="reason")
    known = person.requester
    parts = (person.id, known.name, known.phone, known.email, known.company)
    named = any(len(part) >= _SHORTEST and part.casefold() in text.casefold() for part in parts)
    phone = _digits(known.phone)  # which may be written with spaces or dashes
    if named or (len(phone) >= _SHORTEST_PHONE and phone in _digits(text)):
        raise Refused.of(
            "stays in the log and must not name the person", "原因会保留在日志中，不得包含客户信息",
            field="reason",
        )  # fmt: skip

"""Raw input: kept first, then understood by a channel, then a ticket, a follow-up, or a call.

Nothing is dropped in silence. What a channel fails on becomes a ticket with the raw input kept;
what it knowingly ignores is logged with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import evolve, frozen

from ruledesk.desk.calls import joined
from ruledesk.desk.channels import InstalledChannel
from ruledesk.desk.faults import as_event
from ruledesk.desk.intake import Intake
from ruledesk.errors import InvalidInput, Refused, suggestion
from ruledesk.hooks.guard import Fault
from ruledesk.hooks.kinds import CallSeen, FollowUp, Ignored, RawInput, Submission
from ruledesk.model.action import Note, ProvideInfo
from ruledesk.model.event import CallUpdated, PluginFaulted
from ruledesk.model.ticket import TERMINAL_STATUSES, Call, Status, Ticket
from ruledesk.storage.interface import Transaction
from ruledesk.strict import legible

if TYPE_CHECKING:
    from ruledesk.desk.service import Desk

_LOGGER: Final = logging.getLogger("ruledesk.intake")
_LONGEST: Final = 9_000


@frozen
class Receipt:
    """What became of an input.

    Attributes:
        kind: A new ticket, a follow-up to one, news of a call, or nothing.
        ticket: The ticket's number; empty where there is none.
        reason: Why it was ignored, or what could not be read.
    """

    kind: Literal["ticket", "follow_up", "call", "ignored"]
    ticket: str = ""
    reason: str = ""


@frozen
class _Context:
    """What a channel may ask (`ruledesk.hooks.kinds.ChannelContext`)."""

    desk: Desk
    now: datetime

    def ticket_of(self, source: str) -> str | None:
        return self.desk.parts.again(partial(self.desk.store.by_source, source))

    def has_ticket(self, number: str) -> bool:
        return self.desk.parts.again(partial(self.desk.store.ticket, number)) is not None

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        return self.desk.parts.again(partial(self.desk.store.call, id))


@frozen
class _Received:
    """One input on its way: the channel, its kept bytes, the time."""

    channel: InstalledChannel
    raw: str
    now: datetime
    line: str


class Receiving:
    """Takes raw input for a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def receive(self, name: str, raw: RawInput, now: datetime, line: str) -> tuple[Receipt, ...]:
        """Take one input; see `ruledesk.desk.service.Desk.receive`."""
        channels = self._desk.parts.channels
        channel = channels.get(name)
        if channel is None:
            raise InvalidInput.of(
                "no installed plugin provides this channel",
                "没有已安装的插件提供此渠道",
                field="channel",
                value=name,
                accepted=suggestion(name, channels),
            )
        again, store = self._desk.parts.again, self._desk.store
        kept = again(partial(store.put_blob, raw.content))
        received = _Received(channel, kept, now, line)
        intakes = self._understood(received, raw)
        if isinstance(intakes, Fault):
            return (self._unread(received, raw, intakes),)
        return tuple(self._take(received, intake) for intake in intakes)

    def _understood(self, received: _Received, raw: RawInput) -> Sequence[Any] | Fault:
        channel = received.channel
        intakes = self._desk.parts.guard.call(
            channel.plugin,
            f"channel:{channel.name}.receive",
            channel.channel.receive,
            raw,
            _Context(self._desk, received.now),
            expect=(Refused,),
        )
        kinds = (Submission, FollowUp, CallSeen, Ignored)
        if isinstance(intakes, Fault):
            return intakes
        listed = isinstance(intakes, Sequence) and bool(intakes)
        if not listed or not all(isinstance(intake, kinds) for intake in intakes):
            hook = f"channel:{channel.name}.receive"
            return Fault(channel.plugin, hook, "returned no intake, or something else")
        return intakes

    def _unread(self, received: _Received, raw: RawInput, fault: Fault) -> Receipt:
        """A channel that fails costs a person some reading, never the requester's request."""
        text = raw.content[:_LONGEST].decode("utf-8", "replace").replace("\0", "�")
        submission = Submission(
            fields={
                "subject": f"Unreadable input 无法识别的输入 ({received.channel.name})",
                "description": text or "(empty 空)",
            },
            source=f"raw:{received.channel.name}:{received.raw}",
            lenient=True,
        )
        ticket = self._submit(received, submission, faults=(as_event(fault),))
        return Receipt("ticket", ticket.number, fault.error)

    def _take(self, received: _Received, intake: Any) -> Receipt:
        match intake:
            case Submission():
                ticket = self._submit(received, intake)
                return Receipt("ticket", ticket.number, intake.problem)
            case FollowUp():
                return self._follow_up(received, intake)
            case CallSeen():
                return self._call(received, intake)
            case _:
                _LOGGER.info(
                    "%s: input %s ignored: %s", received.channel.name, received.raw, intake.reason
                )
                return Receipt("ignored", reason=intake.reason)

    def _submit(
        self,
        received: _Received,
        submission: Submission,
        *,
        call: Call | None = None,
        follows: str = "",
        faults: tuple[PluginFaulted, ...] = (),
    ) -> Ticket:
        intake = Intake(
            by=submission.by,
            line=submission.line or received.line or received.channel.line,
            channel=received.channel.name,
            fields=submission.fields,
            files=submission.files,
            source=submission.source,
            raw=received.raw,
            call=call,
            follows=follows,
            lenient=submission.lenient,
            textual=submission.textual,
            faults=faults,
        )
        return self._desk.take(intake, received.now)

    # -- follow-ups ---------------------------------------------------------------------------

    def _follow_up(self, received: _Received, follow_up: FollowUp) -> Receipt:
        again, store = self._desk.parts.again, self._desk.store
        known = follow_up.source and again(partial(store.by_source, follow_up.source))
        if known:
            return Receipt("ignored", known, "received twice")
        follow_up = evolve(follow_up, text=legible(follow_up.text) or "(empty 空)")
        ticket = again(partial(store.ticket, follow_up.ticket))
        if ticket is None:
            return self._to_nothing(received, follow_up)
        if ticket.status in TERMINAL_STATUSES:
            over = f"{ticket.number} is {ticket.status.value}"
            return self._beside(received, follow_up, ticket, over)
        text = follow_up.text
        body: Note | ProvideInfo = Note(
            text=text, public=True, source=follow_up.source, raw=received.raw
        )
        if ticket.status is Status.WAITING_REQUESTER:
            body = ProvideInfo(text=text, source=follow_up.source, raw=received.raw)
        if follow_up.sender and follow_up.sender.lower() != ticket.requester.email.lower():
            body = evolve(body, text=f"[{follow_up.sender}] {text}")
        now = max(received.now, ticket.updated_at or received.now)
        try:
            done = self._desk.do(ticket.number, body, by="requester", at=now, files=follow_up.files)
        except Refused as refused:  # nobody can be told: it is kept as a ticket of its own
            return self._beside(received, follow_up, ticket, refused.text())
        return Receipt("follow_up", done.number)

    def _to_nothing(self, received: _Received, follow_up: FollowUp) -> Receipt:
        """What follows up on a ticket that this desk does not have is a ticket of its own."""
        submission = Submission(
            fields={
                "description": follow_up.text,
                "requester": {"email": follow_up.sender} if follow_up.sender else {},
            },
            files=follow_up.files,
            source=follow_up.source,
            lenient=True,
        )
        fresh = self._submit(received, submission)
        return Receipt("ticket", fresh.number, f"there is no ticket {follow_up.ticket}")

    def _beside(
        self, received: _Received, follow_up: FollowUp, ticket: Ticket, reason: str
    ) -> Receipt:
        """Make a new ticket, linked to the old, of an answer that the old one does not take."""
        requester: Mapping[str, Any] = {"email": follow_up.sender}
        if not follow_up.sender or follow_up.sender.lower() == ticket.requester.email.lower():
            requester = {"id": ticket.requester.id}
        submission = Submission(
            fields={
                "subject": ticket.subject,
                "description": follow_up.text,
                "requester": {name: value for name, value in requester.items() if value},
            },
            files=follow_up.files,
            line=ticket.line,
            source=follow_up.source,
            lenient=True,
        )
        fresh = self._submit(received, submission, follows=ticket.number)
        return Receipt("ticket", fresh.number, reason)

    # -- calls --------------------------------------------------------------------------------

    def _call(self, received: _Received, seen: CallSeen) -> Receipt:
        """Keep what is known of a call; a missed one becomes a ticket to call back (F3)."""
        store = self._desk.store

        def note(transaction: Transaction) -> tuple[Call, str, bool]:
            # Looked up inside: a registration in another thread may give the call its ticket, and
            # another process may have heard that it was answered.
            known, number = store.call(seen.call.id) or (seen.call, "")
            call = joined(known, evolve(seen.call, agent=seen.agent or seen.call.agent))
            noted = not number and not (seen.missed and call.answered_at is None)
            if noted:
                transaction.save_call(call, "")
            return call, number, noted

        call, number, noted = self._desk.parts.commit(note)
        if noted:
            return Receipt("call")
        # Else the call is stored in one commit with what becomes of it: said again after a crash,
        # the same event must find nothing half done.
        if number:
            self._desk.record(number, [CallUpdated(call)], received.now)
            return Receipt("call", number)
        submission = Submission(
            fields={
                "subject": f"Missed call 未接来电 {call.caller}".strip(),
                "description": f"Call back 未接来电，请回拨 {call.caller}".strip(),
                "requester": {"phone": call.caller} if call.caller else {},
            },
            source=f"call:{call.id}",
            lenient=True,
        )
        ticket = self._submit(received, submission, call=call)
        return Receipt("ticket", ticket.number, "missed call")

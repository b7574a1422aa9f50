"""The desk service: submit, act, receive, advance.

Each method takes the time as an argument, decides in the pure middle, stores events and messages in
one commit, and tells observers afterwards. What is refused changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from ruledesk.desk.commit import Committer
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.intake import Intake
from ruledesk.desk.lines import RunningLine, choose_line
from ruledesk.desk.numbering import Numbering
from ruledesk.desk.outbox import Outbox
from ruledesk.desk.receiving import InstalledChannel, Receipt, Receiving
from ruledesk.desk.requesters import linked, with_caller
from ruledesk.desk.situations import Situations
from ruledesk.desk.timers import unfold_due
from ruledesk.errors import NotFound, Problem, Refused, RuleDeskError
from ruledesk.hooks.guard import Fault
from ruledesk.hooks.info import PluginInfo
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.hooks.manager import Plugins
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.decide import check_known, decide
from ruledesk.lifecycle.parse import parse_action
from ruledesk.lifecycle.situation import actor_kind
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.action import (
    ActionBody,
    AnswerTask,
    Body,
    LinkTo,
    Merge,
    Note,
    ProvideInfo,
    Submit,
)
from ruledesk.model.event import MessageFailed, PluginFaulted
from ruledesk.model.ticket import TERMINAL_STATUSES, Attachment, Call, Ticket
from ruledesk.rules.form import admit, check_fields
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.interface import Store, next_due
from ruledesk.strict import clean_text, instant

_LOGGER: Final = logging.getLogger("ruledesk.desk")
_ACTORS: Final = ("requester", "agent:<id>", "system")
_LONGEST_NAME: Final = 100


@frozen
class Parts:
    """What a desk is assembled from; see `ruledesk.desk.assembly`."""

    config: DeskConfig
    store: Store
    plugins: Plugins
    lines: Mapping[str, RunningLine]
    situations: Situations
    outbox: Outbox
    channels: Mapping[str, InstalledChannel]
    on_close: Callable[[], None]
    deliver: bool = True


class Desk:
    """A service desk, assembled. Safe to call from several threads.

    Attributes:
        config: What it was made from.
        store: Where its tickets are.
    """

    def __init__(self, parts: Parts) -> None:
        self.config = parts.config
        self.store = parts.store
        self.timezone = ZoneInfo(parts.config.timezone)
        self._parts = parts
        self._hooks = parts.plugins.hooks
        # A plugin's hook may use the desk: the watchdog does not interrupt it in a commit.
        self._guard = parts.plugins.guard
        self._numbering = Numbering(parts.store, self._hooks, self.timezone)
        self._receiving = Receiving(self)
        self._committer = Committer(
            parts.store, parts.plugins, parts.lines, parts.situations, deliver=parts.deliver
        )

    # -- looking ------------------------------------------------------------------------------

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """What is installed, on or off, and why."""
        return self._parts.plugins.infos

    @property
    def rulesets(self) -> Mapping[str, Ruleset]:
        """The ruleset of each line."""
        return {name: line.ruleset for name, line in self._parts.lines.items()}

    @property
    def parts(self) -> Parts:
        """What the desk was assembled from."""
        return self._parts

    def ticket(self, number: str) -> Ticket:
        """Return a ticket.

        Raises:
            NotFound: There is none with this number.
        """
        ticket = self.store.ticket(number)
        if ticket is None:
            raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
        return ticket

    # -- submitting ---------------------------------------------------------------------------

    def submit(
        self,
        *,
        by: str,
        line: str,
        channel: str,
        fields: Mapping[str, Any],
        at: datetime,
        files: Sequence[File] = (),
    ) -> Ticket:
        """Hand in a ticket; it is numbered, decided and dispatched in the same commit.

        Args:
            by: ``requester``, ``agent:<id>`` or ``system``.
            line: The business line; may be empty where the desk has one only.
            channel: What it came by: ``phone``, ``web``, ``email`` …
            fields: Plain data by the names of the contract; ``requester`` is a mapping, ``call``
                the id of a call that the telephone system reported.
            at: The desk's clock, aware.
            files: Attachments.

        Returns:
            The ticket with everything that followed.

        Raises:
            Refused: The form, the actor or a plugin refuses it; every problem is named.
        """
        return self.take(Intake(by, line, channel, fields, tuple(files)), at)

    def take(self, intake: Intake, at: datetime) -> Ticket:
        """Hand in what a channel has read; as `submit`, with the channel's own particulars."""
        now = instant(at, "at")
        _check_actor(intake.by)
        _check_shape(intake)
        running = choose_line(self._parts.lines, intake.line)
        call = intake.call or self._call(intake.fields)
        fields = with_caller(intake.fields, call)
        form = admit(running.ruleset, fields, lenient=intake.lenient, textual=intake.textual)
        attachments = self._kept(intake.files)
        situation = self._parts.situations.on(running, now, intake.by, None)
        check_known(situation)
        situation.faults.extend(intake.faults)
        with self._guard.shield(), self.store.transaction() as transaction:
            known = intake.source and self.store.by_source(intake.source)
            if known:
                return self.ticket(known)
            body = Submit(
                line=running.line.name,
                channel=intake.channel,
                requester=linked(self.store, transaction, form.requester),
                fields=form.fields,
                attachments=attachments,
                call=call,
                source=intake.source,
                raw=intake.raw,
                missing=form.missing,
            )
            self._validate(running, body, situation.faults, refuse=not intake.lenient)
            number = self._numbering.take(transaction, running, body, now, situation.faults)
            unfolding = Unfolding(number, None, situation)
            unfolding.run([Happening(body)])
            stored = self._committer.store(transaction, unfolding, 0)
            if call is not None:
                transaction.save_call(call, number)
        return self._committer.observe(stored)

    def _validate(
        self,
        running: RunningLine,
        body: Submit,
        faults: list[PluginFaulted],
        *,
        refuse: bool,
    ) -> None:
        problems, failed = self._hooks.validate(running.line.name, body)
        faults.extend(as_event(fault) for fault in failed)
        if problems and refuse:
            raise Refused(*problems)

    def _call(self, fields: Mapping[str, Any]) -> Call | None:
        """Find the call that a registration names; one that nobody reported is opened by its id."""
        name = fields.get("call")
        if not name:
            return None
        if not isinstance(name, str):
            raise Refused.of("wrong type", "类型错误", field="call", value=name, accepted=("text",))
        found = self.store.call(name)
        return found[0] if found else Call(name)

    def _kept(self, files: Sequence[File]) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(
                name=file.name,
                media_type=file.media_type,
                size=len(file.content),
                sha256=self.store.put_blob(file.content),
            )
            for file in files
        )

    def receive(
        self, channel: str, raw: RawInput, *, at: datetime, line: str = ""
    ) -> tuple[Receipt, ...]:
        """Give raw input to a channel; it is kept before anybody tries to understand it.

        Args:
            channel: The channel's name.
            raw: The input as it came.
            at: The desk's clock, aware.
            line: The business line, where neither the input nor the channel's settings say it.

        Returns:
            What became of it, in order; never empty.

        Raises:
            Refused: The sender can be told what is wrong with it.
            InvalidInput: No installed plugin provides the channel.
        """
        return self._receiving.receive(channel, raw, instant(at, "at"), line)

    # -- acting -------------------------------------------------------------------------------

    def act(
        self,
        number: str,
        action: str,
        *,
        by: str,
        fields: Mapping[str, Any] | None = None,
        at: datetime,
        files: Sequence[File] = (),
    ) -> Ticket:
        """Do something to a ticket.

        Args:
            number: The ticket's number.
            action: The contract's word.
            by: ``requester``, ``agent:<id>`` or ``system``.
            fields: What it is done with, as plain data.
            at: The desk's clock, aware.
            files: Attachments, where the action takes them.

        Returns:
            The ticket with everything that followed.

        Raises:
            Refused: It may not be done; nothing was changed.
            NotFound: There is no such ticket.
        """
        return self.do(number, parse_action(action, fields or {}), by=by, at=at, files=files)

    def do(
        self,
        number: str,
        body: ActionBody,
        *,
        by: str,
        at: datetime,
        files: Sequence[File] = (),
    ) -> Ticket:
        """Do an action that is structured already; as `act`."""
        now = instant(at, "at")
        _check_actor(by)
        self._catch_up(number, now)
        with self._guard.shield(), self.store.transaction() as transaction:
            ticket = self.ticket(number)
            running = self._running(ticket)
            body = self._completed(body, running.ruleset, files)
            situation = self._parts.situations.on(running, now, by, ticket)
            happenings = decide(ticket, body, situation)
            self._check_others(body)
            problems, failed = self._hooks.before_action(ticket, body, by)
            if problems:
                raise Refused(*problems)
            situation.faults.extend(as_event(fault) for fault in failed)
            unfolding = Unfolding(number, ticket, situation)
            unfolding.run(happenings)
            stored = self._committer.store(transaction, unfolding, ticket.version)
        return self._committer.observe(stored)

    def _catch_up(self, number: str, now: datetime) -> None:
        """Let what was due on a ticket before `now` happen first.

        The clock may not have been advanced in time (the desk was down); a promise that was
        broken stays broken, whoever keeps it late.
        """
        while (ticket := self.store.ticket(number)) is not None:
            due = next_due(ticket)
            if due is None or due >= now:
                return
            self._tick(number, due)

    def _completed(self, body: ActionBody, ruleset: Ruleset, files: Sequence[File]) -> ActionBody:
        """Check the fields that come with information, and keep the files of the action."""
        if isinstance(body, ProvideInfo):
            body = evolve(body, fields=check_fields(ruleset, body.fields))
        if files and isinstance(body, ProvideInfo | Note | AnswerTask):
            body = evolve(body, attachments=self._kept(files))
        return body

    def _check_others(self, body: ActionBody) -> None:
        name, other = "into", body.into if isinstance(body, Merge) else ""
        if isinstance(body, LinkTo):
            name, other = "other", body.other
        found = self.store.ticket(other) if other else None
        if other and found is None:
            raise Refused.of("no such ticket", "没有此工单", field=name, value=other)
        if found is not None and isinstance(body, Merge) and found.status in TERMINAL_STATUSES:
            raise Refused.of(
                f"the other ticket is {found.status.value}; nobody would work on either",
                f"目标工单状态为 {found.status.value}，合并后将无人处理",
                field=name,
                value=other,
                accepted=("a ticket that is not over",),
            )

    def _running(self, ticket: Ticket) -> RunningLine:
        running = self._parts.lines.get(ticket.line)
        if running is None:
            raise Refused.of(
                "the desk no longer has this ticket's line",
                "服务台已没有该工单的业务线",
                field="line",
                value=ticket.line,
                accepted=tuple(self._parts.lines),
            )
        return running

    def record(self, number: str, bodies: Sequence[Body], at: datetime) -> Ticket:
        """Record what the desk itself has seen of a ticket (a call's end, a failed message)."""
        now = instant(at, "at")
        with self._guard.shield(), self.store.transaction() as transaction:
            ticket = self.ticket(number)
            # What is seen late still happened: the clock of a ticket never goes backwards.
            now = max(now, ticket.updated_at or now)
            situation = self._parts.situations.on(self._running(ticket), now, "system", ticket)
            unfolding = Unfolding(number, ticket, situation)
            unfolding.run([Happening(body) for body in bodies])
            stored = self._committer.store(transaction, unfolding, ticket.version)
        return self._committer.observe(stored)

    # -- time ---------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """Return when the clock next has something to do: a target, a timer, a delivery."""
        instants = (self.store.next_due(), self.store.next_delivery())
        return min((one for one in instants if one is not None), default=None)

    def advance(self, to: datetime, *, inclusive: bool = True) -> int:
        """Let time pass: everything due happens in order, each at its own instant.

        Args:
            to: The desk's clock afterwards, aware.
            inclusive: Whether what is due at `to` itself happens too. What people do at the very
                instant a target is due is in time, so a replay does that first.

        Returns:
            How many tickets were moved.
        """
        limit = instant(to, "to")
        moved = 0
        while (due := self.store.next_due()) is not None and due <= limit:
            if due == limit and not inclusive:
                break
            moved += self.tick(due)
        self.deliver(limit)
        return moved

    def tick(self, now: datetime) -> int:
        """Let everything happen that is due at `now`; returns how many tickets were moved."""
        moved = 0
        while numbers := self.store.due(now):
            for number in numbers:
                self._tick(number, now)
            moved += len(numbers)
        return moved

    def _tick(self, number: str, now: datetime) -> None:
        with self._guard.shield(), self.store.transaction() as transaction:
            ticket = self.ticket(number)
            running = self._parts.lines.get(ticket.line)
            if running is None:
                # Its clocks run out under another line's ruleset rather than stand in the way.
                _LOGGER.error("ticket %s: its line %s is gone", number, ticket.line)
                running = choose_line(self._parts.lines, *self._parts.lines)
            now = max(now, ticket.updated_at or now)
            situation = self._parts.situations.on(running, now, "system", ticket)
            unfolding = Unfolding(number, ticket, situation)
            unfold_due(unfolding)
            stored = self._committer.store(transaction, unfolding, ticket.version)
        self._committer.observe(stored)

    def deliver(self, at: datetime) -> int:
        """Hand waiting messages to the notifiers; returns how many were tried."""
        now = instant(at, "at")
        tried = 0
        while pending := self.store.pending(now):
            for delivery in pending:
                done = self._parts.outbox.attempt(delivery, now)
                with self._guard.shield(), self.store.transaction() as transaction:
                    transaction.save_delivery(done)
                if done.state == "failed":
                    failed = MessageFailed(done.message.id, done.error)
                    self._record_quietly(done.message.ticket, failed, now)
            tried += len(pending)
        return tried

    def _record_quietly(self, number: str, body: Body, now: datetime) -> None:
        try:
            self.record(number, [body], now)
        except RuleDeskError:  # the outbox keeps the failure in any case
            _LOGGER.exception("ticket %s: %s could not be recorded", number, body.kind)

    def close(self) -> None:
        """Tell plugins, close notifiers, engines and the store."""
        self._hooks.desk_stopping(self)
        self._parts.outbox.close()
        self._parts.on_close()
        self.store.close()
        self._parts.plugins.close()


def as_event(fault: Fault) -> PluginFaulted:
    """Turn a plugin's fault into what a ticket records of it."""
    return PluginFaulted(fault.plugin, fault.hook, fault.error)


def _check_shape(intake: Intake) -> None:
    """Refuse what is no submission at all; what is in it is for the form to say."""
    clean_text(intake.line, "line")
    clean_text(intake.channel, "channel", _LONGEST_NAME)
    if not isinstance(intake.fields, Mapping):
        raise Refused.of(
            "wrong type", "类型错误", field="fields", value=intake.fields, accepted=("mapping",)
        )


def _check_actor(actor: str) -> None:
    known = isinstance(actor, str) and (
        actor in ("requester", "system") or (actor_kind(actor) == "agent" and actor[6:])
    )
    if not known:
        raise Refused(Problem("unknown actor", "未知操作人", "by", actor, _ACTORS))

"""The desk service: submit, act, receive, advance.

Each method takes the time as an argument, decides in the pure middle, stores events and messages in
one commit, and tells observers afterwards. What is refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ruledesk.desk.acting import Acting
from ruledesk.desk.attachments import no_files
from ruledesk.desk.clockwork import Clockwork, never
from ruledesk.desk.commit import Committer
from ruledesk.desk.deleting import Deleting
from ruledesk.desk.delivering import Delivering
from ruledesk.desk.intake import Intake
from ruledesk.desk.lookup import ticket_of
from ruledesk.desk.parts import Parts
from ruledesk.desk.receiving import Receipt, Receiving
from ruledesk.desk.submitting import Submitting
from ruledesk.errors import Problem, Refused
from ruledesk.hooks.info import PluginInfo
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.jobs.service import Jobs
from ruledesk.lifecycle.parse import parse_action
from ruledesk.lifecycle.situation import actor_kind
from ruledesk.model.action import ActionBody, Body, Delete
from ruledesk.model.ticket import Ticket
from ruledesk.rules.ruleset import Ruleset
from ruledesk.strict import instant

_ACTORS: Final = ("requester", "agent:<id>", "system")


class Desk:
    """A service desk, assembled. Safe to call from several threads.

    Attributes:
        config: What it was made from.
        store: Where its tickets are.
        parts: What it was assembled from.
        timezone: The desk's time zone.
        jobs: Its background jobs; none runs until they are started.
    """

    def __init__(self, parts: Parts) -> None:
        self.config = parts.config
        self.store = parts.store
        self.parts = parts
        self.timezone = ZoneInfo(parts.config.timezone)
        committer = Committer(parts)
        self._submitting = Submitting(parts, committer)
        self._acting = Acting(parts, committer)
        self._deleting = Deleting(parts)
        self._clockwork = Clockwork(parts, committer)
        self._delivering = Delivering(parts, self._acting)
        self._receiving = Receiving(self)
        self.jobs = Jobs(self)

    # -- looking ------------------------------------------------------------------------------

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """What is installed, on or off, and why."""
        return self.parts.plugins.infos

    @property
    def rulesets(self) -> Mapping[str, Ruleset]:
        """The ruleset of each line."""
        return {name: line.ruleset for name, line in self.parts.lines.items()}

    def ticket(self, number: str) -> Ticket:
        """Return a ticket.

        Raises:
            NotFound: There is none with this number.
        """
        return ticket_of(self.store, number)

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
        _check_actor(intake.by)
        return self._submitting.take(intake, instant(at, "at"))

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
            The ticket with everything that followed; a deleted one as it last stood.

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
        seen = self._clockwork.catch_up(number, now)
        if isinstance(body, Delete):
            if files:
                raise no_files(body.action)
            return self._deleting.delete(number, body, by=by, now=now)
        return self._acting.do(number, body, by=by, now=now, files=files, seen=seen)

    def record(self, number: str, bodies: Sequence[Body], at: datetime) -> Ticket:
        """Record what the desk itself has seen of a ticket (a call's end, a failed message)."""
        return self._acting.record(number, bodies, instant(at, "at"))

    # -- time ---------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """Return when the clock next has something to do: a target, a timer, a delivery."""
        instants = (self.store.next_due(), self.store.next_delivery())
        return min((one for one in instants if one is not None), default=None)

    def advance(self, to: datetime, *, inclusive: bool = True) -> int:
        """Let time pass: everything due happens in order, each at its own instant.

        What another process has in hand is left to it.

        Args:
            to: The desk's clock afterwards, aware.
            inclusive: Whether what is due at `to` itself happens too. What people do at the very
                instant a target is due is in time, so a replay does that first.

        Returns:
            How many tickets were moved.
        """
        moved = self.sweep(to, inclusive=inclusive)
        self.deliver(to)
        return moved

    def sweep(
        self,
        at: datetime,
        stop: Callable[[], bool] = never,
        resting: MutableMapping[str, datetime] | None = None,
        *,
        inclusive: bool = True,
        late: timedelta | None = None,
    ) -> int:
        """Let time pass as `advance` does, and deliver nothing.

        Args:
            at: The desk's clock afterwards, aware.
            stop: Asked before each ticket whether to leave the rest.
            resting: Tickets that could not be stored, each with until when it is passed over.
            inclusive: As for `advance`.
            late: What was due longer ago than this happens at `at`, since nobody did it when it
                was due; None for each at its own instant.

        Returns:
            How many tickets were moved.

        Raises:
            StorageFault: The store fails.
        """
        limit = instant(at, "at")
        return self._clockwork.sweep(
            limit, inclusive=inclusive, late=late, stop=stop, resting=resting
        )

    def deliver(self, at: datetime) -> int:
        """Hand waiting messages to the notifiers; returns how many were tried.

        What another thread or process has in hand is left to it.
        """
        return self._delivering.deliver(instant(at, "at"))

    def deliver_one(self, at: datetime, taken: Callable[[], object] | None = None) -> bool:
        """Hand the next waiting message to a notifier.

        Args:
            at: The desk's clock, aware. The message is this process's own until the lease that
                begins now runs out.
            taken: Called once the message is claimed, before it is sent.

        Returns:
            Whether there was one.
        """
        return self._delivering.deliver_one(instant(at, "at"), taken)

    def close(self) -> None:
        """Tell plugins, end background jobs, then close store, engines and notifiers.

        Also where one of them fails.
        """
        try:
            self.parts.plugins.hooks.desk_stopping(self)
        finally:
            try:
                self.jobs.close()
            finally:
                self.parts.close()


def _check_actor(actor: str) -> None:
    known = isinstance(actor, str) and (
        actor in ("requester", "system") or (actor_kind(actor) == "agent" and actor[6:])
    )
    if not known:
        raise Refused(Problem("unknown actor", "未知操作人", "by", actor, _ACTORS))

"""Acting: an action on a ticket, with everything that follows from it, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from ruledesk.desk.commit import Committer
from ruledesk.desk.faults import as_event
from ruledesk.desk.lookup import kept, line_of, ticket_of
from ruledesk.desk.parts import Parts
from ruledesk.errors import Refused
from ruledesk.hooks.kinds import File
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.decide import decide
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.action import (
    ActionBody,
    AnswerTask,
    Body,
    LinkTo,
    Merge,
    Note,
    ProvideInfo,
)
from ruledesk.model.event import CallUpdated
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import STATUS_LABELS, TERMINAL_STATUSES, Ticket
from ruledesk.rules.form import check_fields
from ruledesk.rules.ruleset import Ruleset


class Acting:
    """Does actions for a desk."""

    def __init__(self, parts: Parts, committer: Committer) -> None:
        self._parts = parts
        self._committer = committer

    def do(
        self,
        number: str,
        body: ActionBody,
        *,
        by: str,
        now: datetime,
        files: Sequence[File] = (),
    ) -> Ticket:
        """Do an action; see `ruledesk.desk.service.Desk.act`.

        Args:
            number: The ticket's number.
            body: The action, structured.
            by: Who does it.
            now: The desk's clock, in UTC.
            files: Attachments, where the action takes them.

        Returns:
            The ticket with everything that followed.

        Raises:
            Refused: It may not be done; nothing was changed.
            NotFound: There is no such ticket.
        """
        body = self._with_files(body, files)
        source = body.source if isinstance(body, ProvideInfo | Note) else ""
        with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
            ticket = ticket_of(self._parts.store, number)
            if source and self._parts.store.by_source(source):
                return ticket  # the same input, received in another thread meanwhile
            running = line_of(self._parts.lines, ticket)
            body = _checked(body, running.ruleset)
            situation = self._parts.situations.on(running, now, by, ticket)
            happenings = decide(ticket, body, situation)
            self._check_others(body)
            problems, failed = self._parts.plugins.hooks.before_action(ticket, body, by)
            if problems:
                raise Refused(*problems)
            situation.faults.extend(map(as_event, failed))
            unfolding = Unfolding(number, ticket, situation)
            unfolding.run(happenings)
            stored = self._committer.store(transaction, unfolding, ticket.version)
        return self._committer.observe(stored)

    def record(
        self,
        number: str,
        bodies: Sequence[Body],
        now: datetime,
        delivery: Delivery | None = None,
    ) -> Ticket:
        """Record what the desk itself has seen of a ticket (a call's end, a failed message).

        Args:
            number: The ticket's number.
            bodies: What was seen, in order.
            now: The desk's clock, in UTC.
            delivery: Where a message stands since, to be stored in the same commit.

        Returns:
            The ticket with everything that followed.

        Raises:
            Refused: The desk no longer has the ticket's line.
            NotFound: There is no such ticket.
        """
        with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
            ticket = ticket_of(self._parts.store, number)
            # What is seen late still happened: the clock of a ticket never goes backwards.
            now = max(now, ticket.updated_at or now)
            situation = self._parts.situations.on(
                line_of(self._parts.lines, ticket), now, "system", ticket
            )
            unfolding = Unfolding(number, ticket, situation)
            unfolding.run([Happening(body) for body in bodies])
            if delivery is not None:
                transaction.save_delivery(delivery)
            for body in bodies:
                if isinstance(body, CallUpdated):
                    transaction.save_call(body.call, number)
            stored = self._committer.store(transaction, unfolding, ticket.version)
        return self._committer.observe(stored)

    def _with_files(self, body: ActionBody, files: Sequence[File]) -> ActionBody:
        """Keep the files of an action that takes them, while nobody else waits for the store."""
        if files and isinstance(body, ProvideInfo | Note | AnswerTask):
            return evolve(body, attachments=kept(self._parts.store, files))
        return body

    def _check_others(self, body: ActionBody) -> None:
        name, other = "into", body.into if isinstance(body, Merge) else ""
        if isinstance(body, LinkTo):
            name, other = "other", body.other
        found = self._parts.store.ticket(other) if other else None
        if other and found is None:
            raise Refused.of("no such ticket", "没有此工单", field=name, value=other)
        if found is not None and isinstance(body, Merge) and found.status in TERMINAL_STATUSES:
            raise Refused.of(
                f"the other ticket is {found.status.value}; nobody would work on either",
                f"目标工单状态为“{STATUS_LABELS[found.status][1]}”（{found.status.value}），合并后将无人处理",
                field=name,
                value=other,
                accepted=("a ticket that is not over",),
            )


def _checked(body: ActionBody, ruleset: Ruleset) -> ActionBody:
    """Check the fields that come with information."""
    if isinstance(body, ProvideInfo):
        return evolve(body, fields=check_fields(ruleset, body.fields))
    return body

"""Acting: an action on a ticket, with everything that follows from it, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from ruledesk.desk.attachments import Examined, examine, keep, no_files
from ruledesk.desk.commit import Committer
from ruledesk.desk.faults import as_event
from ruledesk.desk.lookup import line_of, ticket_of
from ruledesk.desk.parts import Parts
from ruledesk.errors import Refused
from ruledesk.hooks.kinds import File
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.decide import decide
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.action import (
    Acknowledge,
    ActionBody,
    AnswerTask,
    Body,
    Classify,
    LinkTo,
    Merge,
    Note,
    ProvideInfo,
)
from ruledesk.model.event import CallUpdated
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import STATUS_LABELS, TERMINAL_STATUSES, Attachment, Ticket
from ruledesk.rules.attachments import count_problem, name_all
from ruledesk.rules.form import check_fields, ticket_values
from ruledesk.rules.ruleset import Ruleset
from ruledesk.rules.wording import word_of


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
        examined = self._examined(number, body, by, now, files)
        fresh = keep(self._parts.store, examined)  # while nobody else waits for the store
        source = body.source if isinstance(body, ProvideInfo | Note) else ""
        with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
            ticket = ticket_of(self._parts.store, number)
            if source and self._parts.store.by_source(source):
                return ticket  # the same input, received in another thread meanwhile
            running = line_of(self._parts.lines, ticket)
            body = _checked(body, running.ruleset, ticket)
            body = _with_files(body, fresh, running.ruleset, ticket)
            situation = self._parts.situations.on(running, now, by, ticket)
            happenings = decide(ticket, body, situation)
            self._check_others(body)
            problems, failed = self._parts.plugins.hooks.before_action(ticket, body, by)
            if problems:
                raise Refused(*problems)
            situation.faults.extend(map(as_event, failed))
            unfolding = Unfolding(number, ticket, situation)
            unfolding.run(happenings)
            if left_out := examined.left_out():
                unfolding.run([Happening(left_out)], actor="system")
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

    def _examined(
        self, number: str, body: ActionBody, by: str, now: datetime, files: Sequence[File]
    ) -> Examined:
        """Let the policy look at the files of an action, before the store is locked.

        What will be refused is refused here already, so that none of its files is kept.
        """
        if not files:
            return Examined()
        if not isinstance(body, ProvideInfo | Note | AnswerTask):
            raise no_files(body.action)
        ticket = ticket_of(self._parts.store, number)
        running = line_of(self._parts.lines, ticket)
        # Who wrote through a channel cannot be told; the raw input is kept.
        lenient = not isinstance(body, AnswerTask) and bool(body.raw)
        examined = examine(
            running.ruleset.attachments,
            files,
            existing=len(ticket.attachments),
            lenient=lenient,
        )
        if not lenient:
            examined.refuse()
        decide(
            ticket,
            _checked(evolve(body, attachments=examined.announced()), running.ruleset, ticket),
            self._parts.situations.on(running, now, by, ticket),
        )
        return examined

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


def _checked(body: ActionBody, ruleset: Ruleset, ticket: Ticket) -> ActionBody:
    """Check the fields that come with information; a label is taken for its word, as by a form."""
    if isinstance(body, Acknowledge):
        return evolve(body, category=_word(ruleset, "category", body.category))
    if isinstance(body, Classify):
        return evolve(
            body,
            category=_word(ruleset, "category", body.category),
            urgency=_word(ruleset, "urgency", body.urgency),
            impact=_word(ruleset, "impact", body.impact),
            priority=_word(ruleset, "priority", body.priority),
        )
    if isinstance(body, ProvideInfo) and body.fields:
        known = ticket_values(ruleset, ticket)
        return evolve(body, fields=check_fields(ruleset, body.fields, known=known))
    return body


def _word(ruleset: Ruleset, field: str, said: str) -> str:
    """Find the word that is meant; what means none is left to be refused as it is."""
    return (word_of(ruleset.form[field], said) or said) if said else said


def _with_files(
    body: ActionBody, fresh: tuple[Attachment, ...], ruleset: Ruleset, ticket: Ticket
) -> ActionBody:
    """Name the files of an action, now that nobody else can name any on this ticket."""
    if not fresh or not isinstance(body, ProvideInfo | Note | AnswerTask):
        return body
    fields = body.fields if isinstance(body, ProvideInfo) else {}
    order = str(fields.get("order") or ticket.order)
    policy = ruleset.attachments
    # Another thread may have added files since they were counted.
    if too_many := count_problem(policy, len(ticket.attachments) + len(fresh)):
        raise Refused(too_many)
    return evolve(body, attachments=name_all(policy, fresh, ticket.attachments, order))

"""Acting: an action on a ticket, with everything that follows from it, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import evolve, frozen

from ruledesk.desk.again import Again
from ruledesk.desk.attachments import Examined, examine, keep, no_files
from ruledesk.desk.calls import joined
from ruledesk.desk.commit import Committer
from ruledesk.desk.faults import as_event
from ruledesk.desk.lookup import line_of, ticket_of
from ruledesk.desk.outbox import is_settled
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
from ruledesk.storage.interface import Transaction

#: How far the clocks of a live desk's machines may be apart. A replay has one clock.
SKEW: Final = timedelta(seconds=1)


@frozen
class _Act:
    """An action on its way into a transaction."""

    number: str
    body: ActionBody
    by: str
    now: datetime
    seen: Ticket | None
    examined: Examined
    files: tuple[Attachment, ...]


class Acting:
    """Does actions for a desk."""

    def __init__(self, parts: Parts, committer: Committer) -> None:
        self._parts = parts
        self._committer = committer
        self._skew = SKEW if parts.deliver else timedelta(0)

    def do(
        self,
        number: str,
        body: ActionBody,
        *,
        by: str,
        now: datetime,
        files: Sequence[File] = (),
        seen: Ticket | None = None,
    ) -> Ticket:
        """Do an action; see `ruledesk.desk.service.Desk.act`.

        Args:
            number: The ticket's number.
            body: The action, structured.
            by: Who does it.
            now: The desk's clock, in UTC.
            files: Attachments, where the action takes them.
            seen: The ticket as it stood when the action came in.

        Returns:
            The ticket with everything that followed; of an input that was received before, the
            ticket that it led to.

        Raises:
            Refused: It may not be done; nothing was changed.
            NotFound: There is no such ticket.
        """
        examined = self._examined(number, body, by, now, files, seen)
        files_kept = keep(self._parts, examined)
        act = _Act(number, body, by, now, seen, examined, files_kept)
        done = self._parts.commit(partial(self._act, act))
        return done if isinstance(done, Ticket) else self._committer.observe(done)

    def _act(self, act: _Act, transaction: Transaction) -> tuple[Unfolding, ...] | Ticket:
        """Do an action within a transaction; returns another ticket where the input is its."""
        store, body = self._parts.store, act.body
        source = body.source if isinstance(body, ProvideInfo | Note) else ""
        known = store.by_source(source) if source else None
        if known:  # the same input, received by another thread or process meanwhile
            return ticket_of(store, known)
        ticket = ticket_of(store, act.number)
        running = line_of(self._parts.lines, ticket)
        body = _checked(body, running.ruleset, ticket)
        body = _with_files(body, act.files, running.ruleset, ticket)
        now = self._when(act.now, ticket, act.seen)
        situation = self._parts.situations.on(running, now, act.by, ticket)
        happenings = decide(ticket, body, situation)
        self._check_others(body)
        problems, failed = self._parts.plugins.hooks.before_action(ticket, body, act.by)
        if problems:
            raise Refused(*problems)
        situation.faults.extend(map(as_event, failed))
        unfolding = Unfolding(act.number, ticket, situation)
        unfolding.run(happenings)
        if left_out := act.examined.left_out():
            unfolding.run([Happening(left_out)], actor="system")
        return self._committer.store(transaction, unfolding, ticket.version)

    def record(
        self,
        number: str,
        bodies: Sequence[Body],
        now: datetime,
        delivery: Delivery | None = None,
        again: Again | None = None,
    ) -> Ticket:
        """Record what the desk itself has seen of a ticket (a call's end, a failed message).

        Args:
            number: The ticket's number.
            bodies: What was seen, in order.
            now: The desk's clock, in UTC.
            delivery: Where a message stands since, to be stored in the same commit; nothing is
                recorded where another process has settled the message meanwhile.
            again: Other limits than the desk's for running the commit again.

        Returns:
            The ticket with everything that followed.

        Raises:
            Refused: The desk no longer has the ticket's line.
            NotFound: There is no such ticket.
        """

        def block(transaction: Transaction) -> tuple[Unfolding, ...] | Ticket:
            ticket = ticket_of(self._parts.store, number)
            if delivery is not None and is_settled(self._parts.store, delivery):
                return ticket
            # What is seen late still happened: the clock of a ticket never goes backwards.
            situation = self._parts.situations.on(
                line_of(self._parts.lines, ticket),
                max(now, ticket.updated_at or now),
                "system",
                ticket,
            )
            unfolding = Unfolding(number, ticket, situation)
            seen = list(map(self._with_known, bodies))
            unfolding.run(map(Happening, seen))
            if delivery is not None:
                transaction.save_delivery(delivery)
            for body in seen:
                if isinstance(body, CallUpdated):
                    transaction.save_call(body.call, number)
            return self._committer.store(transaction, unfolding, ticket.version)

        done = self._parts.commit(block, again)
        return done if isinstance(done, Ticket) else self._committer.observe(done)

    def _with_known(self, body: Body) -> Body:
        """Add to the news of a call what is known of it by now."""
        if not isinstance(body, CallUpdated):
            return body
        known = self._parts.store.call(body.call.id)
        return body if known is None else CallUpdated(joined(known[0], body.call))

    def _examined(
        self,
        number: str,
        body: ActionBody,
        by: str,
        now: datetime,
        files: Sequence[File],
        seen: Ticket | None,
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
            self._parts.situations.on(running, self._when(now, ticket, seen), by, ticket),
        )
        return examined

    def _when(self, now: datetime, ticket: Ticket, seen: Ticket | None) -> datetime:
        """Say when an action happens.

        The clock of a ticket never goes backwards. Where another process was faster by a moment, or
        another machine's clock is ahead by one, the action comes right after; else it is refused.
        """
        last = ticket.updated_at or ticket.created_at
        overtaken = seen is not None and seen.version < ticket.version
        if now < last and (overtaken or last - now <= self._skew):
            return last
        return now

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

"""Submitting: from an intake to a ticket that is numbered, decided and dispatched in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from ruledesk.desk.attachments import Examined, examine, keep
from ruledesk.desk.commit import Committer
from ruledesk.desk.faults import as_event
from ruledesk.desk.intake import Intake
from ruledesk.desk.lines import RunningLine, choose_line
from ruledesk.desk.lookup import ticket_of
from ruledesk.desk.numbering import Numbering
from ruledesk.desk.parts import Parts
from ruledesk.desk.requesters import linked, with_caller
from ruledesk.errors import Refused
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.decide import check_known
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.action import LinkTo, Submit
from ruledesk.model.event import PluginFaulted
from ruledesk.model.ticket import Attachment, Call, Ticket
from ruledesk.rules.attachments import name_all
from ruledesk.rules.form import Admitted, admit
from ruledesk.storage.interface import Transaction
from ruledesk.strict import clean_text

_LONGEST_NAME: Final = 100


@frozen
class _Admitted:
    """A submission that nothing speaks against, on its way into a transaction."""

    intake: Intake
    running: RunningLine
    now: datetime
    form: Admitted
    named: Call | None
    examined: Examined
    files: tuple[Attachment, ...]


class Submitting:
    """Takes submissions for a desk."""

    def __init__(self, parts: Parts, committer: Committer) -> None:
        self._parts = parts
        self._committer = committer
        zone = ZoneInfo(parts.config.timezone)
        self._numbering = Numbering(parts.store, parts.plugins.hooks, zone)

    def take(self, intake: Intake, now: datetime) -> Ticket:
        """Take a submission; see `ruledesk.desk.service.Desk.take`.

        Args:
            intake: What is handed in.
            now: The desk's clock, in UTC.

        Returns:
            The ticket, or the one that the same source has made before.

        Raises:
            Refused: The form, the actor or a plugin refuses it.
        """
        _check_shape(intake)
        running = choose_line(self._parts.lines, intake.line)
        named = self._call(intake.fields)
        fields = with_caller(intake.fields, intake.call or named)
        policy = running.ruleset.attachments
        examined = examine(policy, intake.files, lenient=intake.lenient)
        form = admit(
            running.ruleset,
            fields,
            lenient=intake.lenient,
            textual=intake.textual,
            around={"channel": intake.channel, "line": running.line.name},
            besides=examined.problems,
        )
        check_known(self._parts.situations.on(running, now, intake.by, None))
        files = keep(self._parts, examined)
        admitted = _Admitted(intake, running, now, form, named, examined, files)
        done = self._parts.commit(partial(self._submit, admitted))
        return done if isinstance(done, Ticket) else self._committer.observe(done)

    def _submit(
        self, admitted: _Admitted, transaction: Transaction
    ) -> tuple[Unfolding, ...] | Ticket:
        """Make the ticket within a transaction; returns the one that the source has made before."""
        intake, running, store = admitted.intake, admitted.running, self._parts.store
        known = store.by_source(intake.source) if intake.source else None
        if known:
            return ticket_of(store, known)
        # Made anew at each try: it collects the faults of plugins.
        situation = self._parts.situations.on(running, admitted.now, intake.by, None)
        situation.faults.extend(intake.faults)
        # The telephone system may have said more of the call meanwhile.
        call = intake.call or self._latest(admitted.named)
        order = str(admitted.form.fields.get("order", ""))
        body = Submit(
            line=running.line.name,
            channel=intake.channel,
            requester=linked(store, transaction, admitted.form.requester),
            fields=admitted.form.fields,
            attachments=name_all(running.ruleset.attachments, admitted.files, order=order),
            call=call,
            source=intake.source,
            raw=intake.raw,
            missing=admitted.form.missing,
        )
        self._validate(running, body, situation.faults, refuse=not intake.lenient)
        number = self._numbering.take(transaction, running, body, admitted.now, situation.faults)
        unfolding = Unfolding(number, None, situation)
        unfolding.run([Happening(body)])
        if left_out := admitted.examined.left_out():  # only where nobody can be told
            unfolding.run([Happening(left_out)], actor="system")
        if intake.follows:
            unfolding.run([Happening(LinkTo(intake.follows, "follow-up"))], actor="system")
        stored = self._committer.store(transaction, unfolding, 0)
        if call is not None:
            transaction.save_call(call, number)
        return stored

    def _validate(
        self,
        running: RunningLine,
        body: Submit,
        faults: list[PluginFaulted],
        *,
        refuse: bool,
    ) -> None:
        problems, failed = self._parts.plugins.hooks.validate(running.line.name, body)
        faults.extend(map(as_event, failed))
        if problems and refuse:
            raise Refused(*problems)

    def _call(self, fields: Mapping[str, Any]) -> Call | None:
        """Find the call that a registration names; one that nobody reported is opened by its id."""
        name = fields.get("call")
        if not name:
            return None
        if not isinstance(name, str):
            raise Refused.of("wrong type", "类型错误", field="call", value=name, accepted=("text",))
        return self._parts.again(partial(self._latest, Call(name)))

    def _latest(self, call: Call | None) -> Call | None:
        """Return what is known of a call now."""
        found = self._parts.store.call(call.id) if call else None
        return found[0] if found else call


def _check_shape(intake: Intake) -> None:
    """Refuse what is no submission at all; what is in it is for the form to say."""
    clean_text(intake.line, "line")
    clean_text(intake.channel, "channel", _LONGEST_NAME)
    if not isinstance(intake.fields, Mapping):
        raise Refused.of(
            "wrong type", "类型错误", field="fields", value=intake.fields, accepted=("mapping",)
        )

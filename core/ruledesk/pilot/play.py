"""Plays steps on a desk, on the virtual clock, and notes what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.errors import Conflict, InvalidInput, NotFound, Refused, RuleDeskError
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.model.event import MessagesQueued
from ruledesk.model.message import Message
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.calls import say_more, submitted_call
from ruledesk.pilot.check import check
from ruledesk.pilot.result import Failure, Refusal
from ruledesk.pilot.steps import CALL, RECEIVE
from ruledesk.pilot.values import Expectation, Head, Step

#: Fields of actions that name another ticket.
TICKET_FIELDS = ("into", "other")
_REFUSALS = (Refused, NotFound, Conflict)


@frozen
class Played:
    """What came of playing steps.

    Attributes:
        steps: How many there were.
        failures: What did not hold, in order.
        names: Names of tickets to numbers.
        refusals: What was refused, expected or not.
    """

    steps: int
    failures: tuple[Failure, ...]
    names: Mapping[str, str]
    refusals: tuple[Refusal, ...] = ()


def play(desk: Desk, head: Head, steps: Iterable[Step]) -> Played:
    """Play steps on a desk.

    Before each step time passes up to it, and everything due on the way happens at its own
    instant. A step that is refused though it should not be is a failure, and the rest is played
    all the same.

    Args:
        desk: A fresh desk.
        head: Of the scenario or recording.
        steps: Its steps, which may be streamed.

    Returns:
        What came of it.

    Raises:
        RuleDeskError: The desk failed; a refusal is no failure of the desk.
    """
    playing = Player(desk, head)
    count = 0
    for step in steps:
        playing.step(step)
        count += 1
    if head.until is not None:
        desk.advance(head.until)
    return Played(count, tuple(playing.failures), dict(playing.names), tuple(playing.refusals))


class Player:
    """Plays step by step: the names given so far, what was refused, what did not hold.

    Args:
        desk: A fresh desk.
        head: Of the scenario or recording.

    Attributes:
        names: Names of tickets to numbers.
        last: The name of the ticket submitted last.
        made: Numbers of the tickets that the last step handed in, in order; one that came again
            has the number that it has.
        failures: What did not hold, in order.
        refusals: What was refused, expected or not.
    """

    def __init__(self, desk: Desk, head: Head) -> None:
        self.desk = desk
        self.head = head
        self.names: dict[str, str] = {}
        self.last = ""
        self.made: tuple[str, ...] = ()
        self.failures: list[Failure] = []
        self.refusals: list[Refusal] = []

    def step(self, step: Step) -> None:
        """Let time pass up to a step, do it, and look at what it expects."""
        self.made = ()
        # What somebody does at the very instant at which something is due is in time.
        self.desk.advance(step.at, inclusive=not step.do)
        received: tuple[str, ...] = ()
        if step.do:
            received = self.do(step)
        for expectation in step.expect:
            self.expect(step, expectation, received)

    # -- doing ------------------------------------------------------------------------------------

    def do(self, step: Step) -> tuple[str, ...]:
        """Do the step's action; returns what a channel made of raw input."""
        before = dict(self.desk.store.counts())
        try:
            received = self.act(step)
        except _REFUSALS as error:
            self.refused(step, error, before)
            return ()
        except InvalidInput as error:
            raise self.placed(step, error) from error
        if step.refused:
            self.fail(step, self.subject(step), "refused", step.refused, False)
        return received

    def placed(self, step: Step, error: InvalidInput) -> InvalidInput:
        """Say which step of which file cannot be used (an unknown channel, for one)."""
        where = f"{self.head.file}:{step.source_line}: steps[{step.number}]"
        return InvalidInput(
            *(
                evolve(problem, field=f"{where}.{problem.field}".rstrip("."))
                for problem in error.problems
            )
        )

    def refused(self, step: Step, error: RuleDeskError, before: Mapping[str, int]) -> None:
        """Note a refusal, and where it is not as the step says."""
        self.refusals.append(Refusal(self.line(step), step.do, error.problems))
        texts = (error.text("en"), error.text("zh"))
        if not step.refused:
            self.fail(step, self.subject(step), "refused", False, *texts)
        elif isinstance(step.refused, str):
            wanted = step.refused.casefold()
            if not any(wanted in text.casefold() for text in texts):
                self.fail(step, self.subject(step), "refused", step.refused, *texts)
        after = dict(self.desk.store.counts())
        if after != before:
            # A refusal promises that nothing was changed (F4).
            self.fail(step, self.subject(step), "refused.unchanged", before, after)

    def line(self, step: Step) -> str:
        """Say in which line a step is done: of the ticket that is meant, else as the file says."""
        name = step.ticket or self.last
        if step.do in ("submit", RECEIVE) or name not in self.names:
            return step.line or self.head.line
        ticket = self.ticket(self.names[name])
        return ticket.line if ticket else step.line or self.head.line

    def act(self, step: Step) -> tuple[str, ...]:
        """Do it, whatever it is; returns what a channel made of raw input."""
        if step.do == RECEIVE:
            return self.receive(step)
        if step.do == "submit":
            ticket = self.submit(step)
            self.names[step.name] = ticket.number
            self.last = step.name
            self.made = (ticket.number,)
            return ()
        name = step.ticket or self.last
        if step.do == CALL:
            assert step.call is not None  # noqa: S101 - a step that says nothing is not read
            say_more(self.desk, step.call, self.names.get(name, ""), step.at)
            return ()
        if name not in self.names:
            raise NotFound.of(
                "no such ticket: its submission was refused",
                "没有该工单：其提交已被拒绝",
                field="ticket",
                value=name,
                accepted=tuple(self.names)[:20],
            )
        self.desk.act(
            self.names[name],
            step.do,
            by=step.by,
            fields=self.resolved(step.fields),
            at=step.at,
            files=files_of(step),
        )
        return ()

    def submit(self, step: Step) -> Ticket:
        """Hand in a ticket."""
        line, files = step.line or self.head.line, files_of(step)
        if step.call is not None:
            call = submitted_call(step.call, step.number)
            intake = Intake(step.by, line, step.channel, step.fields, files, call=call)
            return self.desk.take(intake, step.at)
        return self.desk.submit(
            by=step.by,
            line=line,
            channel=step.channel,
            fields=step.fields,
            at=step.at,
            files=files,
        )

    def receive(self, step: Step) -> tuple[str, ...]:
        """Give raw input to a channel; returns what it made of it."""
        assert step.raw is not None  # noqa: S101 - a receiving step without input is not read
        receipts = self.desk.receive(
            step.channel,
            RawInput(step.raw.content, step.raw.content_type),
            at=step.at,
            line=step.line or self.head.line,
        )
        self.made = tuple(one.ticket for one in receipts if one.kind == "ticket")
        for receipt in receipts:
            if receipt.ticket:
                self.names[step.name] = receipt.ticket
                if receipt.kind != "follow_up":
                    self.last = step.name
                break
        return tuple(receipt.kind for receipt in receipts)

    def resolved(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Put numbers in place of the scenario's own names of tickets."""
        return {
            key: self.number(value) if key in TICKET_FIELDS else value
            for key, value in fields.items()
        }

    def number(self, name: Any) -> Any:
        """Return the number of a ticket's name; any other value as it is."""
        return self.names.get(name, name) if isinstance(name, str) else name

    # -- expecting --------------------------------------------------------------------------------

    def subject(self, step: Step) -> str:
        """Name the ticket that a step is about."""
        if step.ticket:
            return step.ticket
        return step.name if step.name in self.names else self.last

    def expect(self, step: Step, expectation: Expectation, received: tuple[str, ...]) -> None:
        """Look at what a step expects of one ticket."""
        if expectation.received and expectation.received != received:
            self.fail(step, "", "received", list(expectation.received), list(received))
        wanted = expectation.checks or expectation.sent or expectation.not_sent
        if not wanted and expectation.deleted is None:
            return
        name = expectation.ticket or self.subject(step)
        if name not in self.names:
            self.fail(step, name, "ticket", name or "a ticket", None)
            return
        number = self.names[name]
        ticket = self.ticket(number)
        if (ticket is None) is not bool(expectation.deleted):
            self.fail(step, name, "deleted", bool(expectation.deleted), ticket is None)
        if ticket is None:
            return  # nothing more can be said of it
        messages = self.messages(number) if expectation.sent or expectation.not_sent else ()
        for wrong in check(expectation, ticket, messages, self.number):
            self.fail(step, name, wrong.key, wrong.expected, wrong.actual)

    def ticket(self, number: str) -> Ticket | None:
        """Return a ticket as it stands; None where it was deleted."""
        try:
            return self.desk.ticket(number)
        except NotFound:
            return None

    def messages(self, number: str) -> tuple[Message, ...]:
        """List what has been sent for a ticket."""
        return tuple(
            message
            for event in self.desk.store.events(number)
            if isinstance(event.body, MessagesQueued)
            for message in event.body.messages
        )

    def fail(
        self, step: Step, ticket: str, key: str, expected: Any, actual: Any, actual_zh: str = ""
    ) -> None:
        """Note what does not hold."""
        self.failures.append(
            Failure(
                step=step.number,
                at=step.at,
                written_at=step.written_at,
                source_line=step.source_line,
                ticket=ticket,
                key=key,
                expected=expected,
                actual=actual,
                actual_zh=actual_zh,
            )
        )


def files_of(step: Step) -> tuple[File, ...]:
    """Return the files that a step hands in."""
    return tuple(File(e.name, e.content, e.media_type, e.kind) for e in step.enclosures)

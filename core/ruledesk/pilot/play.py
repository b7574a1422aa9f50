"""Plays steps on a desk, on the virtual clock, and notes what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from ruledesk.desk.service import Desk
from ruledesk.errors import Conflict, InvalidInput, NotFound, Refused, RuleDeskError
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.model.event import MessagesQueued
from ruledesk.model.message import Message
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.check import check
from ruledesk.pilot.result import Failure
from ruledesk.pilot.steps import RECEIVE
from ruledesk.pilot.values import Expectation, Head, Step

#: Fields of actions that name another ticket.
_TICKET_FIELDS = ("into", "other")
_REFUSALS = (Refused, NotFound, Conflict)


@frozen
class Played:
    """What came of playing steps.

    Attributes:
        steps: How many there were.
        failures: What did not hold, in order.
        names: Names of tickets to numbers.
    """

    steps: int
    failures: tuple[Failure, ...]
    names: Mapping[str, str]


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
    playing = _Playing(desk, head)
    count = 0
    for step in steps:
        playing.step(step)
        count += 1
    if head.until is not None:
        desk.advance(head.until)
    return Played(count, tuple(playing.failures), dict(playing.names))


class _Playing:
    """The names given so far, and what did not hold."""

    def __init__(self, desk: Desk, head: Head) -> None:
        self.desk = desk
        self.head = head
        self.names: dict[str, str] = {}
        self.last = ""
        self.failures: list[Failure] = []

    def step(self, step: Step) -> None:
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
        texts = (error.text("en"), error.text("zh"))
        if not step.refused:
            self.fail(step, self.subject(step), "refused", False, texts[0])
        elif isinstance(step.refused, str):
            wanted = step.refused.casefold()
            if not any(wanted in text.casefold() for text in texts):
                self.fail(step, self.subject(step), "refused", step.refused, texts[0])
        after = dict(self.desk.store.counts())
        if after != before:
            # A refusal promises that nothing was changed (F4).
            self.fail(step, self.subject(step), "refused.unchanged", before, after)

    def act(self, step: Step) -> tuple[str, ...]:
        if step.do == RECEIVE:
            return self.receive(step)
        if step.do == "submit":
            ticket = self.submit(step)
            self.names[step.name] = ticket.number
            self.last = step.name
            return ()
        name = step.ticket or self.last
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
            files=_files(step),
        )
        return ()

    def submit(self, step: Step) -> Ticket:
        return self.desk.submit(
            by=step.by,
            line=step.line or self.head.line,
            channel=step.channel,
            fields=step.fields,
            at=step.at,
            files=_files(step),
        )

    def receive(self, step: Step) -> tuple[str, ...]:
        assert step.raw is not None  # noqa: S101 - a receiving step without input is not read
        receipts = self.desk.receive(
            step.channel,
            RawInput(step.raw.content, step.raw.content_type),
            at=step.at,
            line=step.line or self.head.line,
        )
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
            key: self.number(value) if key in _TICKET_FIELDS else value
            for key, value in fields.items()
        }

    def number(self, name: Any) -> Any:
        return self.names.get(name, name) if isinstance(name, str) else name

    # -- expecting --------------------------------------------------------------------------------

    def subject(self, step: Step) -> str:
        """Name the ticket that a step is about."""
        if step.ticket:
            return step.ticket
        return step.name if step.name in self.names else self.last

    def expect(self, step: Step, expectation: Expectation, received: tuple[str, ...]) -> None:
        if expectation.received and expectation.received != received:
            self.fail(step, "", "received", list(expectation.received), list(received))
        wanted = expectation.checks or expectation.sent or expectation.not_sent
        if not wanted:
            return
        name = expectation.ticket or self.subject(step)
        if name not in self.names:
            self.fail(step, name, "ticket", name or "a ticket", None)
            return
        number = self.names[name]
        messages = self.messages(number) if expectation.sent or expectation.not_sent else ()
        for wrong in check(expectation, self.desk.ticket(number), messages, self.number):
            self.fail(step, name, wrong.key, wrong.expected, wrong.actual)

    def messages(self, number: str) -> tuple[Message, ...]:
        return tuple(
            message
            for event in self.desk.store.events(number)
            if isinstance(event.body, MessagesQueued)
            for message in event.body.messages
        )

    def fail(self, step: Step, ticket: str, key: str, expected: Any, actual: Any) -> None:
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
            )
        )


def _files(step: Step) -> tuple[File, ...]:
    return tuple(File(e.name, e.content, e.media_type) for e in step.enclosures)

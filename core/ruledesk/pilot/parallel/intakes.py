"""What the raw inputs of a recording mean, asked of their channels before it is replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from ruledesk.desk.channels import InstalledChannel
from ruledesk.errors import Refused
from ruledesk.hooks.guard import Fault, Guard
from ruledesk.hooks.kinds import CallSeen, FollowUp, Intake, RawInput, Submission
from ruledesk.model.ticket import Call
from ruledesk.pilot.values import Step

#: What stands for the number of a ticket that is not there yet: this, and a name of `Groups`.
_FUTURE = "\0"


def group_of_call(call: str) -> str:
    """Name the group that the news of a call are put in until a ticket is known for it."""
    return f"\0call {call}"


@frozen
class Meant:
    """What one raw input means.

    Attributes:
        groups: Business lines, calls and former inputs that it has to do with; the first is whose
            part has to take it.
        submission: The ticket that it makes; None where it makes none.
        alone: Whether it can be said at all; else the recording must not be split.
    """

    groups: tuple[str, ...]
    submission: Submission | None = None
    alone: bool = True


@frozen
class Inputs:
    """Understands raw inputs, as far as that needs no desk.

    Attributes:
        channels: The desk's channels.
        guard: Guards the calls into them.
        line: The desk's only business line; empty where there are several.
        calls: What is known of each call so far.
        sources: The line of each input so far, by the channel's own identity.
    """

    channels: Mapping[str, InstalledChannel]
    guard: Guard
    line: str
    calls: dict[str, Call] = field(factory=dict)
    sources: dict[str, str] = field(factory=dict)

    def meant(self, step: Step, line: str) -> Meant:
        """Say what a step's raw input means.

        Args:
            step: A step that receives.
            line: The line that the step or its recording names; empty for none.
        """
        channel = self.channels.get(step.channel)
        if channel is None or step.raw is None:
            return Meant((line or self.line,))
        line = line or channel.line or self.line
        context = _Context(self, step.at)
        raw = RawInput(step.raw.content, step.raw.content_type)
        try:
            intakes = self.guard.call(
                channel.plugin, "receive", channel.channel.receive, raw, context, expect=(Refused,)
            )
        except Refused:
            return Meant((line,))
        if isinstance(intakes, Fault):
            return Meant((line,), Submission({}, source=f"raw {step.number}", lenient=True))
        return self._together(intakes, line, alone=not context.asked)

    def _together(self, intakes: Sequence[Intake], line: str, *, alone: bool) -> Meant:
        groups: list[str] = []
        made: list[Submission] = []
        for intake in intakes:
            match intake:
                case Submission():
                    mine = intake.line or line
                    known = self.sources.get(intake.source) if intake.source else None
                    groups += [mine] if known is None else [mine, known]
                    if known is None:
                        made.append(evolve(intake, line=mine))
                        self._note(intake.source, mine)
                case FollowUp(ticket=ticket, source=source):
                    mine = ticket.removeprefix(_FUTURE)
                    groups += [mine]
                    self._note(source, mine)
                case CallSeen(call=call, missed=missed):
                    self.calls[call.id] = call
                    groups += [group_of_call(call.id)]
                    if missed:
                        groups += [line]
                        made += self._missed(call, line)
                case _:
                    groups += [line]
        if len(made) > 1:  # which of them brings which requester cannot be told apart afterwards
            return Meant(tuple(groups) or (line,), alone=False)
        return Meant(tuple(groups) or (line,), made[0] if made else None, alone=alone)

    def _missed(self, call: Call, line: str) -> list[Submission]:
        source = f"call:{call.id}"
        if source in self.sources:
            return []
        self._note(source, line)
        requester = {"phone": call.caller} if call.caller else {}
        return [Submission({"requester": requester}, line=line, source=source, lenient=True)]

    def _note(self, source: str, group: str) -> None:
        if source:
            self.sources.setdefault(source, group)


class _Context:
    """What a channel may ask, answered without a desk (`ruledesk.hooks.kinds.ChannelContext`)."""

    def __init__(self, inputs: Inputs, now: datetime) -> None:
        self._inputs = inputs
        self.now = now
        #: Whether it asked something that only a desk could answer.
        self.asked = False

    def ticket_of(self, source: str) -> str | None:
        group = self._inputs.sources.get(source)
        return None if group is None else f"{_FUTURE}{group}"

    def has_ticket(self, number: str) -> bool:
        if not number.startswith(_FUTURE):
            self.asked = True
        return number.startswith(_FUTURE)

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        call = self._inputs.calls.get(id)
        return None if call is None else (call, "")

"""Splits a recording into parts that have nothing to do with each other.

A part is a group of business lines. Lines that share people (whose load dispatch looks at), a
number sequence, a requester, or a ticket that one step names beside another's, are in one group.
Counts of similar tickets are kept by line, so a part has all tickets that any of its own counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import field, frozen

from ruledesk.desk.config import DeskConfig
from ruledesk.desk.requesters import with_caller
from ruledesk.hooks.kinds import File, Submission
from ruledesk.model.ticket import Call
from ruledesk.pilot.calls import submitted_call
from ruledesk.pilot.parallel.coupling import Groups, People, number_sequences, texts_in
from ruledesk.pilot.parallel.intakes import Inputs, group_of_call
from ruledesk.pilot.parallel.requesters import KnownRequesters
from ruledesk.pilot.play import TICKET_FIELDS, files_of
from ruledesk.pilot.recording import Recording
from ruledesk.pilot.steps import CALL, RECEIVE
from ruledesk.pilot.values import Expectation, Head, Step
from ruledesk.rules.ruleset import Ruleset


@frozen
class Part:
    """What one replay runs of a recording.

    Attributes:
        steps: Numbers of the steps that it does; for all others it only lets time pass.
        draws: The number that each new requester gets, by the step that brings the requester.
        made: How many tickets each raw input makes, by step.
    """

    steps: frozenset[int]
    draws: Mapping[int, int] = field(factory=dict)
    made: Mapping[int, int] = field(factory=dict)


def split(
    recording: Recording, config: DeskConfig, rulesets: Mapping[str, Ruleset], inputs: Inputs
) -> tuple[Part, ...]:
    """Split a recording.

    Args:
        recording: Which; its file is read once more.
        config: The desk that it runs on.
        rulesets: The ruleset of each line.
        inputs: Understands raw inputs.

    Returns:
        The parts; one, where the lines cannot be kept apart. What is foretold here (which
        submissions are refused, which requesters are new, what raw inputs become) is checked where
        the parts are joined.
    """
    looking = _Looking(recording.head, config, rulesets, inputs)
    for step in recording.steps():
        looking.step(step)
    return looking.parts()


class _Looking:
    """Goes through the steps, without doing any."""

    def __init__(
        self,
        head: Head,
        config: DeskConfig,
        rulesets: Mapping[str, Ruleset],
        inputs: Inputs,
    ) -> None:
        self._head = head
        self._people = People(config)
        self._known = KnownRequesters(rulesets)
        self._inputs = inputs
        self._groups = Groups(rulesets)
        self._group_of: dict[str, str] = {}
        self._alone = True
        self._steps: dict[int, str] = {}
        self._draws: dict[int, int] = {}
        self._made: dict[int, int] = {}
        #: By person, sequence and requester: the first line that has to do with each.
        self._firsts: dict[tuple[str, str], str] = {}
        for line, ruleset in rulesets.items():
            for agent in self._people.named_in(ruleset.document):
                self._share("agent", agent, line)
            for sequence in number_sequences(config, line, ruleset):
                self._share("sequence", sequence, line)

    def step(self, step: Step) -> None:
        """Take one step over."""
        if step.do == "submit":
            group = self._submitted(step)
        elif step.do == RECEIVE:
            group = self._received(step)
        else:
            group = self._acted(step)
        self._steps[step.number] = group
        self._alone &= not _about_the_last(step)
        for agent in self._people.named_in([step.by, step.fields]):
            self._share("agent", agent, group)
        for name in _names(step):
            if name in self._group_of:
                self._groups.join(group, self._group_of[name])

    def parts(self) -> tuple[Part, ...]:
        """Return the parts."""
        steps: dict[str, set[int]] = {}
        for number, group in self._steps.items():
            steps.setdefault(self._groups.of(group), set()).add(number)
        if not self._alone:
            steps = {"": set(self._steps)}
        return tuple(
            Part(frozenset(s), _of(self._draws, s), _of(self._made, s)) for s in steps.values()
        )

    def _submitted(self, step: Step) -> str:
        line = step.line or self._head.line or self._inputs.line
        fields, call = step.fields, None
        if step.call is not None:
            call = submitted_call(step.call, step.number)
            self._inputs.calls.setdefault(call.id, call)
        elif isinstance(named := fields.get("call"), str):
            call = self._inputs.calls.get(named, Call(named))
        if call is not None:
            self._groups.join(group_of_call(call.id), line)
        if step.refused:
            return line
        around = {"channel": step.channel or self._head.channel, "line": line}
        self._requested(
            step.number,
            Submission(with_caller(fields, call), line=line),
            around,
            files_of(step),
        )
        self._name(step, line)
        return line

    def _received(self, step: Step) -> str:
        meant = self._inputs.meant(step, step.line or self._head.line)
        self._alone &= meant.alone
        first, *others = meant.groups
        for other in others:
            self._groups.join(first, other)
        self._made[step.number] = int(meant.submission is not None)
        if meant.submission is not None:
            submission = meant.submission
            around = {"channel": step.channel, "line": submission.line}
            self._requested(step.number, submission, around, submission.files)
            self._groups.join(first, submission.line)
        self._name(step, first)
        return first

    def _acted(self, step: Step) -> str:
        said = (step.call or {}).get("id") if step.do == CALL else None
        if isinstance(said, str) and said:
            return group_of_call(said)
        return self._group_of.get(step.ticket, self._head.line or self._inputs.line)

    def _requested(
        self,
        number: int,
        submission: Submission,
        around: Mapping[str, str],
        files: Sequence[File],
    ) -> None:
        requester, draw = self._known.submitted(submission, around, files)
        if requester:
            self._share("requester", requester, submission.line)
        if draw:
            self._draws[number] = draw

    def _name(self, step: Step, group: str) -> None:
        # Whatever the name meant before: who uses it from here on may mean either.
        if step.name in self._group_of:
            self._groups.join(self._group_of[step.name], group)
        self._group_of[step.name] = group

    def _share(self, kind: str, name: str, group: str) -> None:
        self._groups.join(group, self._firsts.setdefault((kind, name), group))


def _of(numbers: Mapping[int, int], steps: set[int]) -> dict[int, int]:
    return {step: number for step, number in numbers.items() if step in steps}


def _about_the_last(step: Step) -> bool:
    """Whether a step is about the ticket submitted last, which only one replay of all knows."""
    named = step.ticket or (step.do in ("submit", RECEIVE) and not step.refused)
    by_id = step.do == CALL and (step.call or {}).get("id")
    return not named and not by_id and any(not e.ticket for e in step.expect or (Expectation(),))


def _names(step: Step) -> Iterator[str]:
    """Yield the names of tickets that a step mentions."""
    yield step.ticket
    for key in TICKET_FIELDS:
        if isinstance(step.fields.get(key), str):
            yield step.fields[key]
    for expectation in step.expect:
        yield expectation.ticket
        for check in expectation.checks:
            yield from texts_in(check.value)

"""A ruleset made ready to decide: its programs compiled by a rule engine, its fields projected."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from ruledesk.model.action import (
    Acknowledge,
    AnswerTask,
    Assign,
    Classify,
    Collaborate,
    Decline,
    Escalate,
    ProvideInfo,
    Reopen,
    Submit,
    Supervise,
)
from ruledesk.model.event import (
    CallUpdated,
    FlagsChanged,
    MessagesQueued,
    TargetBreached,
    TargetWarned,
    TaskOverdue,
)
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.engine import Condition, Matcher, Program, RuleEngine
from ruledesk.rules.expression.types import Constant, Schema
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import Projection, Surroundings
from ruledesk.rules.ruleset import Reaction, Rule, Ruleset, Stage, TargetPolicy

_LOGGER: Final = logging.getLogger("ruledesk.rules")
#: Kinds of event after which the stages or the dispatcher are asked, whatever the ruleset says.
DECIDING: Final = frozenset(
    body.kind
    for body in (
        Submit,
        Acknowledge,
        AnswerTask,
        Assign,
        Classify,
        Collaborate,
        Decline,
        Escalate,
        ProvideInfo,
        Reopen,
        Supervise,
        FlagsChanged,
        TargetBreached,
        TargetWarned,
        TaskOverdue,
    )
)

#: The events that carry a trigger of another name; see `ruledesk.lifecycle.keys.event_keys`.
_CARRIER: Final[Mapping[str, str]] = {
    "answered": CallUpdated.kind,
    "sent": MessagesQueued.kind,
}


@frozen
class Matched:
    """What a program answered, and the facts it read.

    Attributes:
        fault: Why the engine could not answer; then nothing matched and defaults apply.
    """

    names: Sequence[str]
    facts: Mapping[str, Value]
    fault: str = ""


class Compiled:
    """One compiled program with the projection of what it reads."""

    def __init__(
        self, engine: RuleEngine, schema: Schema, label: str, conditions: Iterable[Condition]
    ) -> None:
        program = Program(schema, tuple(conditions), label)
        self.label = label
        self.reads = reads(condition.when for condition in program.conditions)
        # A program that reads nothing always answers the same; the engine need not be asked.
        self._constant = all(isinstance(c.when, Constant) for c in program.conditions)
        self._always = tuple(
            c.name for c in program.conditions if isinstance(c.when, Constant) and c.when.value
        )
        self._names = frozenset(condition.name for condition in program.conditions)
        self._project = Projection(sorted(self.reads))
        self._matcher: Matcher | None = None if self._constant else engine.compile(program)

    def match(self, ticket: Ticket, around: Surroundings) -> Matched:
        """Match the program against a ticket.

        An engine that fails, or a fact of the wrong type, must not cost anybody a ticket: the
        fault is part of the answer.
        """
        if self._matcher is None:
            return Matched(self._always, {})
        facts = self._project(ticket, around)
        try:
            names = tuple(self._matcher.match(facts))
            if not self._names.issuperset(names):
                return Matched((), facts, "the rule engine named rules that it was not given")
            return Matched(names, facts)
        except Exception as error:
            _LOGGER.exception("%s: the rule engine failed", self.label)
            return Matched((), facts, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Release what the engine holds."""
        if self._matcher is not None:
            self._matcher.close()


@frozen
class CompiledStage:
    """A stage and its program."""

    stage: Stage
    program: Compiled


class CompiledRuleset:
    """Everything of a ruleset that is matched, compiled once.

    Attributes:
        ruleset: What it was made from.
        stages: In the order in which they decide.
        limits: The limits of all targets, in one program.
        limit_reads: What the limits of each target read.
        count_reads: What each correlation count depends on.
        target_triggers: Every event kind that moves some target.
        reaction_triggers: Every event kind that some reaction is on.
        followed: Kinds of event from which anything can follow, besides a change of status.
        immediate: Reactions without a wait, by the trigger that they react on.
        delayed: Reactions that wait, by trigger; their conditions are looked at afterwards.
        timers: The program of each reaction that waits, by its name.
        by_name: The reactions.
        untils: Names of the reactions that an event kind ends, by kind.
    """

    def __init__(self, ruleset: Ruleset, engine: RuleEngine) -> None:
        self.ruleset = ruleset
        self.limit_reads = {
            name: reads(rule.when for rule in target.limits)
            for name, target in ruleset.targets.items()
        }
        self.count_reads = {
            f"counts.{name}": reads([correlation.when]) | frozenset(correlation.key)
            for name, correlation in ruleset.correlations.items()
        }
        self.target_triggers = frozenset(
            trigger for target in ruleset.targets.values() for trigger in _moving(target)
        )
        self.reaction_triggers = frozenset(t for r in ruleset.reactions for t in r.on)
        moving = (*self.target_triggers, *self.reaction_triggers)
        ending = (trigger for r in ruleset.reactions for trigger in r.until)
        triggers = {trigger.partition(".")[0] for trigger in (*moving, *ending)}
        self.followed = DECIDING | triggers | {_CARRIER[t] for t in _CARRIER.keys() & triggers}
        self.by_name = {reaction.name: reaction for reaction in ruleset.reactions}
        self.delayed = _by_trigger(ruleset.reactions, waiting=True)
        self.untils = _by_until(ruleset.reactions)
        self._programs: list[Compiled] = []
        try:
            self._compile(engine)
        except BaseException:
            self.close()
            raise

    def _compile(self, engine: RuleEngine) -> None:
        ruleset = self.ruleset

        def compiled(label: str, rules: Iterable[Rule | Reaction]) -> Compiled:
            conditions = (Condition(rule.name, rule.when) for rule in rules)
            program = Compiled(engine, ruleset.schema, f"{ruleset.id} {label}", conditions)
            self._programs.append(program)
            return program

        self.stages = tuple(
            CompiledStage(stage, compiled(stage.name, stage.rules)) for stage in ruleset.stages
        )
        self.limits = compiled(
            "targets", (rule for target in ruleset.targets.values() for rule in target.limits)
        )
        self.immediate = {
            trigger: (found, compiled(f"on {trigger}", found))
            for trigger, found in _by_trigger(ruleset.reactions, waiting=False).items()
        }
        self.timers = {
            reaction.name: compiled(f"timer {reaction.name}", (reaction,))
            for reaction in ruleset.reactions
            if _waits(reaction)
        }

    def close(self) -> None:
        """Release the compiled programs."""
        for program in self._programs:
            program.close()


def _moving(target: TargetPolicy) -> Iterator[str]:
    """Yield the event kinds that move a target."""
    yield from (*target.starts, *target.met_by, *target.ends, *target.restarts_on)
    if target.clock == "contact":
        yield CallUpdated.kind


def _waits(reaction: Reaction) -> bool:
    return reaction.after is not None or reaction.every is not None


def _by_trigger(reactions: Iterable[Reaction], *, waiting: bool) -> dict[str, tuple[Reaction, ...]]:
    found: dict[str, tuple[Reaction, ...]] = {}
    for reaction in reactions:
        if _waits(reaction) == waiting:
            for trigger in reaction.on:
                found[trigger] = (*found.get(trigger, ()), reaction)
    return found


def _by_until(reactions: Iterable[Reaction]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for reaction in reactions:
        for trigger in reaction.until:
            found[trigger] = (*found.get(trigger, ()), reaction.name)
    return found

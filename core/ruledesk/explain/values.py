"""What an explanation consists of."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

from ruledesk.model.decision import Decision
from ruledesk.model.ticket import Target, Ticket
from ruledesk.model.values import Text
from ruledesk.rules.expression.evaluate import Trace
from ruledesk.targets.ledger import Ledger

#: What became of a rule at one evaluation. ``outvoted``: it matched under ``unique``, where
#: another one matched too and came first, which is an incident. ``dropped``: a waiting reaction
#: was ended by an event before its time. ``unknown``: the record does not say why it did nothing.
Verdict: TypeAlias = Literal["fired", "shadowed", "outvoted", "failed", "dropped", "unknown"]
#: What kind of rule it is, and so what it is evaluated for.
RuleKind: TypeAlias = Literal["stage", "target", "reaction"]


@frozen
class NearMiss:
    """A rule that did not match, and the fewest tests that would have to differ.

    Attributes:
        rule: Its name.
        failed: These tests with what the facts were, in the condition's order.
    """

    rule: str
    failed: tuple[Trace, ...]

    @property
    def distance(self) -> int:
        """How many tests short of matching the rule was; 1 is a near miss."""
        return len(self.failed)


@frozen
class ExplainedDecision:
    """A decision on record, with what the ruleset adds to it.

    Attributes:
        at: When it was taken.
        version: The number of the event that holds it.
        decision: Stage, rule, ruleset version and hash, hit policy, facts, outcome.
        condition: The condition of the rule that was chosen; empty where the default applied,
            several rules did, or the ruleset is not kept.
        origin: The file that this rule stands in.
        by_hand: What the rule would have set, had it not been set by hand.
        misses: The stage's rules that did not match, nearest first.
        known: Whether the ruleset is kept; without it there is no condition and no near miss.
        manual: The lines of the manual that the rules that were chosen implement.
    """

    at: datetime
    version: int
    decision: Decision
    condition: str = ""
    origin: str = ""
    by_hand: tuple[str, ...] = ()
    misses: tuple[NearMiss, ...] = ()
    known: bool = True
    manual: tuple[str, ...] = ()


@frozen
class ExplainedTarget:
    """A target with the ledger that its due time follows from.

    Attributes:
        label: What people call it.
        target: As it stands on the ticket.
        ledger: What its clock did; None where the calendar is not kept.
    """

    label: Text
    target: Target
    ledger: Ledger | None


@frozen
class Explanation:
    """Everything that was decided by itself on a ticket, in order, and its targets."""

    ticket: Ticket
    decisions: tuple[ExplainedDecision, ...]
    targets: tuple[ExplainedTarget, ...]


@frozen
class Evaluation:
    """One time that a rule was looked at.

    Attributes:
        at: When.
        version: The number of the event that holds the decision, or that a reaction followed.
        place: The stage, or the event that a reaction followed.
        verdict: What became of the rule.
        decision: The decision on record; None where a reaction did nothing, or only told people.
        failed: What kept it from matching.
        winner: The rule that was chosen instead; empty where none or the default was.
        by_hand: What it would have set, had it not been set by hand.
        unrecorded: Facts that its condition reads and that are on no record.
        sent: How many messages a reaction sent.
    """

    at: datetime
    version: int
    place: str
    verdict: Verdict
    decision: Decision | None = None
    failed: tuple[Trace, ...] = ()
    winner: str = ""
    by_hand: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    sent: int = 0


@frozen
class RuleExplanation:
    """What became of one rule on a ticket.

    Attributes:
        ticket: The ticket.
        rule: The rule's name.
        kind: What kind of rule it is.
        place: Its stage or target, or the events a reaction is on.
        ruleset: ``name@version`` that the condition is from: the one that decided last.
        condition: Its condition, as text.
        origin: The file that it stands in.
        evaluations: Each time that it was looked at.
        waits_until: Of a reaction that waits: when it will be looked at.
        by_hand: What it sets and people have set, so that it no longer changes it.
        manual: The lines of the manual that it implements.
    """

    ticket: Ticket
    rule: str
    kind: RuleKind
    place: str
    ruleset: str
    condition: str
    origin: str
    evaluations: tuple[Evaluation, ...]
    waits_until: datetime | None = None
    by_hand: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()

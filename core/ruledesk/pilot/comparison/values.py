"""The answer of a comparison, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, TypeAlias

from attrs import field, frozen

from ruledesk.errors import Problem
from ruledesk.model.values import Text
from ruledesk.pilot.comparison.changes import Change, Difference, Moment
from ruledesk.pilot.comparison.course import Course

#: What became of a rule from one ruleset to the other; empty where it stands in both as it is.
RuleState: TypeAlias = Literal["", "added", "removed", "changed"]
#: Where the due time of a target goes; empty for nowhere, and for other fields.
Moved: TypeAlias = Literal["", "earlier", "later"]


@frozen
class Pair:
    """A ticket on both desks, matched by its place in the recording.

    Attributes:
        name: The scenario's own name for it.
        place: The scenario or recording, where there are several; empty for only one.
        step: The step that handed it in, from 1.
        at: When that was.
        old: By the current ruleset; None where it refused the ticket or made none.
        new: By the other one; the same.
    """

    name: str
    place: str
    step: int
    at: datetime
    old: Course | None
    new: Course | None

    @property
    def number(self) -> str:
        """Its number: by the current ruleset, else by the other one."""
        course = self.old or self.new
        return course.number if course else ""


@frozen
class Sample:
    """A ticket of a changed cell, with what decided on both sides."""

    name: str
    place: str
    number: str
    change: Change


@frozen
class Cell:
    """Tickets for which a field was `old` by the current ruleset and `new` by the other one.

    Attributes:
        moved: Of a target that both have: where its due time goes.
        samples: The first few of them, where the two differ at the first decision.
    """

    old: str
    new: str
    moved: Moved
    tickets: int
    samples: tuple[Sample, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the two differ; targets may differ in the due time alone."""
        return self.old != self.new or bool(self.moved)


@frozen
class Matrix:
    """Outcomes of one field, old × new; the cells most often hit first."""

    field: str
    moment: Moment
    cells: tuple[Cell, ...]

    @property
    def changed(self) -> tuple[Cell, ...]:
        """The cells off the diagonal."""
        return tuple(cell for cell in self.cells if cell.changed)


@frozen
class Load:
    """Tickets that a team or an agent got at the first decision; `name` is empty for nobody."""

    name: str
    old: int
    new: int


@frozen
class RuleHits:
    """Tickets on which a rule acted, by either ruleset.

    Attributes:
        only_old: Tickets of both desks on which it acted by the current ruleset only.
        only_new: By the other one only.
    """

    rule: str
    state: RuleState
    old: int
    new: int
    only_old: int
    only_new: int


@frozen
class TargetCount:
    """A target at the first decision, and how many tickets missed it.

    Attributes:
        added: Tickets that have it by the other ruleset only.
        removed: By the current one only.
        unmoved: Tickets whose limit differs, but not the due time.
    """

    target: str
    earlier: int = 0
    later: int = 0
    added: int = 0
    removed: int = 0
    unmoved: int = 0
    breached_old: int = 0
    breached_new: int = 0
    breached_only_old: int = 0
    breached_only_new: int = 0


@frozen
class MessageCount:
    """Messages from one template."""

    template: str
    old: int
    new: int


@frozen
class IncidentCount:
    """Tickets on which something was wrong with an evaluation."""

    incident: str
    old: int
    new: int


@frozen
class Week:
    """Tickets by the week in which they came.

    Attributes:
        decided: Those decided differently.
        refused: Those that the other ruleset refuses.
    """

    monday: date
    tickets: int
    decided: int
    refused: int

    @property
    def percent(self) -> float:
        """The share decided differently or refused, of 100."""
        return 100 * (self.decided + self.refused) / self.tickets if self.tickets else 0.0


@frozen
class RefusedSteps:
    """Steps that one desk refused and the other did not, for one reason.

    Attributes:
        action: What was to be done.
        problem: Why not.
        steps: How many.
        first: The first of them: the ticket's name in the scenario, and the step.
    """

    action: str
    problem: Problem
    steps: int
    first: tuple[str, int]


@frozen
class Refusals:
    """What was refused on one side only.

    Attributes:
        by_new: By the other ruleset.
        by_old: By the current one; the other one takes it.
        both: Steps that both refused.
        lost: Steps on tickets that the other ruleset had refused before.
        stood_in: Steps that the handler chosen by the other ruleset did, instead of the one of the
            recording.
    """

    by_new: tuple[RefusedSteps, ...] = ()
    by_old: tuple[RefusedSteps, ...] = ()
    both: int = 0
    lost: int = 0
    stood_in: int = 0


@frozen
class Caution:
    """Something to know before the numbers are trusted."""

    code: str
    text: Text


@frozen
class Identity:
    """A ruleset: ``name@version``, content hash, file."""

    ruleset: str
    hash: str
    file: str


@frozen
class Header:
    """What was compared.

    Attributes:
        line: The business line.
        current: What the line is run by; several where scenarios define it differently.
        candidate: The other ruleset.
        start: When the first recording begins.
        until: The end of the last one.
        files: Scenarios and recordings that have tickets of the line.
        skipped_files: Those that have none.
        skipped_tickets: Tickets of other lines.
        deterministic: Whether the current version, replayed twice, gave the same events; None
            where that was not looked at.
        unlike: Tickets whose events were not the same.
        added: Rules that only the candidate has.
        removed: Rules that only the current ruleset has.
        changed: Rules of both that differ.
    """

    line: str
    current: tuple[Identity, ...]
    candidate: Identity
    start: datetime
    until: datetime
    files: int = 1
    skipped_files: int = 0
    skipped_tickets: int = 0
    deterministic: bool | None = None
    unlike: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@frozen
class Differing:
    """A ticket that differs: what a list of every changed ticket shows."""

    name: str
    place: str
    step: int
    at: datetime
    old_number: str
    new_number: str
    difference: Difference

    @property
    def extent(self) -> str:
        """How it differs: ``refused`` and ``taken`` by the other ruleset, else the difference's."""
        if self.old_number and self.new_number:
            return self.difference.extent
        return "refused" if self.old_number else "taken"


@frozen
class Tickets:
    """Counts of tickets of the line.

    Attributes:
        scanned: All that either desk has.
        decided: Decided differently.
        later: Decided the same, but something else came of it.
        handler: The same but for who got it.
        refused: Taken by the current ruleset only.
        taken: Taken by the other one only.
    """

    scanned: int = 0
    same: int = 0
    decided: int = 0
    later: int = 0
    handler: int = 0
    refused: int = 0
    taken: int = 0

    @property
    def changed(self) -> int:
        """All that are not the same."""
        return self.scanned - self.same


@frozen
class Counts:
    """What tickets add up to.

    Attributes:
        fields: Tickets whose field differs at the first decision.
        ends: Tickets whose field differs at the end.
        differing: Every ticket that is not the same, in order.
    """

    tickets: Tickets
    fields: Mapping[str, int] = field(factory=dict)
    ends: Mapping[str, int] = field(factory=dict)
    matrices: tuple[Matrix, ...] = ()
    teams: tuple[Load, ...] = ()
    agents: tuple[Load, ...] = ()
    rules: tuple[RuleHits, ...] = ()
    targets: tuple[TargetCount, ...] = ()
    messages: tuple[MessageCount, ...] = ()
    incidents: tuple[IncidentCount, ...] = ()
    weeks: tuple[Week, ...] = ()
    differing: tuple[Differing, ...] = ()


@frozen
class Comparison:
    """What another ruleset would have decided."""

    header: Header
    counts: Counts
    refusals: Refusals
    warnings: tuple[Caution, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything at all is different, or cannot be trusted to be the same."""
        return bool(
            self.counts.tickets.changed
            or self.refusals.by_new
            or self.refusals.by_old
            or self.header.deterministic is False
        )

"""How two courses of the same ticket differ, and which rules made them differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.model.decision import Decision
from ruledesk.model.values import Value
from ruledesk.pilot.comparison.course import Course, Promise, View

#: ``decided``: the rules decide otherwise at the submission. ``later``: something else comes of it
#: afterwards. ``handler``: only dispatch chose another person, or team where it spilled over.
Extent: TypeAlias = Literal["same", "decided", "later", "handler"]
Moment: TypeAlias = Literal["first", "end"]
#: The facts that a rule's condition reads, by the rule's name.
Reads: TypeAlias = Mapping[str, Collection[str]]

FLAGS: Final = "flags"
TARGETS: Final = "targets."
#: Compared at the first decision, and at the end; targets at the first decision only, since their
#: due times move later with what people do.
FIELDS: Final = ("type", "category", "priority", "team", FLAGS)
END_FIELDS: Final = ("status", *FIELDS, "breached")
MESSAGES: Final = "messages"


@frozen
class Choice:
    """One side of a change.

    Attributes:
        value: What was decided; empty for nothing.
        rules: The rules that decided; empty where it was said in the submission, or nobody did.
        facts: What they read of the ticket.
    """

    value: str
    rules: tuple[str, ...] = ()
    facts: Mapping[str, Value] = field(factory=dict)


@frozen
class Change:
    """A field that differs at the first decision.

    Attributes:
        field: ``priority``, ``team`` …, or ``targets.<name>``.
        old: By the current ruleset.
        new: By the other one.
        sooner: Of a target: whether it is due earlier; None where only one side has it.
    """

    field: str
    old: Choice
    new: Choice
    sooner: bool | None = None


@frozen
class Difference:
    """How a ticket differs.

    Attributes:
        extent: What kind of difference it is, on the whole.
        changes: What differs at the first decision.
        ends: What differs at the end: field to value old and new.
    """

    extent: Extent
    changes: tuple[Change, ...] = ()
    ends: Mapping[str, tuple[str, str]] = field(factory=dict)


def difference(
    old: Course, new: Course, old_reads: Reads | None = None, new_reads: Reads | None = None
) -> Difference:
    """Compare what two desks made of a ticket.

    Args:
        old: By the current ruleset.
        new: By the other one.
        old_reads: Facts that the current ruleset's rules read.
        new_reads: The same of the other one's.
    """
    changes = tuple(_changes(_Sided(old, old_reads or {}), _Sided(new, new_reads or {})))
    ends = dict(_ends(old, new))
    return Difference(_extent(old, new, changes, ends), changes, ends)


def value_of(view: View, name: str) -> str:
    """Say what a view has in a field of `FIELDS`, or for ``targets.<name>``, as text."""
    if name.startswith(TARGETS):
        promise = view.targets.get(name.removeprefix(TARGETS))
        return promise.limit if promise else ""
    if name == FLAGS:
        return "+".join(view.flags)
    return str(getattr(view, name))


def first_value(view: View, name: str) -> str:
    """Say what the rules decided of a field: as `value_of`, but of the team the one they chose."""
    return view.routed if name == "team" else value_of(view, name)


def end_value(course: Course, name: str) -> str:
    """Say what a course ended in, for a field of `END_FIELDS`."""
    if name == "breached":
        return "+".join(sorted(course.breached))
    return value_of(course.last, name)


def targets_of(old: View, new: View) -> tuple[str, ...]:
    """Name the targets that either has, as fields."""
    return tuple(f"{TARGETS}{name}" for name in dict.fromkeys((*old.targets, *new.targets)))


@frozen
class _Sided:
    """A course with what its rules read."""

    course: Course
    reads: Reads

    def choice(self, name: str, value: str, other: Choice | None) -> Choice:
        decisions = [one for one in self.course.decisions if _decides(one, name)]
        if name != FLAGS:
            decisions = decisions[-1:]  # the last word counts; flags are raised side by side
        rules = tuple(rule for one in decisions for rule in one.rule.split("+") if rule)
        if name == FLAGS:
            raised = (rule for rule in self.course.raised.values() if rule)
            rules = tuple(dict.fromkeys((*rules, *raised)))
        if not rules and decisions:
            rules = tuple(f"{one.stage}: default" for one in decisions)
        return Choice(value, rules, self._facts(decisions, rules, other))

    def _facts(
        self, decisions: Iterable[Decision], rules: tuple[str, ...], other: Choice | None
    ) -> dict[str, Value]:
        """Tell the facts that these rules read, and those that decided on the other side."""
        wanted = {name for rule in rules for name in self.reads.get(rule, ())}
        wanted |= set(other.facts) if other else set()
        facts = {
            name: value
            for decision in decisions
            for name, value in decision.facts.items()
            if name in wanted
        }
        return dict(sorted(facts.items()))


def _decides(decision: Decision, name: str) -> bool:
    if name.startswith(TARGETS):
        return decision.stage == name
    return decision.stage != "dispatch" and bool(decision.outcome.get(name))


def _changes(old: _Sided, new: _Sided) -> Iterator[Change]:
    was, now = old.course.first, new.course.first
    for name in FIELDS:
        if first_value(was, name) != first_value(now, name):
            yield _change(name, old, new)
    for name in targets_of(was, now):
        one = was.targets.get(name.removeprefix(TARGETS))
        other = now.targets.get(name.removeprefix(TARGETS))
        if one != other:
            yield _change(name, old, new, _sooner(one, other))


def _change(name: str, old: _Sided, new: _Sided, sooner: bool | None = None) -> Change:
    one = old.choice(name, first_value(old.course.first, name), None)
    other = new.choice(name, first_value(new.course.first, name), one)
    return Change(name, one, other, sooner)


def _sooner(old: Promise | None, new: Promise | None) -> bool | None:
    if old is None or new is None or old.due == new.due:
        return None
    return new.due < old.due


def _ends(old: Course, new: Course) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in END_FIELDS:
        values = end_value(old, name), end_value(new, name)
        if values[0] != values[1]:
            yield name, values
    if old.messages != new.messages:
        yield MESSAGES, (_more(old, new), _more(new, old))


def _more(course: Course, other: Course) -> str:
    """Say how many messages there were from each template, where there were not as many."""
    return ", ".join(
        f"{about} {course.messages.get(about, 0)}"
        for about in sorted({*course.messages, *other.messages})
        if course.messages.get(about, 0) != other.messages.get(about, 0)
    )


def _extent(
    old: Course,
    new: Course,
    changes: tuple[Change, ...],
    ends: Mapping[str, tuple[str, str]],
) -> Extent:
    if changes:
        return "decided"
    elsewhere = (old.first.team, old.first.agent) != (new.first.team, new.first.agent)
    # Another person is told otherwise, and another team's after a spill-over keeps it there.
    if set(ends) - ({"team", MESSAGES} if elsewhere else set()):
        return "later"
    moved = elsewhere or (old.last.team, old.last.agent) != (new.last.team, new.last.agent)
    return "handler" if moved else "same"

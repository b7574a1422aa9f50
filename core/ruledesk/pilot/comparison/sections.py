"""The tables of a comparison's report: refused steps, workload, targets, rules, messages, weeks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from ruledesk.pilot.comparison.values import Comparison, Load, RefusedSteps, RuleHits
from ruledesk.pilot.comparison.words import Words

_ROWS: Final = 20


@frozen
class Section:
    """A table with a title.

    Attributes:
        left: How many of its columns hold words; the others hold numbers.
        hidden: How many rows were left out.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    hidden: int = 0


def sections(answer: Comparison, words: Words) -> Iterator[Section]:
    """Make the tables of a report; those that have nothing to say are left out.

    Args:
        answer: The comparison.
        words: The language.
    """
    for section in _all(answer, words):
        if section.rows:
            hidden = len(section.rows) - _ROWS
            yield evolve(section, rows=section.rows[:_ROWS], hidden=max(hidden, 0))


def _all(answer: Comparison, words: Words) -> Iterator[Section]:
    yield _refused(answer.refusals.by_new, "refused", answer.refusals.lost, words)
    yield _refused(answer.refusals.by_old, "accepted", 0, words)
    yield _incidents(answer, words)
    yield _targets(answer, words)
    yield _workload(answer, words)
    yield _hits(answer, words)
    yield _messages(answer, words)
    yield _weeks(answer, words)


def _refused(steps: Iterable[RefusedSteps], title: str, lost: int, words: Words) -> Section:
    rows = [
        (one.action, _reason(one, words), f"{one.first[0]} · {one.first[1]}", str(one.steps))
        for one in steps
    ]
    if lost:
        reason = words.say("its ticket was refused before", "其工单此前已被拒绝")
        rows.append(("–", reason, "", str(lost)))
    head = (
        words.say("action", "动作"),
        words.say("reason", "原因"),
        words.say("first · step", "首例 · 步骤"),
        words.say("steps", "步骤数"),
    )
    return Section(words.word(title), head, tuple(rows), left=3)


def _reason(one: RefusedSteps, words: Words) -> str:
    what = words.say(one.problem.en, one.problem.zh)
    return f"{one.problem.field}: {what}" if one.problem.field else what


def _incidents(answer: Comparison, words: Words) -> Section:
    rows = tuple(
        (one.incident, str(one.old), str(one.new))
        for one in answer.counts.incidents
        if one.old != one.new
    )
    head = tuple(map(words.word, ("incident", "now", "then")))
    return Section(words.word("incidents"), head, rows)


def _workload(answer: Comparison, words: Words) -> Section:
    rows = [
        (words.word(kind), one.name or words.word("nobody"), *_compared(one))
        for kind, loads in (
            ("kind.team", answer.counts.teams), ("kind.agent", answer.counts.agents)
        )
        for one in loads
        if one.old != one.new
    ]  # fmt: skip
    head = ("", "", *map(words.word, ("now", "then", "change")))
    return Section(words.word("workload"), head, tuple(rows), left=2)


def _compared(one: Load) -> tuple[str, str, str]:
    return str(one.old), str(one.new), f"{one.new - one.old:+d}"


def _targets(answer: Comparison, words: Words) -> Section:
    head = ("target", "earlier", "later", "target added", "target removed")
    rows = tuple(
        (one.target, *map(str, (one.earlier, one.later, one.added, one.removed,
                                one.breached_old, one.breached_new)))
        for one in answer.counts.targets
        if one.earlier or one.later or one.added or one.removed
        or one.breached_only_old or one.breached_only_new
    )  # fmt: skip
    titles = (*head, "overdue now", "overdue then")
    return Section(words.word("targets"), tuple(map(words.word, titles)), rows)


def _hits(answer: Comparison, words: Words) -> Section:
    ordered = sorted(
        answer.counts.rules, key=lambda one: (not one.state, -one.only_old - one.only_new)
    )
    rows = tuple(
        (_rule(one, words), str(one.old), str(one.new), str(one.only_old), str(one.only_new))
        for one in ordered
        if one.only_old or one.only_new or one.state
    )
    head = tuple(map(words.word, ("rule", "now", "then", "only now", "only then")))
    return Section(words.word("hits"), head, rows)


def _rule(one: RuleHits, words: Words) -> str:
    return f"{one.rule} ({words.word(one.state)})" if one.state else one.rule


def _messages(answer: Comparison, words: Words) -> Section:
    rows = tuple(
        (one.template, str(one.old), str(one.new), f"{one.new - one.old:+d}")
        for one in answer.counts.messages
        if one.old != one.new
    )
    head = tuple(map(words.word, ("template", "now", "then", "change")))
    return Section(words.word("templates"), head, rows)


def _weeks(answer: Comparison, words: Words) -> Section:
    weeks = answer.counts.weeks
    rows = tuple(
        (one.monday.isoformat(), str(one.tickets), str(one.decided), str(one.refused),
         f"{one.percent:.1f} %")
        for one in weeks
    )  # fmt: skip
    head = (*map(words.word, ("week", "tickets", "decided", "week refused")), "")
    return Section(words.word("weeks"), head, rows if len(weeks) > 1 else ())

"""Improvement hints from the data (requirement D13): what went wrong often enough to look at.

Each hint is a plain count with the tickets behind it; nothing is guessed. Few tickets say nothing,
so a hint needs a minimum number of cases and a minimum share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from attrs import frozen

from ruledesk.insight.case import Case, is_breached
from ruledesk.model.values import Text

#: A group is worth a hint from so many cases on …
FEWEST: Final = 3
#: … and from this share of the group's tickets on.
SHARE: Final = 0.1
#: Ratings from 1 to this one count as poor.
POOR: Final = 2
#: A hand-over that took longer than this lost time that somebody will have noticed.
LONG: Final = timedelta(days=1)

#: Names a value of a dimension (``team``, ``category``, ``target``) in both languages.
Label: TypeAlias = Callable[[str, str], Text]


@frozen
class Hint:
    """Something to look at.

    Attributes:
        code: What kind of hint: ``missed_target``, ``nobody_free``, ``unrouted``, ``declined``,
            ``poor_rating``, ``repeat_complaint``, ``wrong_team``, ``slow_hand_over``,
            ``poor_review``.
        text: The hint as a sentence.
        tickets: The tickets behind it, by number.
    """

    code: str
    text: Text
    tickets: tuple[str, ...]


def as_it_is(_dimension: str, value: str) -> Text:
    """Name a value by its word; a dash for none."""
    return Text(value or "—", value or "—")


def find_hints(cases: Iterable[Case], as_of: datetime) -> tuple[Hint, ...]:
    """Find what went wrong often.

    Args:
        cases: All tickets of a period, as they stand.
        as_of: When they were looked at.

    Returns:
        Hints, those with the most tickets first.
    """
    adder = HintsAdder()
    for case in cases:
        adder.add(case, as_of)
    return adder.hints(as_it_is)


class _Group:
    """How many tickets a group has, and which of them are cases."""

    __slots__ = ("cases", "members")

    def __init__(self) -> None:
        self.members = 0
        self.cases: list[str] = []

    @property
    def often(self) -> bool:
        return len(self.cases) >= FEWEST and len(self.cases) >= SHARE * self.members


class HintsAdder:
    """Collects what hints are made of, ticket by ticket."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], _Group] = {}

    def add(self, case: Case, as_of: datetime) -> None:
        """Look at a ticket."""
        for name, promise in case.promises.items():
            if promise.state != "cancelled":
                self._count(case, is_breached(promise, as_of), "missed_target", case.team, name)
        if case.resolved_at or case.reopens:
            self._count(case, case.reopens > 0, "declined", case.category)
        if case.rating is not None:
            self._count(case, case.rating <= POOR, "poor_rating", case.category)
        if case.verdict:
            self._count(case, case.verdict == "improve", "poor_review", case.team)
        for one in case.hand_overs:
            long = one.taken_at is not None and one.taken_at - one.at > LONG
            self._count(case, long, "slow_hand_over", one.from_team, one.to_team)
        self._plainly(case)

    def _plainly(self, case: Case) -> None:
        """Count what is worth a hint however many tickets there are beside it."""
        if case.pooled is not None:
            self._count(case, True, "nobody_free" if case.pooled else "unrouted", case.pooled)
        if "repeat_complaint" in case.flags:
            self._count(case, True, "repeat_complaint")
        if case.misroute is not None:
            moved = case.misroute
            self._count(case, True, "wrong_team", moved.rule, moved.from_team, moved.to_team)

    def _count(self, case: Case, is_case: bool, *key: str) -> None:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group()
        group.members += 1
        if is_case:
            group.cases.append(case.number)

    def hints(self, label: Label) -> tuple[Hint, ...]:
        """Return what was found often.

        Args:
            label: Names teams, categories and targets.

        Returns:
            Hints, those with the most tickets first.
        """
        found = [
            Hint(key[0], _TEXTS[key[0]](group, label, *key[1:]), tuple(sorted(set(group.cases))))
            for key, group in self._groups.items()
            if group.often
        ]
        return tuple(sorted(found, key=lambda hint: (-len(hint.tickets), hint.code, hint.text.en)))


# -- sentences --------------------------------------------------------------------------------


def _missed(group: _Group, label: Label, team: str, target: str) -> Text:
    cases, of = len(group.cases), group.members
    who, what = label("team", team), label("target", target)
    return Text(
        f"team {who.en} missed the target {what.en} on {cases} of {of} tickets",
        f"团队 {who.zh} 在 {of} 张工单中有 {cases} 张未达成时限 {what.zh}",
    )


def _nobody_free(group: _Group, label: Label, team: str) -> Text:
    who, cases = label("team", team), len(group.cases)
    return Text(
        f"nobody was free for {cases} tickets of team {who.en}: capacity or shifts",
        f"团队 {who.zh} 有 {cases} 张工单无人可派：请检查人力或排班",
    )


def _unrouted(group: _Group, _label: Label, _team: str) -> Text:
    cases = len(group.cases)
    return Text(
        f"no routing rule found a team for {cases} tickets", f"{cases} 张工单没有匹配到派单规则"
    )


def _declined(group: _Group, label: Label, category: str) -> Text:
    cases, of, what = len(group.cases), group.members, label("category", category)
    return Text(
        f"{cases} of {of} solutions in {what.en} were declined",
        f"{what.zh} 的 {of} 次解决中有 {cases} 次未获认可",
    )


def _poorly_rated(group: _Group, label: Label, category: str) -> Text:
    cases, of, what = len(group.cases), group.members, label("category", category)
    return Text(
        f"{cases} of {of} ratings in {what.en} were {POOR} or less",
        f"{what.zh} 的 {of} 个评分中有 {cases} 个不超过 {POOR} 分",
    )


def _poorly_reviewed(group: _Group, label: Label, team: str) -> Text:
    cases, of, who = len(group.cases), group.members, label("team", team)
    return Text(
        f"{cases} of {of} quality reviews of team {who.en} ask for improvement",
        f"团队 {who.zh} 的 {of} 次质量复核中有 {cases} 次需改进",
    )


def _repeated(group: _Group, _label: Label) -> Text:
    cases = len(group.cases)
    return Text(f"{cases} complaints were repeated ones", f"{cases} 次投诉为重复投诉")


def _wrong_team(group: _Group, label: Label, rule: str, from_team: str, to_team: str) -> Text:
    cases, chosen, got = len(group.cases), label("team", from_team), label("team", to_team)
    return Text(
        f"{_by_rule(rule).en} sent {cases} tickets to team {chosen.en} that people gave to "
        f"team {got.en}",
        f"{_by_rule(rule).zh}派给团队 {chosen.zh} 的工单中有 {cases} 张被人工转给团队 {got.zh}",
    )


def _by_rule(rule: str) -> Text:
    return Text(f"rule {rule}", f"规则 {rule} ") if rule else Text("the default", "默认规则")


def _slow_hand_over(group: _Group, label: Label, from_team: str, to_team: str) -> Text:
    cases, of = len(group.cases), group.members
    one, other = label("team", from_team), label("team", to_team)
    return Text(
        f"{cases} of {of} hand-overs from team {one.en} to team {other.en} took more than a day",
        f"从团队 {one.zh} 转到团队 {other.zh} 的 {of} 次交接中有 {cases} 次超过一天",
    )


_TEXTS: Final[dict[str, Callable[..., Text]]] = {
    "missed_target": _missed,
    "nobody_free": _nobody_free,
    "unrouted": _unrouted,
    "declined": _declined,
    "poor_rating": _poorly_rated,
    "poor_review": _poorly_reviewed,
    "repeat_complaint": _repeated,
    "wrong_team": _wrong_team,
    "slow_hand_over": _slow_hand_over,
}

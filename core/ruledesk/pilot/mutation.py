"""The mutation check: how many changes of a ruleset do its scenarios notice?

Each mutant is run against the scenarios until one fails: first those that have shown the part that
is changed, then the others, those first that have noticed most so far. Scenarios, desks and
rulesets are read once, and only programs that the change touches are compiled anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os.path import realpath
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, RuleDeskError
from ruledesk.pilot.coverage import Coverage
from ruledesk.pilot.desks import choose_desk
from ruledesk.pilot.memory import Rulesets, open_in_memory
from ruledesk.pilot.mutants import Mutant, mutants, mutated
from ruledesk.pilot.play import Played, play
from ruledesk.pilot.values import Scenario
from ruledesk.rules.engine import Matcher, Program, RuleEngine
from ruledesk.rules.ruleset import Ruleset

#: ``killed``: a scenario failed. ``stillborn``: no desk can be opened with it. ``crashed``: the
#: desk itself failed, which is a fault of it and says nothing of the scenarios.
Fate: TypeAlias = Literal["killed", "survived", "stillborn", "crashed"]


@frozen
class Verdict:
    """What became of a mutant.

    Attributes:
        by: The scenario that noticed it, or on which the desk crashed; empty where none did.
        why: How the desk crashed; empty where it did not.
    """

    mutant: Mutant
    fate: Fate
    by: str = ""
    why: str = ""


@frozen
class Case:
    """A scenario, ready to be run with changed rulesets."""

    name: str
    scenario: Scenario
    config: DeskConfig
    rulesets: Mapping[str, Ruleset]


@frozen
class Survey:
    """Verdicts on all mutants of a ruleset."""

    ruleset: str
    verdicts: tuple[Verdict, ...]

    def of(self, fate: Fate) -> tuple[Verdict, ...]:
        """List the verdicts with this fate."""
        return tuple(one for one in self.verdicts if one.fate == fate)

    @property
    def percent(self) -> float:
        """The share killed, of 100; stillborn mutants do not count, crashed ones are not killed."""
        living = len(self.verdicts) - len(self.of("stillborn"))
        return 100 * len(self.of("killed")) / living if living else 100.0


def read_cases(scenarios: Iterable[Scenario], desk: Path | None = None) -> tuple[Case, ...]:
    """Choose the desk of each scenario and load its rulesets.

    Args:
        scenarios: The scenarios.
        desk: The desk of those that name none; None for the nearest one.

    Raises:
        InvalidInput: A desk or ruleset cannot be used.
    """
    loaded = Rulesets()
    return tuple(_case(scenario, desk, loaded) for scenario in scenarios)


def _case(scenario: Scenario, desk: Path | None, loaded: Rulesets) -> Case:
    head = scenario.head
    lines = (head.line, *(step.line for step in scenario.steps))
    config = choose_desk(head, lines, desk)
    return Case(f"{head.file}: {head.name}", scenario, config, loaded.of(config))


class Laboratory:
    """Runs cases with changed rulesets.

    Args:
        engine: The rule engine.
        cases: The scenarios.
    """

    def __init__(self, engine: RuleEngine, cases: Sequence[Case]) -> None:
        self._engine = _Remembering(engine)
        self._cases = {case.name: case for case in cases}
        self._coverage = Coverage()
        self._kills: Counter[str] = Counter()

    def check(self) -> None:
        """Run every scenario unchanged, and learn what each shows.

        Raises:
            InvalidInput: One fails as it is.
        """
        for case in self._cases.values():
            desk = self._desk(case, case.rulesets)
            try:
                played = play(desk, case.scenario.head, case.scenario.steps)
                events = desk.store.all_events()
                self._coverage.add(case.name, events, desk.rulesets, played.refusals)
            finally:
                desk.close()
            if played.failures:
                raise InvalidInput.of(
                    "the scenario fails without any change",
                    "未作任何改动时场景即失败",
                    field=case.name,
                )

    def ruleset(self, file: Path) -> Ruleset:
        """Find the ruleset of a file among those that the scenarios run.

        Raises:
            InvalidInput: None of them does.
        """
        for case in self._cases.values():
            for ruleset in case.rulesets.values():
                if realpath(ruleset.origin) == realpath(file):
                    return ruleset
        origins = {one.origin for case in self._cases.values() for one in case.rulesets.values()}
        raise InvalidInput.of(
            "no scenario runs a line by this ruleset",
            "没有场景使用此规则集",
            field="ruleset",
            value=str(file),
            accepted=tuple(sorted(origins)),
        )

    def survey(self, ruleset: Ruleset, told: Callable[[int, int], None]) -> Survey:
        """Judge every mutant of a ruleset.

        Args:
            ruleset: One that the scenarios run.
            told: Told how many are done, of how many.
        """
        found = mutants(ruleset)
        verdicts = []
        for number, mutant in enumerate(found, start=1):
            verdicts.append(self.judge(mutant))
            told(number, len(found))
        return Survey(ruleset.id, tuple(verdicts))

    def judge(self, mutant: Mutant) -> Verdict:
        """Run a mutant against the scenarios until one fails."""
        for case in self._order(mutant):
            rulesets = _changed(case.rulesets, mutant)
            if rulesets is None:
                continue
            try:
                desk = self._desk(case, rulesets)
            except RuleDeskError:
                return Verdict(mutant, "stillborn")
            try:
                noticed = self._notices(desk, case)
            except Exception as error:  # a fault of the desk: told, and the other mutants are run
                return Verdict(mutant, "crashed", case.name, f"{type(error).__name__}: {error}")
            if noticed:
                self._kills[case.name] += 1
                return Verdict(mutant, "killed", case.name)
        return Verdict(mutant, "survived")

    def _order(self, mutant: Mutant) -> Iterator[Case]:
        names = sorted(self._coverage.names(mutant.part), key=lambda name: -self._kills[name])
        if not names and mutant.part.kind != "target" and mutant.change != "flipped":
            return  # what never acts is not missed; a target can be owed and neither met nor late
        rest = (name for name in self._cases if name not in names)
        names += sorted(rest, key=lambda name: -self._kills[name])
        yield from (self._cases[name] for name in names)

    def _notices(self, desk: Desk, case: Case) -> bool:
        try:
            played: Played = play(desk, case.scenario.head, case.scenario.steps)
        except RuleDeskError:
            return True  # the scenario cannot be played any more, and unchanged it can
        finally:
            desk.close()
        return bool(played.failures)

    def _desk(self, case: Case, rulesets: Mapping[str, Ruleset]) -> Desk:
        return open_in_memory(case.config, self._engine, rulesets)


def _changed(rulesets: Mapping[str, Ruleset], mutant: Mutant) -> Mapping[str, Ruleset] | None:
    """Change the rulesets that have the part; None where none has."""
    changed = {line: mutated(ruleset, mutant) for line, ruleset in rulesets.items()}
    return changed if any(changed[line] is not rulesets[line] for line in rulesets) else None


@frozen
class _Kept:
    """A compiled program that outlives the desk."""

    program: Program
    matcher: Matcher

    def match(self, facts: Mapping[str, object]) -> Sequence[str]:
        return self.matcher.match(facts)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stay: the next desk has the same program."""


@frozen
class _Remembering:
    """A rule engine that compiles each program once. Programs are told by their very trees."""

    name: ClassVar[str] = "remembering"
    engine: RuleEngine
    known: dict[tuple[object, ...], _Kept] = field(factory=dict)

    def compile(self, program: Program) -> Matcher:
        key = (id(program.schema), *((one.name, id(one.when)) for one in program.conditions))
        if key not in self.known:
            self.known[key] = _Kept(program, self.engine.compile(program))
        return self.known[key]

"""Compares two rulesets on scenarios and recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from ruledesk.desk.check_ruleset import check_ruleset
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Problem
from ruledesk.hooks.manager import Plugins
from ruledesk.model.values import Text
from ruledesk.pilot.comparison.again import (
    Again,
    Digests,
    digests_of,
    replayed_beside,
    unlike,
)
from ruledesk.pilot.comparison.cases import Case, cases_of, choose_line, no_tickets
from ruledesk.pilot.comparison.counting import Counting
from ruledesk.pilot.comparison.refusals import RefusalCounting
from ruledesk.pilot.comparison.replay import Replayed, SideBySide
from ruledesk.pilot.comparison.rulesets import (
    cautions,
    identity,
    rule_reads,
    rule_states,
)
from ruledesk.pilot.comparison.values import Caution, Comparison, Header, Identity
from ruledesk.pilot.memory import Rulesets, open_in_memory, plugins_for
from ruledesk.pilot.recording import Progress, Recording
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.ruleset import Ruleset

_WITH = "--with"
#: Makes what is told how far a recording of so many bytes is.
Watch = Callable[[int], Progress | None]


@frozen
class Question:
    """What is to be compared.

    Attributes:
        files: Scenario files and recordings.
        candidate: The other ruleset: the name of an installed one, a file or a folder.
        line: The business line; empty for the only one.
        folder: The desk asked for; None for what a file names.
        engine: Name of the rule engine; empty for the desk's.
        twice: Whether the current version is replayed a second time, to see whether that gives
            the same events.
    """

    files: tuple[Path, ...]
    candidate: str
    line: str = ""
    folder: Path | None = None
    engine: str = ""
    twice: bool = True


@frozen
class Answer:
    """A comparison, with what is needed to tell it.

    Attributes:
        timezone: The desk's.
        locale: The desk's.
    """

    comparison: Comparison
    timezone: str
    locale: str


def compare(question: Question, watch: Watch = lambda _: None) -> Answer:
    """Say what another ruleset would have decided.

    Args:
        question: What is to be compared.
        watch: Asked at the beginning of each recording who is told how far it is.

    Returns:
        The answer.

    Raises:
        RuleDeskError: The files, their desk or the other ruleset cannot be used, or there is no
            ticket of the line.
    """
    every = tuple(cases_of(question.files, question.folder))
    line = choose_line(question.line, every)
    cases = [case for case in every if case.may_use(line)]
    again = Again(question.files, question.folder, question.engine, line)
    studio = _Studio(line, question.engine)
    first = cases[0]
    current = studio.rulesets(first.config)[line]
    candidate = studio.candidate(first.config, question.candidate)
    with replayed_beside(again) if question.twice else nullcontext() as second:
        trial = _Trial.of(current, candidate, ZoneInfo(first.config.timezone))
        several = len(cases) > 1
        for case in cases:
            trial.add(case, studio, watch, several=several)
        if not trial.start:
            raise no_tickets(line, (name for case in every for name in case.lines))
        differing = unlike(trial.digests, second()) if second is not None else ()
    header = trial.header(line, len(every), differing, checked=question.twice)
    found = cautions(current, candidate, trial.given, trial.ages)
    missing = studio.missing(first, current, candidate)
    comparison = Comparison(
        header, trial.counting.counts(), trial.refusals.refusals(), (*found, *missing)
    )
    return Answer(comparison, first.config.timezone, first.config.locale)


@define
class _Trial:
    """What has come of the cases so far."""

    current: Ruleset
    candidate: Ruleset
    counting: Counting
    refusals: RefusalCounting = field(factory=RefusalCounting)
    identities: dict[str, Identity] = field(factory=dict)
    given: set[str] = field(factory=set)
    ages: list[tuple[datetime, datetime]] = field(factory=list)
    digests: list[Digests] = field(factory=list)
    start: datetime | None = None
    until: datetime | None = None
    files: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, current: Ruleset, candidate: Ruleset, zone: ZoneInfo) -> _Trial:
        states = rule_states(current, candidate)
        reads = rule_reads(current), rule_reads(candidate)
        return cls(current, candidate, Counting(zone, states, *reads))

    def add(self, case: Case, studio: _Studio, watch: Watch, *, several: bool) -> None:
        head = case.item.head
        rulesets = studio.rulesets(case.config)
        current = rulesets[studio.line]
        with ExitStack() as opened:
            old = studio.open(case.config, rulesets, opened)
            new = studio.open(case.config, {**rulesets, studio.line: self.candidate}, opened)
            both = SideBySide(old, new, head, studio.line, self.refusals)
            progress = watch(case.item.size) if isinstance(case.item, Recording) else None
            replayed = both.play(case.steps(progress), head.name if several else "")
            self.digests.append(digests_of(old.store.all_events()))
        self.skipped += replayed.skipped
        if replayed.pairs or replayed.refused:
            self._count(case, replayed, current)

    def _count(self, case: Case, replayed: Replayed, current: Ruleset) -> None:
        start = case.item.head.start
        self.files += 1
        self.identities.setdefault(current.hash, identity(current))
        self.start = min(self.start or start, start)
        self.until = max(self.until or replayed.until, replayed.until)
        self.given |= replayed.given
        for pair in replayed.pairs:
            self.counting.add(pair)
            if isinstance(case.item, Recording):  # a scenario says all that it is about
                self.ages.append((pair.at, start))

    def header(self, line: str, cases: int, differing: Sequence[str], *, checked: bool) -> Header:
        assert self.start is not None and self.until is not None  # noqa: S101, PT018 - checked
        states = rule_states(self.current, self.candidate)
        named = {
            state: tuple(name for name, one in states.items() if one == state)
            for state in ("added", "removed", "changed")
        }
        return Header(
            line=line,
            current=tuple(self.identities.values()),
            candidate=identity(self.candidate),
            start=self.start,
            until=self.until,
            files=self.files,
            skipped_files=cases - self.files,
            skipped_tickets=self.skipped,
            deterministic=not differing if checked else None,
            unlike=tuple(differing),
            **named,
        )


@define
class _Studio:
    """Opens desks in memory, and reads each ruleset once."""

    line: str
    engine: str
    _loaded: Rulesets = field(factory=Rulesets)

    def rulesets(self, config: DeskConfig) -> Mapping[str, Ruleset]:
        """Load the rulesets of a desk's lines."""
        return self._loaded.of(config)

    def candidate(self, config: DeskConfig, name: str) -> Ruleset:
        """Load the other ruleset.

        Raises:
            InvalidInput: It is not there, or all that is wrong with it.
        """
        with plugins_for(config) as plugins:
            return load_ruleset(_file(name, plugins), find=plugins.registry.rulesets.get)

    def open(self, config: DeskConfig, rulesets: Mapping[str, Ruleset], opened: ExitStack) -> Desk:
        """Open a desk in memory, from which nothing reaches real people."""
        desk = open_in_memory(config, self.engine, rulesets)
        opened.callback(desk.close)
        return desk

    def missing(self, case: Case, current: Ruleset, candidate: Ruleset) -> Iterator[Caution]:
        """Say what the other ruleset names, the desk lacks, and the current one does not name."""
        known = {_what(problem) for problem in self._lacking(case, current)}
        for problem in self._lacking(case, candidate):
            if _what(problem) not in known:
                yield Caution("desk-lacks", Text(problem.text("en"), problem.text("zh")))

    def _lacking(self, case: Case, ruleset: Ruleset) -> tuple[Problem, ...]:
        today = case.item.head.start.date()
        with plugins_for(case.config) as plugins:
            found = check_ruleset(self.line, ruleset, case.config, plugins.registry, today)
            return tuple(finding.problem for finding in found)


def _what(problem: Problem) -> tuple[str, str]:
    """Tell a problem by what is lacking, whoever names it."""
    return problem.en, repr(problem.value)


def _file(name: str, plugins: Plugins) -> Path:
    path = Path(name)
    if "/" not in name and not name.endswith(".toml") and not path.is_dir():
        return plugins.registry.rulesets.get(name, _WITH)
    if not path.exists():
        raise InvalidInput.of("no such file or folder", "文件或目录不存在", field=_WITH, value=name)
    return path

"""Opens what a report is made from: a desk's store, a recording, a file of old records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ruledesk.calendar.zone import zone
from ruledesk.desk.assembly import plugins_of, rulesets_of
from ruledesk.desk.config import DeskConfig, load_desk
from ruledesk.errors import InvalidInput, suggestion
from ruledesk.hooks.manager import Plugins
from ruledesk.insight.case import Case
from ruledesk.insight.statistics import latest
from ruledesk.reports.choice import Choice
from ruledesk.reports.labels import Labels, labels_of, with_file_words
from ruledesk.reports.records.cases import Intake, read_cases
from ruledesk.reports.records.mapping import RecordMapping
from ruledesk.reports.records.reading import load_mapping
from ruledesk.reports.report import Source
from ruledesk.reports.stored import earlier_cases, stored_cases
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.interface import Store

#: Makes the choice once the time zone is known.
Choose = Callable[[str], Choice]
_LINE = "--line"


@contextmanager
def desk_source(folder: Path, choose: Choose, now: datetime) -> Iterator[Source]:
    """Open the store of a desk.

    Args:
        folder: The desk's folder.
        choose: Which tickets are wanted, given the desk's time zone.
        now: When they are looked at.

    Raises:
        RuleDeskError: The desk or its store cannot be used, or it has no such line.
    """
    config = load_desk(folder)
    choice = choose(config.timezone)
    _check_line(choice.line, config.lines, config.where)
    plugins = plugins_of(config)
    try:
        scheme = config.storage.partition(":")[0]
        backend = plugins.registry.storages.get(scheme, f"{config.where}: desk.storage")
        labels = labels_of(config, _usable(config, plugins))
        store = backend.open(config.storage, config.folder)
        try:
            yield _source(config.name, config, labels, store, choice, now)
        finally:
            store.close()
    finally:
        plugins.close()


@contextmanager
def recording_source(file: Path, folder: Path | None, choose: Choose) -> Iterator[Source]:
    """Replay a recording or a scenario in memory; nobody real is sent anything.

    Args:
        file: The recording, or a file of one scenario.
        folder: The desk that it runs on; None for what it names, else the nearest one.
        choose: Which tickets are wanted, given the desk's time zone.

    Raises:
        RuleDeskError: It cannot be used, or has no such line.
    """
    from ruledesk.pilot.desks import choose_desk  # noqa: PLC0415 - the pilot is large
    from ruledesk.pilot.play import play  # noqa: PLC0415
    from ruledesk.pilot.suite import lines_of, load_items, memory_desk  # noqa: PLC0415
    from ruledesk.pilot.values import Scenario  # noqa: PLC0415

    recording, *others = load_items(file)
    if others:
        raise InvalidInput.of(
            "holds several scenarios; a report is made of one replay",
            "包含多个场景；报告只能基于一次回放",
            field=str(file),
            value=len(others) + 1,
            accepted=("a recording", "a file of one scenario"),
        )
    config = choose_desk(recording.head, lines_of(recording), folder)
    choice = choose(config.timezone)
    _check_line(choice.line, config.lines, str(file))
    desk = memory_desk()(config)
    try:
        steps = recording.steps if isinstance(recording, Scenario) else recording.steps()
        play(desk, recording.head, steps)
        end = max((e.at for e in desk.store.all_events()), default=recording.head.start)
        now = max(end, recording.head.until or end)
        labels = labels_of(config, desk.rulesets.values())
        yield _source(recording.head.name, config, labels, desk.store, choice, now)
    finally:
        desk.close()


@contextmanager
def csv_source(
    file: Path, mapping_file: Path, folder: Path | None, choose: Choose, *, lenient: bool
) -> Iterator[Source]:
    """Read a file of old records.

    Args:
        file: The CSV file.
        mapping_file: What its columns mean.
        folder: A desk whose names for teams, agents and categories are used; None for none.
        choose: Which tickets are wanted, given the file's time zone.
        lenient: Leave out rows that cannot be used.

    Raises:
        RuleDeskError: The mapping or the desk cannot be used.
    """
    config = load_desk(folder) if folder is not None else None
    mapping = load_mapping(mapping_file, config.timezone if config else "Asia/Shanghai")
    choice = choose(mapping.zone.key)
    intake = Intake()
    yield Source(
        name=file.name,
        zone=mapping.zone,
        locale=config.locale if config else "",
        labels=with_file_words(_labels(config), mapping.values),
        cases=partial(_chosen, file, mapping, intake, choice, lenient),
        as_of=mapping.as_of,
        intake=intake,
        earlier=partial(_earlier, file, mapping, choice, lenient),
        every_type=not mapping.column_of("type"),
    )


def _chosen(
    file: Path, mapping: RecordMapping, intake: Intake, choice: Choice, lenient: bool
) -> Iterator[Case]:
    fresh = Intake()  # a file that is read again is not counted twice
    for case in read_cases(file, mapping, fresh, lenient=lenient):
        # A file is as of its last entry, also where only some of its tickets are wanted.
        fresh.latest = max(fresh.latest or case.created_at, latest(case))
        if choice.takes(case):
            yield case
    intake.latest = fresh.latest
    intake.rows, intake.blank, intake.skipped = fresh.rows, fresh.blank, fresh.skipped
    intake.problems = fresh.problems


def _earlier(file: Path, mapping: RecordMapping, choice: Choice, lenient: bool) -> Iterator[Case]:
    earlier = choice.earlier()
    if earlier is not None:  # reads the file once more, so that none of it is held
        yield from filter(earlier.takes, read_cases(file, mapping, Intake(), lenient=lenient))


def _source(
    name: str,
    config: DeskConfig,
    labels: Labels,
    store: Store,
    choice: Choice,
    now: datetime,
) -> Source:
    return Source(
        name=name,
        zone=zone(config.timezone),
        locale=config.locale,
        labels=labels,
        cases=partial(stored_cases, store, choice, config.directory.teams_of),
        as_of=now.astimezone(UTC),
        earlier=partial(earlier_cases, store, choice),
    )


def _labels(config: DeskConfig | None) -> Labels:
    if config is None:
        return labels_of(None, ())
    plugins = plugins_of(config)
    try:
        return labels_of(config, _usable(config, plugins))
    finally:
        plugins.close()


def _usable(config: DeskConfig, plugins: Plugins) -> list[Ruleset]:
    """Load what rulesets can be loaded: they only name things here."""
    return [one for _, one in rulesets_of(config, plugins) if isinstance(one, Ruleset)]


def _check_line(line: str, known: Iterable[str], where: str) -> None:
    if line and line not in known:
        raise InvalidInput.of(
            f"{where} has no such line",
            f"{where} 没有此业务线",
            field=_LINE,
            value=line,
            accepted=suggestion(line, known),
        )

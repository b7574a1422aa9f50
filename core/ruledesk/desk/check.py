"""Everything that can be said of a desk without running it (``ruledesk check``, requirement F4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from ruledesk.desk.assembly import (
    component_settings,
    line_of_channel,
    plugins_of,
    rulesets_of,
)
from ruledesk.desk.check_broken import analysed, check_lines_of
from ruledesk.desk.check_ruleset import check_ruleset
from ruledesk.desk.check_storage import outgrown_storage
from ruledesk.desk.check_unused import unused_teams
from ruledesk.desk.config import DeskConfig, load_desk
from ruledesk.desk.findings import Finding, errors_of
from ruledesk.errors import InvalidInput, Problem, RuleDeskError, suggestion
from ruledesk.hooks.kinds import Fetching
from ruledesk.hooks.manager import Plugins
from ruledesk.jobs.fetching import line_problem


def check_desk(folder: Path, today: Callable[[DeskConfig], date]) -> tuple[Finding, ...]:
    """Check configuration, plugins and rulesets of a desk. Nothing is opened or written.

    Args:
        folder: The desk's folder.
        today: The date at the desk.

    Returns:
        What was found, errors first.

    Raises:
        InvalidInput: There is no desk in the folder.
    """
    try:
        config = load_desk(folder)
    except InvalidInput as error:
        if not any("desk.toml:" in problem.field for problem in error.problems):
            raise
        # The rulesets can be looked at all the same, as far as the lines can be read.
        return _sorted([*errors_of(error), *check_lines_of(folder)])
    found = [Finding("warning", problem) for problem in config.warnings]
    found += _check_loaded(config, today(config))
    return _sorted(found)


def _sorted(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.rank))


def _check_loaded(config: DeskConfig, today: date) -> Iterator[Finding]:
    try:
        plugins = plugins_of(config)
    except RuleDeskError as error:
        yield from errors_of(error)
        return
    try:
        yield from check_plugins(config, plugins)
        yield from check_components(config, plugins)
        yield from outgrown_storage(config, plugins.registry)
        loaded = list(rulesets_of(config, plugins))
        for line, ruleset in loaded:
            if isinstance(ruleset, RuleDeskError):
                yield from errors_of(ruleset)
            else:
                yield from check_ruleset(line, ruleset, config, plugins.registry, today)
        yield from analysed(ruleset for _, ruleset in loaded)
        yield from unused_teams(config, [ruleset for _, ruleset in loaded])
    finally:
        plugins.close()


def check_plugins(config: DeskConfig, plugins: Plugins) -> Iterator[Finding]:
    """Report plugins that cannot be loaded, names given twice, settings of nobody."""
    for info in plugins.infos:
        if info.status in ("broken", "incompatible"):
            where = f"plugin {info.name}"
            en = f"is {info.status} and left out: {info.why}"
            yield Finding("error", Problem(en, f"无法使用，已略过：{info.why_zh}", where))
    for kind in plugins.registry.kinds():
        yield from (Finding("error", problem) for problem in kind.problems())
    names = [info.name for info in plugins.infos]
    for name in config.plugin_settings:
        if name not in names:
            where = f"{config.where}: plugins.{name}"
            near = suggestion(name, names)
            yield Finding(
                "warning",
                Problem(
                    "settings of no installed plugin", "没有对应的已安装插件", where, name, near
                ),
            )


def check_components(config: DeskConfig, plugins: Plugins) -> Iterator[Finding]:
    """Report what ``desk.toml`` uses and no plugin provides, and settings that it refuses."""
    registry, where = plugins.registry, config.where
    scheme = config.storage.partition(":")[0]
    yield from _attempt(lambda: registry.storages.get(scheme, f"{where}: desk.storage"))
    yield from _attempt(lambda: registry.rule_engines.get(config.engine, f"{where}: desk.engine"))
    for name, table in config.channels.items():
        key = f"{where}: channels.{name}"
        settings = component_settings(config, table, key)
        yield from _attempt(lambda: registry.channels.get(name, key)(settings))  # noqa: B023
        yield from _attempt(lambda: line_of_channel(config, table, key))  # noqa: B023
        yield from _attempt(lambda: _check_mailboxes(name, key, config, plugins))  # noqa: B023
    for name, table in config.notifiers.items():
        key = f"{where}: notifiers.{name}"
        settings = component_settings(config, table, key)
        yield from _attempt(lambda: registry.notifiers.get(name, key)(settings).close())  # noqa: B023


def _check_mailboxes(name: str, key: str, config: DeskConfig, plugins: Plugins) -> None:
    """Look whether the mailboxes of a channel can be fetched from.

    Raises:
        InvalidInput: All that is wrong with them.
    """
    settings = component_settings(config, config.channels[name], key)
    try:
        channel = plugins.registry.channels.get(name, key)(settings)
    except RuleDeskError:
        return  # told already
    if not isinstance(channel, Fetching):
        return
    lines = tuple(config.lines)
    wrong = (line_problem(mailbox, lines, key) for mailbox in channel.mailboxes())
    problems = (*channel.faults(), *filter(None, wrong))
    if problems:
        raise InvalidInput(*problems)


def _attempt(make: Callable[[], object]) -> tuple[Finding, ...]:
    try:
        make()
    except RuleDeskError as error:
        return errors_of(error)
    except Exception as error:  # a plugin's component: whatever it raises is a finding
        said = f"{type(error).__name__}: {error}"
        return (Finding("error", Problem(f"failed: {said}", f"失败：{said}", "plugin")),)
    return ()

"""What plugins provide, by kind and unique name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import click
from attrs import frozen

from ruledesk.errors import InvalidInput, PluginFault, Problem, suggestion
from ruledesk.hooks.facade import Hooks, Provided
from ruledesk.hooks.guard import Fault
from ruledesk.hooks.kinds import Channel, Dispatcher, Notifier, StorageBackend
from ruledesk.jobs.job import Job
from ruledesk.model.values import Text
from ruledesk.rules.engine import RuleEngine

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Kind(Generic[T_co]):
    """The components of one kind.

    A name that two plugins give belongs to neither: whoever asks for it is told both. Which of
    them came first would depend on how they were installed.

    Args:
        word: What the kind is called where a single word is needed (``rule-engine``).
        title: What people call it.
        provided: The components and their plugins.
    """

    def __init__(self, word: str, title: Text, provided: Iterable[Provided[T_co]]) -> None:
        self.word = word
        self._title = title
        self._by_name: dict[str, list[Provided[T_co]]] = {}
        for one in provided:
            self._by_name.setdefault(one.name, []).append(one)

    def get(self, name: str, where: str = "") -> T_co:
        """Look a component up.

        Args:
            name: As the configuration gives it.
            where: The key path of the configuration, for the error.

        Returns:
            The component: a class, a path or a command.

        Raises:
            InvalidInput: No plugin provides it; the error lists what is provided.
            PluginFault: Several plugins do.
        """
        return self._only(name, where).provided

    def plugin_of(self, name: str, where: str = "") -> str:
        """Name the plugin that provides a component.

        Raises:
            InvalidInput: No plugin provides it.
            PluginFault: Several plugins do.
        """
        return self._only(name, where).plugin

    def _only(self, name: str, where: str) -> Provided[T_co]:
        claims = self._by_name.get(name, ())
        if not claims:
            raise InvalidInput.of(
                f"no installed plugin provides this {self._title.en}",
                f"没有已安装的插件提供此{self._title.zh}",
                field=where,
                value=name,
                accepted=suggestion(name, self.names()),
            )
        if len(claims) > 1:
            raise self._contested(name, where)
        return claims[0]

    def _contested(self, name: str, where: str) -> PluginFault:
        plugins = sorted(one.plugin for one in self._by_name[name])
        return PluginFault.of(
            f"the plugins {' and '.join(plugins)} both provide this {self._title.en}; "
            "switch all but one off",
            f"插件 {'、'.join(plugins)} 都提供此{self._title.zh}，请只保留一个",
            field=where,
            value=name,
        )

    def problems(self) -> tuple[Problem, ...]:
        """List what is wrong: the names that several plugins give."""
        return tuple(
            problem
            for name, claims in self._by_name.items()
            if len(claims) > 1
            for problem in self._contested(name, self.word).problems
        )

    def names(self) -> tuple[str, ...]:
        """List the names that can be looked up, in alphabetical order."""
        return tuple(sorted(name for name, claims in self._by_name.items() if len(claims) == 1))

    def items(self) -> Mapping[str, T_co]:
        """Map the names that can be looked up to their components."""
        return {name: self._by_name[name][0].provided for name in self.names()}

    def of_plugin(self, plugin: str) -> tuple[str, ...]:
        """List what one plugin provides by name, contested names included."""
        return tuple(
            sorted(
                name
                for name, claims in self._by_name.items()
                if any(one.plugin == plugin for one in claims)
            )
        )

    def contested(self, plugin: str) -> Iterator[PluginFault]:
        """Yield an error for each name that a plugin gives and that another one gives too."""
        for name in self.of_plugin(plugin):
            if len(self._by_name[name]) > 1:
                yield self._contested(name, self.word)


@frozen
class Registry:
    """Every kind; see `Kind` for how to look something up."""

    channels: Kind[type[Channel]]
    notifiers: Kind[type[Notifier]]
    storages: Kind[type[StorageBackend]]
    rule_engines: Kind[type[RuleEngine]]
    dispatchers: Kind[type[Dispatcher]]
    rulesets: Kind[Path]
    jobs: Kind[Job]
    cli_commands: Kind[click.Command]

    def kinds(self) -> tuple[Kind[object], ...]:
        """List the kinds."""
        return (
            self.channels,
            self.notifiers,
            self.storages,
            self.rule_engines,
            self.dispatchers,
            self.rulesets,
            self.jobs,
            self.cli_commands,
        )

    def contested(self, plugin: str) -> tuple[PluginFault, ...]:
        """List an error for each name that a plugin gives and that another one gives too."""
        return tuple(error for kind in self.kinds() for error in kind.contested(plugin))

    def check(self) -> None:
        """Refuse names that several plugins give.

        Raises:
            PluginFault: There are some; each is a problem that names the plugins.
        """
        problems = tuple(problem for kind in self.kinds() for problem in kind.problems())
        if problems:
            raise PluginFault(*problems)

    def provides(self, plugin: str) -> tuple[str, ...]:
        """List what a plugin provides, as ``channel:web``."""
        return tuple(
            f"{kind.word}:{name}" for kind in self.kinds() for name in kind.of_plugin(plugin)
        )


def collect(hooks: Hooks) -> tuple[Registry, tuple[Fault, ...]]:
    """Ask all plugins what they provide.

    Args:
        hooks: The desk's hooks.

    Returns:
        What is provided by plugins without a fault, and the faults of the others: a plugin one
        of whose registering hooks fails provides nothing.
    """
    channels, of_channels = hooks.channels()
    notifiers, of_notifiers = hooks.notifiers()
    storages, of_storages = hooks.storages()
    engines, of_engines = hooks.rule_engines()
    dispatchers, of_dispatchers = hooks.dispatchers()
    rulesets, of_rulesets = hooks.rulesets()
    jobs, of_jobs = hooks.jobs()
    commands, of_commands = hooks.cli_commands()
    faults = (
        *of_channels,
        *of_notifiers,
        *of_storages,
        *of_engines,
        *of_dispatchers,
        *of_rulesets,
        *of_jobs,
        *of_commands,
    )
    broken = frozenset(fault.plugin for fault in faults)

    def kind(word: str, en: str, zh: str, provided: Iterable[Provided[T]]) -> Kind[T]:
        return Kind(word, Text(en, zh), (one for one in provided if one.plugin not in broken))

    registry = Registry(
        channels=kind("channel", "channel", "渠道", channels),
        notifiers=kind("notifier", "notifier", "通知方式", notifiers),
        storages=kind("storage", "storage backend", "存储后端", storages),
        rule_engines=kind("rule-engine", "rule engine", "规则引擎", engines),
        dispatchers=kind("dispatcher", "dispatcher", "派单方式", dispatchers),
        rulesets=kind("ruleset", "ruleset", "规则集", rulesets),
        jobs=kind("job", "background job", "后台任务", jobs),
        cli_commands=kind("command", "command", "命令", commands),
    )
    return registry, faults

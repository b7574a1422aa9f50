"""Putting a desk together: plugins, store, rulesets, engine, dispatchers, channels, notifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from ruledesk.desk.again import Again
from ruledesk.desk.channels import InstalledChannel
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.lines import RunningLine
from ruledesk.desk.outbox import Outbox, Route
from ruledesk.desk.parts import Parts
from ruledesk.desk.service import Desk
from ruledesk.desk.situations import Situations
from ruledesk.errors import InvalidInput, PluginFault, RuleDeskError, suggestion
from ruledesk.explain.rulebook import KEPT
from ruledesk.hooks.guard import PATIENCE, Fault, Guard
from ruledesk.hooks.kinds import Dispatcher, Settings
from ruledesk.hooks.manager import Plugins, load_plugins
from ruledesk.model.people import Line
from ruledesk.rules.compiled import CompiledRuleset
from ruledesk.rules.engine import RuleEngine
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.load.names import stripped
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.interface import Store
from ruledesk.toml import Problems

T = TypeVar("T")

#: Keys of a notifier's table that the desk reads itself.
_DESK_KEYS: Final = frozenset({"via", "line"})


def open_desk(
    config: DeskConfig,
    *,
    storage: str | Store = "",
    engine: str | RuleEngine = "",
    deliver: bool = True,
    plugins: Plugins | None = None,
    rulesets: Mapping[str, Ruleset] | None = None,
) -> Desk:
    """Assemble a desk.

    Args:
        config: The desk's description.
        storage: URL of another store than the configured one, or one that is open already; the
            desk closes it.
        engine: Name of another rule engine, or the engine itself.
        deliver: Whether messages go out. A pilot must reach nobody: no notifier is even made.
        plugins: Plugins that are loaded already; by default those that the configuration names.
        rulesets: The ruleset of each line, where they are loaded already.

    Returns:
        The desk, ready; close it when done.

    Raises:
        InvalidInput: A ruleset, channel, notifier, engine or dispatcher is wrong or not there.
        StorageFault: The store cannot be opened.
    """
    plugins = plugins or plugins_of(config)
    opened = ExitStack()  # what is open is closed last first, by the desk or where this fails
    opened.callback(plugins.close)
    try:
        rulesets = load_rulesets(config, plugins) if rulesets is None else rulesets
        desk = Desk(_parts(config, storage, engine, plugins, rulesets, opened, deliver=deliver))
        plugins.hooks.desk_started(desk)
    except BaseException:
        opened.close()
        raise
    return desk


def plugins_of(config: DeskConfig, patience: float = PATIENCE) -> Plugins:
    """Load the plugins that a desk's configuration names.

    Args:
        config: The desk's description.
        patience: Seconds that a call into a plugin may take before it is interrupted.

    Returns:
        The loaded plugins; close them when done, unless a desk is opened with them.

    Raises:
        InvalidInput: It names a plugin that is not installed.
    """
    return load_plugins(
        config.plugins_on,
        config.plugins_off,
        guard=Guard(patience),
        where=f"{config.where}: plugins",
    )


def _parts(
    config: DeskConfig,
    storage: str | Store,
    engine: str | RuleEngine,
    plugins: Plugins,
    rulesets: Mapping[str, Ruleset],
    opened: ExitStack,
    *,
    deliver: bool,
) -> Parts:
    dispatchers = _dispatchers(rulesets, plugins)
    channels = channels_of(config, plugins)
    routes = _routes(config, plugins, opened) if deliver else []
    lines = _compiled(config.lines, rulesets, _engine(config, engine, plugins), opened)
    store = _store(config, storage, plugins)
    opened.callback(store.close)
    again = Again()
    _remember(store, rulesets, again)
    return Parts(
        config=config,
        store=store,
        plugins=plugins,
        lines=lines,
        situations=Situations(config, store, plugins, dispatchers),
        outbox=Outbox(routes, plugins.guard),
        channels=channels,
        close=opened.close,
        deliver=deliver,
        again=again,
    )


def _engine(config: DeskConfig, engine: str | RuleEngine, plugins: Plugins) -> RuleEngine:
    if not isinstance(engine, str):
        return engine
    chosen, where = engine or config.engine, f"{config.where}: desk.engine"
    engines = plugins.registry.rule_engines
    return _made(plugins, engines.plugin_of(chosen, where), where, engines.get(chosen, where))


def load_rulesets(config: DeskConfig, plugins: Plugins) -> dict[str, Ruleset]:
    """Load the ruleset of each line.

    Args:
        config: The desk's description.
        plugins: Who provides rulesets.

    Returns:
        Rulesets by line; lines that name the same one share it.

    Raises:
        InvalidInput: Everything that is wrong in any of them.
    """
    problems = Problems()
    found: dict[str, Ruleset] = {}
    for name, ruleset in rulesets_of(config, plugins):
        if isinstance(ruleset, InvalidInput):
            problems.extend(ruleset)
        else:
            found[name] = ruleset
    problems.raise_if_any()
    return found


def rulesets_of(
    config: DeskConfig, plugins: Plugins
) -> Iterator[tuple[str, Ruleset | InvalidInput]]:
    """Load line by line: each line's ruleset, or what is wrong with it. A file is read once."""
    by_path: dict[Path, Ruleset] = {}
    for name, line in config.lines.items():
        try:
            path = _path(config, line, plugins)
            if path not in by_path:
                by_path[path] = load_ruleset(path, find=plugins.registry.rulesets.get)
            yield name, by_path[path]
        except InvalidInput as error:
            yield name, error


def _path(config: DeskConfig, line: Line, plugins: Plugins) -> Path:
    where = f"{config.where}: lines.{line.name}.ruleset"
    if not line.ruleset.endswith(".toml") and "/" not in line.ruleset:
        return plugins.registry.rulesets.get(line.ruleset, where)
    path = config.folder / line.ruleset
    if not path.exists():
        raise InvalidInput.of("no such file", "文件不存在", field=where, value=line.ruleset)
    return path.resolve()


def _compiled(
    lines: Mapping[str, Line],
    rulesets: Mapping[str, Ruleset],
    engine: RuleEngine,
    opened: ExitStack,
) -> dict[str, RunningLine]:
    by_hash: dict[str, CompiledRuleset] = {}
    running: dict[str, RunningLine] = {}
    for name, line in lines.items():
        ruleset = rulesets[name]
        if ruleset.hash not in by_hash:
            compiled = by_hash[ruleset.hash] = CompiledRuleset(ruleset, engine)
            opened.callback(compiled.close)
        running[name] = RunningLine(line, by_hash[ruleset.hash])
    return running


def _dispatchers(rulesets: Mapping[str, Ruleset], plugins: Plugins) -> dict[str, Dispatcher]:
    """Make every dispatcher that a ruleset names; unknown ones are told before any ticket is."""
    made: dict[str, Dispatcher] = {}
    for ruleset in rulesets.values():
        for where, name in strategies(ruleset):
            if name not in made:
                path = f"{ruleset.name}: {where}"
                known = plugins.registry.dispatchers
                factory = known.get(name, path)
                made[name] = _made(plugins, known.plugin_of(name), path, factory)
    return made


def _made(plugins: Plugins, plugin: str, where: str, factory: Callable[..., T], *args: Any) -> T:
    """Make a component; where its plugin fails, say which and for which key.

    Raises:
        PluginFault: The plugin failed.
        InvalidInput: Its settings are wrong.
    """
    made = plugins.guard.call(plugin, where, factory, *args, expect=(RuleDeskError,))
    if isinstance(made, Fault):
        said = " ".join(made.error.split())
        raise PluginFault.of(
            f"the plugin {plugin} failed: {said}", f"插件 {plugin} 失败：{said}", field=where
        )
    return made


def strategies(ruleset: Ruleset) -> list[tuple[str, str]]:
    """List the dispatchers that a ruleset names, each with where."""
    found = [("dispatch.strategy", ruleset.dispatch.strategy)]
    for stage in ruleset.stages:
        for where, outcome in (
            ("default", stage.default),
            *((rule.name, rule.set) for rule in stage.rules),
        ):
            if name := outcome.get("strategy"):
                found.append((f"stages.{stage.name}.{where}", str(name)))
    return found


def channels_of(config: DeskConfig, plugins: Plugins) -> dict[str, InstalledChannel]:
    """Make every installed channel, with its table of ``desk.toml`` where it has one."""
    known = plugins.registry.channels
    made = {}
    for name in (*known.names(), *(n for n in config.channels if n not in known.names())):
        where = f"{config.where}: channels.{name}"
        table = config.channels.get(name, {})
        factory, plugin = known.get(name, where), known.plugin_of(name)
        settings = component_settings(config, table, where)
        try:
            channel = _made(plugins, plugin, where, factory, settings)
        except PluginFault:
            if name in config.channels:
                raise
            continue  # nobody asked for it; the guard has logged why it is not there
        made[name] = InstalledChannel(name, plugin, channel, line_of_channel(config, table, where))
    return made


def line_of_channel(config: DeskConfig, table: Mapping[str, Any], where: str) -> str:
    """Read the line that a channel's input belongs to; a typing error would lose every mail.

    Args:
        config: The desk, which has the lines.
        table: The channel's table of ``desk.toml``.
        where: Its key path, for the error.

    Returns:
        The line's name; empty where the table names none.

    Raises:
        InvalidInput: The desk has no such line.
    """
    line = table.get("line", "")
    if line and (not isinstance(line, str) or line not in config.lines):
        raise InvalidInput.of(
            "unknown line",
            "未知业务线",
            field=f"{where}.line",
            value=line,
            accepted=suggestion(str(line), config.lines),
        )
    return str(line)


def _routes(config: DeskConfig, plugins: Plugins, opened: ExitStack) -> list[Route]:
    routes = []
    for name, table in config.notifiers.items():
        where = f"{config.where}: notifiers.{name}"
        factory = plugins.registry.notifiers.get(name, where)
        plugin = plugins.registry.notifiers.plugin_of(name)
        made = _made(plugins, plugin, where, factory, component_settings(config, table, where))
        opened.callback(plugins.guard.call, plugin, f"notifier:{name}.close", made.close)
        routes.append(Route(name, plugin, made, frozenset(table.get("via", ()))))
    return routes


def component_settings(config: DeskConfig, table: Mapping[str, Any], where: str) -> Settings:
    """Make the settings of a component: its table, without the keys that the desk itself reads.

    Args:
        config: The desk.
        table: The component's table of ``desk.toml``.
        where: Its key path, for errors.
    """
    values = {key: value for key, value in table.items() if key not in _DESK_KEYS}
    return Settings(values, config.folder, where)


def _store(config: DeskConfig, storage: str | Store, plugins: Plugins) -> Store:
    if not isinstance(storage, str):
        return storage
    url = storage or config.storage
    scheme = url.partition(":")[0]
    where = f"{config.where}: desk.storage"
    return plugins.registry.storages.get(scheme, where).open(url, config.folder)


def _remember(store: Store, rulesets: Mapping[str, Ruleset], again: Again) -> None:
    """Keep each ruleset by its hash, so that old decisions can be explained after a change."""
    for ruleset in {ruleset.hash: ruleset for ruleset in rulesets.values()}.values():
        key = f"{KEPT}{ruleset.hash}"
        if store.document(key) is None:
            again(partial(_save_document, store, key, stripped(ruleset.document)))


def _save_document(store: Store, key: str, document: Mapping[str, Any]) -> None:
    with store.transaction() as transaction:
        transaction.save_document(key, document)

"""A pytest plugin for authors of plugins.

Switch it on in ``conftest.py``::

    pytest_plugins = ["ruledesk.testing.plugin"]

and use the fixtures, or call `load_only` from any test.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import TypeAlias

import pytest

from ruledesk.errors import PluginFault, Problem
from ruledesk.hooks.discovery import Found
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.manager import Plugins, load_plugins
from ruledesk.testing.doubles import FakeChannelContext, RecordingNotifier

#: A module, any object with hook implementations, or the name of a module.
Pluggable: TypeAlias = ModuleType | object | str


def load_only(*plugins: Pluggable, strict: bool = True, guard: Guard | None = None) -> Plugins:
    """Load the given plugins and no others, as a desk would.

    Args:
        *plugins: Modules or objects with hook implementations, or names of modules. A plugin is
            called by the last part of its module's or class's name, or by its ``plugin_name``.
        strict: Whether a plugin that cannot be used fails the test; else see `Plugins.infos`.
        guard: Guards the calls; by default one with the desk's patience.

    Returns:
        The plugins; close them at the end, or use the fixture `load`.

    Raises:
        PluginFault: With `strict`, a plugin is broken or incompatible, or two provide one name.
    """
    loaded = load_plugins(found=[_found(plugin) for plugin in plugins], guard=guard)
    unusable = [info for info in loaded.infos if info.status != "on"]
    if strict and unusable:
        loaded.close()
        raise PluginFault(*(Problem(info.why, info.why_zh, info.name) for info in unusable))
    if strict:
        loaded.registry.check()
    return loaded


def plugin_name(plugin: Pluggable) -> str:
    """Name a plugin that was given to `load_only`."""
    if isinstance(plugin, str):
        return plugin.rpartition(".")[2]
    given = getattr(plugin, "plugin_name", None) or getattr(plugin, "__name__", None)
    return str(given or type(plugin).__name__).rpartition(".")[2]


def _found(plugin: Pluggable) -> Found:
    load: Callable[[], object]
    if isinstance(plugin, str):
        load = partial(importlib.import_module, plugin)
    else:
        load = partial(_identity, plugin)
    return Found(plugin_name(plugin), "test", "", load)


def _identity(plugin: object) -> object:
    return plugin


@pytest.fixture
def load() -> Iterator[Callable[..., Plugins]]:
    """`load_only`, with the plugins closed after the test."""
    opened: list[Plugins] = []

    def loading(*plugins: Pluggable, strict: bool = True, guard: Guard | None = None) -> Plugins:
        loaded = load_only(*plugins, strict=strict, guard=guard)
        opened.append(loaded)
        return loaded

    yield loading
    for loaded in opened:
        loaded.close()


@pytest.fixture
def channel_context() -> FakeChannelContext:
    """A desk without tickets, as a channel sees it."""
    return FakeChannelContext()


@pytest.fixture
def recording_notifier() -> RecordingNotifier:
    """A notifier that keeps what it is given."""
    return RecordingNotifier()

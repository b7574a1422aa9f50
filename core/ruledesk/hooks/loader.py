"""Registers plugins one by one, and says of each that cannot be why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import pluggy
from attrs import evolve

from ruledesk.errors import PluginFault
from ruledesk.hooks import spec
from ruledesk.hooks.discovery import FIRST_PARTY, Found
from ruledesk.hooks.facade import DECIDING, OBSERVING, Hooks
from ruledesk.hooks.guard import Fault, Guard
from ruledesk.hooks.info import PluginInfo, PluginStatus
from ruledesk.hooks.inspection import IncompatibleError, notes
from ruledesk.hooks.registry import Registry, collect
from ruledesk.model.values import Text

T = TypeVar("T")
_LOGGER: Final = logging.getLogger("ruledesk.plugins")


class Loader:
    """Fills a plugin manager of its own.

    Args:
        guard: Guards the calls.
        candidates: All plugins that were found, also those that are off.
    """

    def __init__(self, guard: Guard, candidates: Sequence[Found]) -> None:
        self._guard = guard
        self.manager = pluggy.PluginManager(spec.PROJECT)
        self.manager.add_hookspecs(spec)
        self._sources: dict[str, list[str]] = {}
        for one in candidates:
            self._sources.setdefault(one.name, []).append(one.source)

    def load(self, one: Found) -> PluginInfo:
        """Import and register one plugin.

        Returns:
            What is known of it, also where it cannot be used.
        """
        info = PluginInfo(one.name, one.version, one.source, "on", (), "installed", "已安装")
        try:
            for note in self._register(one):
                info = info.noting(note)
        except IncompatibleError as error:
            return _failed(info, "incompatible", error)
        except PluginFault as error:
            return _failed(info, "broken", error)
        return info

    def finish(self, infos: Sequence[PluginInfo]) -> tuple[tuple[PluginInfo, ...], Hooks, Registry]:
        """Ask the registered plugins what they provide, and leave out those that fail.

        Args:
            infos: What `load` returned, and the plugins that are off.

        Returns:
            The same with what is provided, the hooks, and the registry.
        """
        hooks = Hooks(self.manager, self._guard)
        registry, faults = collect(hooks)
        failed = {fault.plugin: fault for fault in reversed(faults)}
        for name in failed:
            self.manager.unregister(name=name)
        hooks.refresh()
        done = tuple(self._finished(info, failed.get(info.name), registry) for info in infos)
        return done, hooks, registry

    def _finished(self, info: PluginInfo, fault: Fault | None, registry: Registry) -> PluginInfo:
        if info.status != "on":
            return info
        if fault is not None:
            return _failed(info, "broken", _error(fault))
        implemented = {one.name for one in self._callers(info.name)}
        hooks = tuple(f"hook:{name}" for name in (*DECIDING, *OBSERVING) if name in implemented)
        info = evolve(info, provides=(*registry.provides(info.name), *hooks))
        for error in registry.contested(info.name):
            info = info.noting(Text(error.text("en"), error.text("zh")))
        return info

    def _callers(self, name: str) -> Sequence[pluggy.HookCaller]:
        return self.manager.get_hookcallers(self.manager.get_plugin(name)) or ()

    def _register(self, one: Found) -> tuple[Text, ...]:
        """Import and register a plugin.

        Returns:
            Notes to its author.

        Raises:
            PluginFault: It cannot be used; nothing of it is left registered.
        """
        self._check_unique(one)
        plugin = self._guarded(one.name, "import", one.load)
        said = self._guarded(one.name, "inspection", lambda: tuple(notes(self.manager, plugin)))
        try:
            self._guarded(one.name, "registration", lambda: self._add(one.name, plugin))
        except PluginFault:
            if self.manager.has_plugin(one.name):  # pluggy 1.5 leaves it half registered
                self.manager.unregister(name=one.name)
            raise
        return said

    def _add(self, name: str, plugin: object) -> None:
        self.manager.register(plugin, name)
        self.manager.check_pending()

    def _guarded(self, plugin: str, step: str, function: Callable[[], T]) -> T:
        outcome = self._guard.call(plugin, step, function, expect=(PluginFault,))
        if isinstance(outcome, Fault):
            raise _error(outcome) from outcome.exception
        return outcome

    def _check_unique(self, one: Found) -> None:
        """Refuse a name that several sources give, except to a first-party plugin."""
        sources = self._sources[one.name]
        if len(sources) == 1 or one.source == FIRST_PARTY:
            return
        raise PluginFault.of(
            f"several plugins have this name, from {' and '.join(sources)}",
            f"多个插件同名，来自 {'、'.join(sources)}",
            field="name",
            value=one.name,
        )


def _error(fault: Fault) -> PluginFault:
    said = " ".join(fault.error.split())
    return PluginFault.of(f"failed: {said}", f"失败：{said}", field=fault.hook)


def _failed(info: PluginInfo, status: PluginStatus, error: PluginFault) -> PluginInfo:
    if error.__cause__ is None:  # else the guard has logged it
        _LOGGER.error("plugin %s is %s and left out: %s", info.name, status, error)
    return evolve(info, status=status, why=error.text("en"), why_zh=error.text("zh"))

"""Loads the plugins of one desk."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy
from attrs import frozen

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.hooks.discovery import Found, find
from ruledesk.hooks.facade import Hooks
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.info import PluginInfo
from ruledesk.hooks.loader import Loader
from ruledesk.hooks.registry import Registry


@frozen
class Plugins:
    """The plugins of one desk, loaded.

    Attributes:
        infos: Every plugin found, on or not, in the order in which they are registered.
        hooks: Calls them.
        registry: What they provide.
        guard: Guards calls of components, which the desk makes itself.
        manager: pluggy's own; the desk uses `hooks`.
    """

    infos: tuple[PluginInfo, ...]
    hooks: Hooks
    registry: Registry
    guard: Guard
    manager: pluggy.PluginManager

    def info(self, name: str) -> PluginInfo | None:
        """Return what is known of a plugin; of several with one name, the first."""
        return next((info for info in self.infos if info.name == name), None)

    def close(self) -> None:
        """Stop the watchdog's thread."""
        self.guard.close()


def load_plugins(
    enabled: Sequence[str] | None = None,
    disabled: Sequence[str] = (),
    *,
    found: Sequence[Found] | None = None,
    guard: Guard | None = None,
    where: str = "plugins",
) -> Plugins:
    """Load the plugins of a desk. One that cannot be loaded is named and left out.

    Args:
        enabled: Names of the plugins that are on; None for every installed one.
        disabled: Names of plugins that are off, whatever `enabled` says.
        found: The plugins to choose from; by default all that are installed.
        guard: Guards the calls; by default one with the usual patience.
        where: The key path of `enabled` and `disabled`, for errors.

    Returns:
        The loaded plugins; see `Plugins.infos` for those that are not on.

    Raises:
        InvalidInput: `enabled` or `disabled` names a plugin that is not installed.
    """
    candidates = find() if found is None else tuple(found)
    known = {one.name for one in candidates}
    _check_names(enabled or (), known, f"{where}.enabled")
    _check_names(disabled, known, f"{where}.disabled")
    guard = guard or Guard()
    loader = Loader(guard, candidates)
    loaded = [_off(one, enabled, disabled) or loader.load(one) for one in candidates]
    infos, hooks, registry = loader.finish(loaded)
    return Plugins(infos, hooks, registry, guard, loader.manager)


def _check_names(names: Sequence[str], known: set[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise InvalidInput.of(
                "no such plugin is installed",
                "没有安装此插件",
                field=where,
                value=name,
                accepted=suggestion(name, known),
            )


def _off(one: Found, enabled: Sequence[str] | None, disabled: Sequence[str]) -> PluginInfo | None:
    """Describe a plugin that is off; None where it is on."""
    if one.name in disabled:
        why, zh = "named under disabled", "已在 disabled 中列出"
    elif enabled is not None and one.name not in enabled:
        why, zh = "not named under enabled", "未在 enabled 中列出"
    else:
        return None
    return PluginInfo(one.name, one.version, one.source, "off", (), why, zh)

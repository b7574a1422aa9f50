"""Desks for tests: assembled in memory from plain data, reaching nobody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.hooks.discovery import Found, find
from ruledesk.hooks.manager import load_plugins


def make_desk(
    description: Mapping[str, Any],
    *,
    folder: Path | None = None,
    storage: str = "memory:",
    engine: str = "python",
    deliver: bool = False,
    plugins: Mapping[str, object] | None = None,
) -> Desk:
    """Assemble a desk for a test.

    Args:
        description: What ``desk.toml`` would say: ``lines``, ``teams``, ``agents`` …
        folder: What relative paths in it are relative to.
        storage: URL of the store.
        engine: Name of the rule engine.
        deliver: Whether configured notifiers are called.
        plugins: More plugins, by name: modules or objects with hook implementations.

    Returns:
        The desk; close it when done.
    """
    config = DeskConfig.from_mapping(description, folder=folder or Path.cwd())
    more = [
        Found(name, "test", "0", lambda plugin=plugin: plugin)  # type: ignore[misc]
        for name, plugin in (plugins or {}).items()
    ]
    loaded = load_plugins(config.plugins_on, config.plugins_off, found=(*find(), *more))
    return open_desk(config, storage=storage, engine=engine, deliver=deliver, plugins=loaded)

"""Desks in memory, from which nothing reaches real people, and the rulesets that they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from attrs import define, field

from ruledesk.desk.assembly import load_rulesets, open_desk, plugins_of
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.hooks.manager import Plugins
from ruledesk.rules.engine import RuleEngine
from ruledesk.rules.ruleset import Ruleset

#: Seconds for a call into a plugin. A replay on a slow machine must still give the same result,
#: so only a call that is surely endless is interrupted.
_PATIENCE: Final = 60.0


def open_in_memory(
    config: DeskConfig,
    engine: str | RuleEngine = "",
    rulesets: Mapping[str, Ruleset] | None = None,
) -> Desk:
    """Open a desk in memory, with no notifier called.

    Args:
        config: The desk's description.
        engine: The rule engine or its name; empty for the desk's.
        rulesets: The ruleset of each line, where they are loaded already.

    Returns:
        The desk; close it when done.

    Raises:
        InvalidInput: It cannot be opened.
    """
    return open_desk(
        config,
        storage="memory:",
        engine=engine,
        deliver=False,
        plugins=memory_plugins(config),
        rulesets=rulesets,
    )


def memory_plugins(config: DeskConfig) -> Plugins:
    """Load a desk's plugins for a replay; whoever opens a desk with them closes them with it."""
    return plugins_of(config, _PATIENCE)


@contextmanager
def plugins_for(config: DeskConfig) -> Iterator[Plugins]:
    """Load a desk's plugins, and close them afterwards."""
    plugins = memory_plugins(config)
    try:
        yield plugins
    finally:
        plugins.close()


@define
class Rulesets:
    """The rulesets of desks, each loaded once."""

    _loaded: dict[str, Mapping[str, Ruleset]] = field(factory=dict)

    def of(self, config: DeskConfig) -> Mapping[str, Ruleset]:
        """Load the rulesets of a desk's lines.

        Raises:
            InvalidInput: All that is wrong with them.
        """
        # Scenarios beside each other mostly run on the same lines, whoever their people are.
        lines = sorted((name, one.ruleset) for name, one in config.lines.items())
        key = repr((config.folder, lines, config.plugins_on, config.plugins_off))
        if key not in self._loaded:
            with plugins_for(config) as plugins:
                self._loaded[key] = load_rulesets(config, plugins)
        return self._loaded[key]

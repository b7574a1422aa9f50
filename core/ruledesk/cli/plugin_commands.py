"""The commands that plugins add: all installed plugins are asked, before any desk is known."""

from __future__ import annotations

from collections.abc import Collection

import click

from ruledesk.cli.session import current
from ruledesk.errors import Problem
from ruledesk.hooks.manager import Plugins, load_plugins


def plugin_commands(
    taken: Collection[str], plugins: Plugins | None = None
) -> dict[str, click.Command]:
    """Collect the commands of plugins (`ruledesk.hooks.spec.ruledesk_cli_commands`).

    A plugin that cannot be loaded, a name that the core has already, and a name that two plugins
    give are told on stderr; the other commands work all the same.

    Args:
        taken: Names of the core's commands.
        plugins: The loaded plugins; every installed one where left out.

    Returns:
        Commands by name.
    """
    loaded = plugins or load_plugins()
    commands: dict[str, click.Command] = {}
    for name, command in loaded.registry.cli_commands.items().items():
        if name in taken:
            _warn(_taken(name, loaded.registry.cli_commands.plugin_of(name)))
        else:
            commands[name] = command
    for problem in loaded.registry.cli_commands.problems():
        _warn(problem)
    for info in loaded.infos:
        if info.status in ("broken", "incompatible"):
            _warn(Problem(f"left out: {info.why}", f"已略过：{info.why_zh}", f"plugin {info.name}"))
    loaded.close()
    return commands


def _taken(name: str, plugin: str) -> Problem:
    return Problem(
        "a plugin may not replace a command of RuleDesk",
        "插件不可替换 RuleDesk 自带的命令",
        f"plugin {plugin}",
        name,
    )


def _warn(problem: Problem) -> None:
    session = current()
    label = session.say("warning", "警告")
    click.echo(f"{label}: {problem.text(session.locale)}", err=True)

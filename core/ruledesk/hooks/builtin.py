"""The first-party plugins, by module name.

They are registered from this tuple and not from their entry points, because a new entry point
would need a re-install of a working copy. The core never imports them statically. A test keeps
the tuple equal to the entry points of the distribution.
"""

from __future__ import annotations

from typing import Final

#: Modules in the order in which they are registered.
BUILTIN: Final[tuple[str, ...]] = (
    "ruledesk_plugins.durable",
    "ruledesk_plugins.python",
    "ruledesk_plugins.memory",
    "ruledesk_plugins.tinydb",
    "ruledesk_plugins.sql",
    "ruledesk_plugins.web",
    "ruledesk_plugins.phone",
    "ruledesk_plugins.email",
    "ruledesk_plugins.console",
    "ruledesk_plugins.file",
    "ruledesk_plugins.dispatch",
    "ruledesk_rulesets",
)


def builtin_name(module: str) -> str:
    """Name the plugin of a first-party module.

    Args:
        module: A name of `BUILTIN`.

    Returns:
        The last part, without the project's prefix: ``web``, ``rulesets``.
    """
    return module.rpartition(".")[2].removeprefix("ruledesk_")

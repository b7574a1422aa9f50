"""The typed way to call hooks.

Implementations are called one by one, so that a fault is put down to its plugin and the others
still run, in pluggy's order: what was registered last comes first, ``tryfirst`` and ``trylast``
respected. A hook that nobody implements costs a look into a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import click
import pluggy
from attrs import frozen

from ruledesk.errors import Problem
from ruledesk.hooks import components, results
from ruledesk.hooks.components import Component
from ruledesk.hooks.guard import Fault, Guard
from ruledesk.hooks.kinds import Channel, Dispatcher, Notifier, StorageBackend
from ruledesk.jobs.job import Job
from ruledesk.model.action import ActionBody, Submit
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.engine import RuleEngine

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: The hooks by family, each in the order in which a desk meets them.
REGISTERING: Final = (
    "ruledesk_channels",
    "ruledesk_notifiers",
    "ruledesk_storages",
    "ruledesk_rule_engines",
    "ruledesk_dispatchers",
    "ruledesk_rulesets",
    "ruledesk_jobs",
    "ruledesk_cli_commands",
)
DECIDING: Final = (
    "ruledesk_ticket_number",
    "ruledesk_validate",
    "ruledesk_enrich_facts",
    "ruledesk_before_action",
)
OBSERVING: Final = ("ruledesk_after_event", "ruledesk_desk_started", "ruledesk_desk_stopping")
HOOKS: Final = (*REGISTERING, *DECIDING, *OBSERVING)


@frozen
class Provided(Component[T_co]):
    """A component and the plugin that provides it."""

    plugin: str


@frozen
class _Implementation:
    """A plugin's implementation, and which of the spec's arguments it takes, by position."""

    plugin: str
    function: Callable[..., object]
    takes: tuple[int, ...]


class Hooks:
    """One method a hook of `ruledesk.hooks.spec`, named without the prefix.

    Deciding hooks return their results and the faults met; observing hooks return the faults.
    A result of the wrong type is a fault. Which implementations there are is read from the
    manager once; `refresh` reads it again.

    Args:
        manager: Holds the plugins, with the hook specs added.
        guard: Calls them.
    """

    def __init__(self, manager: pluggy.PluginManager, guard: Guard) -> None:
        self._manager = manager
        self._guard = guard
        self._implementations: dict[str, tuple[_Implementation, ...]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read anew which plugins implement what."""
        self._implementations = {
            hook: found for hook in HOOKS if (found := _implementations(self._manager, hook))
        }

    def implements(self, hook: str) -> bool:
        """Say whether any plugin implements a hook, given by its full name."""
        return hook in self._implementations

    def implementing(self, hook: str) -> tuple[str, ...]:
        """Name the plugins that implement a hook, given by its full name, in the order of calls."""
        return tuple(one.plugin for one in self._implementations.get(hook, ()))

    # -- registering --------------------------------------------------------------------------

    def channels(self) -> tuple[tuple[Provided[type[Channel]], ...], tuple[Fault, ...]]:
        """Collect channels; returns them with their plugins, and faults. So the next methods."""
        return self._collect("ruledesk_channels", components.channels)

    def notifiers(self) -> tuple[tuple[Provided[type[Notifier]], ...], tuple[Fault, ...]]:
        """Collect notifiers."""
        return self._collect("ruledesk_notifiers", components.notifiers)

    def storages(self) -> tuple[tuple[Provided[type[StorageBackend]], ...], tuple[Fault, ...]]:
        """Collect storage backends."""
        return self._collect("ruledesk_storages", components.storages)

    def rule_engines(self) -> tuple[tuple[Provided[type[RuleEngine]], ...], tuple[Fault, ...]]:
        """Collect rule engines."""
        return self._collect("ruledesk_rule_engines", components.rule_engines)

    def dispatchers(self) -> tuple[tuple[Provided[type[Dispatcher]], ...], tuple[Fault, ...]]:
        """Collect dispatchers."""
        return self._collect("ruledesk_dispatchers", components.dispatchers)

    def rulesets(self) -> tuple[tuple[Provided[Path], ...], tuple[Fault, ...]]:
        """Collect rulesets."""
        return self._collect("ruledesk_rulesets", components.rulesets)

    def jobs(self) -> tuple[tuple[Provided[Job], ...], tuple[Fault, ...]]:
        """Collect background jobs."""
        return self._collect("ruledesk_jobs", components.jobs)

    def cli_commands(self) -> tuple[tuple[Provided[click.Command], ...], tuple[Fault, ...]]:
        """Collect commands."""
        return self._collect("ruledesk_cli_commands", components.cli_commands)

    # -- deciding -----------------------------------------------------------------------------

    def ticket_number(
        self, line: str, submission: Submit, sequence: int
    ) -> tuple[str | None, tuple[Fault, ...]]:
        """Ask for a ticket's number.

        Returns:
            The first number that a plugin gives, None where none does; and the faults met on
            the way.
        """
        hook = "ruledesk_ticket_number"
        if hook not in self._implementations:
            return None, ()
        args = (line, submission, sequence)
        found, faults = self._each(hook, results.number, args, first=True)
        return (found[0][1] if found else None), faults

    def validate(
        self, line: str, submission: Submit
    ) -> tuple[tuple[Problem, ...], tuple[Fault, ...]]:
        """Ask what is wrong with a submission; returns all plugins' problems, and faults."""
        return self._gather("ruledesk_validate", results.problems, (line, submission))

    def enrich_facts(self, ticket: Ticket) -> tuple[Mapping[str, Value], tuple[Fault, ...]]:
        """Ask for facts from outside the ticket.

        Returns:
            The facts of all plugins, of each name the one whose plugin is called first; faults.
        """
        given, faults = self._gather("ruledesk_enrich_facts", results.facts, (ticket,))
        merged: dict[str, Value] = {}
        for facts in reversed(given):
            merged.update(facts)
        return merged, faults

    def before_action(
        self, ticket: Ticket, action: ActionBody, actor: str
    ) -> tuple[tuple[Problem, ...], tuple[Fault, ...]]:
        """Ask whether an action is to be refused; returns all plugins' refusals, and faults."""
        return self._gather("ruledesk_before_action", results.refusal, (ticket, action, actor))

    # -- observing ----------------------------------------------------------------------------

    def after_event(self, ticket: Ticket, event: Event) -> tuple[Fault, ...]:
        """Tell of a stored event; returns faults."""
        return self._gather("ruledesk_after_event", results.ignored, (ticket, event))[1]

    def desk_started(self, desk: object) -> tuple[Fault, ...]:
        """Tell that the desk is ready; returns faults."""
        return self._gather("ruledesk_desk_started", results.ignored, (desk,))[1]

    def desk_stopping(self, desk: object) -> tuple[Fault, ...]:
        """Tell that the desk is about to close its store; returns faults."""
        return self._gather("ruledesk_desk_stopping", results.ignored, (desk,))[1]

    # -- how ----------------------------------------------------------------------------------

    def _collect(
        self, hook: str, check: Callable[[object], tuple[Component[T], ...]]
    ) -> tuple[tuple[Provided[T], ...], tuple[Fault, ...]]:
        """Call for components; the plugins in the order in which they were registered."""
        found, faults = self._each(hook, check, ())
        provided = (Provided(part.name, part.provided, plugin) for plugin, part in found)
        return tuple(provided), faults

    def _gather(
        self, hook: str, check: Callable[[object], tuple[T, ...]], args: tuple[object, ...]
    ) -> tuple[tuple[T, ...], tuple[Fault, ...]]:
        if hook not in self._implementations:
            return (), ()
        found, faults = self._each(hook, check, args)
        return tuple(result for _, result in found), faults

    def _each(
        self,
        hook: str,
        check: Callable[[object], tuple[T, ...]],
        args: tuple[object, ...],
        *,
        first: bool = False,
    ) -> tuple[list[tuple[str, T]], tuple[Fault, ...]]:
        """Call each implementation, or each until the first that has a result."""
        found: list[tuple[str, T]] = []
        faults: list[Fault] = []
        for implementation in self._implementations.get(hook, ()):
            plugin = implementation.plugin
            outcome = self._guard.call(plugin, hook, _checked, check, implementation, args)
            if isinstance(outcome, Fault):
                faults.append(outcome)
                continue
            found.extend((plugin, result) for result in outcome)
            if first and found:
                break
        return found, tuple(faults)


def _checked(
    check: Callable[[object], tuple[T, ...]],
    implementation: _Implementation,
    args: tuple[object, ...],
) -> tuple[T, ...]:
    """Call and check in one guarded step: looking at a plugin's result may run its code too."""
    return check(implementation.function(*[args[position] for position in implementation.takes]))


def _implementations(manager: pluggy.PluginManager, hook: str) -> tuple[_Implementation, ...]:
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    names = () if caller.spec is None else tuple(caller.spec.argnames)
    return tuple(
        _Implementation(
            found.plugin_name, found.function, tuple(names.index(name) for name in found.argnames)
        )
        for found in reversed(caller.get_hookimpls())
    )

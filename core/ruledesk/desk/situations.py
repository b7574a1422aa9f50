"""Putting together what surrounds an action: clock, actor, people's load, plugins' facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ruledesk.desk.config import DeskConfig
from ruledesk.desk.faults import as_event
from ruledesk.desk.lines import RunningLine
from ruledesk.errors import shown
from ruledesk.hooks.guard import Fault
from ruledesk.hooks.kinds import Dispatcher
from ruledesk.hooks.manager import Plugins
from ruledesk.lifecycle.situation import Situation, capacities
from ruledesk.model.event import PluginFaulted
from ruledesk.model.people import Candidate
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.storage.interface import Store

_ENRICH: Final = "ruledesk_enrich_facts"


class Situations:
    """Makes the `Situation` of each action.

    Args:
        config: The desk.
        store: Where loads and correlations are looked up.
        plugins: Who gives facts.
        dispatchers: The dispatchers in use, by name.
    """

    def __init__(
        self,
        config: DeskConfig,
        store: Store,
        plugins: Plugins,
        dispatchers: Mapping[str, Dispatcher],
    ) -> None:
        self._config = config
        self._store = store
        self._plugins = plugins
        self._dispatchers = dispatchers
        self._timezone = ZoneInfo(config.timezone)
        self._enriched = plugins.hooks.implements(_ENRICH)

    def on(
        self, running: RunningLine, now: datetime, actor: str, ticket: Ticket | None
    ) -> Situation:
        """Make the situation of an action.

        Args:
            running: The ticket's line.
            now: The desk's clock, in UTC.
            actor: Who acts.
            ticket: On what; None for a submission.

        Returns:
            The situation; plugins' faults met later are added to its list.
        """
        config = self._config
        faults: list[PluginFaulted] = []

        def choose(strategy: str, about: Ticket, candidates: Sequence[Candidate]) -> str:
            return self._choose(strategy, about, candidates, faults)

        def plugin_facts(about: Ticket) -> Mapping[str, Value]:
            # Rules look at a ticket often in one action; a plugin that failed is not asked again.
            asked = self._enriched and not any(f.hook == _ENRICH for f in faults)
            return self._extra(about, faults) if asked else {}

        return Situation(
            now=now,
            actor=actor,
            capacities=capacities(actor, ticket, config.directory, running.ruleset.policy.edit),
            line=running.line,
            policy=running.policy,
            directory=config.directory,
            timezone=self._timezone,
            locale=config.locale,
            desk=config.name,
            workloads=self._store.workloads,
            correlated=self._store.correlated,
            choose=choose,
            plugin_facts=plugin_facts,
            faults=faults,
            other=self._store.ticket,
        )

    def _choose(
        self,
        strategy: str,
        ticket: Ticket,
        candidates: Sequence[Candidate],
        faults: list[PluginFaulted],
    ) -> str:
        """Ask a dispatcher; one that fails, or names somebody else, costs the first candidate."""
        plugin = self._plugins.registry.dispatchers.plugin_of(strategy)
        hook = f"dispatcher:{strategy}.choose"
        chosen = self._plugins.guard.call(
            plugin, hook, self._dispatchers[strategy].choose, ticket, candidates
        )
        if isinstance(chosen, Fault):
            faults.append(as_event(chosen))
        elif not isinstance(chosen, str):
            faults.append(PluginFaulted(plugin, hook, f"chose a {type(chosen).__name__}"))
        elif any(chosen == candidate.agent.id for candidate in candidates):
            return chosen
        else:
            faults.append(PluginFaulted(plugin, hook, f"chose {shown(chosen)}, no candidate"))
        return candidates[0].agent.id

    def _extra(self, ticket: Ticket, faults: list[PluginFaulted]) -> Mapping[str, Value]:
        facts, failed = self._plugins.hooks.enrich_facts(ticket)
        faults.extend(map(as_event, failed))
        return facts

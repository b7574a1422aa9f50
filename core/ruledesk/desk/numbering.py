"""Numbering tickets: a plugin's number, else the ruleset's format with the next of its sequence."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ruledesk.desk.faults import as_event
from ruledesk.desk.lines import RunningLine
from ruledesk.hooks.facade import Hooks
from ruledesk.model.action import Submit
from ruledesk.model.event import PluginFaulted
from ruledesk.rules.number import NumberParts, number, sequence_key
from ruledesk.storage.interface import Store, Transaction

_LOGGER: Final = logging.getLogger("ruledesk.plugins")
_HOOK: Final = "ruledesk_ticket_number"


class Numbering:
    """Takes numbers inside the transaction that uses them, so that a refusal leaves no gap (A5)."""

    def __init__(self, store: Store, hooks: Hooks, timezone: ZoneInfo) -> None:
        self._store = store
        self._hooks = hooks
        self._timezone = timezone

    def take(
        self,
        transaction: Transaction,
        running: RunningLine,
        body: Submit,
        now: datetime,
        faults: list[PluginFaulted],
    ) -> str:
        """Take a number that no ticket has.

        Args:
            transaction: The submission's own.
            running: The ticket's line.
            body: What is handed in.
            now: When, in UTC.
            faults: Plugins that fail are added here.

        Returns:
            The number.
        """
        given = self._of_plugin(transaction, running.line.name, body, faults)
        if given:
            return given
        ruleset = running.ruleset
        parts = NumberParts(
            local=now.astimezone(self._timezone),
            type_code=ruleset.type_codes.get(str(body.fields.get("type", "")), ""),
            department=running.line.department or ruleset.department,
            line=running.line.name,
        )
        key = sequence_key(ruleset.number, parts)
        while True:
            text = number(ruleset.number, parts, transaction.next_in_sequence(key))
            # Two formats may still meet (1 + 23, 12 + 3): the next number is free sooner or later.
            if not self._taken(text):
                return text

    def _taken(self, text: str) -> bool:
        """A number that a deleted ticket had is taken for ever (A5)."""
        return self._store.ticket(text) is not None or self._store.tombstone(text) is not None

    def _of_plugin(
        self, transaction: Transaction, line: str, body: Submit, faults: list[PluginFaulted]
    ) -> str:
        if not self._hooks.implements(_HOOK):
            return ""
        sequence = transaction.next_in_sequence(f"plugin:{line}")
        given, failed = self._hooks.ticket_number(line, body, sequence)
        faults.extend(map(as_event, failed))
        if given and self._taken(given):
            plugins = ", ".join(self._hooks.implementing(_HOOK))
            error = f"gave the number {given}, which a ticket has already"
            _LOGGER.error("plugin %s: %s", plugins, error)
            faults.append(PluginFaulted(plugins, _HOOK, error))
            return ""
        return given or ""

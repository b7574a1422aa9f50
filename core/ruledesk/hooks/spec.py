"""Hook specs: everything that a plugin can take part in.

Implement any of them with ``@ruledesk.hookimpl`` in a module named by an entry point of the group
``ruledesk``. Arguments may be left out of an implementation; new ones are only ever added. Every
hook is called with the desk's own values, which are frozen.

Three families: *registering* hooks provide kinds of component, *deciding* hooks take part in what
happens to a ticket, *observing* hooks are told afterwards and can harm nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pluggy

from ruledesk.errors import Problem
from ruledesk.hooks.kinds import Channel, Dispatcher, Notifier, StorageBackend
from ruledesk.jobs.job import Job
from ruledesk.model.action import ActionBody, Submit
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.engine import RuleEngine

PROJECT = "ruledesk"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

# -- registering: called once, when the desk is put together --------------------------------------


@hookspec
def ruledesk_channels() -> Sequence[type[Channel]]:
    """Provide intake channels.

    Returns:
        Channel classes; `Channel.name` is what ``desk.toml`` and tickets call it. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_notifiers() -> Sequence[type[Notifier]]:
    """Provide notifiers, which deliver messages.

    Returns:
        Notifier classes, by `Notifier.name`. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_storages() -> Sequence[type[StorageBackend]]:
    """Provide storage backends.

    Returns:
        Backend classes, by the `StorageBackend.scheme` of the URLs they open. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_rule_engines() -> Sequence[type[RuleEngine]]:
    """Provide rule engines, which match conditions against facts.

    Returns:
        Engine classes, by `RuleEngine.name`. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_dispatchers() -> Sequence[type[Dispatcher]]:
    """Provide dispatchers, which choose the agent for a ticket.

    Returns:
        Dispatcher classes; `Dispatcher.name` is what a ruleset's ``dispatch`` names. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_rulesets() -> Mapping[str, Path]:
    """Provide rulesets that lines can name.

    Returns:
        Ruleset name to its ``.toml`` file or folder. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_jobs() -> Sequence[Job]:
    """Provide background jobs: work that belongs to no ticket, periodic or put on demand.

    A job is run once by whoever is free, of all processes of the desk; see `Job`. It is put with
    ``desk.jobs.put(name, arguments, at=now)``.

    Returns:
        Jobs; `Job.name` is unique among all plugins. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_cli_commands() -> Sequence[click.Command]:
    """Provide commands of ``ruledesk``.

    Returns:
        Click commands; a name that exists already is refused. Since 0.1.
    """
    raise NotImplementedError


# -- deciding: part of what happens to a ticket; a fault is recorded and the default applies ------


@hookspec(firstresult=True)
def ruledesk_ticket_number(line: str, submission: Submit, sequence: int) -> str | None:
    """Number a ticket in place of the ruleset's number format.

    Args:
        line: The business line.
        submission: What was handed in, already validated.
        sequence: The next of a sequence kept for the plugin on this line, from 1.

    Returns:
        The number, or None to leave it to the next plugin or the ruleset. The first that is not
        None wins. Since 0.1.
    """


@hookspec
def ruledesk_validate(line: str, submission: Submit) -> Sequence[Problem]:
    """Say what is wrong with a submission, beyond what the ruleset's forms say.

    Args:
        line: The business line.
        submission: What was handed in, with the form's checks passed.

    Returns:
        Problems, all of them at once; empty to accept. Problems of all plugins are told together.
        Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_enrich_facts(ticket: Ticket) -> Mapping[str, Value]:
    """Add facts for the rules, from outside the ticket (a contract, a stock level).

    The facts are recorded with each decision that reads them, so that a replay has them too.

    Args:
        ticket: The ticket as it stands.

    Returns:
        Values by name; a ruleset reads them as ``extra.<name>`` after declaring them. Where two
        plugins give one name, the one registered later wins. Since 0.1.
    """
    raise NotImplementedError


@hookspec
def ruledesk_before_action(ticket: Ticket, action: ActionBody, actor: str) -> Problem | None:
    """Take a look at an action before it is done, with the right to refuse it.

    Args:
        ticket: The ticket as it stands.
        action: What is about to be done; the lifecycle allows it.
        actor: Who does it.

    Returns:
        A problem to refuse, None to let it pass. Refusals of all plugins are told together.
        Since 0.1.
    """


# -- observing: after the commit; a fault is recorded on the ticket and changes nothing else ------


@hookspec
def ruledesk_after_event(ticket: Ticket, event: Event) -> None:
    """Be told of an event after it was stored. Must not wait for anything slow.

    Args:
        ticket: The ticket after all events of the same commit; at ``deleted``, an event that is
            stored nowhere, the ticket as it last stood.
        event: One of them; called for each, in order. Since 0.1.
    """


@hookspec
def ruledesk_desk_started(desk: Any) -> None:
    """Be told that a desk is ready.

    Args:
        desk: The `ruledesk.desk.service.Desk`. Since 0.1.
    """


@hookspec
def ruledesk_desk_stopping(desk: Any) -> None:
    """Be told that a desk is about to close its store.

    Args:
        desk: The `ruledesk.desk.service.Desk`. Since 0.1.
    """

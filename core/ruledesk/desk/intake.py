"""What is handed in, as a channel or a person hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ruledesk.hooks.kinds import File
from ruledesk.model.event import PluginFaulted
from ruledesk.model.ticket import Call


@frozen
class Intake:
    """A submission as a channel or a person hands it in.

    Attributes:
        fields: Plain data by the names of the contract.
        files: Attachments.
        source: The channel's identity of the input; a second one gives the first one's ticket.
        raw: SHA-256 of the raw input.
        call: The call that it came from, with all that is known of it.
        follows: The ticket that it is linked to as a follow-up; empty for none.
        lenient: Leave out what the form refuses, and flag the ticket ``incomplete``.
        textual: Values are text as typed into a form.
        faults: Plugins that failed while the input was read.
    """

    by: str
    line: str
    channel: str
    fields: Mapping[str, Any]
    files: tuple[File, ...] = ()
    source: str = ""
    raw: str = ""
    call: Call | None = None
    follows: str = ""
    lenient: bool = False
    textual: bool = False
    faults: tuple[PluginFaulted, ...] = ()
